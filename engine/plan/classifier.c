/* A flat array in the order of the rules, searched from the front. Each rule is one cache
 * line of masks and ranges that decides nearly every comparison, and a second line that is
 * read only when the first fits. Each field has its place in them, a lane, by its kind and its
 * turn in the table of match fields; a table with more than there is room for does not compile. */
#include "classifier.h"
#include <stdlib.h>
#include <string.h>

enum { BITS_BYTES = 8, CACHE_LINE = 64 };

/* The lane behind those of the prefixes: bytes of the key that are not numbers, side by side. */
enum { BITS = PREFIX_LANES };

/* What a field of a kind takes: lanes of numbers, of prefixes above them, bytes of the bits above
 * these. */
enum { PREFIXES_AT = 8, BYTES_AT = 16, COUNT_MASK = 255 };
enum {
    TAKES_MATCH_NAMED = 1,
    TAKES_MATCH_RANGE = 1,
    TAKES_MATCH_PREFIX = 1 << PREFIXES_AT,
    TAKES_MATCH_FLAGS = 1 << BYTES_AT,
    TAKES_MATCH_NEIGHBOUR = 6 << BYTES_AT,
};

#define MATCH_FIELD(id, kind, ...) +TAKES_##kind
enum {
    TAKEN = 0
#include "match_fields.def"
};
#undef MATCH_FIELD
_Static_assert((TAKEN & COUNT_MASK) <= NUMBER_LANES, "more numbers than there is room for");
_Static_assert((TAKEN >> PREFIXES_AT & COUNT_MASK) <= PREFIX_LANES, "more prefixes");
_Static_assert(TAKEN >> BYTES_AT <= BITS_BYTES, "more bits");

/* The first halves of the prefixes, and the ranges as low and high - low. */
struct quick {
    uint64_t value[PREFIX_LANES], mask[PREFIX_LANES];
    numbers low, span;
};
_Static_assert(sizeof(struct quick) == CACHE_LINE, "a rule's quick test is one cache line");

/* The second halves (IPv6 beyond /64), the bits, what the key must have, and the outcome. */
struct rest {
    uint64_t value[PREFIX_LANES + 1], mask[PREFIX_LANES + 1];
    struct verdict verdict;
    uint16_t parts;
};
_Static_assert(sizeof(struct rest) == CACHE_LINE, "and the rest another");

struct classifier {
    uint32_t count;
    struct rest *rest; /* `count` each */
    struct quick *quick;
};

/* The first lane, or byte of the bits, of a field: in the order of the table. */
static unsigned lane_of(enum match_field_id field)
{
#define MATCH_FIELD(id, kind, ...) TAKES_##kind,
    static const unsigned takes[] = {
#include "match_fields.def"
    };
#undef MATCH_FIELD
    unsigned taken = 0;
    for (unsigned i = 0; i < field; i++)
        taken += takes[i];
    if (takes[field] >> BYTES_AT)
        return taken >> BYTES_AT;
    return takes[field] >> PREFIXES_AT ? taken >> PREFIXES_AT & COUNT_MASK : taken & COUNT_MASK;
}

static inline uint64_t link_bits(const uint8_t address[static 6])
{
    uint32_t first;
    uint16_t last;
    memcpy(&first, address, sizeof first);
    memcpy(&last, address + sizeof first, sizeof last);
    return first | (uint64_t)last << 32;
}

/* A rule while it is compiled: the ranges of the lanes, both ends included. */
struct compiled {
    uint16_t low[NUMBER_LANES], high[NUMBER_LANES];
    uint8_t value[PREFIX_LANES][16], mask[PREFIX_LANES][16];
    uint64_t bits, bits_mask;
    uint16_t parts;
};

static void narrow(struct compiled *rule, unsigned lane, uint32_t low, uint32_t high)
{
    if (low > rule->low[lane])
        rule->low[lane] = (uint16_t)low;
    if (high < rule->high[lane])
        rule->high[lane] = (uint16_t)high;
}

static void compile_prefix(unsigned lane, const struct match_value *value, struct compiled *rule)
{
    narrow(rule, lane_of(FIELD_FAMILY), value->family, value->family);
    for (unsigned byte = 0; byte < 16; byte++) {
        unsigned bits = value->bits > byte * 8 ? value->bits - byte * 8 : 0;
        rule->mask[lane][byte] = (uint8_t)(0xff00 >> (bits < 8 ? bits : 8));
        rule->value[lane][byte] = value->address[byte] & rule->mask[lane][byte];
    }
}

static void compile_field(enum match_field_id i, const struct match_value *value,
                          struct compiled *rule)
{
    unsigned lane = lane_of(i);
    rule->parts |= match_fields[i].parts;
    switch (match_fields[i].kind) {
    case MATCH_NAMED:
    case MATCH_RANGE:
        narrow(rule, lane, value->low, value->high);
        return;
    case MATCH_PREFIX:
        compile_prefix(lane, value, rule);
        return;
    case MATCH_FLAGS:
        rule->bits |= (uint64_t)value->set << 8 * lane;
        rule->bits_mask |= (uint64_t)(value->set | value->clear) << 8 * lane;
        return;
    case MATCH_NEIGHBOUR:
        rule->bits |= link_bits(value->link) << 8 * lane;
        rule->bits_mask |= link_bits((const uint8_t[6]){255, 255, 255, 255, 255, 255}) << 8 * lane;
        return;
    }
}

