/* Lists of thousands of rules with packets for them, for tests and bench: those that ClassBench
 * made, where they are at hand, and others of their shapes, made here, the same for the same seed.
 */
#ifndef MIRRORSH_TESTS_RULE_SETS_H
#define MIRRORSH_TESTS_RULE_SETS_H

#include "../../engine/plan/classifier.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rules of a list and the packets that are looked up in it. */
struct rule_set {
    size_t count, key_count;
    struct match *matches;
    struct classifier_rule *rules;
    struct flow_key *keys;
};

static uint64_t set_noise;

static inline uint32_t set_random(void)
{
    set_noise = set_noise * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(set_noise >> 32);
}

static inline uint32_t set_below(uint32_t limit)
{
    return (uint32_t)((uint64_t)set_random() * limit >> 32);
}

static inline void rule_set_free(struct rule_set *set)
{
    free(set->matches);
    free(set->rules);
    free(set->keys);
}

static inline bool rule_set_room(struct rule_set *set, size_t rules, size_t keys)
{
    *set = (struct rule_set){.matches = calloc(rules, sizeof *set->matches),
                             .rules = calloc(rules, sizeof *set->rules),
                             .keys = calloc(keys, sizeof *set->keys)};
    return set->matches && set->rules && set->keys;
}

/* ---- rules ---- */

static inline void set_range(struct match *match, enum match_field_id field, uint32_t low,
                             uint32_t high)
{
    match->value[field].low = low;
    match->value[field].high = high;
    match->given |= 1u << field;
}

static inline void set_prefix(struct match *match, enum match_field_id field, uint32_t address,
                              unsigned bits)
{
    struct match_value *value = &match->value[field];
    value->family = 4;
    value->bits = (uint8_t)bits;
    address = bits ? htonl(address & ~0u << (32 - bits)) : 0;
    memcpy(value->address, &address, sizeof address);
    match->given |= 1u << field;
}

static inline void rule_set_add(struct rule_set *set, const struct match *match)
{
    uint32_t i = (uint32_t)set->count++;
    set->matches[i] = *match;
    set->rules[i] = (struct classifier_rule){
        &set->matches[i], {i % 3 ? VERDICT_MIRRORED : VERDICT_REJECTED, 0, i / 7, i}};
}

/* ---- ClassBench's files ---- */

static inline FILE *classbench_open(const char *name, const char *suffix)
{
    char path[4096];
    const char *data = getenv("MIRRORSH_DATA");
    snprintf(path, sizeof path, "%s/classbench/%s%s", data ? data : "", name, suffix);
    return data ? fopen(path, "r") : NULL;
}

/* @src/len dst/len low : high low : high protocol/mask flags */
static inline bool classbench_rule(const char *line, struct match *match)
{
    unsigned address[2][5], low[2], high[2], protocol, mask;
    *match = (struct match){0};
    if (sscanf(line, "@%u.%u.%u.%u/%u %u.%u.%u.%u/%u %u : %u %u : %u %x/%x", &address[0][0],
               &address[0][1], &address[0][2], &address[0][3], &address[0][4], &address[1][0],
               &address[1][1], &address[1][2], &address[1][3], &address[1][4], &low[0], &high[0],
               &low[1], &high[1], &protocol, &mask) != 16)
        return false;
    for (unsigned end = 0; end < 2; end++) {
        const unsigned *a = address[end];
        set_prefix(match, end ? FIELD_DESTINATION : FIELD_SOURCE,
                   a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3], a[4]);
        if (low[end] > 0 || high[end] < UINT16_MAX)
            set_range(match, end ? FIELD_DESTINATION_PORT : FIELD_SOURCE_PORT, low[end], high[end]);
    }
    if (mask)
        set_range(match, FIELD_PROTOCOL, protocol, protocol);
    return true;
}

enum { CLASSBENCH_MAX = 20000, KEYS_MAX = 10000 };

