/* The other way round of packet/decode.c: what is written here is read there. */
#include "test_frame.h"

#include "packet/protocol.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADERS_MAX = 128,
    NOT_IP = 0x88b5, /* IEEE's ethertype for local experiments */
    DONT_FRAGMENT = 0x4000,
    HOPS = 64,
};

static bool given(const struct match *packet, enum match_field_id field)
{
    return packet->given & 1u << field;
}

/* 4 or 6; 0: nothing asks for IP. */
static uint8_t family_of(const struct match *packet)
{
    const uint32_t not_ip = 1u << FIELD_VLAN | 1u << FIELD_NEXT_HOP;
    if (given(packet, FIELD_FAMILY))
        return (uint8_t)packet->value[FIELD_FAMILY].low;
    if (given(packet, FIELD_SOURCE))
        return packet->value[FIELD_SOURCE].family;
    if (given(packet, FIELD_DESTINATION))
        return packet->value[FIELD_DESTINATION].family;
    if (packet->value[FIELD_PROTOCOL].low == PROTOCOL_ICMPV6)
        return 6;
    return packet->given & ~not_ip ? 4 : 0;
}

static uint8_t *put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put_ethernet(uint8_t *at, const struct match *packet, const uint8_t link[static 6],
                             uint8_t family)
{
    memcpy(at, link, 6);
    at += ETHERNET_ADDRESSES;
    if (given(packet, FIELD_VLAN)) {
        at = put_u16(at, ETHERTYPE_VLAN);
        at = put_u16(at, packet->value[FIELD_VLAN].low);
    }
    return put_u16(at, family == 4 ? ETHERTYPE_IPV4 : family == 6 ? ETHERTYPE_IPV6 : NOT_IP);
}

static bool has_transport(const struct match *packet)
{
    return given(packet, FIELD_SOURCE_PORT) || given(packet, FIELD_DESTINATION_PORT) ||
           given(packet, FIELD_TCP_FLAGS);
}

/* What stands behind the IP header; its first bytes are ports in TCP, UDP and SCTP. */
static uint8_t *put_transport(uint8_t *at, const struct match *packet, uint32_t protocol)
{
    if (!has_transport(packet))
        return at;
    put_u16(at, packet->value[FIELD_SOURCE_PORT].low);
    put_u16(at + 2, packet->value[FIELD_DESTINATION_PORT].low);
    if (protocol != PROTOCOL_TCP)
        return at + UDP_HEADER;
    at[TCP_FLAGS - 1] = TCP_HEADER / 4 << 4;
    at[TCP_FLAGS] = packet->value[FIELD_TCP_FLAGS].set;
    return at + TCP_HEADER;
}

static uint8_t *put_ip(uint8_t *at, const struct match *packet, uint8_t family, uint32_t protocol)
{
    const struct match_value *value = packet->value;
    size_t size = address_size(family);
    if (family == 4) {
        at[0] = 4 << 4 | IPV4_HEADER / 4;
        at[1] = (uint8_t)(value[FIELD_DSCP].low << 2);
        put_u16(at + 6, DONT_FRAGMENT);
        at[8] = HOPS;
        at[9] = (uint8_t)protocol;
        at += 12;
    } else {
        put_u16(at, 6u << 12 | value[FIELD_DSCP].low << 6);
        at[6] = (uint8_t)protocol;
        at[7] = HOPS;
        at += 8;
    }
    memcpy(at, value[FIELD_SOURCE].address, size);
    memcpy(at + size, value[FIELD_DESTINATION].address, size);
    return at + 2 * size;
}

/* A packet without ports ends before them: one byte goes on, since none at all would say that its
 * length is not known. */
static void put_length(uint8_t *ip, uint8_t family, uint32_t behind, bool ends)
{
    behind = ends ? 1 : behind;
    if (family == 4)
        put_u16(ip + 2, IPV4_HEADER + behind);
    else
        put_u16(ip + 4, behind);
}

uint8_t *test_frame_make(const struct match *packet, const uint8_t link[static 6], uint32_t length,
                         struct frame *frame)
{
    uint8_t headers[HEADERS_MAX] = {0};
    uint8_t family = family_of(packet);
    uint32_t protocol = given(packet, FIELD_PROTOCOL) ? packet->value[FIELD_PROTOCOL].low
                                                      : (uint32_t)PROTOCOL_NO_NEXT;
    bool ends = !has_transport(packet) &&
                (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP);
    uint8_t *ip = put_ethernet(headers, packet, link, family), *end = ip, *behind = ip;
    if (family) {
        behind = put_ip(ip, packet, family, protocol);
        end = put_transport(behind, packet, protocol) + ends;
    }
    uint32_t least = (uint32_t)(end - headers);
    length = length < least ? least : length;
    if (family)
        put_length(ip, family, length - (uint32_t)(behind - headers), ends);
    uint8_t *bytes = calloc(1, length);
    if (!bytes)
        return NULL;
    memcpy(bytes, headers, least);
    *frame = (struct frame){.bytes = bytes, .captured = length, .length = length};
    return bytes;
}
