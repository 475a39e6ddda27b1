/* Super-frames inside tunnels: every packet of the wire against one made by hand. */
#include "../../engine/packet/checksum.h"
#include "../../engine/packet/segment.h"
#include "packets.h"
#include "parts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { TCP = 6, UDP = 17, GRE = 47, SEQUENCE = 0xfffffc00, IDENTIFICATION = 0xffff };

/* What stands between the outer IP header and the inner one. */
struct tunnel {
    const char *name;
    uint8_t protocol;  /* UDP, GRE or that of the inner IP header, as 0 */
    uint8_t gre;       /* its flags */
    bool checksum;     /* of UDP */
    uint16_t repeated; /* bytes that are the same in each packet: VXLAN, Ethernet, ... */
};

static const struct tunnel tunnels[] = {
    {"IP in IP", 0, 0, false, 0},
    {"VXLAN", UDP, 0, true, 22},
    {"VXLAN without checksum", UDP, 0, false, 22},
    {"VXLAN and a VLAN", UDP, 0, true, 26},
    {"IP in UDP", UDP, 0, true, 0},
    {"Geneve with options", UDP, 0, true, 72},
    {"GRE", GRE, 0, false, 0},
    {"GRE with a key", GRE, 0x20, false, 0},
    {"GRE with a checksum", GRE, 0x80, false, 0},
    {"GRE with a sequence number", GRE, 0x10, false, 0},
    {"GRE with everything, Ethernet", GRE, 0xb0, false, 14},
};

struct shape {
    const struct tunnel *tunnel;
    unsigned tags, outer, inner, protocol, options;
    uint32_t payload;
    uint16_t segment_size;
};

static struct packet large, wire;

static uint32_t header_of(unsigned family)
{
    return family == 4 ? 20 : 40;
}

static uint32_t tunnel_size(const struct tunnel *tunnel)
{
    uint32_t size = tunnel->protocol == UDP ? 8 : tunnel->protocol == GRE ? 4 : 0;
    for (unsigned bit = 0x80; bit >= 0x10; bit >>= 1)
        size += tunnel->gre & bit ? 4 : 0;
    return size;
}

/* Without an ethertype; `length` of what follows, 0 for what is above 65,535. */
static uint32_t put_ip(struct packet *packet, unsigned family, unsigned options, unsigned protocol,
                       uint32_t length, unsigned index)
{
    uint32_t at = packet->length + 2;
    if (family == 4) {
        uint8_t *header = packet_ipv4(packet, protocol, options, 20 + options + length);
        unsigned id = (IDENTIFICATION + index) & 0xffff;
        header[4] = (uint8_t)(id >> 8);
        header[5] = (uint8_t)id;
        unsigned sum = 0xffff - plain_sum(0, header, 20 + options);
        header[10] = (uint8_t)(sum >> 8);
        header[11] = (uint8_t)sum;
    } else {
        packet_ipv6(packet, protocol, length);
    }
    /* the ethertype is the caller's */
    memmove(packet->bytes + at - 2, packet->bytes + at, packet->length - at);
    packet->length -= 2;
    return at - 2;
}

static void put_sum(struct packet *packet, uint32_t at, uint32_t field, unsigned value, bool udp)
{
    if (value == 0 && udp)
        value = 0xffff;
    packet->bytes[at + field] = (uint8_t)(value >> 8);
    packet->bytes[at + field + 1] = (uint8_t)value;
}

/* The packet with the payload bytes [from, from + length), or, `whole`, the super-frame with
 * what the kernel writes into it. Returns the offset of the inner transport header. */
