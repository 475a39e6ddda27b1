/* A queue between the terminal and who takes keys: see keyboard.h. */
#include "keyboard.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    CONTROL_C = 3,
    PIECE = 4096,                    /* what a terminal hands out at once */
    CAPACITY_MAX = 16 * 1024 * 1024, /* the rest waits in the terminal */
};

static struct {
    int fd; /* of our own, for what poll has seen may be flushed before it is read */
    unsigned char *bytes;
    size_t at, end, capacity; /* bytes[at..end) were read and not taken */
    bool ahead, gone;
} typed = {.fd = -1};

int keyboard_descriptor(void)
{
    if (typed.fd < 0)
        typed.fd = open("/proc/self/fd/0", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (typed.fd < 0) /* another user's terminal: it may be used, not opened */
        typed.fd = STDIN_FILENO;
    return typed.fd;
}

bool keyboard_read_ahead(bool on)
{
    bool was = typed.ahead;

    typed.ahead = on;
    keyboard_descriptor();
    return was;
}

/* Makes room for one more piece. */
static bool make_room(void)
{
    unsigned char *grown;

    if (typed.at == typed.end)
        typed.at = typed.end = 0;
    if (typed.capacity - typed.end >= PIECE)
        return true;
    if (typed.at >= PIECE && typed.at >= typed.capacity / 2) {
        memmove(typed.bytes, typed.bytes + typed.at, typed.end - typed.at);
        typed.end -= typed.at;
        typed.at = 0;
        return true;
    }
    grown = typed.capacity < CAPACITY_MAX ? realloc(typed.bytes, 2 * typed.capacity + PIECE) : NULL;
    if (!grown)
        return false;
    typed.bytes = grown;
    typed.capacity = 2 * typed.capacity + PIECE;
    return true;
}

int keyboard_wanted(void)
{
    return typed.ahead && !typed.gone && make_room() ? typed.fd : -1;
}

bool keyboard_read(void)
{
    ssize_t got = read(typed.fd, typed.bytes + typed.end, PIECE);
    const unsigned char *interrupt;

    if (got <= 0) {
        typed.gone = got == 0 || (errno != EAGAIN && errno != EINTR);
        return false;
    }
    interrupt = memrchr(typed.bytes + typed.end, CONTROL_C, (size_t)got);
    typed.end += (size_t)got;
    if (interrupt)
        typed.at = (size_t)(interrupt + 1 - typed.bytes);
    return interrupt;
}

bool keyboard_has(void)
{
    return typed.at < typed.end || typed.gone;
}

bool keyboard_take(unsigned char *byte)
{
    if (typed.at == typed.end)
        return !typed.gone && read(STDIN_FILENO, byte, 1) == 1;
    *byte = typed.bytes[typed.at++];
    return true;
}

void keyboard_give_back(void)
{
    struct pollfd more = {.fd = typed.fd, .events = POLLIN};

    if (typed.at == typed.end)
        return;
    while (!typed.gone && make_room() && poll(&more, 1, 0) > 0) /* it comes behind that */
        keyboard_read();
    while (typed.at < typed.end && ioctl(typed.fd, TIOCSTI, &typed.bytes[typed.at]) == 0)
        typed.at++;
    typed.at = typed.end;
}
