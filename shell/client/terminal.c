/* What the client needs of its process and terminal, beneath the editor, the pager, scripts
 * and the live view. */
#include "terminal.h"
#include "../clock.h"
#include "keyboard.h"
#include "line_speed.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted, resized, ended;
static volatile sig_atomic_t stopping, woken; /* SIGTSTP came; SIGCONT */
static bool held;                             /* stops begin when they are asked for */
static sigset_t waiting_mask;                 /* what is blocked while terminal_wait waits */
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
    else if (number == SIGTSTP)
        stopping = 1;
    else if (number == SIGCONT)
        woken = 1;
    else
        ended = 1;
}

static struct attendant attends;

void terminal_attend(const struct attendant *attendant)
{
    attends = *attendant;
}

static bool stops_ignored; /* by who started the process */

void terminal_signals(void)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
    static const int ignored[] = {SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal}, before;
    sigset_t block;

    sigaction(SIGTSTP, NULL, &before);
    stops_ignored = before.sa_handler == SIG_IGN;
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

/* Waits as ppoll does, and hears the signals: how many are ready, or -errno. */
static int wait_for_signals(struct pollfd *wait, nfds_t count, int timeout_ms)
{
    const struct timespec timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};
    int ready = -EINTR;

    if (held || !stopping) {
        ready = ppoll(wait, count, timeout_ms < 0 ? NULL : &timeout, &waiting_mask);
        ready = ready < 0 ? -errno : ready;
    }
    if (stopping && !held)
        terminal_stop();
    return ready;
}

/* The same, and reads ahead what is typed: the last of them is the keyboard's, which counts as
 * ready where `keys` are waited for. */
static int wait_and_read(struct pollfd *wait, nfds_t count, bool keys, int timeout_ms)
{
    struct pollfd *keyboard = &wait[count - 1];
    int64_t until = clock_ms() + timeout_ms;
    int ready;

    for (;;) {
        *keyboard = (struct pollfd){.fd = keyboard_wanted(), .events = POLLIN};
        ready = wait_for_signals(wait, count, timeout_ms);
        if (ready <= 0 || !keyboard->revents)
            return ready;
        if (keyboard_read()) {
            interrupted = 1;
            return -EINTR;
        }
        if (keys || ready > 1)
            return ready;
        if (timeout_ms > 0)
            timeout_ms = until > clock_ms() ? (int)(until - clock_ms()) : 0;
    }
}

int terminal_wait(int first, int second, int timeout_ms)
{
    return terminal_wait_all(first, second, false, timeout_ms);
}

int terminal_wait_for(int fd, short events)
{
    struct pollfd wait[2] = {{.fd = fd, .events = events}};

    if (interrupted || ended)
        return -EINTR;
    return wait_and_read(wait, 2, false, -1);
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

bool terminal_called(void)
{
    terminal_wait(-1, -1, 0);
    return interrupted || ended || stopping;
}

/* ---- writing ---- */

/* A terminal is written to through a description of our own that does not block: the one we
 * were given is the shell's too. */
struct stream {
    int given, fd;
    bool known, terminal, blocks;
};

static struct stream output = {.given = STDOUT_FILENO}, errors = {.given = STDERR_FILENO};

static struct line_speed line = {.fd = -1, .events = -1}; /* of the output, where a terminal is */

/* A PIPE_BUF: what a pipe that poll found writable takes without blocking. */
enum { PIECE = 4096 };

static void know(struct stream *stream)
{
    char path[40];

    if (stream->known)
        return;
    stream->known = true;
    stream->fd = stream->given;
    stream->terminal = isatty(stream->given);
    if (!stream->terminal)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", stream->given);
    stream->fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    stream->blocks = stream->fd < 0; /* another user's terminal: it may be used, not opened */
    if (stream->blocks)
        stream->fd = stream->given;
    if (stream == &output)
        line_speed_open(&line, stream->fd);
}

uint32_t terminal_busy(void)
{
    return line_speed_busy(&line);
}

uint32_t terminal_slow(void)
{
    return line_speed_slow(&line);
}

void terminal_discard(void)
{
    know(&output);
    if (output.terminal)
        tcflush(output.given, TCOFLUSH);
}

/* ---- job control ---- */

static bool stoppable, continued;
static struct termios at_start;

void terminal_stoppable(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t block;

    stoppable = true;
    /* Nobody would continue the group of a session's leader: the kernel does not stop it. */
    if (stops_ignored || getsid(0) == getpgrp())
        return;
    tcgetattr(STDIN_FILENO, &at_start);
    sigemptyset(&action.sa_mask);
    sigaction(SIGCONT, &action, NULL);
    sigaction(SIGTSTP, &action, NULL);
    sigemptyset(&block);
    sigaddset(&block, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &block, NULL);
}

bool terminal_stop_group(void)
{
    return stoppable && kill(0, SIGTSTP) == 0;
}

static bool in_background(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);

    return group > 0 && group != getpgrp();
}

/* Whether the terminal is as we want it rather than as who started the process had it. */
static bool own_modes(struct termios *modes)
{
    return !in_background() && tcgetattr(STDIN_FILENO, modes) == 0 &&
           (held || modes->c_lflag != at_start.c_lflag || modes->c_iflag != at_start.c_iflag ||
            modes->c_oflag != at_start.c_oflag);
}

