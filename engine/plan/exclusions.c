/* An open hash table, at most a quarter full, so a look is one or two probes. */
#include "exclusions.h"
#include "../packet/protocol.h"
#include "../packet/vxlan.h"
#include <stdlib.h>
#include <string.h>

enum {
    LEVELS_MAX = 4, /* mirrors of mirrors that are looked into */
    KIND_VNI = 1,   /* else the family, of a receiver with its port above it */
    KIND_PORT = 16, /* bits to the left */
    KIND_HAS_PORT = 1 << 8,
};

struct address {
    uint64_t halves[2]; /* IPv4: in the first four bytes, rest zero; or the VNI */
    uint32_t kind;      /* 0: empty */
};

struct exclusions {
    size_t mask; /* of places - 1, a power of two */
    struct address place[];
};

struct exclusions *exclusions_new(size_t capacity)
{
    size_t places = 8;
    while (places < capacity * 4)
        places *= 2;
    struct exclusions *exclusions =
        calloc(1, sizeof *exclusions + places * sizeof exclusions->place[0]);
    if (exclusions)
        exclusions->mask = places - 1;
    return exclusions;
}

void exclusions_free(struct exclusions *exclusions)
{
    free(exclusions);
}

/* Where the address stands, or the empty place where it would. */
static size_t place_of(const struct exclusions *exclusions, const struct address *address)
{
    uint64_t hash = (address->halves[0] * 0x9e3779b97f4a7c15) ^ address->halves[1];
    hash = (hash + address->kind) * 0xd6e8feb86659fd93;
    size_t at = (size_t)(hash >> 32) & exclusions->mask;
    while (exclusions->place[at].kind != 0 &&
           (exclusions->place[at].kind != address->kind ||
            exclusions->place[at].halves[0] != address->halves[0] ||
            exclusions->place[at].halves[1] != address->halves[1]))
        at = (at + 1) & exclusions->mask;
    return at;
}

static void add(struct exclusions *exclusions, uint32_t kind, const uint8_t *bytes, size_t size)
{
    struct address added = {.kind = kind};
    memcpy(added.halves, bytes, size);
    exclusions->place[place_of(exclusions, &added)] = added;
}

void exclusions_add_address(struct exclusions *exclusions, uint8_t family,
                            const uint8_t address[static 16])
{
    add(exclusions, family, address, family == 4 ? 4 : 16);
}

static uint32_t receiver_kind(uint8_t family, uint16_t port)
{
    return family | KIND_HAS_PORT | (uint32_t)port << KIND_PORT;
}

void exclusions_add_receiver(struct exclusions *exclusions, uint8_t family,
                             const uint8_t address[static 16], uint16_t port)
{
    add(exclusions, receiver_kind(family, port), address, family == 4 ? 4 : 16);
}

void exclusions_add_vni(struct exclusions *exclusions, uint32_t vni)
{
    add(exclusions, KIND_VNI, (const uint8_t *)&vni, sizeof vni);
}

static bool has(const struct exclusions *exclusions, uint32_t kind, const void *bytes, size_t size)
{
    struct address address = {.kind = kind};
    memcpy(address.halves, bytes, size); /* a key's rest is zero */
    return exclusions->place[place_of(exclusions, &address)].kind != 0;
}

bool exclusions_has(const struct exclusions *exclusions, const struct flow_key *key)
{
    if (!(key->parts & (KEY_ADDRESSES | KEY_ARP)))
        return false;
    uint8_t family = key->parts & KEY_ADDRESSES ? key->family : 4;
    return has(exclusions, family, key->source, 16) ||
           has(exclusions, family, key->destination, 16);
}

/* The UDP payload of a frame; nothing when it is something else. */
static struct cursor udp_payload(const struct frame *frame, const struct flow_key *key)
{
    struct cursor cursor = cursor_over(frame->bytes, frame->captured);
    if (!(key->parts & KEY_TRANSPORT) || key->protocol != PROTOCOL_UDP ||
        !cursor_take(&cursor, (size_t)key->transport_offset + UDP_HEADER))
        cursor.at = cursor.end;
    return cursor;
}

bool exclusions_is_loop(const struct exclusions *exclusions, const uint8_t *payload,
                        uint32_t length)
{
    struct cursor cursor = cursor_over(payload, length);
    uint32_t vni;
    for (int level = 0; level < LEVELS_MAX && vxlan_take(&cursor, &vni); level++) {
        struct flow_key key;
        struct frame inner = {.bytes = cursor.at};
        inner.captured = inner.length = (uint32_t)cursor_left(&cursor);
        decode(&inner, &key);
        cursor = udp_payload(&inner, &key);
        struct cursor behind = cursor;
        if (vxlan_take(&behind, &vni) && has(exclusions, KIND_VNI, &vni, sizeof vni) &&
            has(exclusions, receiver_kind(key.family, key.destination_port), key.destination, 16))
            return true;
    }
    return false;
}