/* false: it is not there. Without a trace it has no keys. */
static inline bool classbench_load(const char *name, struct rule_set *set)
{
    FILE *rules = classbench_open(name, ""), *trace = classbench_open(name, "_trace");
    char line[256];
    struct match match;
    bool room = rules && rule_set_room(set, CLASSBENCH_MAX, KEYS_MAX);
    while (room && set->count < CLASSBENCH_MAX && fgets(line, sizeof line, rules))
        if (classbench_rule(line, &match))
            rule_set_add(set, &match);
    unsigned source, destination, ports[2], protocol;
    while (room && trace && set->key_count < KEYS_MAX &&
           fscanf(trace, "%u %u %u %u %u %*u %*u", &source, &destination, &ports[0], &ports[1],
                  &protocol) == 5) {
        struct flow_key *key = &set->keys[set->key_count++];
        *key = (struct flow_key){.parts = KEY_ADDRESSES | KEY_PROTOCOL | KEY_PORTS,
                                 .family = 4,
                                 .protocol = (uint8_t)protocol,
                                 .source_port = (uint16_t)ports[0],
                                 .destination_port = (uint16_t)ports[1]};
        source = htonl(source), destination = htonl(destination);
        memcpy(key->source, &source, 4);
        memcpy(key->destination, &destination, 4);
    }
    if (rules)
        fclose(rules);
    if (trace)
        fclose(trace);
    return room;
}

/* ---- sets of their shapes ---- */

/* Parts of a thousand. What is no host and not open is a prefix of a network. */
struct shape {
    const char *name;
    unsigned source_host, source_open, destination_host, destination_open; /* addresses */
    unsigned source_port, destination_port, destination_range;
    unsigned tcp, udp; /* of the protocols; a twentieth is another, the rest any */
};

static const struct shape shapes[] = {
    {"acl", 500, 80, 700, 60, 3, 700, 200, 650, 250},
    {"fw", 240, 450, 450, 330, 180, 540, 100, 600, 250},
    {"ipc", 480, 130, 500, 110, 200, 450, 80, 250, 350},
};

/* Networks inside networks, as a company has them; an open one is short, or nothing. */
static inline void set_address(struct match *match, enum match_field_id field, unsigned host,
                               unsigned open)
{
    static const uint8_t lengths[] = {31, 30, 29, 28, 27, 26, 24, 24, 24, 23, 22, 21, 20, 16};
    uint32_t site = (set_below(24) * 2654435761u) & 0xffff0000, draw = set_below(1000);
    uint32_t address = site | (set_below(64) * 40503u & 0xff) << 8 | set_below(256);
    if (draw < host)
        set_prefix(match, field, address, 32);
    else if (draw < host + open)
        set_prefix(match, field, address, set_below(4) ? 0 : 1 + set_below(8));
    else
        set_prefix(match, field, address, lengths[set_below(sizeof lengths)]);
}

static inline void set_port(struct match *match, enum match_field_id field, unsigned one,
                            unsigned range)
{
    static const uint16_t services[] = {22,  23,  25,  53,   80,   110,  123,
                                        135, 161, 443, 1433, 1521, 3306, 8080};
    uint32_t draw = set_below(1000), low;
    if (draw < one) {
        low = set_below(2) ? services[set_below(14)] : set_below(10000);
        set_range(match, field, low, low);
    } else if (draw < one + range) {
        low = set_below(3) ? 1024 : set_below(60000);
        set_range(match, field, low, low == 1024 ? UINT16_MAX : low + 1 + set_below(2000));
    }
}

static inline struct match set_rule(const struct shape *shape)
{
    struct match match = {0};
    set_address(&match, FIELD_SOURCE, shape->source_host, shape->source_open);
    set_address(&match, FIELD_DESTINATION, shape->destination_host, shape->destination_open);
    set_port(&match, FIELD_SOURCE_PORT, shape->source_port, 10);
    set_port(&match, FIELD_DESTINATION_PORT, shape->destination_port, shape->destination_range);
    uint32_t draw = set_below(1000), protocol = set_below(20) ? 1 : 47;
    if (draw < shape->tcp + shape->udp + 50)
        protocol = draw < shape->tcp ? 6 : draw < shape->tcp + shape->udp ? 17 : protocol;
    if (draw < shape->tcp + shape->udp + 50)
        set_range(&match, FIELD_PROTOCOL, protocol, protocol);
    return match;
}