static uint32_t put_packet(struct packet *packet, const struct shape *shape, uint32_t from,
                           uint32_t length, bool whole)
{
    const struct tunnel *tunnel = shape->tunnel;
    uint32_t index = from / shape->segment_size;
    bool last = from + length == shape->payload;
    uint32_t header = shape->protocol == TCP ? 32 : 8;
    uint32_t inner = header_of(shape->inner) + (shape->inner == 4 ? shape->options : 0);
    uint32_t rest = inner + header + length, size = tunnel_size(tunnel);
    packet_start(packet);
    for (unsigned tag = 0; tag < shape->tags; tag++)
        packet_tag(packet, 0x8100, 100 + tag);
    packet_u16(packet, shape->outer == 4 ? 0x0800 : 0x86dd);
    unsigned protocol = tunnel->protocol ? tunnel->protocol : shape->inner == 4 ? 4 : 41;
    uint32_t outer =
        put_ip(packet, shape->outer, 0, protocol, size + tunnel->repeated + rest, index);

    uint32_t tunnel_at = packet->length;
    uint8_t *head = packet_put(packet, NULL, size);
    if (tunnel->protocol == UDP) {
        uint32_t whole_length = 8 + tunnel->repeated + rest;
        memcpy(head, "\xc0\x01\x12\xb5", 4);
        head[4] = (uint8_t)(whole_length >> 8);
        head[5] = (uint8_t)whole_length;
    } else if (tunnel->protocol == GRE) {
        head[0] = tunnel->gre;
        head[2] = 0x65;
        head[3] = 0x58;
        uint8_t *option = head + 4 + (tunnel->gre & 0x80 ? 4 : 0);
        if (tunnel->gre & 0x20) {
            memset(option, 7, 4);
            option += 4;
        }
        uint32_t number = htonl(0xffffffff + index);
        if (tunnel->gre & 0x10)
            memcpy(option, &number, 4);
    }
    for (unsigned i = 0; i < tunnel->repeated; i++)
        *packet_put(packet, NULL, 1) = (uint8_t)(0x46 + 8 * i); /* looks like versions of IP */

    uint32_t ip =
        put_ip(packet, shape->inner, shape->options, shape->protocol, header + length, index);
    uint32_t transport = packet->length;
    packet_ports(packet, 40000, 80);
    uint8_t *more = packet_put(packet, NULL, header - 4);
    if (shape->protocol == TCP) {
        uint32_t sequence = htonl(SEQUENCE + from);
        memcpy(more, &sequence, 4);
        more[8] = 0x80;                                                      /* eight words */
        more[9] = (uint8_t)(0x99 & ~(last ? 0 : 0x09) & ~(from ? 0x80 : 0)); /* CWR ACK PSH FIN */
        memset(more + 16, 1, 12);
    } else {
        more[0] = (uint8_t)((8 + length) >> 8);
        more[1] = (uint8_t)(8 + length);
    }
    for (uint32_t i = 0; i < length; i++)
        *packet_put(packet, NULL, 1) = (uint8_t)((from + i) * 2654435761u >> 13);

    uint32_t field = shape->protocol == TCP ? 16 : 6;
    if (whole) { /* the kernel leaves the pseudo-header's sums, of any value but 0 */
        put_sum(packet, transport, field, 0x1234, true);
        if (tunnel->checksum)
            put_sum(packet, tunnel_at, 6, 0x4321, true);
        return transport;
    }
    unsigned sum = 0xffff - plain_transport_sum(packet->bytes + ip, shape->protocol,
                                                packet->bytes + transport, header + length);
    put_sum(packet, transport, field, sum, shape->protocol == UDP);
    uint32_t behind = packet->length - tunnel_at;
    if (tunnel->checksum)
        put_sum(packet, tunnel_at, 6,
                0xffff - plain_transport_sum(packet->bytes + outer, UDP, packet->bytes + tunnel_at,
                                             behind),
                true);
    if (tunnel->gre & 0x80)
        put_sum(packet, tunnel_at, 4, 0xffff - plain_sum(0, packet->bytes + tunnel_at, behind),
                false);
    return transport;
}

static struct frame super_frame(const struct shape *shape)
{
    uint32_t transport = put_packet(&large, shape, 0, shape->payload, true);
    struct frame frame = packet_frame(&large);
    frame.super_frame = shape->protocol == UDP ? SUPER_UDP
                        : shape->inner == 4    ? SUPER_TCP4
                                               : SUPER_TCP6;
    frame.segment_size = shape->segment_size;
    frame.checksum_unfinished = true;
    frame.checksum_start = (uint16_t)transport;
    frame.checksum_offset = shape->protocol == UDP ? 6 : 16;
    return frame;
}

