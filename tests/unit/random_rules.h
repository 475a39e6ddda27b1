/* Random rule lists over real captures and frames made here, for the tests: rules that some frame
 * matches, or nearly. */
#ifndef MIRRORSH_TESTS_RANDOM_RULES_H
#define MIRRORSH_TESTS_RANDOM_RULES_H

#include "../../engine/packet/fragments.h"
#include "../../engine/plan/plan.h"
#include "captures.h"
#include "plain.h"
#include "random_frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    RULES_MAX = 8,   /* of a list */
    LARGE_MAX = 300, /* of a large one */
    CONDITIONS_MAX = 3,
    MADE = 2000,   /* frames made here */
    HOPS = 12,     /* addresses of neighbours, 10.255.0.1 and on */
    TEXT_MAX = 80, /* of a value */
};

/* ---- frames ---- */

struct sample {
    const uint8_t *bytes;
    uint32_t length;
    struct flow_key key; /* as the engine sees it */
    struct plain plain;
};

static struct sample *samples;
static struct plain *plains; /* of the same, side by side */
static size_t sample_count;

static void add_sample(const uint8_t *bytes, uint32_t length)
{
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, bytes, length);
    if (sample_count % 1024 == 0) {
        samples = realloc(samples, (sample_count + 1024) * sizeof *samples);
        plains = realloc(plains, (sample_count + 1024) * sizeof *plains);
    }
    samples[sample_count++] = (struct sample){.bytes = copy, .length = length};
}

static void add_capture(void *context, const char *path, const struct capture *capture)
{
    (void)context, (void)path;
    for (size_t i = 0; capture->link_type == 1 && i < capture->count; i++)
        add_sample(capture->records[i].bytes, capture->records[i].captured);
}

/* In the order in which they are: fragments follow those before them. */
static void look_at_samples(void)
{
    struct fragments *fragments = fragments_new();
    for (size_t i = 0; i < sample_count; i++) {
        struct sample *sample = &samples[i];
        sample->key = decode_exactly(sample->bytes, sample->length);
        fragments_follow(fragments, &sample->key, 1);
        sample->plain = plain_look(sample->bytes, sample->length);
        plain_follow(&sample->plain, plains, i);
        plains[i] = sample->plain;
    }
    fragments_free(fragments);
}

static int setup(void **state)
{
    static struct packet packet;
    (void)state;
    const char *seed = getenv("MIRRORSH_SEED");
    noise = seed ? strtoull(seed, NULL, 10) : noise;
    captures_visit(add_capture, NULL);
    for (int i = 0; i < MADE; i++) {
        make_frame(&packet);
        add_sample(packet.bytes, packet.length);
    }
    look_at_samples();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_count; i++)
        free((void *)(uintptr_t)samples[i].bytes);
    free(samples);
    free(plains);
    return 0;
}

/* ---- rules ---- */

static struct neighbour neighbour_table[HOPS];
static struct neighbours neighbours;

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct neighbour));
}

/* Neighbours to which frames go; 10.255.0.1 are two of them, the last address is nobody's. */
static void random_neighbours(void)
{
    neighbours = (struct neighbours){neighbour_table, HOPS};
    for (unsigned i = 0; i < HOPS; i++) {
        struct neighbour *neighbour = &neighbour_table[i];
        *neighbour = (struct neighbour){4, {10, 255, 0, (uint8_t)(i ? i : 1)}, {0}};
        memcpy(neighbour->link, samples[below((uint32_t)sample_count)].plain.link, 6);
    }
    qsort(neighbour_table, HOPS, sizeof *neighbour_table, by_bytes);
}

/* A range that has the number, or nearly. */
static void random_range(char text[TEXT_MAX], uint32_t number, uint32_t maximum)
{
    uint32_t low = number - (below(2) ? 0 : below(number + 1)), high = number;
    if (below(2))
        high += below(maximum - number + 1);
    if (below(8) == 0)
        low = high = below(maximum + 1);
    snprintf(text, TEXT_MAX, low == high ? "%u" : "%u-%u", low, high);
}

