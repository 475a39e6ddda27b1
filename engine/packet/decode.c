/* A frame's headers from the outside in: Ethernet, VLAN tags, IP, IPv6 extension headers,
 * ports. Each step takes its bytes from the cursor and stops where they run out; what was
 * found until then stands in the key. */
#include "decode.h"
#include "cursor.h"
#include "protocol.h"
#include <string.h>

enum {
    ARP_FIXED = 8,

    /* Beyond these a frame is taken for malformed; they also keep offsets within 16 bits. */
    VLAN_TAGS_MAX = 32,
    EXTENSIONS_MAX = 16,
};

static bool is_vlan(uint16_t ethertype)
{
    return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_SERVICE_VLAN ||
           ethertype == ETHERTYPE_OLD_SERVICE_VLAN;
}

static uint16_t offset_of(const struct frame *frame, const uint8_t *at)
{
    return (uint16_t)(at - frame->bytes);
}

/* Nothing behind `length` bytes from `start` is the packet's: padding, a trailer. A length
 * of 0 is what senders write that leave the splitting to the hardware (RFC 2675 for more
 * than 65,535 bytes): the packet then goes to the end of the frame. */
static void limit(struct cursor *cursor, const uint8_t *start, size_t length, size_t header)
{
    if (length == 0)
        return;
    if (length < header)
        length = header;
    if ((size_t)(cursor->end - start) > length)
        cursor->end = start + length;
}

static void decode_transport(const struct frame *frame, const struct cursor *cursor,
                             struct flow_key *key)
{
    if (cursor_left(cursor) == 0)
        return;
    key->parts |= KEY_TRANSPORT;
    key->transport_offset = offset_of(frame, cursor->at);
    if (key->protocol != PROTOCOL_TCP && key->protocol != PROTOCOL_UDP &&
        key->protocol != PROTOCOL_SCTP)
        return;
    const uint8_t *ports = cursor_peek(cursor, 4);
    if (!ports)
        return;
    key->parts |= KEY_PORTS;
    key->source_port = read_u16(ports);
    key->destination_port = read_u16(ports + 2);
    const uint8_t *tcp = key->protocol == PROTOCOL_TCP ? cursor_peek(cursor, TCP_FLAGS + 1) : NULL;
    if (!tcp)
        return;
    key->parts |= KEY_TCP_FLAGS;
    key->tcp_flags = tcp[TCP_FLAGS];
}

/* In one store of the width that hashing and matching will load: a narrower one behind the
 * zeros would hold them up. */
static void store_ipv4(uint8_t slot[16], const uint8_t address[4])
{
    uint32_t bytes;
    memcpy(&bytes, address, sizeof bytes);
    uint64_t first = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? bytes : (uint64_t)bytes << 32;
    memcpy(slot, &first, sizeof first);
}

static void decode_ipv4(const struct frame *frame, struct cursor *cursor, struct flow_key *key)
{
    const uint8_t *header = cursor_take(cursor, IPV4_HEADER);
    if (!header || header[0] >> 4 != 4 || (header[0] & 15) * 4 < IPV4_HEADER)
        return;
    size_t header_length = (size_t)(header[0] & 15) * 4;
    key->network_offset = offset_of(frame, header);
    key->parts |= KEY_ADDRESSES | KEY_PROTOCOL;
    key->protocol = header[9];
    key->dscp = header[1] >> 2;
    store_ipv4(key->source, header + 12);
    store_ipv4(key->destination, header + 16);

    uint16_t fragment = read_u16(header + 6);
    bool later = (fragment & 0x1fff) != 0, more = (fragment & 0x2000) != 0;
    if (later || more) {
        key->parts |= later ? KEY_FRAGMENT_LATER : KEY_FRAGMENT_FIRST;
        key->fragment_id = read_u16(header + 4);
    }
    limit(cursor, header, read_u16(header + 2), header_length);
    if (cursor_take(cursor, header_length - IPV4_HEADER) && !later)
        decode_transport(frame, cursor, key);
}

static bool is_extension(uint8_t protocol)
{
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
           protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_DESTINATION_OPTIONS ||
           protocol == PROTOCOL_AUTHENTICATION;
}

/* The fragment header at `header`: false if the walk ends there. */
static bool decode_fragment(const uint8_t *header, struct flow_key *key)
{
    uint16_t fragment = read_u16(header + 2);
    bool later = (fragment & 0xfff8) != 0, more = (fragment & 1) != 0;
    if (!later && !more)
        return true; /* "atomic": a fragment header on a whole packet, RFC 6946 */
    if (key->parts & (KEY_FRAGMENT_FIRST | KEY_FRAGMENT_LATER))
        return false; /* a fragment of a fragment: no sender makes that */
    key->parts |= later ? KEY_FRAGMENT_LATER : KEY_FRAGMENT_FIRST;
    key->fragment_id = read_u32(header + 4);
    if (later && !is_extension(header[0])) {
        key->parts |= KEY_PROTOCOL;
        key->protocol = header[0];
    }
    return !later;
}

