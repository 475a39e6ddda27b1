/* The box: the running and saved configuration, the engine, and the control thread that
 * serves consoles. main opens one, in the foreground (--daemon) or behind a console of the
 * same process. */
#ifndef MIRRORSH_BOX_H
#define MIRRORSH_BOX_H

#include <stdbool.h>
#include <stddef.h>

struct box;

struct box_options {
    const char *state;  /* directory of startup.conf, created when it is absent */
    const char *socket; /* where consoles attach; NULL: nowhere (offline) */
    bool offline;       /* -n: no engine */
    bool verbose;       /* the journal has what the engine decides, too */
};

/* Locks the state directory, loads the configuration (saying on standard error which, when it
 * is not a whole startup.conf or a first start), starts the engine, applies, listens.
 * 0 and *box, or -errno with *why. */
int box_open(struct box **box, const struct box_options *options, char *why, size_t why_size);

/* Serves consoles in the calling thread until box_end is called (any thread, async-signal-safe)
 * and the commit under way then is saved. */
int box_run(struct box *box);
/* The same in a thread of its own. */
int box_start(struct box *box);
void box_end(struct box *box);
/* Ends and joins the thread of box_start, stops the engine, removes the socket, frees. */
void box_close(struct box *box);

/* A console of this process: one end of a socket pair that speaks the protocol; -errno. */
int box_console(struct box *box);

#endif
