/* Samples and token buckets: see pacing.h. */
#include "pacing.h"

enum { NS_PER_S = 1000000000, BURST_NS = BURST_MS * 1000000, BITS_PER_BYTE = 8 };

struct pacing pacing_of(const struct mirror_session *session)
{
    return (struct pacing){.sample = session->sample,
                           .sample_flows = session->sample_flows,
                           .rate = session->rate_limit,
                           .unit = session->rate_unit};
}

bool pacing_is_wanted(const struct pacing *pacing)
{
    return pacing->sample > 1 || pacing->rate;
}

void pacer_init(struct pacer *pacer, const struct pacing *pacing, _Atomic uint64_t *spent_ns,
                uint64_t seed)
{
    *pacer = (struct pacer){.pacing = pacing, .spent_ns = spent_ns, .random = seed};
}

/* Sebastiano Vigna's splitmix64. */
static uint32_t random_below(struct pacer *pacer, uint32_t limit)
{
    uint64_t value = pacer->random += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return (uint32_t)((value >> 32) * limit >> 32);
}

/* Bits that neither the receiver nor the outer port is chosen by: of a sample, each has its share.
 */
static uint32_t draw_of_flow(uint32_t hash)
{
    hash = (hash ^ hash >> 15) * 0x2c1b3c6du;
    hash = (hash ^ hash >> 12) * 0x297a2d39u;
    return hash ^ hash >> 15;
}

bool pacer_samples(struct pacer *pacer, uint32_t hash)
{
    uint32_t sample = pacer->pacing->sample;
    if (sample <= 1)
        return true;
    if (pacer->pacing->sample_flows)
        return (uint64_t)draw_of_flow(hash) * sample >> 32 == 0;
    if (pacer->run == 0) {
        pacer->run = sample;
        pacer->pick = random_below(pacer, sample);
    }
    return --pacer->run == pacer->pick;
}

/* a * b / c without a product that is too large. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
    return (uint64_t)((unsigned __int128)a * b / c);
}

/* Takes tokens out of the bucket: as many as are wanted, or what it has. What is owed is paid by
 * all the time that nothing was taken, also where that earns more than the bucket holds. */
static uint64_t take(const struct pacer *pacer, uint64_t now_ns, uint64_t wanted)
{
    uint64_t rate = pacer->pacing->rate, wanted_ns = scale(wanted, NS_PER_S, rate) + 1, got, until;
    uint64_t burst_ns = wanted_ns > BURST_NS ? wanted_ns : BURST_NS;
    uint64_t spent = atomic_load_explicit(pacer->spent_ns, memory_order_relaxed);
    do {
        uint64_t from = spent + burst_ns < now_ns ? now_ns - burst_ns : spent;
        if (from >= now_ns)
            return 0;
        got = scale(now_ns - from, rate, NS_PER_S);
        if (got > wanted)
            got = wanted;
        if (!got)
            return 0;
        until = from + scale(got, NS_PER_S, rate);
    } while (!atomic_compare_exchange_weak_explicit(pacer->spent_ns, &spent, until,
                                                    memory_order_relaxed, memory_order_relaxed));
    return got;
}

bool pacer_admits(struct pacer *pacer, uint64_t now_ns, uint32_t kept)
{
    const struct pacing *pacing = pacer->pacing;
    if (!pacing->rate)
        return true;
    if (pacer->tokens <= 0 && pacer->empty_ns != now_ns) {
        uint64_t lot = pacing->rate / LOTS_PER_S + 1;
        pacer->tokens += (int64_t)take(pacer, now_ns, lot + (uint64_t)-pacer->tokens);
        if (pacer->tokens <= 0)
            pacer->empty_ns = now_ns; /* no use to ask again before it has gone on */
    }
    if (pacer->tokens <= 0)
        return false;
    pacer->tokens -= pacing->unit == RATE_BITS ? (int64_t)kept * BITS_PER_BYTE : 1;
    return true;
}
