/* What a console needs of its process and terminal, beneath the editor, the pager, the batch
 * and the live view. */
#include "terminal.h"
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

static volatile sig_atomic_t interrupted, resized, ended;
static sigset_t waiting_mask; /* what is blocked while terminal_wait waits */
static bool draws_utf8;

void terminal_locale(void)
{
    setlocale(LC_CTYPE, "");
    draws_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    /* libedit drops every non-ASCII character silently where the locale is not UTF-8. */
    if (!draws_utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
}

bool terminal_draws_utf8(void)
{
    return draws_utf8;
}

static void on_signal(int number)
{
    if (number == SIGINT)
        interrupted = 1;
    else if (number == SIGWINCH)
        resized = 1;
    else
        ended = 1;
}

void terminal_signals(void)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
    static const int ignored[] = {SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t block;

    sigemptyset(&block);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        sigaddset(&block, caught[i]);
        sigaction(caught[i], &action, NULL);
    }
    /* A ^Z or ^\ must not stop or kill a process whose other threads mirror. */
    action.sa_handler = SIG_IGN;
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        sigaction(ignored[i], &action, NULL);
    pthread_sigmask(SIG_BLOCK, &block, &waiting_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigdelset(&waiting_mask, caught[i]);
}

int terminal_wait(int first, int second, int timeout_ms)
{
    struct pollfd wait[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    struct timespec timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};

    if (ppoll(wait, 2, timeout_ms < 0 ? NULL : &timeout, &waiting_mask) < 0)
        return -errno;
    return (wait[0].revents ? 1 : 0) | (wait[1].revents ? 2 : 0);
}

bool terminal_interrupted(void)
{
    bool was = interrupted != 0;

    interrupted = 0;
    return was;
}

bool terminal_resized(void)
{
    bool was = resized != 0;

    resized = 0;
    return was;
}

bool terminal_ended(void)
{
    return ended != 0;
}

struct screen_size terminal_size(void)
{
    struct winsize window = {0};
    struct screen_size size = {.columns = 80, .rows = 24};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col && window.ws_row) {
        size.columns = window.ws_col;
        size.rows = window.ws_row;
    }
    return size;
}

void terminal_name(char *name, size_t size)
{
    char path[256];

    name[0] = '\0';
    if (ttyname_r(STDIN_FILENO, path, sizeof path) == 0)
        snprintf(name, size, "%s", strncmp(path, "/dev/", 5) == 0 ? path + 5 : path);
}

int terminal_write(const char *text, size_t length)
{
    sigset_t before;
    int failed = 0;

    /* Signals may come in here, so that a terminal under XOFF cannot hold up the end. */
    pthread_sigmask(SIG_SETMASK, &waiting_mask, &before);
    while (length && !failed) {
        ssize_t now = write(STDOUT_FILENO, text, length);

        if (now < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};

            poll(&wait, 1, -1);
        } else if (now < 0 && (errno != EINTR || ended)) {
            failed = -errno;
        }
        text += now > 0 ? now : 0;
        length -= now > 0 ? (size_t)now : 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* Bytes of the first character (at least one), and its columns. */
static size_t character(const char *text, size_t length, size_t *columns)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t bytes = mbrtowc(&wide, text, length, &state);

    *columns = 1;
    if (bytes == 0 || bytes > length)
        return 1;
    if (wcwidth(wide) >= 0)
        *columns = (size_t)wcwidth(wide);
    return bytes;
}

size_t terminal_width(const char *text, size_t length)
{
    size_t width = 0;

    for (size_t at = 0, columns; at < length; width += columns)
        at += character(text + at, length - at, &columns);
    return width;
}

size_t terminal_fit(const char *text, size_t length, size_t columns)
{
    size_t at = 0, width = 0;

    while (at < length) {
        size_t wide, bytes = character(text + at, length - at, &wide);

        if (width + wide > columns)
            break;
        width += wide;
        at += bytes;
    }
    return at;
}

uint64_t terminal_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
