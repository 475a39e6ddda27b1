/* A rule in the shape in which it is compared with a probe. Each field has its place there, a lane,
 * by its kind and its turn in the table of match fields: what finds rules knows lanes, and no
 * fields. */
#ifndef MIRRORSH_LANES_H
#define MIRRORSH_LANES_H

#include "../packet/cache_line.h"
#include "classifier.h"
#include <stddef.h>
#include <string.h>

/* The lane behind those of the prefixes: bytes of the key that are not numbers, side by side. */
enum { BITS = PREFIX_LANES };

/* Two words side by side. */
typedef uint64_t pair __attribute__((vector_size(16)));

/* The first halves of the prefixes, and the ranges as low and high - low: one cache line, which
 * decides nearly every comparison. */
struct quick {
    uint64_t value[PREFIX_LANES], mask[PREFIX_LANES];
    numbers low, span;
};

/* The second halves (IPv6 beyond /64), the bits, what the key must have, and the outcome: another,
 * read only when the first fits. */
struct rest {
    uint64_t value[PREFIX_LANES + 1], mask[PREFIX_LANES + 1];
    struct verdict verdict;
    uint16_t parts;
};

struct lanes {
    struct quick quick;
    struct rest rest;
};
_Static_assert(sizeof(struct lanes) == 2 * CACHE_LINE, "a rule is two cache lines");

/* false: the rule matches nothing, since it asks for two families at once. */
bool lanes_compile(const struct classifier_rule *rule, struct lanes *lanes);

/* The bytes of a probe in which rules may differ. */
enum { PROBE_BYTES = offsetof(struct probe, parts) };

/* What the rule lets a byte of a probe be: `count` values from `first` on, after 255 comes 0. It
 * may be more than the rule does, never less. */
struct byte_range {
    unsigned first, count;
};
struct byte_range lanes_byte(const struct lanes *lanes, unsigned byte);

/* One of the probes that the rule takes, by chance; *noise: what the last one left. */
struct probe lanes_point(const struct lanes *lanes, uint64_t *noise);

/* What of a probe is not as a rule has it: zero when all of it is. */
static inline pair prefixes_differ(const uint64_t probe[PREFIX_LANES],
                                   const uint64_t value[PREFIX_LANES],
                                   const uint64_t mask[PREFIX_LANES])
{
    pair of, is, counts;
    memcpy(&of, probe, sizeof of);
    memcpy(&is, value, sizeof is);
    memcpy(&counts, mask, sizeof counts);
    return (of ^ is) & counts;
}
_Static_assert(PREFIX_LANES * sizeof(uint64_t) == sizeof(pair),
               "the prefixes are compared at once");

static inline pair addresses_differ(const struct quick *rule, const struct probe *probe)
{
    return prefixes_differ(probe->first, rule->value, rule->mask);
}

static inline pair numbers_differ(const struct quick *rule, const struct probe *probe)
{
    /* below the low end wraps around to far above the span */
    return (pair)((probe->numbers - rule->low) > rule->span);
}

static inline pair rest_differs(const struct rest *rule, const struct probe *probe)
{
    uint64_t bits = (probe->second[BITS] ^ rule->value[BITS]) & rule->mask[BITS];
    uint64_t parts = (uint64_t)(~probe->parts & rule->parts);
    return prefixes_differ(probe->second, rule->value, rule->mask) | (pair){bits, parts};
}

static inline bool is_zero(pair differ)
{
    return !(differ[0] | differ[1]);
}

/* One after the other, for rules that mostly do not fit: addresses tell most apart... */
static inline bool lanes_fit(const struct lanes *rule, const struct probe *probe)
{
    return is_zero(addresses_differ(&rule->quick, probe)) &&
           is_zero(numbers_differ(&rule->quick, probe)) &&
           is_zero(rest_differs(&rule->rest, probe));
}

/* ... and at once, without a jump, for those that mostly do. */
static inline bool lanes_fit_at_once(const struct lanes *rule, const struct probe *probe)
{
    return is_zero(addresses_differ(&rule->quick, probe) | numbers_differ(&rule->quick, probe) |
                   rest_differs(&rule->rest, probe));
}

#endif
