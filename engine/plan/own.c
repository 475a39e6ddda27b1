/* An open hash table, at most a quarter full, so a look is one or two probes. */
#include "own.h"
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

struct own_addresses {
    size_t mask; /* of places - 1, a power of two */
    struct address place[];
};

struct own_addresses *own_new(size_t capacity)
{
    size_t places = 8;
    while (places < capacity * 4)
        places *= 2;
    struct own_addresses *own = calloc(1, sizeof *own + places * sizeof own->place[0]);
    if (own)
        own->mask = places - 1;
    return own;
}

void own_free(struct own_addresses *own)
{
    free(own);
}

/* Where the address stands, or the empty place where it would. */
static size_t place_of(const struct own_addresses *own, const struct address *address)
{
    uint64_t hash = (address->halves[0] * 0x9e3779b97f4a7c15) ^ address->halves[1];
    hash = (hash + address->kind) * 0xd6e8feb86659fd93;
    size_t at = (size_t)(hash >> 32) & own->mask;
    while (own->place[at].kind != 0 && (own->place[at].kind != address->kind ||
                                        own->place[at].halves[0] != address->halves[0] ||
                                        own->place[at].halves[1] != address->halves[1]))
        at = (at + 1) & own->mask;
    return at;
}

static void add(struct own_addresses *own, uint32_t kind, const uint8_t *bytes, size_t size)
{
    struct address added = {.kind = kind};
    memcpy(added.halves, bytes, size);
    own->place[place_of(own, &added)] = added;
}

void own_add(struct own_addresses *own, uint8_t family, const uint8_t address[static 16])
{
    add(own, family, address, family == 4 ? 4 : 16);
}

static uint32_t receiver_kind(uint8_t family, uint16_t port)
{
    return family | KIND_HAS_PORT | (uint32_t)port << KIND_PORT;
}

void own_add_receiver(struct own_addresses *own, uint8_t family, const uint8_t address[static 16],
                      uint16_t port)
{
    add(own, receiver_kind(family, port), address, family == 4 ? 4 : 16);
}

void own_add_vni(struct own_addresses *own, uint32_t vni)
{
    add(own, KIND_VNI, (const uint8_t *)&vni, sizeof vni);
}

static bool has(const struct own_addresses *own, uint32_t kind, const void *bytes, size_t size)
{
    struct address address = {.kind = kind};
    memcpy(address.halves, bytes, size); /* a key's rest is zero */
    return own->place[place_of(own, &address)].kind != 0;
}

bool own_has(const struct own_addresses *own, const struct flow_key *key)
{
    if (!(key->parts & (KEY_ADDRESSES | KEY_ARP)))
        return false;
    uint8_t family = key->parts & KEY_ADDRESSES ? key->family : 4;
    return has(own, family, key->source, 16) || has(own, family, key->destination, 16);
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

bool own_is_loop(const struct own_addresses *own, const uint8_t *payload, uint32_t length)
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
        if (vxlan_take(&behind, &vni) && has(own, KIND_VNI, &vni, sizeof vni) &&
            has(own, receiver_kind(key.family, key.destination_port), key.destination, 16))
            return true;
    }
    return false;
}