/* Until SIGCONT: the signal's own default, which is none in a group that nobody would continue. */
static void stop_once(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL}, before;
    sigset_t mask;

    woken = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTSTP, &action, &before);
    raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &waiting_mask, &mask); /* here it stops */
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &before, NULL);
}

/* The terminal is another's now: nothing is to write to it, to set its modes or to throw away what
 * it was given. */
static void let_go(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (nothing < 0)
        return;
    dup2(nothing, STDIN_FILENO);
    if (output.terminal) {
        dup2(nothing, output.given);
        dup2(nothing, output.fd);
    }
    close(nothing);
}

void terminal_stop(void)
{
    struct termios modes;
    bool own = own_modes(&modes);

    if (own)
        tcsetattr(STDIN_FILENO, TCSANOW, &at_start);
    do
        stop_once();
    while (own && woken && !ended && in_background());
    if (own && in_background())
        let_go();
    else if (own)
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    stopping = 0;
    resized = continued = true;
}

void terminal_hold_stops(bool hold)
{
    held = hold;
}

bool terminal_stops(void)
{
    return stopping != 0;
}

bool terminal_continued(void)
{
    bool was = continued;

    continued = false;
    return was;
}

static ssize_t offer(struct stream *stream, const char *text, size_t length)
{
    sigset_t before;
    uint32_t full;
    size_t room = stream->terminal ? line_speed_room(&line, &full) : PIECE;
    ssize_t done;

    if (room == 0)
        return 0;
    if (stream->blocks)
        pthread_sigmask(SIG_SETMASK, &waiting_mask, &before);
    done = write(stream->fd, text, length < room ? length : room);
    if (done < 0)
        done = errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (stream->blocks)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (done > 0 && stream->terminal)
        line_speed_wrote(&line, (size_t)done);
    return done;
}

int terminal_wait_all(int first, int second, bool wanted, int timeout_ms)
{
    struct pollfd wait[4] = {{.fd = first, .events = POLLIN},
                             {.fd = second, .events = POLLIN},
                             {.fd = -1, .events = POLLOUT}};
    bool keys = first == STDIN_FILENO, attended = attends.heard && keys && second < 0;
    uint32_t full = 0;
    int ready;

    if (interrupted || ended)
        return -EINTR;
    know(&output);
    if (attended)
        wait[1].fd = attends.fd;
    if (wanted && line_speed_room(&line, &full) == 0)
        wait[2] = (struct pollfd){.fd = line.events, .events = POLLIN};
    else if (wanted)
        wait[2].fd = output.fd;
    if (full && (timeout_ms < 0 || (uint32_t)timeout_ms > full))
        timeout_ms = (int)full;
    if (keys && keyboard_wanted() >= 0)
        wait[0].fd = -1;
    if (keys && keyboard_has())
        timeout_ms = 0;
    ready = wait_and_read(wait, 4, keys, timeout_ms);
    if (ready < 0)
        return ready;
    keys = keys && (wait[0].revents || keyboard_has());
    if (attends.active && keys)
        attends.active(attends.context);
    if (attended && wait[1].revents) {
        interrupted |= !attends.heard(attends.context);
        wait[1].revents = 0;
    }
    return (keys || wait[0].revents ? 1 : 0) | (wait[1].revents ? 2 : 0) |
           (wait[2].revents ? 4 : 0);
}

ssize_t terminal_offer(const char *text, size_t length)
{
    know(&output);
    return offer(&output, text, length);
}

/* Until it takes some, or -EINTR as above. */
static int wait_for_room(const struct stream *stream)
{
    uint32_t full;
    int ready;

    while (stream->terminal && line_speed_room(&line, &full) == 0 && !interrupted && !ended)
        terminal_wait_all(-1, -1, true, -1);
    ready = terminal_wait_for(stream->fd, POLLOUT);
    if (ready > 0 && attends.active)
        attends.active(attends.context);
    return ready;
}

int terminal_write(const char *text, size_t length)
{
    know(&output);
    while (length) {
        ssize_t done;

        wait_for_room(&output);
        if (ended)
            return -EINTR;
        if (terminal_interrupted()) {
            terminal_discard();
            return -ECANCELED;
        }
        done = offer(&output, text, length);
        if (done < 0)
            return (int)done;
        text += done;
        length -= (size_t)done;
    }
    return 0;
}

static bool takes_some(const struct stream *stream)
{
    struct pollfd room = {.fd = stream->fd, .events = POLLOUT};

    return poll(&room, 1, 0) > 0;
}

/* After a ^C what it takes without a wait; the ^C is left to whoever waits next. */
static void say(struct stream *stream, const char *text, size_t length)
{
    ssize_t done = 1;

    know(stream);
    while (length && !ended && (done > 0 || !interrupted)) {
        wait_for_room(stream);
        done = !interrupted || takes_some(stream) ? offer(stream, text, length) : 0;
        if (done < 0)
            return;
        text += done;
        length -= (size_t)done;
    }
}

void terminal_say(const char *text, size_t length)
{
    say(&output, text, length);
}

void terminal_error(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    say(&errors, text, (size_t)length);
    free(text);
}
