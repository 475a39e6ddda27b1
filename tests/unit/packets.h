/* Packets for the tests, put together header by header, and a second opinion on checksums:
 * slow, plain, and sharing nothing with the product. */
#ifndef MIRRORSH_TESTS_PACKETS_H
#define MIRRORSH_TESTS_PACKETS_H

#include "../../engine/packet/decode.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { PACKET_ROOM = 300000 };

struct packet {
    uint32_t length;
    uint8_t bytes[PACKET_ROOM];
};

static inline uint8_t *packet_put(struct packet *packet, const void *bytes, size_t length)
{
    uint8_t *at = packet->bytes + packet->length;
    if (bytes)
        memcpy(at, bytes, length);
    else
        memset(at, 0, length);
    packet->length += (uint32_t)length;
    return at;
}

static inline void packet_u16(struct packet *packet, unsigned value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    packet_put(packet, bytes, 2);
}

static inline void packet_start(struct packet *packet)
{
    static const uint8_t addresses[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    packet->length = 0;
    packet_put(packet, addresses, sizeof addresses);
}

static inline void packet_tag(struct packet *packet, unsigned ethertype, unsigned control)
{
    packet_u16(packet, ethertype);
    packet_u16(packet, control);
}

/* Ethertype and header from 10.0.0.1 to 10.0.0.2; `length`: total length field. */
static inline uint8_t *packet_ipv4(struct packet *packet, unsigned protocol, unsigned options,
                                   unsigned length)
{
    packet_u16(packet, 0x0800);
    uint8_t *header = packet_put(packet, NULL, 20 + options);
    header[0] = (uint8_t)(0x45 + options / 4);
    header[2] = (uint8_t)(length >> 8);
    header[3] = (uint8_t)length;
    header[8] = 64;
    header[9] = (uint8_t)protocol;
    memcpy(header + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
    memset(header + 20, 1, options); /* no operation */
    return header;
}

/* Ethertype and header from 2001:db8::1 to 2001:db8::2; `length`: payload length field. */
static inline uint8_t *packet_ipv6(struct packet *packet, unsigned next, unsigned length)
{
    packet_u16(packet, 0x86dd);
    uint8_t *header = packet_put(packet, NULL, 40);
    header[0] = 0x60;
    header[4] = (uint8_t)(length >> 8);
    header[5] = (uint8_t)length;
    header[6] = (uint8_t)next;
    header[7] = 64;
    memcpy(header + 8, "\x20\x01\x0d\xb8", 4);
    header[23] = 1;
    memcpy(header + 24, "\x20\x01\x0d\xb8", 4);
    header[39] = 2;
    return header;
}

/* An extension header of 8 + 8 * units bytes, PadN inside. */
static inline uint8_t *packet_extension(struct packet *packet, unsigned next, unsigned units)
{
    uint8_t *header = packet_put(packet, NULL, 8 + 8 * units);
    header[0] = (uint8_t)next;
    header[1] = (uint8_t)units;
    header[2] = 1;
    header[3] = (uint8_t)(4 + 8 * units);
    return header;
}

static inline void packet_fragment(struct packet *packet, unsigned next, unsigned offset, bool more,
                                   uint32_t id)
{
    uint8_t *header = packet_put(packet, NULL, 8);
    header[0] = (uint8_t)next;
    header[2] = (uint8_t)(offset >> 8);
    header[3] = (uint8_t)((offset & 0xf8) | more);
    id = htonl(id);
    memcpy(header + 4, &id, 4);
}

static inline void packet_ports(struct packet *packet, unsigned source, unsigned destination)
{
    packet_u16(packet, source);
    packet_u16(packet, destination);
}

static inline struct frame packet_frame(const struct packet *packet)
{
    return (struct frame){
        .bytes = packet->bytes, .captured = packet->length, .length = packet->length};
}

/* Decodes from a copy that ends where the bytes end, so that a sanitizer sees a step too far. */
static inline struct flow_key decode_exactly(const uint8_t *bytes, uint32_t captured)
{
    uint8_t *copy = malloc(captured ? captured : 1);
    if (captured)
        memcpy(copy, bytes, captured);
    struct frame frame = {.bytes = copy, .captured = captured, .length = captured};
    struct flow_key key;
    decode(&frame, &key);
    free(copy);
    return key;
}

static inline unsigned plain_sum(unsigned sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 ? bytes[i] : (unsigned)bytes[i] << 8;
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* The sum over pseudo-header and transport of a whole packet: 0xffff when it is right. */
static inline unsigned plain_transport_sum(const uint8_t *network, unsigned protocol,
                                           const uint8_t *transport, size_t length)
{
    bool ipv4 = network[0] >> 4 == 4;
    unsigned sum = plain_sum(0, network + (ipv4 ? 12 : 8), ipv4 ? 8 : 32);
    uint8_t rest[8] = {0, 0, 0, 0, 0, 0, 0, (uint8_t)protocol};
    rest[1] = (uint8_t)(length >> 16);
    rest[2] = (uint8_t)(length >> 8);
    rest[3] = (uint8_t)length;
    return plain_sum(plain_sum(sum, rest, 8), transport, length);
}

#endif
