/* An open hash table, at most a quarter full, so a look is one or two probes. */
#include "exclusions.h"
#include "../packet/protocol.h"
#include "../packet/vxlan.h"
#include <stdlib.h>
#include <string.h>

enum {
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
    add(exclusions, family, address, address_size(family));
}

static uint32_t receiver_kind(uint8_t family, uint16_t port)
{
    return family | KIND_HAS_PORT | (uint32_t)port << KIND_PORT;
}

void exclusions_add_receiver(struct exclusions *exclusions, uint8_t family,
                             const uint8_t address[static 16], uint16_t port)
{
    add(exclusions, receiver_kind(family, port), address, address_size(family));
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

bool exclusions_may_loop(const struct flow_key *key)
{
    if (!(key->parts & KEY_PROTOCOL))
        return true;
    return key->protocol != PROTOCOL_TCP && key->protocol != PROTOCOL_SCTP &&
           key->protocol != PROTOCOL_ICMP && key->protocol != PROTOCOL_ICMPV6;
}

/* Whether UDP and IP to a receiver stand before `at`, as the box writes them: without options. */
static bool is_to_receiver(const struct exclusions *exclusions, const uint8_t *packet, size_t at,
                           uint8_t family)
{
    const size_t ip_header = family == 4 ? IPV4_HEADER : IPV6_HEADER;
    struct cursor cursor = cursor_over(packet, at);
    if (at < ip_header + UDP_HEADER || !cursor_take(&cursor, at - UDP_HEADER - ip_header))
        return false;
    const uint8_t *ip = cursor_take(&cursor, ip_header), *udp = cursor_take(&cursor, UDP_HEADER);
    if (ip[0] >> 4 != family || ip[family == 4 ? 9 : 6] != PROTOCOL_UDP)
        return false;
    const size_t address = address_size(family); /* the destination is an IP header's end */
    return has(exclusions, receiver_kind(family, read_u16(udp + 2)), ip + ip_header - address,
               address);
}

bool exclusions_is_loop(const struct exclusions *exclusions, const uint8_t *packet, size_t length)
{
    const uint8_t *end = packet + (length < LOOP_REACH ? length : LOOP_REACH);
    for (const uint8_t *at = packet; (at = memchr(at, VXLAN_FLAGS, (size_t)(end - at))); at++) {
        struct cursor cursor = cursor_over(at, (size_t)(end - at));
        uint32_t vni;
        if (vxlan_take(&cursor, &vni) && has(exclusions, KIND_VNI, &vni, sizeof vni) &&
            (is_to_receiver(exclusions, packet, (size_t)(at - packet), 4) ||
             is_to_receiver(exclusions, packet, (size_t)(at - packet), 6)))
            return true;
    }
    return false;
}

/* RFC 792 and 1812 5.2.7, RFC 4443 2.1. */
static bool is_error(uint8_t family, uint8_t type)
{
    enum { UNREACHABLE = 3, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED = 11, PARAMETER_PROBLEM };
    if (family == 6)
        return type < 128;
    return (type >= UNREACHABLE && type <= REDIRECT) ||
           (type >= TIME_EXCEEDED && type <= PARAMETER_PROBLEM);
}

/* The address that neighbour discovery is about, behind ICMPv6's header: the target, or whose
 * packets are to go elsewhere. NULL: it is something else. RFC 4861 4.3 to 4.5. */
static const uint8_t *discovered(uint8_t type, struct cursor *cursor)
{
    enum { SOLICITATION = 135, ADVERTISEMENT, REDIRECT };
    if (type == SOLICITATION || type == ADVERTISEMENT)
        return cursor_take(cursor, IPV6_ADDRESS);
    if (type == REDIRECT && cursor_take(cursor, IPV6_ADDRESS))
        return cursor_take(cursor, IPV6_ADDRESS);
    return NULL;
}

/* Some routers quote no more than the UDP header. */
bool exclusions_is_about(const struct exclusions *exclusions, const struct flow_key *key,
                         const struct frame *frame)
{
    enum { ICMP_HEADER = 8 };
    const bool is4 = key->family == 4;
    if (!(key->parts & KEY_TRANSPORT) || key->protocol != (is4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6))
        return false;
    struct cursor cursor = cursor_over(frame->bytes, frame->captured);
    if (!cursor_take(&cursor, key->transport_offset))
        return false;
    const uint8_t *icmp = cursor_take(&cursor, ICMP_HEADER);
    if (!icmp)
        return false;
    if (!is_error(key->family, icmp[0])) {
        const uint8_t *address = is4 ? NULL : discovered(icmp[0], &cursor);
        return address && has(exclusions, 6, address, IPV6_ADDRESS);
    }
    if (cursor_take(&cursor, (is4 ? IPV4_HEADER : IPV6_HEADER) + UDP_HEADER) &&
        is_to_receiver(exclusions, frame->bytes, (size_t)(cursor.at - frame->bytes), key->family))
        return true;
    return exclusions_is_loop(exclusions, frame->bytes, frame->captured); /* of a tunnel's */
}
