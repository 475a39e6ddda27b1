/* When sessions and interfaces begin to lose packets, and when that has ended: the counters are
 * looked at every second. A drop begins with the first packet and has ended when there was none for
 * ten seconds, so that one that comes and goes is one. The control thread's only. */
#ifndef MIRRORSH_DROPS_H
#define MIRRORSH_DROPS_H

#include "counters.h"
#include "news.h"

enum { DROP_KINDS = sizeof(struct session_drops) / sizeof(uint64_t) };

/* Of one counter slot. */
struct drop {
    uint64_t seen[DROP_KINDS];  /* the counters when they were last looked at */
    uint64_t since[DROP_KINDS]; /* what was dropped since it began */
    uint64_t began_ns, last_ns; /* the first and the last packet of these, nearly */
    bool loops;                 /* of a session: its mirror came back, which was told */
    unsigned told;              /* kinds, a bit each, that were told of; 0: nothing drops */
};

struct drops {
    struct drop *at[COUNTER_KINDS]; /* by slot: of sessions and interfaces */
    uint32_t room[COUNTER_KINDS];
    struct drop shared; /* of the ring that interfaces share */
    uint64_t worked_ns; /* when packets were last seen to have come; 0: never */
    uint64_t looked_ns;
};

void drops_free(struct drops *drops);
/* The slot's counters begin at zero for another name. */
void drops_forget(struct drops *drops, enum counter_kind kind, uint32_t slot);

/* sum: the counters of all workers. `sources` are up to date. */
void drops_look(struct drops *drops, const struct teller *teller, const struct dataplane *dataplane,
                const struct counters *sum, const struct sources *sources, uint64_t now_ns);

#endif
