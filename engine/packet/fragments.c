/* A hash table of small buckets. A first fragment takes its own entry again or the oldest
 * of its bucket, so the table never grows and a flood of first fragments can only make later
 * fragments lose their ports. */
#include "fragments.h"
#include <stdlib.h>
#include <string.h>

/* What later fragments do not have themselves. */
enum { TRANSPORT_PARTS = KEY_PROTOCOL | KEY_PORTS | KEY_TCP_FLAGS };

enum { BUCKET_BITS = 10, BUCKETS = 1 << BUCKET_BITS, WAYS = 4, AGE_MAX = 30, NO_VLAN = 0xffff };

/* What the fragments of one packet have in common: RFC 791 for IPv4 (with the protocol),
 * RFC 8200 section 4.5 for IPv6 (without), and the VLAN they are in. Compared as bytes. */
struct fragment_name {
    uint8_t source[16], destination[16];
    uint32_t id;
    uint16_t vlan;
    uint8_t family;
    uint8_t protocol; /* IPv6: 0 */
};
_Static_assert(sizeof(struct fragment_name) == 40, "padding would take part in comparisons");

struct entry {
    struct fragment_name name; /* family 0: empty */
    uint32_t since;
    uint16_t parts; /* of TRANSPORT_PARTS */
    uint16_t source_port, destination_port;
    uint8_t protocol, tcp_flags;
};

struct fragments {
    struct entry bucket[BUCKETS][WAYS];
};

struct fragments *fragments_new(void)
{
    return calloc(1, sizeof(struct fragments));
}

void fragments_free(struct fragments *fragments)
{
    free(fragments);
}

static struct fragment_name name_of(const struct flow_key *key)
{
    struct fragment_name name = {
        .id = key->fragment_id,
        .vlan = key->parts & KEY_VLAN ? key->vlan : NO_VLAN,
        .family = key->family,
        .protocol = key->family == 4 ? key->protocol : 0,
    };
    memcpy(name.source, key->source, sizeof name.source);
    memcpy(name.destination, key->destination, sizeof name.destination);
    return name;
}

/* The upper bits of a product are those that all bits below have a part in. */
static uint32_t bucket_of(const struct fragment_name *name)
{
    uint64_t words[sizeof *name / 8], hash = 0;
    memcpy(words, name, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        hash = (hash + words[i]) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    return (uint32_t)(hash >> (64 - BUCKET_BITS));
}

static bool is_called(const struct entry *entry, const struct fragment_name *name)
{
    return memcmp(&entry->name, name, sizeof *name) == 0;
}

static void remember(struct entry *bucket, const struct fragment_name *name,
                     const struct flow_key *key, uint32_t now)
{
    struct entry *place = bucket;
    for (struct entry *entry = bucket; entry < bucket + WAYS; entry++) {
        if (is_called(entry, name) || entry->name.family == 0) {
            place = entry;
            break;
        }
        if (now - entry->since > now - place->since)
            place = entry;
    }
    *place = (struct entry){
        .name = *name,
        .since = now,
        .parts = key->parts & TRANSPORT_PARTS,
        .source_port = key->source_port,
        .destination_port = key->destination_port,
        .protocol = key->protocol,
        .tcp_flags = key->tcp_flags,
    };
}

static void recall(const struct entry *bucket, const struct fragment_name *name,
                   struct flow_key *key, uint32_t now)
{
    for (const struct entry *entry = bucket; entry < bucket + WAYS; entry++) {
        if (!is_called(entry, name) || now - entry->since > AGE_MAX)
            continue;
        key->parts |= entry->parts;
        if (entry->parts & KEY_PROTOCOL)
            key->protocol = entry->protocol;
        key->source_port = entry->source_port;
        key->destination_port = entry->destination_port;
        key->tcp_flags = entry->tcp_flags;
        return;
    }
}

void fragments_follow(struct fragments *fragments, struct flow_key *key, uint32_t now)
{
    if (!(key->parts & (KEY_FRAGMENT_FIRST | KEY_FRAGMENT_LATER)))
        return;
    struct fragment_name name = name_of(key);
    struct entry *bucket = fragments->bucket[bucket_of(&name)];
    if (key->parts & KEY_FRAGMENT_FIRST)
        remember(bucket, &name, key, now);
    else
        recall(bucket, &name, key, now);
}
