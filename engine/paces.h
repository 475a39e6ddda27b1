/* The pacing of sessions in use: what the workers of a session share of it and what each has for
 * itself. A session that keeps its name and what it is told about pacing keeps its pace over
 * commits: a plan that changes every second neither fills a bucket nor begins a sample anew. The
 * control thread's only, but for the pacers, each of which is its worker's. */
#ifndef MIRRORSH_PACES_H
#define MIRRORSH_PACES_H

#include "plan/pacing.h"

struct pace {
    struct pacing pacing;
    _Atomic uint64_t spent_ns;         /* struct pacer */
    struct pacer *pacers[WORKERS_MAX]; /* one a worker; NULL behind */
    uint32_t slot;
    unsigned users;
    struct pace *next; /* of the same slot: that of the configuration before */
};

struct paces {
    struct pace **slots; /* by the session's counter slot */
    uint32_t room;
    unsigned workers;
};

/* One more user: the pace that a session with this slot and pacing has, or a new one. NULL when
 * memory runs out. */
struct pace *paces_take(struct paces *paces, uint32_t slot, const struct pacing *pacing);
/* The last one's going frees it. No worker may use it any more. */
void paces_release(struct paces *paces, struct pace *pace);

/* From now on there are so many workers: more need pacers of what there is already. false: memory
 * ran out. */
bool paces_serve(struct paces *paces, unsigned workers);
/* Frees those of workers that are no more. */
void paces_trim(struct paces *paces);

/* When nobody has any. */
void paces_free(struct paces *paces);

#endif
