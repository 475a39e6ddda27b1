/* Rules are divided in two where a slice of the probe parts them best, until they are few enough.
 * No rule is in two groups: those on both sides are put apart, and when all others are in groups,
 * the same is done with them. What cannot be parted is cut in the order of the list. */
#include "rule_groups.h"
#include "bit_table.h"
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLE = 256,   /* rules that a division is chosen by */
    DEPTH_MAX = 40, /* of divisions */
    ROUNDS_MAX = 8, /* of putting apart: each may be one more table to look into */
    WORTH = 97,     /* of a hundred: what a division must come below */
};

struct dividing {
    const struct lanes *rules;
    struct rule_groups *groups;
    uint32_t most, placed;
    uint32_t *divided, *apart, *scratch;
    uint32_t apart_count;
    uint32_t round_first; /* the round's first group */
};

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Together with those before, of the same round and so near them, where there is room. */
static void place(struct dividing *dividing, const uint32_t *rules, uint32_t count)
{
    struct rule_groups *groups = dividing->groups;
    struct rule_group *last = groups->count ? &groups->at[groups->count - 1] : NULL;
    if (groups->count > dividing->round_first && last->count + count <= dividing->most)
        last->count += count;
    else
        groups->at[groups->count++] =
            (struct rule_group){.first = dividing->placed, .count = count};
    memcpy(groups->rules + dividing->placed, rules, count * sizeof *rules);
    dividing->placed += count;
}

static void cut(struct dividing *dividing, uint32_t *rules, uint32_t count)
{
    uint32_t parts = (count + dividing->most - 1) / dividing->most;
    qsort(rules, count, sizeof *rules, by_number);
    for (uint32_t i = 0; i < parts; i++) {
        uint32_t from = (uint32_t)((uint64_t)count * i / parts);
        place(dividing, rules + from, (uint32_t)((uint64_t)count * (i + 1) / parts) - from);
    }
}

/* Where rules are divided: left are those whose values are all below `at`, right those with none.
 */
struct division {
    unsigned kind, at;
    uint64_t cost; /* pairs of a rule's packet and a rule that is looked at for it */
};

static void try_kind(const struct dividing *dividing, const uint32_t *rules, uint32_t count,
                     unsigned kind, struct division *best)
{
    uint32_t lowest[SLICE_VALUES] = {0}, highest[SLICE_VALUES] = {0};
    uint32_t sample = count < SAMPLE ? count : SAMPLE, left = 0, right = sample;
    for (uint32_t i = 0; i < sample; i++) {
        uint32_t rule = rules[(uint64_t)i * count / sample];
        uint64_t values = slice_values(&dividing->rules[rule], kind);
        lowest[__builtin_ctzll(values)]++;
        highest[SLICE_VALUES - 1 - __builtin_clzll(values)]++;
    }
    for (unsigned at = 1; at < SLICE_VALUES; at++) {
        left += highest[at - 1];
        right -= lowest[at - 1];
        uint64_t l = left, r = right, apart = sample - left - right;
        uint64_t cost = l * (l + apart) + r * (r + apart) + apart * sample;
        if (cost * 100 < best->cost * (best->kind == SLICE_KINDS ? WORTH : 100))
            *best = (struct division){kind, at, cost};
    }
}

static struct division choose(const struct dividing *dividing, const uint32_t *rules,
                              uint32_t count)
{
    uint64_t sample = count < SAMPLE ? count : SAMPLE;
    struct division best = {SLICE_KINDS, 0, sample * sample};
    for (unsigned kind = 0; kind < SLICE_KINDS; kind++)
        if (kind % LOWER < PROBE_BYTES)
            try_kind(dividing, rules, count, kind, &best);
    return best;
}

/* The left ones come first, the right ones behind them: how many of each. */
static void part(struct dividing *dividing, uint32_t *rules, uint32_t count,
                 const struct division *division, uint32_t *left, uint32_t *right)
{
    *left = *right = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t values = slice_values(&dividing->rules[rules[i]], division->kind);
        if (!(values >> division->at))
            rules[(*left)++] = rules[i];
        else if (!(values << (SLICE_VALUES - division->at)))
            dividing->scratch[(*right)++] = rules[i];
        else
            dividing->apart[dividing->apart_count++] = rules[i];
    }
    memcpy(rules + *left, dividing->scratch, *right * sizeof *rules);
}

static void divide(struct dividing *dividing, uint32_t *rules, uint32_t count, unsigned depth)
{
    struct division division = {SLICE_KINDS, 0, 0};
    uint32_t left, right;
    if (count > dividing->most && depth < DEPTH_MAX)
        division = choose(dividing, rules, count);
    if (division.kind == SLICE_KINDS) {
        cut(dividing, rules, count);
        return;
    }
    part(dividing, rules, count, &division, &left, &right);
    divide(dividing, rules, left, depth + 1);
    divide(dividing, rules + left, right, depth + 1);
}

static void divide_all(struct dividing *dividing, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        dividing->divided[i] = i;
    for (unsigned round = 1; count > 0; round++) {
        dividing->apart_count = 0;
        dividing->round_first = dividing->groups->count;
        divide(dividing, dividing->divided, count, round < ROUNDS_MAX ? 0 : DEPTH_MAX);
        uint32_t *apart = dividing->apart;
        dividing->apart = dividing->divided;
        dividing->divided = apart;
        count = dividing->apart_count;
    }
}

static int by_least(const void *a, const void *b)
{
    const struct rule_group *x = a, *y = b;
    return by_number(&x->least, &y->least);
}

static void sort(struct rule_groups *groups)
{
    for (uint32_t i = 0; i < groups->count; i++) {
        uint32_t *rules = groups->rules + groups->at[i].first;
        qsort(rules, groups->at[i].count, sizeof *rules, by_number);
        groups->at[i].least = rules[0];
    }
    qsort(groups->at, groups->count, sizeof *groups->at, by_least);
}

bool rule_groups_make(struct rule_groups *groups, const struct lanes *rules, uint32_t count,
                      uint32_t most)
{
    struct dividing dividing = {.rules = rules, .groups = groups, .most = most};
    *groups = (struct rule_groups){.rules = calloc(count, sizeof *groups->rules),
                                   .at = calloc(count, sizeof *groups->at)};
    dividing.divided = calloc(count, sizeof *dividing.divided);
    dividing.apart = calloc(count, sizeof *dividing.apart);
    dividing.scratch = calloc(count, sizeof *dividing.scratch);
    bool room =
        groups->rules && groups->at && dividing.divided && dividing.apart && dividing.scratch;
    if (room) {
        divide_all(&dividing, count);
        sort(groups);
    } else {
        rule_groups_free(groups);
    }
    free(dividing.divided);
    free(dividing.apart);
    free(dividing.scratch);
    return room;
}

void rule_groups_free(struct rule_groups *groups)
{
    free(groups->rules);
    free(groups->at);
}
