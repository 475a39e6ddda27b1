/* The screen of the live view: curses draws into memory, and what it drew goes to the terminal
 * as the terminal takes it. So nothing ever waits for a slow line, and the line is never given
 * a picture before it has carried the last. */
#ifndef MIRRORSH_LIVE_SCREEN_H
#define MIRRORSH_LIVE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <termios.h>

struct live_screen {
    void *curses;          /* SCREEN */
    FILE *in, *out;        /* of curses: from the terminal, into the picture */
    int picture;           /* memory file that curses writes to */
    char *waiting;         /* what it wrote; owned */
    size_t length, sent;   /* of that, and of that what the terminal has taken */
    struct termios before; /* the terminal's modes */
    bool read_ahead;       /* what was typed, of the keyboard, before */
};

/* Takes the terminal over; false: it cannot be drawn on. */
bool screen_open(struct live_screen *screen);
/* Gives it back as it was, the cursor on the last row. `now`: without waiting for the line. */
void screen_close(struct live_screen *screen, bool now);
/* Gives it back, stops the process (terminal_stop), and takes it over again; all is to be drawn
 * anew then. */
void screen_stop(struct live_screen *screen);

/* What curses drew since the last time is to be sent; false: out of memory. */
bool screen_take(struct live_screen *screen);
/* Sends what the terminal takes at once: 0 or -errno. */
int screen_send(struct live_screen *screen);
/* Sends it all, however slow the line; a signal ends that. */
void screen_finish(struct live_screen *screen);
/* Whether some of the picture waits for the terminal. */
bool screen_waits(const struct live_screen *screen);

#endif
