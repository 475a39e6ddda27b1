/* The table of match fields -> the lanes of a key and of a rule. A table with more fields than
 * there is room for does not compile. */
#include "lanes.h"
#include <string.h>

enum { BITS_BYTES = 8 };

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

/* ---- rules ---- */

/* A rule while it is compiled: the ranges of the lanes, both ends included. */
struct compiled {
    uint16_t low[NUMBER_LANES], high[NUMBER_LANES];
    struct rest *rest;
    struct quick *quick;
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
    uint8_t masks[16], values[16];
    narrow(rule, lane_of(FIELD_FAMILY), value->family, value->family);
    for (unsigned byte = 0; byte < sizeof masks; byte++) {
        unsigned bits = value->bits > byte * 8 ? value->bits - byte * 8 : 0;
        masks[byte] = (uint8_t)(0xff00 >> (bits < 8 ? bits : 8));
        values[byte] = value->address[byte] & masks[byte];
    }
    memcpy(&rule->quick->value[lane], values, 8);
    memcpy(&rule->quick->mask[lane], masks, 8);
    memcpy(&rule->rest->value[lane], values + 8, 8);
    memcpy(&rule->rest->mask[lane], masks + 8, 8);
}

static void compile_field(enum match_field_id i, const struct match_value *value,
                          struct compiled *rule)
{
    unsigned lane = lane_of(i);
    struct rest *rest = rule->rest;
    rest->parts |= match_fields[i].parts;
    switch (match_fields[i].kind) {
    case MATCH_NAMED:
    case MATCH_RANGE:
        narrow(rule, lane, value->low, value->high);
        return;
    case MATCH_PREFIX:
        compile_prefix(lane, value, rule);
        return;
    case MATCH_FLAGS:
        rest->value[BITS] |= (uint64_t)value->set << 8 * lane;
        rest->mask[BITS] |= (uint64_t)(value->set | value->clear) << 8 * lane;
        return;
    case MATCH_NEIGHBOUR:
        rest->value[BITS] |= link_bits(value->link) << 8 * lane;
        rest->mask[BITS] |= link_bits((const uint8_t[6]){255, 255, 255, 255, 255, 255}) << 8 * lane;
        return;
    }
}

bool lanes_compile(const struct classifier_rule *rule, struct lanes *lanes)
{
    const struct match *match = rule->match;
    struct compiled compiled = {.rest = &lanes->rest, .quick = &lanes->quick};
    *lanes = (struct lanes){.rest = {.verdict = rule->verdict}};
    memset(compiled.high, 0xff, sizeof compiled.high);
    for (unsigned i = 0; match && i < MATCH_FIELD_COUNT; i++) {
        if (match->given & 1u << i)
            compile_field(i, &match->value[i], &compiled);
    }
    for (unsigned lane = 0; lane < NUMBER_LANES; lane++) {
        if (compiled.low[lane] > compiled.high[lane])
            return false;
        lanes->quick.low[lane] = compiled.low[lane];
        lanes->quick.span[lane] = (uint16_t)(compiled.high[lane] - compiled.low[lane]);
    }
    return true;
}

/* ---- bytes ---- */

static struct byte_range number_byte(const struct quick *quick, unsigned at)
{
    unsigned low = quick->low[at / 2], span = quick->span[at / 2];
    if (at % 2 == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__))
        return (struct byte_range){low >> 8, ((low + span) >> 8) - (low >> 8) + 1};
    return (struct byte_range){low & 255, span < 255 ? span + 1 : 256};
}

struct byte_range lanes_byte(const struct lanes *lanes, unsigned byte)
{
    const uint8_t *value = (const uint8_t *)lanes->quick.value;
    const uint8_t *mask = (const uint8_t *)lanes->quick.mask;
    unsigned at = byte;
    if (byte >= offsetof(struct probe, second)) {
        value = (const uint8_t *)lanes->rest.value;
        mask = (const uint8_t *)lanes->rest.mask;
        at -= (unsigned)offsetof(struct probe, second);
    } else if (byte >= offsetof(struct probe, numbers)) {
        return number_byte(&lanes->quick, byte - (unsigned)offsetof(struct probe, numbers));
    }
    /* bits that are free between others: from the least to the most that it can be */
    return (struct byte_range){value[at], (uint8_t)~mask[at] + 1u};
}

static uint64_t draw(uint64_t *noise)
{
    *noise = *noise * 6364136223846793005u + 1442695040888963407u;
    return *noise >> 32;
}

struct probe lanes_point(const struct lanes *lanes, uint64_t *noise)
{
    const struct quick *quick = &lanes->quick;
    const struct rest *rest = &lanes->rest;
    struct probe probe = {.parts = rest->parts};
    for (unsigned lane = 0; lane < PREFIX_LANES; lane++)
        probe.first[lane] =
            quick->value[lane] | ((draw(noise) << 32 | draw(noise)) & ~quick->mask[lane]);
    for (unsigned lane = 0; lane <= BITS; lane++)
        probe.second[lane] =
            rest->value[lane] | ((draw(noise) << 32 | draw(noise)) & ~rest->mask[lane]);
    for (unsigned lane = 0; lane < NUMBER_LANES; lane++)
        probe.numbers[lane] =
            (uint16_t)(quick->low[lane] + (draw(noise) * (quick->span[lane] + 1u) >> 32));
    return probe;
}

/* ---- keys ---- */

/* The lanes are counted while this is compiled: nothing is left of it but the copying. */
#define PROBE_MATCH_NAMED(slot) half[lane / 4] |= (uint64_t)key->slot << number_shift(lane), lane++;
#define PROBE_MATCH_RANGE(slot) PROBE_MATCH_NAMED(slot)
#define PROBE_MATCH_FLAGS(slot) probe.second[BITS] |= (uint64_t)key->slot << 8 * byte++;
#define PROBE_MATCH_NEIGHBOUR(slot)                                                                \
    probe.second[BITS] |= link_bits(key->slot) << 8 * byte;                                        \
    byte += 6;
#define PROBE_MATCH_PREFIX(slot)                                                                   \
    memcpy(&probe.first[prefix], key->slot, 8);                                                    \
    memcpy(&probe.second[prefix++], key->slot + 8, 8);

/* Of a number in its half of the numbers: they meet in registers, since what is stored in parts and
 * loaded as a whole is waited for. */
static inline unsigned number_shift(unsigned lane)
{
    unsigned place = lane % (NUMBER_LANES / 2);
    return 16 * (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? place : NUMBER_LANES / 2 - 1 - place);
}

struct probe classifier_probe(const struct flow_key *key)
{
    struct probe probe = {.parts = key->parts};
    uint64_t half[2] = {0};
    unsigned lane = 0, prefix = 0, byte = 0;
#define MATCH_FIELD(id, kind, slot, ...) PROBE_##kind(slot)
#include "match_fields.def"
#undef MATCH_FIELD
    probe.numbers = (numbers)(pair){half[0], half[1]}; /* one store, as it is one load */
    return probe;
}
