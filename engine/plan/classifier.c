/* A flat array in the order of the rules, searched from the front. Each rule is one cache
 * line of masks and ranges that decides nearly every comparison, and a second line that is
 * read only when the first fits. Where a key's slots go is taken from the table of match
 * fields when the rules are compiled. */
#include "classifier.h"
#include <stdlib.h>
#include <string.h>

/* Room for match fields; classifier_new refuses a table that needs more. */
enum { NUMBER_LANES = 8, PREFIX_LANES = 2, CACHE_LINE = 64 };

/* Numbers of the key side by side, compared all at once. */
typedef uint16_t numbers __attribute__((vector_size(2 * NUMBER_LANES)));

/* The first halves of the prefixes, and the ranges as low and high - low. */
struct quick {
    uint64_t value[PREFIX_LANES], mask[PREFIX_LANES];
    numbers low, span;
};
_Static_assert(sizeof(struct quick) == CACHE_LINE, "a rule's quick test is one cache line");

/* The second halves (IPv6 beyond /64), what the key must have, and the outcome. */
struct rest {
    uint64_t value[PREFIX_LANES], mask[PREFIX_LANES];
    struct verdict verdict;
    uint16_t parts;
};

/* Which field's slot of the key goes into which lane. */
struct layout {
    unsigned lane[MATCH_FIELD_COUNT];
    unsigned number_count, prefix_count;
    uint16_t number_offset[NUMBER_LANES], prefix_offset[PREFIX_LANES];
    bool wide[NUMBER_LANES]; /* the number has 16 bits, not 8 */
};

struct classifier {
    struct layout layout;
    uint32_t count;
    struct rest *rest; /* `count` each */
    struct quick *quick;
};

static bool layout_take(struct layout *layout)
{
    *layout = (struct layout){0};
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        const struct match_field *field = &match_fields[i];
        if (field->kind == MATCH_PREFIX) {
            if (layout->prefix_count == PREFIX_LANES)
                return false;
            layout->lane[i] = layout->prefix_count++;
            layout->prefix_offset[layout->lane[i]] = field->key_offset;
            continue;
        }
        if (layout->number_count == NUMBER_LANES)
            return false;
        layout->lane[i] = layout->number_count++;
        layout->number_offset[layout->lane[i]] = field->key_offset;
        layout->wide[layout->lane[i]] = field->kind == MATCH_RANGE;
    }
    return true;
}

/* A rule while it is compiled: the ranges of the lanes, both ends included. */
struct compiled {
    uint16_t low[NUMBER_LANES], high[NUMBER_LANES];
    uint8_t value[PREFIX_LANES][16], mask[PREFIX_LANES][16];
    uint16_t parts;
};

static void narrow(struct compiled *rule, unsigned lane, uint32_t low, uint32_t high)
{
    if (low > rule->low[lane])
        rule->low[lane] = (uint16_t)low;
    if (high < rule->high[lane])
        rule->high[lane] = (uint16_t)high;
}

static void compile_field(const struct layout *layout, size_t i, const struct match_value *value,
                          struct compiled *rule)
{
    unsigned lane = layout->lane[i];
    rule->parts |= match_fields[i].parts;
    if (match_fields[i].kind != MATCH_PREFIX) {
        narrow(rule, lane, value->low, value->high);
        return;
    }
    narrow(rule, layout->lane[FIELD_FAMILY], value->family, value->family);
    for (unsigned byte = 0; byte < 16; byte++) {
        unsigned bits = value->bits > byte * 8 ? value->bits - byte * 8 : 0;
        rule->mask[lane][byte] = (uint8_t)(0xff00 >> (bits < 8 ? bits : 8));
        rule->value[lane][byte] = value->address[byte] & rule->mask[lane][byte];
    }
}

static struct compiled compile_match(const struct layout *layout, const struct match *match)
{
    struct compiled rule = {.parts = 0};
    memset(rule.high, 0xff, sizeof rule.high);
    for (size_t i = 0; match && i < MATCH_FIELD_COUNT; i++) {
        if (match->given & 1u << i)
            compile_field(layout, i, &match->value[i], &rule);
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
    classifier->rest = calloc(room, sizeof *classifier->rest);
    if (!layout_take(&classifier->layout) || !classifier->quick || !classifier->rest) {
        classifier_free(classifier);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct compiled rule = compile_match(&classifier->layout, rules[i].match);
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

/* A key in the shape of struct quick and struct rest. */
struct probe {
    uint64_t first[PREFIX_LANES], second[PREFIX_LANES];
    numbers numbers;
    uint16_t parts;
};

static inline struct probe probe_from(const struct layout *layout, const struct flow_key *key)
{
    struct probe probe = {.parts = key->parts};
    const uint8_t *slots = (const uint8_t *)key;
    uint16_t number[NUMBER_LANES] = {0};
    for (unsigned lane = 0; lane < layout->number_count; lane++) {
        const uint8_t *slot = slots + layout->number_offset[lane];
        if (layout->wide[lane])
            memcpy(&number[lane], slot, sizeof number[lane]);
        else
            number[lane] = *slot;
    }
    memcpy(&probe.numbers, number, sizeof number);
    for (unsigned lane = 0; lane < layout->prefix_count; lane++) {
        memcpy(&probe.first[lane], slots + layout->prefix_offset[lane], 8);
        memcpy(&probe.second[lane], slots + layout->prefix_offset[lane] + 8, 8);
    }
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
    for (unsigned lane = 0; lane < PREFIX_LANES; lane++)
        differ |= (probe->second[lane] ^ rule->value[lane]) & rule->mask[lane];
    return differ == 0;
}

struct verdict classifier_find(const struct classifier *classifier, const struct flow_key *key)
{
    struct probe probe = probe_from(&classifier->layout, key);
    for (uint32_t i = 0; i < classifier->count; i++) {
        if (fits_quick(&classifier->quick[i], &probe) && fits_rest(&classifier->rest[i], &probe))
            return classifier->rest[i].verdict;
    }
    return (struct verdict){.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
}
