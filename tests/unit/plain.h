/* A second opinion on what a frame has, for the tests: it counts bytes from the front, remembers
 * every first fragment, and shares nothing with the product but the names of the match fields. */
#ifndef MIRRORSH_TESTS_PLAIN_H
#define MIRRORSH_TESTS_PLAIN_H

#include "../../engine/plan/match_field.h"
#include <stdlib.h>
#include <string.h>

/* The fields that it knows. Another is not drawn where frames are compared by it. */
enum {
    PLAIN_FIELDS = 1 << FIELD_FAMILY | 1 << FIELD_PROTOCOL | 1 << FIELD_SOURCE |
                   1 << FIELD_DESTINATION | 1 << FIELD_SOURCE_PORT | 1 << FIELD_DESTINATION_PORT |
                   1 << FIELD_TCP_FLAGS | 1 << FIELD_DSCP | 1 << FIELD_VLAN | 1 << FIELD_NEXT_HOP
};

struct plain {
    int number[MATCH_FIELD_COUNT]; /* -1: it has none */
    uint8_t address[MATCH_FIELD_COUNT][16];
    uint8_t link[6];
    bool has_link, has_addresses;
    int tags, extensions;
    bool authenticated; /* one of the extensions is AH */
    bool first, later;  /* fragments */
    uint32_t id;
    bool whole; /* every header that it begins is there, up to the flags, and in order */
};

static inline uint32_t plain_number(const uint8_t *bytes, size_t size)
{
    uint32_t number = 0;
    while (size-- > 0)
        number = number << 8 | *bytes++;
    return number;
}

static inline void plain_transport(struct plain *plain, const uint8_t *bytes, size_t at, size_t end)
{
    int protocol = plain->number[FIELD_PROTOCOL];
    if (protocol != 6 && protocol != 17 && protocol != 132)
        return;
    plain->whole &= at + (protocol == 6 ? 14 : 4) <= end;
    if (at + 4 > end)
        return;
    plain->number[FIELD_SOURCE_PORT] = (int)plain_number(bytes + at, 2);
    plain->number[FIELD_DESTINATION_PORT] = (int)plain_number(bytes + at + 2, 2);
    if (protocol == 6 && at + 14 <= end)
        plain->number[FIELD_TCP_FLAGS] = bytes[at + 13];
}

static inline void plain_ipv4(struct plain *plain, const uint8_t *bytes, size_t at, size_t end)
{
    const uint8_t *header = bytes + at;
    plain->number[FIELD_FAMILY] = 4;
    plain->whole = at + 20 <= end && header[0] >> 4 == 4 && (header[0] & 15) >= 5;
    if (!plain->whole)
        return;
    plain->has_addresses = true;
    memcpy(plain->address[FIELD_SOURCE], header + 12, 4);
    memcpy(plain->address[FIELD_DESTINATION], header + 16, 4);
    plain->number[FIELD_DSCP] = header[1] / 4;
    plain->number[FIELD_PROTOCOL] = header[9];
    plain->later = plain_number(header + 6, 2) % 0x2000 != 0;
    plain->first = !plain->later && header[6] & 0x20;
    plain->id = plain_number(header + 4, 2);
    size_t length = plain_number(header + 2, 2), header_length = (header[0] & 15) * 4u;
    if (length != 0 && at + length < end) /* 0: to the end, as offloads write it */
        end = at + (length > header_length ? length : header_length);
    plain->whole = at + header_length <= end;
    if (plain->whole && !plain->later)
        plain_transport(plain, bytes, at + header_length, end);
}

static inline bool plain_is_extension(unsigned kind)
{
    return kind == 0 || kind == 43 || kind == 44 || kind == 51 || kind == 60;
}