static void random_prefix(char text[TEXT_MAX], const struct plain *plain, size_t field)
{
    bool ipv6 = plain->number[FIELD_FAMILY] == 6;
    char address[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    memcpy(bytes, plain->address[field], sizeof bytes);
    if (below(6) == 0)
        bytes[below(ipv6 ? 16 : 4)] ^= (uint8_t)(1u << below(8));
    inet_ntop(ipv6 ? AF_INET6 : AF_INET, bytes, address, sizeof address);
    snprintf(text, TEXT_MAX, "%s/%u", address, below(ipv6 ? 129 : 33));
}

/* Some of those that are set, some of those that are not, now and then one that is wrong. */
static void random_flags(char text[TEXT_MAX], const struct match_field *field, int flags)
{
    size_t length = 0;
    uint32_t wrong = below(4) ? 99 : below(6), chosen = 1 + below(63);
    for (uint32_t i = 0; field->names[i].name; i++) {
        bool set = ((flags & field->names[i].value) != 0) != (i == wrong);
        if (chosen & 1u << i)
            length += (size_t)snprintf(text + length, TEXT_MAX - length, "%s%s%s",
                                       length ? "," : "", set ? "" : "!", field->names[i].name);
    }
}

/* A value as somebody would type it, that a frame has, or nearly. */
static struct match_value value_of(size_t index, const struct plain *plain)
{
    const struct match_field *field = &match_fields[index];
    int number = plain->number[index];
    struct match_value value;
    char text[TEXT_MAX] = "", why[160];
    switch (field->kind) {
    case MATCH_NAMED:
        if (number < 0 || below(8) == 0)
            number = (int)below(field->maximum + 1);
        snprintf(text, sizeof text, "%d", number);
        if (index == FIELD_FAMILY)
            snprintf(text, sizeof text, number == 6 ? "ipv6" : "ipv4");
        break;
    case MATCH_RANGE:
        random_range(text, number < 0 ? below(field->maximum + 1) : (uint32_t)number,
                     field->maximum);
        break;
    case MATCH_PREFIX:
        random_prefix(text, plain, index);
        break;
    case MATCH_FLAGS:
        random_flags(text, field, number < 0 ? (int)below(64) : number);
        break;
    case MATCH_NEIGHBOUR:
        snprintf(text, sizeof text, "10.255.0.%u", 1 + below(HOPS));
        break;
    }
    if (!match_value_parse(field, text, &value, why, sizeof why))
        fail_msg("%s %s: %s", field->name, text, why);
    return value;
}

static const struct plain *random_plain(void)
{
    return &samples[below((uint32_t)sample_count)].plain;
}

/* plain: of a frame, that the match is to be near; NULL: each field is of another. */
static struct match random_match_of(uint32_t fields, const struct plain *plain)
{
    struct match match = {0};
    for (; fields > 0; fields--) {
        size_t field = below(MATCH_FIELD_COUNT);
        if (!(PLAIN_FIELDS & 1u << field))
            continue;
        match.given |= 1u << field;
        match.value[field] = value_of(field, plain ? plain : random_plain());
    }
    return match;
}

static struct match random_match(void)
{
    return random_match_of(below(4), NULL);
}

struct list {
    struct mirror_rule rules[LARGE_MAX];
    struct mirror_condition conditions[LARGE_MAX][CONDITIONS_MAX];
    size_t count;
};

static void random_list(struct list *list)
{
    list->count = 1 + below(RULES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct mirror_rule *rule = &list->rules[i];
        *rule = (struct mirror_rule){
            .number = (uint16_t)i, .accept = below(2), .match = random_match()};
        while (i + 1 < list->count && rule->match.given == 0) /* or it hides those behind it */
            rule->match = random_match();
        rule->conditions = list->conditions[i];
        rule->condition_count = below(2) ? 0 : below(CONDITIONS_MAX + 1);
        for (size_t c = 0; c < rule->condition_count; c++)
            rule->conditions[c] = (struct mirror_condition){(uint16_t)c, random_match()};
    }
}

#endif
