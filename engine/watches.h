/* Who watches which session: each session that is watched has a tap a worker, which all its
 * watchers read, each as far as it has come. A watcher that is too slow loses packets, and no other
 * one does. The control thread's. */
#ifndef MIRRORSH_WATCHES_H
#define MIRRORSH_WATCHES_H

#include "dataplane.h"
#include "tap.h"

enum { WATCHED_MAX = 16 }; /* sessions at a time: taps are memory */

/* A session that is watched. */
struct watched {
    char *session;
    uint32_t number;            /* in the configuration that runs; NO_SLOT: it is not there */
    struct tap **taps;          /* one a worker, */
    unsigned count;             /* so many: never fewer than there are workers */
    struct engine_watch *first; /* its watchers */
    struct watched *next;
};

struct engine_watch {
    struct watched *watched;
    struct engine_watch *next; /* of the same session */
    uint64_t *position;        /* one a tap: how far it has read */
    uint64_t missed;           /* less what had been lost when it began */
};

/* Has every session that is watched one tap a worker, for so many; false: memory ran out. */
bool watches_make_room(struct watched *first, unsigned workers);
/* Finds the sessions that are watched in a data plane, and gives the workloads of so many workers
 * their taps. No worker has it yet. */
void watches_aim(struct watched *first, struct dataplane *dataplane, unsigned workers);

#endif