static inline void plain_ipv6(struct plain *plain, const uint8_t *bytes, size_t at, size_t end)
{
    const uint8_t *header = bytes + at;
    plain->number[FIELD_FAMILY] = 6;
    plain->whole = at + 40 <= end && header[0] >> 4 == 6;
    if (!plain->whole)
        return;
    plain->has_addresses = true;
    memcpy(plain->address[FIELD_SOURCE], header + 8, 16);
    memcpy(plain->address[FIELD_DESTINATION], header + 24, 16);
    plain->number[FIELD_DSCP] = (int)(plain_number(header, 4) >> 22 & 63);
    size_t length = plain_number(header + 4, 2);
    unsigned kind = header[6];
    at += 40;
    if (length != 0 && at + length < end)
        end = at + length;
    for (; plain_is_extension(kind); kind = bytes[at], at += length, plain->extensions++) {
        length = at + 8 > end ? 8
                 : kind == 44 ? 8
                 : kind == 51 ? bytes[at + 1] * 4u + 8
                              : bytes[at + 1] * 8u + 8;
        plain->whole = at + length <= end && plain->extensions < 16;
        if (!plain->whole)
            return;
        plain->authenticated |= kind == 51;
        unsigned place = kind == 44 ? plain_number(bytes + at + 2, 2) & 0xfff9 : 0;
        if (place == 0)
            continue;
        plain->whole = !plain->first; /* a fragment of a fragment is none */
        if (!plain->whole)
            return;
        plain->id = plain_number(bytes + at + 4, 4);
        plain->later = place > 1;
        plain->first = !plain->later;
        if (plain->later) {
            plain->number[FIELD_PROTOCOL] = plain_is_extension(bytes[at]) ? -1 : bytes[at];
            plain->extensions++;
            return;
        }
    }
    plain->number[FIELD_PROTOCOL] = (int)kind;
    if (kind != 59)
        plain_transport(plain, bytes, at, end);
}

static inline struct plain plain_look(const uint8_t *bytes, size_t captured)
{
    struct plain plain = {.tags = 0};
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++)
        plain.number[i] = -1;
    plain.has_link = captured >= 12;
    if (plain.has_link)
        memcpy(plain.link, bytes, sizeof plain.link);
    size_t at = 12;
    unsigned type = captured < 14 ? 0 : plain_number(bytes + at, 2);
    while ((type == 0x8100 || type == 0x88a8 || type == 0x9100) && plain.tags < 32) {
        if (at + 4 > captured)
            return plain;
        if (plain.tags++ == 0)
            plain.number[FIELD_VLAN] = (int)plain_number(bytes + at + 2, 2) & 0xfff;
        at += 4;
        type = at + 2 > captured ? 0 : plain_number(bytes + at, 2);
    }
    plain.whole = at + 2 <= captured;
    if (plain.whole && type == 0x0800)
        plain_ipv4(&plain, bytes, at + 2, captured);
    else if (plain.whole && type == 0x86dd)
        plain_ipv6(&plain, bytes, at + 2, captured);
    return plain;
}

/* What the fragments of a packet have in common. IPv6's ids are their own whatever the protocol. */
static inline bool plain_same_packet(const struct plain *a, const struct plain *b)
{
    return a->id == b->id && a->number[FIELD_FAMILY] == b->number[FIELD_FAMILY] &&
           a->number[FIELD_VLAN] == b->number[FIELD_VLAN] &&
           (a->number[FIELD_FAMILY] == 6 ||
            a->number[FIELD_PROTOCOL] == b->number[FIELD_PROTOCOL]) &&
           memcmp(a->address[FIELD_SOURCE], b->address[FIELD_SOURCE], 16) == 0 &&
           memcmp(a->address[FIELD_DESTINATION], b->address[FIELD_DESTINATION], 16) == 0;
}

/* Gives a later fragment what the last first one of its packet had; before[count] have gone by. */
static inline void plain_follow(struct plain *plain, const struct plain *before, size_t count)
{
    static const enum match_field_id followed[] = {FIELD_SOURCE_PORT, FIELD_DESTINATION_PORT,
                                                   FIELD_TCP_FLAGS};
    while (plain->later && count-- > 0) {
        if (!before[count].first || !plain_same_packet(plain, &before[count]))
            continue;
        if (before[count].number[FIELD_PROTOCOL] >= 0)
            plain->number[FIELD_PROTOCOL] = before[count].number[FIELD_PROTOCOL];
        for (size_t i = 0; i < sizeof followed / sizeof followed[0]; i++)
            plain->number[followed[i]] = before[count].number[followed[i]];
        return;
    }
}

#endif