static void check_shape(const struct shape *shape)
{
    struct frame frame = super_frame(shape);
    struct flow_key key;
    struct segments segments;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    uint32_t size = shape->segment_size;
    if (segments.count != (shape->payload + size - 1) / size)
        fail_msg("%s over IPv%u, IPv%u inside: %u packets", shape->tunnel->name, shape->outer,
                 shape->inner, segments.count);
    for (uint32_t index = 0; index < segments.count; index++) {
        uint32_t from = index * size;
        uint32_t bytes = shape->payload - from < size ? shape->payload - from : size;
        put_packet(&wire, shape, from, bytes, false);
        assert_int_equal(segment_length(&segments, index), wire.length);
        for (uint32_t kept = wire.length;; kept /= 2) {
            uint8_t *out = malloc(kept ? kept : 1);
            segment_write(&segments, index, out, kept);
            for (uint32_t i = 0; i < kept; i++)
                if (out[i] != wire.bytes[i])
                    fail_msg(
                        "%s over IPv%u, IPv%u inside, packet %u of %u: byte %u is %02x, not %02x",
                        shape->tunnel->name, shape->outer, shape->inner, index, segments.count, i,
                        out[i], wire.bytes[i]);
            assert_true(parts_make_up(&segments, index, kept, out));
            free(out);
            if (kept == 0)
                break;
        }
    }
}

static void super_frames_in_tunnels_become_packets_of_the_wire(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++) {
        for (unsigned variant = 0; variant < 32; variant++) {
            struct shape shape = {
                .tunnel = &tunnels[i],
                .outer = variant & 1 ? 6 : 4,
                .inner = variant & 2 ? 6 : 4,
                .protocol = variant & 4 ? UDP : TCP,
                .tags = variant & 8 ? 1 : 0,
                .options = variant & 16 ? 12 : 0,
                .payload = 4001,
                .segment_size = variant & 8 ? 999 : 1000,
            };
            check_shape(&shape);
        }
    }
}

static const struct shape plain_shape = {.tunnel = &tunnels[1],
                                         .outer = 4,
                                         .inner = 4,
                                         .protocol = TCP,
                                         .payload = 5000,
                                         .segment_size = 1000};

static uint32_t packets_of(const struct frame *frame)
{
    struct flow_key key;
    struct segments segments;
    decode(frame, &key);
    segments_open(&segments, frame, &key);
    uint8_t out[4096];
    for (uint32_t i = 0; i < segments.count; i++)
        if (segment_captured(&segments, i) <= sizeof out)
            segment_write(&segments, i, out, segment_captured(&segments, i));
    return segments.count;
}

static void what_does_not_bear_out_is_one_packet(void **state)
{
    (void)state;
    struct frame good = super_frame(&plain_shape), bad;
    assert_int_equal(packets_of(&good), 5);
    for (int by = -60; by <= 60; by++) {
        bad = good;
        bad.checksum_start = (uint16_t)(good.checksum_start + by);
        assert_int_equal(packets_of(&bad), by ? 1 : 5);
    }
    for (uint32_t captured = 0; captured<good.length; captured += captured> 130 ? 41 : 1) {
        uint8_t *copy = malloc(captured ? captured : 1);
        memcpy(copy, large.bytes, captured);
        bad = good;
        bad.bytes = copy;
        bad.captured = captured;
        assert_int_equal(packets_of(&bad), captured < good.length - plain_shape.payload ? 1 : 5);
        free(copy);
    }
    bad = good;
    bad.super_frame = SUPER_TCP6;
    assert_int_equal(packets_of(&bad), 1);
    bad.super_frame = SUPER_UDP;
    assert_int_equal(packets_of(&bad), 1);

    /* Ethernet 14, IPv4 20, UDP 8, VXLAN and Ethernet 22: the inner IPv4 header at 64 */
    static const struct {
        unsigned offset;
        uint8_t value;
    } damage[] = {
        {14 + 6, 0x20},  {14 + 7, 1},  {64 + 6, 0x20}, {64 + 7, 1}, /* fragments */
        {14 + 9, 50},    {64 + 9, 50},                              /* ESP */
        {14 + 3, 1},     {64 + 3, 1},                               /* other lengths */
        {64, 0x44},      {64, 0x46},   {64, 0x65},                  /* versions, header lengths */
        {84 + 12, 0x40},                                            /* a TCP header of four words */
    };
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        good = super_frame(&plain_shape);
        large.bytes[damage[i].offset] = damage[i].value;
        assert_int_equal(packets_of(&good), 1);
    }
    struct shape gre = plain_shape;
    gre.tunnel = &tunnels[6];
    static const uint8_t versions[][2] = {{0x30, 0x01}, {0x40, 0}, {0x08, 0}, {0, 0x80}};
    for (size_t i = 0; i < 4; i++) { /* PPTP, and what RFC 2784 left behind of RFC 1701 */
        good = super_frame(&gre);
        memcpy(large.bytes + 34, versions[i], 2);
        assert_int_equal(packets_of(&good), 1);
    }
}

