/* An open hash table, at most a quarter full, so a look is one or two probes. */
#include "own.h"
#include <stdlib.h>
#include <string.h>

struct address {
    uint64_t halves[2]; /* IPv4: in the first four bytes, rest zero */
    uint8_t family;     /* 0: empty */
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
    struct own_addresses *own = calloc(1, sizeof(*own) + places * sizeof(own->place[0]));
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
    hash = (hash + address->family) * 0xd6e8feb86659fd93;
    size_t at = (size_t)(hash >> 32) & own->mask;
    while (own->place[at].family != 0 && (own->place[at].family != address->family ||
                                          own->place[at].halves[0] != address->halves[0] ||
                                          own->place[at].halves[1] != address->halves[1]))
        at = (at + 1) & own->mask;
    return at;
}

void own_add(struct own_addresses *own, uint8_t family, const uint8_t address[static 16])
{
    struct address added = {.family = family};
    memcpy(added.halves, address, family == 4 ? 4 : 16);
    own->place[place_of(own, &added)] = added;
}

static bool has(const struct own_addresses *own, uint8_t family, const uint8_t bytes[16])
{
    struct address address = {.family = family};
    memcpy(address.halves, bytes, sizeof(address.halves)); /* a key's rest is zero */
    return own->place[place_of(own, &address)].family != 0;
}

bool own_has(const struct own_addresses *own, const struct flow_key *key)
{
    if (!(key->parts & (KEY_ADDRESSES | KEY_ARP)))
        return false;
    uint8_t family = key->parts & KEY_ADDRESSES ? key->family : 4;
    return has(own, family, key->source) || has(own, family, key->destination);
}
