/* How much each receiver is sent in a second: the counters between two looks at them, of which
 * there is one every second. The control thread's only. */
#ifndef MIRRORSH_RATES_H
#define MIRRORSH_RATES_H

#include "counters.h"
#include "plan/numbering.h"

/* Of one counter slot. */
struct rate {
    struct count seen;   /* when it was last looked at */
    struct count second; /* that were sent in a second before that */
};

struct rates {
    struct rate *at; /* by receivers' slots */
    uint32_t room;
    uint64_t looked_ns; /* 0: not yet */
};

void rates_free(struct rates *rates);
/* The slot's counters begin at zero for another receiver. */
void rates_forget(struct rates *rates, uint32_t slot);
/* sum: the counters of all workers, as they are now. */
void rates_look(struct rates *rates, const struct numbering *numbering, const struct counters *sum,
                uint64_t now_ns);
/* A second's packets and bytes, as of the last look; 0 before it. */
struct count rates_of(const struct rates *rates, uint32_t slot);

#endif
