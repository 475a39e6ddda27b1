/* The client's terminal and process: its locale, its size, what is written to it, and
 * the signals that end, interrupt or resize it. Signals are blocked except while something here
 * waits, so none is lost between a look at a flag and the wait, and no other thread ever sees
 * one. Nothing else in a client waits for a terminal. */
#ifndef MIRRORSH_TERMINAL_H
#define MIRRORSH_TERMINAL_H

#include "../protocol.h"
#include <stdbool.h>
#include <sys/types.h>

/* Takes the locale of the environment; characters are UTF-8 whatever it says, and have the widths
 * of one. */
void terminal_locale(void);
/* The environment's own locale was UTF-8: more than ASCII may be drawn. */
bool terminal_draws_utf8(void);

/* Blocks the signals of a client for this thread and those it starts, and catches them. */
void terminal_signals(void);

/* No box is in this process: ^Z (SIGTSTP) may stop it. Before anything changes the terminal. A
 * stop begins and ends in a wait: the terminal has the modes meanwhile that it had now, and ours
 * again when the process is in the foreground. What stands on it is to be drawn anew then. */
void terminal_stoppable(void);
/* What ^Z does where it is a signal, for who reads it as a key: the next wait stops. False: this
 * process does not. */
bool terminal_stop_group(void);
/* Who has more to give back than modes holds stops: none begins in a wait then, which -EINTR ends;
 * terminal_stops says that one is due, and terminal_stop returns when it is over. */
void terminal_hold_stops(bool hold);
bool terminal_stops(void);
void terminal_stop(void);

/* Waits until one of two descriptors (-1: none) can be read or has hung up. Returns bits 1
 * and 2 for them, 0 after the timeout (-1: none), -EINTR after a signal, and while one that ends
 * or interrupts has not been asked for. */
int terminal_wait(int first, int second, int timeout_ms);

/* The same, and bit 4 when standard output takes more, if that is asked for; 0 too when it is only
 * worth trying. */
int terminal_wait_all(int first, int second, bool output, int timeout_ms);

/* The same for one descriptor and what poll knows of it, without a timeout. */
int terminal_wait_for(int fd, short events);

/* Who wants to know of what goes on while something here waits or writes; all zero: nobody. */
struct attendant {
    void *context;
    /* A key was typed, or what is written can be. */
    void (*active)(void *context);
    /* `fd` can be read, while somebody waits for keys alone. False: there is no use in that any
     * more; they see an interrupt. */
    bool (*heard)(void *context);
    int fd;
};
void terminal_attend(const struct attendant *attendant);

/* Each says whether that came since it was last asked; the end stays. */
bool terminal_interrupted(void); /* SIGINT */
bool terminal_resized(void);     /* SIGWINCH, or a stop is over */
bool terminal_continued(void);   /* a stop is over */
bool terminal_ended(void);       /* SIGTERM or SIGHUP */

/* Whether one of them but a new size has come, or a stop that is held; it stays to be asked for.
 * Waits for nothing. */
bool terminal_called(void);

/* Standard output's size: what was set, else what the terminal says, else 80x24. */
struct screen_size terminal_size(void);
/* The same for who draws a whole screen: never more than there is. */
struct screen_size terminal_screen(void);
/* Lines (0: nothing is paged) or columns to be taken in the place of what the terminal says. */
void terminal_set(enum terminal_dimension what, uint16_t value);
bool terminal_pages(void);
/* Whether one of them was set. */
bool terminal_is_set(void);
/* "pts/3", or "" where standard input is no terminal. */
void terminal_name(char *name, size_t size);
/* Where the user of the terminal `name` logged in from, "192.0.2.7"; "" when that is not known. */
void terminal_from(const char *name, char *from, size_t size);

/* Writes it all to standard output. 0; -ECANCELED: ^C came, and what the terminal has not shown
 * yet is thrown away; -EINTR: the process is to end; or -errno. */
int terminal_write(const char *text, size_t length);
/* Writes what standard output takes at once, and the line of a terminal in a moment: how many
 * bytes, or -errno. */
ssize_t terminal_offer(const char *text, size_t length);
/* The same for a message: a ^C that comes meanwhile or came before only ends the wait for a
 * terminal that takes nothing, and stays to be asked for. */
void terminal_say(const char *text, size_t length);
/* A message to standard error, likewise. */
void terminal_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Throws away what was written and has not left for the terminal yet. */
void terminal_discard(void);
/* Whether the line to the terminal has carried what was written (line_speed.h): 0, or milliseconds
 * until it is to be asked again. */
uint32_t terminal_busy(void);
/* Bytes a second of a line that was seen to be slow; 0: nobody need count. */
uint32_t terminal_slow(void);

#endif