static struct compiled compile_match(const struct match *match)
{
    struct compiled rule = {.parts = 0};
    memset(rule.high, 0xff, sizeof rule.high);
    for (unsigned i = 0; match && i < MATCH_FIELD_COUNT; i++) {
        if (match->given & 1u << i)
            compile_field(i, &match->value[i], &rule);
    }
    return rule;
}

/* A rule that asks for two families at once matches nothing. */
static bool is_impossible(const struct compiled *rule)
{
    for (unsigned lane = 0; lane < NUMBER_LANES; lane++) {
        if (rule->low[lane] > rule->high[lane])
            return true;
    }
    return false;
}

static void append(struct classifier *classifier, const struct compiled *rule,
                   const struct verdict *verdict)
{
    struct quick *quick = &classifier->quick[classifier->count];
    struct rest *rest = &classifier->rest[classifier->count++];
    for (unsigned lane = 0; lane < PREFIX_LANES; lane++) {
        memcpy(&quick->value[lane], rule->value[lane], 8);
        memcpy(&quick->mask[lane], rule->mask[lane], 8);
        memcpy(&rest->value[lane], rule->value[lane] + 8, 8);
        memcpy(&rest->mask[lane], rule->mask[lane] + 8, 8);
    }
    rest->value[BITS] = rule->bits;
    rest->mask[BITS] = rule->bits_mask;
    for (unsigned lane = 0; lane < NUMBER_LANES; lane++) {
        quick->low[lane] = rule->low[lane];
        quick->span[lane] = (uint16_t)(rule->high[lane] - rule->low[lane]);
    }
    rest->verdict = *verdict;
    rest->parts = rule->parts;
}

struct classifier *classifier_new(const struct classifier_rule *rules, size_t count)
{
    struct classifier *classifier = calloc(1, sizeof *classifier);
    if (!classifier)
        return NULL;
    size_t room = count ? count : 1;
    classifier->quick = aligned_alloc(CACHE_LINE, room * sizeof *classifier->quick);
    classifier->rest = aligned_alloc(CACHE_LINE, room * sizeof *classifier->rest);
    if (!classifier->quick || !classifier->rest) {
        classifier_free(classifier);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct compiled rule = compile_match(rules[i].match);
        if (!is_impossible(&rule))
            append(classifier, &rule, &rules[i].verdict);
        if (!rules[i].match || rules[i].match->given == 0)
            break; /* takes everything: no later rule is ever reached */
    }
    return classifier;
}

void classifier_free(struct classifier *classifier)
{
    if (!classifier)
        return;
    free(classifier->quick);
    free(classifier->rest);
    free(classifier);
}

/* The lanes are counted while this is compiled: nothing is left of it but the copying. */
#define PROBE_MATCH_NAMED(slot) number[lane++] = key->slot;
#define PROBE_MATCH_RANGE(slot) number[lane++] = key->slot;
#define PROBE_MATCH_FLAGS(slot) probe.second[BITS] |= (uint64_t)key->slot << 8 * byte++;
#define PROBE_MATCH_NEIGHBOUR(slot)                                                                \
    probe.second[BITS] |= link_bits(key->slot) << 8 * byte;                                        \
    byte += 6;
#define PROBE_MATCH_PREFIX(slot)                                                                   \
    memcpy(&probe.first[prefix], key->slot, 8);                                                    \
    memcpy(&probe.second[prefix++], key->slot + 8, 8);

struct probe classifier_probe(const struct flow_key *key)
{
    struct probe probe = {.parts = key->parts};
    uint16_t number[NUMBER_LANES] = {0};
    unsigned lane = 0, prefix = 0, byte = 0;
#define MATCH_FIELD(id, kind, slot, ...) PROBE_##kind(slot)
#include "match_fields.def"
#undef MATCH_FIELD
    memcpy(&probe.numbers, number, sizeof number);
    return probe;
}

/* Addresses first: they tell most rules apart. */
static inline bool fits_quick(const struct quick *rule, const struct probe *probe)
{
    uint64_t differ = 0;
    for (unsigned lane = 0; lane < PREFIX_LANES; lane++)
        differ |= (probe->first[lane] ^ rule->value[lane]) & rule->mask[lane];
    if (differ)
        return false;
    /* below the low end wraps around to far above the span */
    numbers outside = (numbers)((probe->numbers - rule->low) > rule->span);
    uint64_t halves[2];
    memcpy(halves, &outside, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

static inline bool fits_rest(const struct rest *rule, const struct probe *probe)
{
    uint64_t differ = (uint64_t)(~probe->parts & rule->parts);
    for (unsigned lane = 0; lane <= BITS; lane++)
        differ |= (probe->second[lane] ^ rule->value[lane]) & rule->mask[lane];
    return differ == 0;
}

struct verdict classifier_find(const struct classifier *classifier, const struct probe *probe)
{
    for (uint32_t i = 0; i < classifier->count; i++) {
        if (fits_quick(&classifier->quick[i], probe) && fits_rest(&classifier->rest[i], probe))
            return classifier->rest[i].verdict;
    }
    return (struct verdict){.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
}
