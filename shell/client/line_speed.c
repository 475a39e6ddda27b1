/* A window of bytes that grows while the far end takes them and shrinks to what it takes in a part
 * of a second: see line_speed.h. */
#include "line_speed.h"
#include "../clock.h"
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

enum {
    PTY_MAJOR = 136,
    PTY_MAJORS = 8,
    /* A window that could not be told from an empty one would never be heard of. */
    WINDOW_MIN = 2 * LINE_SPEED_UNSEEN,
    WINDOW_MAX = 4096, /* what a reader's end of a pseudo-terminal holds, beyond a flush's reach */
    AHEAD_MS = 250,
    SLOW_MAX = 16000, /* bytes a second: more than 115,200 baud */
    /* The news of a reader may coincide with those of our own write, and is lost with them: then
     * a few bytes more make it speak again, ever more slowly. */
    PROBE = 16,
    PATIENCE_MS = 2,
    PROBES_MAX = 8,
    LOST_MS = 500, /* nobody speaks so late of what is all there is */
    ASK_MS = 50,
    REFILL_MS = 200,
};

void line_speed_open(struct line_speed *line, int fd)
{
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
    struct stat file;

    *line = (struct line_speed){.fd = fd, .events = -1, .window = WINDOW_MIN};
    if (fstat(fd, &file) || major(file.st_rdev) < PTY_MAJOR ||
        major(file.st_rdev) >= PTY_MAJOR + PTY_MAJORS)
        return;
    line->events = epoll_create1(EPOLL_CLOEXEC);
    if (line->events >= 0 && epoll_ctl(line->events, EPOLL_CTL_ADD, fd, &event) == 0)
        return;
    if (line->events >= 0)
        close(line->events);
    line->fd = line->events = -1;
}

/* Milliseconds in which the line carries so many bytes, as far as is known. */
static double time_of(const struct line_speed *line, size_t bytes)
{
    return line->rate > 0 ? 1000.0 * (double)bytes / line->rate : 0;
}

/* What is left of line->left by now. */
static size_t left_of(const struct line_speed *line, int64_t now)
{
    double carried = line->rate * (double)(now - line->news_ms) / 1000;

    if (line->events >= 0 && line->rate <= 0)
        return 0; /* it was read from, and nothing says that it is slow */
    return carried < (double)line->left ? line->left - (size_t)carried : 0;
}

/* What waits at most. */
static size_t waiting(const struct line_speed *line, int64_t now)
{
    return left_of(line, now) + line->unheard;
}

/* The window and the rate, by so many bytes, at least, that were carried in this time. */
static void measure(struct line_speed *line, size_t carried, int64_t elapsed_ms)
{
    double rate = 1000.0 * (double)carried / (double)(elapsed_ms > 0 ? elapsed_ms : 1), window;

    if (rate > line->rate)
        line->rate = line->rate > 0 ? (line->rate + rate) / 2 : rate;
    else if (line->limited) /* else there was less to write than it takes */
        line->rate = rate;
    window = line->rate * AHEAD_MS / 1000;
    if (window > 2.0 * (double)line->window)
        window = 2.0 * (double)line->window;
    line->window = window < WINDOW_MIN   ? WINDOW_MIN
                   : window > WINDOW_MAX ? WINDOW_MAX
                                         : (size_t)window;
}

static void begin_flight(struct line_speed *line, int64_t now)
{
    line->flight = line->carried = 0;
    line->flight_ms = now;
    line->carried_ms = 0;
    line->limited = false;
}

/* No more than `left` bytes wait. What waited when the flight began does not count, and so what was
 * carried since is that much at least. */
static void hear(struct line_speed *line, size_t left, int64_t now)
{
    if (line->flight > left + line->carried) { /* else nothing was since */
        line->carried = line->flight - left;
        line->carried_ms = now - line->flight_ms;
    }
    if (line->before + line->carried >= line->window) {
        measure(line, line->before + line->carried, line->before_ms + line->carried_ms);
        line->before = 0;
        line->before_ms = 0;
        begin_flight(line, now);
    }
    if (left > line->left + line->unheard)
        left = line->left + line->unheard;
    line->left = left;
    line->unheard = 0;
    line->news_ms = now;
    line->probes = 0;
}

static bool is_read(const struct line_speed *line)
{
    struct epoll_event event;

    return epoll_wait(line->events, &event, 1, 0) > 0;
}

static void look(struct line_speed *line, int64_t now)
{
    int queued = 0;

    if (line->events >= 0 && is_read(line))
        hear(line, LINE_SPEED_UNSEEN, now);
    else if (line->events < 0 && line->fd >= 0)
        hear(line, ioctl(line->fd, TIOCOUTQ, &queued) || queued < 0 ? 0 : (size_t)queued, now);
}

size_t line_speed_room(struct line_speed *line, uint32_t *wait_ms)
{
    int64_t now = clock_ms();
    size_t waits;
    double patience;

    look(line, now);
    waits = waiting(line, now);
    if (line->fd < 0 || waits + line->window / 4 <= line->window)
        return line->fd < 0 ? WINDOW_MAX : line->window - waits;
    line->limited = true;
    patience = line->events < 0 ? time_of(line, line->window / 4) + 1
                                : (PATIENCE_MS << line->probes) + 2 * time_of(line, waits) -
                                      (double)(now - line->news_ms);
    if (line->events >= 0 && patience <= 0)
        return PROBE;
    *wait_ms = patience > ASK_MS ? ASK_MS : (uint32_t)patience + 1;
    return 0;
}

void line_speed_wrote(struct line_speed *line, size_t length)
{
    int64_t now = clock_ms();
    size_t waits = waiting(line, now);

    if (line->fd < 0 || length == 0)
        return;
    /* A flight that filled the window goes on over the moment in which it is refilled. Of one that
     * did not, what was heard is put to that of the next: a picture goes to a slow line in pieces
     * of less than the window, and the line may have become fast. */
    if (waits == 0 && (!line->limited || now - line->news_ms > REFILL_MS)) {
        line->before += line->carried;
        line->before_ms += line->carried_ms;
        begin_flight(line, now);
    }
    if (waits >= line->window && line->probes < PROBES_MAX)
        line->probes++;
    line->left = waits - line->unheard;
    line->unheard += length;
    line->flight += length;
    line->news_ms = now;
    if (line->events >= 0)
        is_read(line); /* one that has written wakes the others, and so itself */
}

uint32_t line_speed_busy(struct line_speed *line)
{
    int64_t now = clock_ms();
    size_t waits;
    double left;

    look(line, now);
    waits = waiting(line, now);
    left = time_of(line, waits);
    if (line->events >= 0 && (double)(now - line->news_ms) > LOST_MS + 2 * left)
        waits = line->left = line->unheard = 0;
    return waits == 0 ? 0 : left > ASK_MS ? ASK_MS : (uint32_t)left + 1;
}

uint32_t line_speed_slow(const struct line_speed *line)
{
    return line->rate > 0 && line->rate < SLOW_MAX ? (uint32_t)line->rate + 1 : 0;
}