/* As rule lists are: what is special first, what is open behind it. */
static inline int set_order(const void *a, const void *b)
{
    const struct match *x = a, *y = b;
    unsigned of_x = 0, of_y = 0;
    for (unsigned field = FIELD_SOURCE; field <= FIELD_DESTINATION; field++) {
        of_x += x->value[field].bits / 8;
        of_y += y->value[field].bits / 8;
    }
    return of_x == of_y ? memcmp(x, y, sizeof *x) : of_x < of_y ? 1 : -1;
}

static inline bool rule_set_make(const struct shape *shape, size_t count, struct rule_set *set)
{
    set_noise = count;
    if (!rule_set_room(set, count, KEYS_MAX))
        return false;
    struct match *drawn = calloc(count, sizeof *drawn);
    for (size_t i = 0; drawn && i < count; i++)
        drawn[i] = set_rule(shape);
    if (drawn)
        qsort(drawn, count, sizeof *drawn, set_order);
    for (size_t i = 0; drawn && i < count; i++)
        rule_set_add(set, &drawn[i]);
    free(drawn);
    return set->count == count;
}

/* ---- packets of rules ---- */

static inline uint32_t set_number(const struct match *match, enum match_field_id field,
                                  uint32_t otherwise)
{
    const struct match_value *value = &match->value[field];
    if (!(match->given & 1u << field))
        return otherwise;
    switch (set_below(3)) {
    case 0:
        return value->low;
    case 1:
        return value->high;
    default:
        return value->low + set_below(value->high - value->low + 1);
    }
}

static inline void set_inside(const struct match *match, enum match_field_id field,
                              uint8_t address[16])
{
    const struct match_value *value = &match->value[field];
    for (unsigned byte = 0; byte < (value->family == 4 ? 4 : 16); byte++) {
        unsigned bits = value->bits > byte * 8 ? value->bits - byte * 8 : 0;
        uint32_t mask = 0xff00u >> (bits < 8 ? bits : 8);
        address[byte] = value->address[byte] | (uint8_t)(set_random() & ~mask);
    }
}

/* A packet that the rule takes, if it has the five fields of these sets; an earlier one may, too.
 */
static inline struct flow_key set_key(const struct match *match)
{
    struct flow_key key = {.parts = KEY_ADDRESSES | KEY_PROTOCOL | KEY_PORTS,
                           .family = match->value[FIELD_SOURCE].family};
    set_inside(match, FIELD_SOURCE, key.source);
    set_inside(match, FIELD_DESTINATION, key.destination);
    key.protocol = (uint8_t)set_number(match, FIELD_PROTOCOL, set_below(2) ? 6 : 17);
    key.source_port = (uint16_t)set_number(match, FIELD_SOURCE_PORT, set_below(65536));
    key.destination_port = (uint16_t)set_number(match, FIELD_DESTINATION_PORT, set_below(65536));
    return key;
}

static inline void rule_set_draw_keys(struct rule_set *set)
{
    set_noise = 7;
    for (set->key_count = 0; set->key_count < KEYS_MAX; set->key_count++)
        set->keys[set->key_count] = set_key(&set->matches[set_below((uint32_t)set->count)]);
}

/* ---- the same with IPv6 ---- */

/* 2001:db8::/32 with the address behind it; a host has the rest as well. */
static inline void ipv6_address(uint8_t address[16], bool host)
{
    uint8_t before[4];
    memcpy(before, address, 4);
    memcpy(address, "\x20\x01\x0d\xb8", 4);
    memcpy(address + 4, before, 4);
    for (unsigned byte = 8; host && byte < 16; byte++)
        address[byte] = (uint8_t)(before[byte % 4] * 31 + byte);
}

static inline void rule_set_to_ipv6(struct rule_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        for (unsigned field = FIELD_SOURCE; field <= FIELD_DESTINATION; field++) {
            struct match_value *value = &set->matches[i].value[field];
            ipv6_address(value->address, value->bits == 32);
            value->family = 6;
            value->bits = value->bits == 32 ? 128 : (uint8_t)(value->bits + 32);
        }
    }
    for (size_t i = 0; i < set->key_count; i++) {
        set->keys[i].family = 6;
        ipv6_address(set->keys[i].source, true);
        ipv6_address(set->keys[i].destination, true);
    }
}

#endif