/* Tunnels in tunnels, as deep as they can be told apart and deeper. */
static void tunnels_in_tunnels(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth < 30; depth++) {
        enum { PAYLOAD = 300 };
        packet_start(&large);
        packet_u16(&large, 0x0800);
        for (unsigned level = depth; level-- > 0;)
            put_ip(&large, 4, 0, level ? 4 : TCP, 20 * level + 20 + PAYLOAD, 0);
        uint32_t transport = large.length;
        packet_put(&large, NULL, 20 + PAYLOAD);
        large.bytes[transport + 12] = 0x50;
        struct frame frame = packet_frame(&large);
        frame.super_frame = SUPER_TCP4;
        frame.segment_size = 100;
        frame.checksum_unfinished = true;
        frame.checksum_start = (uint16_t)transport;
        assert_int_equal(packets_of(&frame), depth + 1 <= LAYERS_MAX ? 3 : 1);
    }
}

/* A whole packet whose innermost sum the sender left to the hardware; the outer one is right
 * already (the kernel's local checksum offload). */
static void an_unfinished_sum_inside_is_finished(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++) {
        struct shape shape = plain_shape;
        shape.tunnel = &tunnels[i];
        shape.payload = 333;
        uint32_t transport = put_packet(&wire, &shape, 0, shape.payload, false);
        large = wire;
        uint32_t length = wire.length - transport;
        uint8_t rest[4] = {0, TCP, (uint8_t)(length >> 8), (uint8_t)length};
        unsigned sum = plain_sum(plain_sum(0, large.bytes + transport - 8, 8), rest, 4);
        large.bytes[transport + 16] = (uint8_t)(sum >> 8);
        large.bytes[transport + 17] = (uint8_t)sum;
        struct frame frame = packet_frame(&large);
        frame.checksum_unfinished = true;
        frame.checksum_start = (uint16_t)transport;
        frame.checksum_offset = 16;
        struct flow_key key;
        struct segments segments;
        decode(&frame, &key);
        segments_open(&segments, &frame, &key);
        uint8_t out[600];
        segment_write(&segments, 0, out, large.length);
        assert_memory_equal(out, wire.bytes, wire.length);
    }
}

static void sctp_inside_gets_its_crc(void **state)
{
    (void)state;
    packet_start(&large);
    packet_u16(&large, 0x0800);
    put_ip(&large, 4, 0, UDP, 8 + 22 + 20 + 16, 0);
    packet_put(&large, "\xc0\x01\x12\xb5\0\x42\0\0", 8);
    packet_put(&large, NULL, 22);
    put_ip(&large, 4, 0, 132, 16, 0);
    uint32_t sctp = large.length;
    packet_put(&large,
               "\0\1\0\2\1\2\3\4\xff\xff\xff\xff"
               "data",
               16);
    struct frame frame = packet_frame(&large);
    frame.checksum_unfinished = true;
    frame.checksum_start = (uint16_t)sctp;
    frame.checksum_offset = 8;
    struct flow_key key;
    struct segments segments;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    uint8_t out[200];
    segment_write(&segments, 0, out, large.length);
    const uint8_t chunk[] = "\0\1\0\2\1\2\3\4\0\0\0\0"
                            "data";
    uint32_t crc = checksum_crc32c(0, chunk, 16);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(out[sctp + 8 + i], crc >> (8 * i) & 0xff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(super_frames_in_tunnels_become_packets_of_the_wire),
        cmocka_unit_test(what_does_not_bear_out_is_one_packet),
        cmocka_unit_test(tunnels_in_tunnels),
        cmocka_unit_test(an_unfinished_sum_inside_is_finished),
        cmocka_unit_test(sctp_inside_gets_its_crc),
    };
    return cmocka_run_group_tests_name("tunnels", tests, NULL, NULL);
}
