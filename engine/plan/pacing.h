/* What a session leaves out of what it matches: what is not in its sample, and what is beyond its
 * rate. Pure: the time is the caller's.
 *
 * Of packets, each run of N that a worker sees in a row has one that is taken, drawn at random: as
 * many as 1 in N, to one packet a worker, and never in step with traffic that repeats itself. Of
 * flows, bits of their hash decide, so both directions are taken or neither, by every worker alike.
 *
 * A rate is the session's, whatever the number of workers: a token bucket that holds BURST_MS of
 * it. The bucket is one number, the time up to which tokens are spent: a worker takes a lot of them
 * by moving it on, with one exchange, and spends the lot by itself. A packet goes while there is
 * anything left of a lot; what it costs more is owed. So a packet that is larger than the bucket
 * goes too, and over time the rate is kept. */
#ifndef MIRRORSH_PACING_H
#define MIRRORSH_PACING_H

#include "../mirror_config.h"

#include <stdatomic.h>

enum { BURST_MS = 100, LOTS_PER_S = 250 };

struct pacing {
    uint32_t sample; /* 1 in so many, 1-65535; 1 (and 0): all */
    bool sample_flows;
    uint64_t rate; /* tokens a second, 0: no limit */
    enum rate_unit unit;
};

struct pacing pacing_of(const struct mirror_session *session);
/* Whether it leaves anything out. */
bool pacing_is_wanted(const struct pacing *pacing);

/* One worker's share of a session's pacing. */
struct pacer {
    const struct pacing *pacing;
    _Atomic uint64_t *spent_ns; /* of all workers: tokens are spent up to then; begins at 0 */
    int64_t tokens;             /* of its lot; negative: owed */
    uint64_t empty_ns;          /* when there was no more to take */
    uint64_t random;
    uint32_t run, pick; /* packets left of the run; how many of them are behind the one taken */
};

/* seed: any, another one for each pacer. */
void pacer_init(struct pacer *pacer, const struct pacing *pacing, _Atomic uint64_t *spent_ns,
                uint64_t seed);
/* Whether a packet of a flow with this hash is in the sample. Asked once for each packet. */
bool pacer_samples(struct pacer *pacer, uint32_t hash);
/* Whether a packet of which so many bytes are kept goes; now_ns: of a clock that only goes forward.
 */
bool pacer_admits(struct pacer *pacer, uint64_t now_ns, uint32_t kept);

#endif