/* Walks the extension headers behind the IPv6 header, RFC 8200 section 4. */
static void decode_extensions(const struct frame *frame, struct cursor *cursor, uint8_t next,
                              struct flow_key *key)
{
    for (int count = 0; is_extension(next); count++) {
        const uint8_t *header = cursor_take(cursor, EXTENSION_UNIT);
        if (!header || count == EXTENSIONS_MAX)
            return;
        if (next == PROTOCOL_FRAGMENT) {
            if (!decode_fragment(header, key))
                return;
        } else {
            /* AH counts words of 4 bytes less 2 (RFC 4302), the others units of 8 less 1 */
            size_t unit = next == PROTOCOL_AUTHENTICATION ? 4 : EXTENSION_UNIT;
            if (!cursor_take(cursor, header[1] * unit))
                return;
        }
        next = header[0];
    }
    key->parts |= KEY_PROTOCOL;
    key->protocol = next;
    if (next != PROTOCOL_NO_NEXT)
        decode_transport(frame, cursor, key);
}

static void decode_ipv6(const struct frame *frame, struct cursor *cursor, struct flow_key *key)
{
    const uint8_t *header = cursor_take(cursor, IPV6_HEADER);
    if (!header || header[0] >> 4 != 6)
        return;
    key->network_offset = offset_of(frame, header);
    key->parts |= KEY_ADDRESSES;
    key->dscp = (uint8_t)(read_u16(header) >> 6 & 63);
    memcpy(key->source, header + 8, 16);
    memcpy(key->destination, header + 24, 16);
    limit(cursor, cursor->at, read_u16(header + 4), 0);
    decode_extensions(frame, cursor, header[6], key);
}

/* RFC 826: hardware type, protocol type, the two lengths, operation, then sender hardware,
 * sender protocol, target hardware, target protocol address. */
static void decode_arp(struct cursor *cursor, struct flow_key *key)
{
    const uint8_t *fixed = cursor_take(cursor, ARP_FIXED);
    if (!fixed || read_u16(fixed + 2) != ETHERTYPE_IPV4 || fixed[5] != 4)
        return;
    size_t hardware = fixed[4];
    const uint8_t *addresses = cursor_take(cursor, 2 * (hardware + 4));
    if (!addresses)
        return;
    key->parts |= KEY_ARP;
    store_ipv4(key->source, addresses + hardware);
    store_ipv4(key->destination, addresses + hardware + 4 + hardware);
}

/* The innermost ethertype, with the VLAN tags before it taken; 0: the frame ends before. */
static uint16_t decode_ethernet(struct cursor *cursor, struct flow_key *key)
{
    const uint8_t *addresses = cursor_take(cursor, ETHERNET_ADDRESSES);
    if (!addresses)
        return 0;
    key->parts |= KEY_LINK_ADDRESS;
    memcpy(key->link_address, addresses, sizeof key->link_address);
    const uint8_t *type = cursor_take(cursor, 2);
    for (int tags = 0; type && is_vlan(read_u16(type)) && tags < VLAN_TAGS_MAX; tags++) {
        const uint8_t *control = cursor_take(cursor, 2);
        if (!control)
            return 0;
        if (!(key->parts & KEY_VLAN)) {
            key->parts |= KEY_VLAN;
            key->vlan = read_u16(control) & 0x0fff;
        }
        type = cursor_take(cursor, 2);
    }
    return type ? read_u16(type) : 0;
}

void decode(const struct frame *frame, struct flow_key *key)
{
    *key = (struct flow_key){0};
    struct cursor cursor = cursor_over(frame->bytes, frame->captured);
    switch (decode_ethernet(&cursor, key)) {
    case ETHERTYPE_IPV4:
        key->family = 4;
        decode_ipv4(frame, &cursor, key);
        break;
    case ETHERTYPE_IPV6:
        key->family = 6;
        decode_ipv6(frame, &cursor, key);
        break;
    case ETHERTYPE_ARP:
        decode_arp(&cursor, key);
        break;
    default: /* LLC, LLDP, anything else: no IP */
        break;
    }
}

/* An odd multiplier and a shift: every bit of the input reaches the upper half. */
static uint64_t stir(uint64_t value)
{
    value *= 0x9e3779b97f4a7c15;
    return value ^ value >> 32;
}

static uint64_t endpoint(const uint8_t address[16], uint16_t port)
{
    uint64_t halves[2];
    memcpy(halves, address, sizeof halves);
    return stir(stir(stir(halves[0]) + halves[1]) + port);
}

uint32_t flow_hash(const struct flow_key *key, const struct frame *frame)
{
    uint64_t hash; /* the two ends are added, so their order does not matter */
    if (key->parts & (KEY_ADDRESSES | KEY_ARP)) {
        hash = endpoint(key->source, key->source_port) +
               endpoint(key->destination, key->destination_port);
        hash += (uint64_t)key->protocol << 32;
    } else {
        uint8_t ends[2][16] = {{0}};
        struct cursor cursor = cursor_over(frame->bytes, frame->captured);
        const uint8_t *ethernet = cursor_take(&cursor, ETHERNET_ADDRESSES + 2);
        if (!ethernet)
            return 0;
        memcpy(ends[0], ethernet, 6);
        memcpy(ends[1], ethernet + 6, 6);
        hash = endpoint(ends[0], 0) + endpoint(ends[1], 0) + read_u16(ethernet + 12);
    }
    hash = stir(stir(hash) + 0x2545f4914f6cdd1d);
    return (uint32_t)(hash >> 32);
}
