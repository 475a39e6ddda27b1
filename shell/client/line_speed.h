/* How fast the line to a terminal carries, found by what it does: a terminal is written to only
 * so far ahead of what its far end has taken, so that a ^C need not wait for what cannot be taken
 * back, and that a picture is not drawn while an older one is still on its way. A line that is
 * fast pays nothing for it.
 *
 * A serial line says how much waits (TIOCOUTQ). A pseudo-terminal does not, and its speed is what
 * somebody set; but whoever waits to write is woken when its reader has left no more than
 * LINE_SPEED_UNSEEN bytes, and an edge-triggered epoll hears each time. What a reader has taken
 * and keeps, as sshd does, is out of sight. */
#ifndef MIRRORSH_LINE_SPEED_H
#define MIRRORSH_LINE_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* TTY_THRESHOLD_UNTHROTTLE of Linux. */
enum { LINE_SPEED_UNSEEN = 128 };

struct line_speed {
    int fd;          /* the terminal's, not owned; -1: none, which takes anything at once */
    int events;      /* of its reader; -1: it says by itself how much waits */
    double rate;     /* bytes a second; 0: not known yet */
    size_t window;   /* so many bytes may wait */
    size_t left;     /* no more than these waited at news_ms of what we had heard of */
    size_t unheard;  /* written since we heard */
    int64_t news_ms; /* when we wrote or heard last */
    size_t flight;   /* bytes that were written since flight_ms */
    int64_t flight_ms;
    size_t carried; /* of the flight, when we heard last, in carried_ms */
    int64_t carried_ms;
    size_t before; /* carried in before_ms by flights since the rate was measured */
    int64_t before_ms;
    bool limited;    /* in this time there was more to write than the window took */
    unsigned probes; /* bytes beyond the window since the reader was heard of */
};

/* fd: of a terminal, open while the line is used. */
void line_speed_open(struct line_speed *line, int fd);
/* How many bytes may be written now; 0: wait for line->events and *wait_ms (1 and more). */
size_t line_speed_room(struct line_speed *line, uint32_t *wait_ms);
/* So many were. */
void line_speed_wrote(struct line_speed *line, size_t length);
/* Milliseconds until it is to be asked again whether all is carried; 0: it is. */
uint32_t line_speed_busy(struct line_speed *line);
/* Bytes a second of a line slow enough to count them; 0: it is not, as far as is known. */
uint32_t line_speed_slow(const struct line_speed *line);

#endif
