#include "../../engine/packet/checksum.h"
#include "../../engine/packet/segment.h"
#include "captures.h"
#include "packets.h"
#include "parts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What a super-frame of the tests is made of. */
struct shape {
    unsigned tags, options, extensions;
    uint8_t family, protocol;
    enum super_frame kind;
    uint32_t payload;
    uint16_t segment_size;
    bool jumbo;  /* IPv6: says its length in a hop-by-hop option */
    bool routed; /* IPv6: by way of the header's destination to 2001:db8::99 */
};

enum { SEQUENCE = 0xfffff000, IDENTIFICATION = 0xfffe, FLAGS = 0x99 /* CWR ACK PSH FIN */ };

static struct packet large, wire;
static const uint8_t final[16] = {0x20, 1, 0x0d, 0xb8, [15] = 0x99};

static unsigned put_network(struct packet *packet, const struct shape *shape, uint32_t length,
                            unsigned identification, bool jumbo)
{
    unsigned network = packet->length + 2;
    if (shape->family == 4) {
        uint32_t total = 20 + shape->options + length;
        uint8_t *header =
            packet_ipv4(packet, shape->protocol, shape->options, total > 65535 ? 0 : total);
        header[4] = (uint8_t)(identification >> 8);
        header[5] = (uint8_t)identification;
        unsigned sum = 0xffff - plain_sum(0, header, 20 + shape->options);
        header[10] = (uint8_t)(sum >> 8);
        header[11] = (uint8_t)sum;
        return network;
    }
    unsigned next = shape->extensions ? 60 : shape->protocol;
    uint8_t *header = packet_ipv6(packet, shape->routed ? 43 : next,
                                  jumbo ? 0 : length + 8 * shape->extensions + 24 * shape->routed);
    if (jumbo) {
        uint8_t *option = packet_extension(packet, header[6], 0);
        header[6] = 0;
        memcpy(option + 2, "\xc2\4\0\1\2\3", 6);
    }
    if (shape->routed) {
        uint8_t *routing = packet_extension(packet, next, 2);
        routing[2] = 0;
        routing[3] = 1; /* segments left */
        memcpy(routing + 8, final, 16);
    }
    for (unsigned i = 0; i < shape->extensions; i++)
        packet_extension(packet, i + 1 < shape->extensions ? 60 : shape->protocol, 0);
    return network;
}

/* A packet with the payload bytes [from, from + length) of the super-frame, made by hand;
 * its checksum is left out when `sum` is false. Returns the transport offset. */
static uint32_t put_packet(struct packet *packet, const struct shape *shape, uint32_t from,
                           uint32_t length, bool whole, bool sum)
{
    uint32_t index = from / shape->segment_size;
    uint32_t header = shape->protocol == 6 ? 20 + 12 : 8;
    packet_start(packet);
    for (unsigned tag = 0; tag < shape->tags; tag++)
        packet_tag(packet, 0x8100, 100 + tag);
    unsigned network = put_network(packet, shape, header + length,
                                   (IDENTIFICATION + index) & 0xffff, whole && shape->jumbo);
    uint32_t transport = packet->length;
    packet_ports(packet, 40000, 80);
    uint8_t *rest = packet_put(packet, NULL, header - 4);
    bool last = from + length == shape->payload;
    if (shape->protocol == 6) {
        uint32_t sequence = htonl(SEQUENCE + from);
        memcpy(rest, &sequence, 4);
        rest[8] = 0x80; /* eight words */
        rest[9] = (uint8_t)(FLAGS & ~(last ? 0 : 0x09) & ~(from ? 0x80 : 0));
        memset(rest + 16, 1, 12);
    } else {
        rest[0] = (uint8_t)((8 + length) >> 8);
        rest[1] = (uint8_t)(8 + length);
    }
    for (uint32_t i = 0; i < length; i++)
        *packet_put(packet, NULL, 1) = (uint8_t)((from + i) * 2654435761u >> 13);
    if (!sum)
        return transport;
    uint8_t addressed[40];
    memcpy(addressed, packet->bytes + network, 40);
    if (shape->routed)
        memcpy(addressed + 24, final, 16);
    unsigned value = 0xffff - plain_transport_sum(addressed, shape->protocol,
                                                  packet->bytes + transport, header + length);
    if (value == 0 && shape->protocol == 17)
        value = 0xffff;
    uint8_t *field = packet->bytes + transport + (shape->protocol == 6 ? 16 : 6);
    field[0] = (uint8_t)(value >> 8);
    field[1] = (uint8_t)value;
    return transport;
}

static struct frame super_frame(const struct shape *shape)
{
    uint32_t transport = put_packet(&large, shape, 0, shape->payload, true, false);
    unsigned flags = transport + 13;
    if (shape->protocol == 6)
        large.bytes[flags] = FLAGS;
    unsigned field = shape->protocol == 6 ? 16 : 6;
    large.bytes[transport + field] = 0x12; /* some pseudo-header's sum */
    struct frame frame = packet_frame(&large);
    frame.super_frame = shape->kind;
    frame.segment_size = shape->segment_size;
    frame.checksum_unfinished = true;
    frame.checksum_start = (uint16_t)transport;
    frame.checksum_offset = (uint16_t)field;
    return frame;
}

static void write_exactly(const struct segments *segments, uint32_t index, uint32_t kept,
                          const uint8_t *expected)
{
    uint8_t *out = malloc(kept ? kept : 1);
    segment_write(segments, index, out, kept);
    if (kept)
        assert_memory_equal(out, expected, kept);
    assert_true(parts_make_up(segments, index, kept, out));
    free(out);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The same, of whose payload only so much was captured: all is right but the sum of what is cut. */
static void check_captured(const struct shape *shape, struct frame frame, uint32_t there)
{
    struct flow_key key;
    struct segments segments;
    frame.captured -= shape->payload - there;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    for (uint32_t from = 0, index = 0; from < shape->payload; from += shape->segment_size) {
        uint32_t bytes = least(shape->payload - from, shape->segment_size);
        uint32_t got = least(there > from ? there - from : 0, bytes);
        uint32_t sum = put_packet(&wire, shape, from, bytes, false, true);
        sum += shape->protocol == 6 ? 16 : 6;
        uint32_t captured = wire.length - bytes + got;
        uint8_t *out = malloc(captured);
        assert_int_equal(segment_captured(&segments, index), captured);
        segment_write(&segments, index++, out, captured);
        if (got < bytes)
            memcpy(out + sum, wire.bytes + sum, 2);
        assert_memory_equal(out, wire.bytes, captured);
        free(out);
    }
    assert_int_equal(segments.count, (shape->payload - 1) / shape->segment_size + 1);
}

static void check_shape(const struct shape *shape)
{
    struct frame frame = super_frame(shape);
    struct flow_key key;
    struct segments segments;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    uint32_t size = shape->segment_size;
    assert_int_equal(segments.count, (shape->payload + size - 1) / size);
    for (uint32_t index = 0; index < segments.count; index++) {
        uint32_t from = index * size;
        uint32_t bytes = least(shape->payload - from, size);
        put_packet(&wire, shape, from, bytes, false, true);
        assert_int_equal(segment_length(&segments, index), wire.length);
        write_exactly(&segments, index, wire.length, wire.bytes);
        if (index < 2 || index + 1 == segments.count) {
            for (uint32_t kept = 0; kept < wire.length; kept += kept < 150 ? 1 : 97)
                write_exactly(&segments, index, kept, wire.bytes);
        }
    }
    for (uint32_t sevenths = 0; sevenths < 7; sevenths += 2)
        check_captured(shape, frame, shape->payload / 7 * sevenths);
}

static void super_frames_become_packets_of_the_wire(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {.family = 4, .protocol = 6, .kind = SUPER_TCP4, .payload = 65000, .segment_size = 1448},
        {.family = 4, .protocol = 6, .kind = SUPER_TCP4, .payload = 65000, .segment_size = 1},
        {.family = 4, .protocol = 6, .kind = SUPER_TCP4, .payload = 2896, .segment_size = 1448},
        {.family = 4, .protocol = 6, .kind = SUPER_TCP4, .payload = 2897, .segment_size = 1448},
        {.family = 4, .protocol = 6, .kind = SUPER_TCP4, .payload = 100, .segment_size = 1448},
        {.family = 4,
         .protocol = 6,
         .kind = SUPER_TCP4,
         .payload = 9001,
         .segment_size = 535,
         .tags = 2,
         .options = 40},
        {.family = 4, .protocol = 6, .kind = SUPER_TCP4, .payload = 200001, .segment_size = 8948},
        {.family = 6, .protocol = 6, .kind = SUPER_TCP6, .payload = 65000, .segment_size = 1428},
        {.family = 6,
         .protocol = 6,
         .kind = SUPER_TCP6,
         .payload = 6000,
         .segment_size = 1001,
         .tags = 1,
         .extensions = 3},
        {.family = 6,
         .protocol = 6,
         .kind = SUPER_TCP6,
         .payload = 150000,
         .segment_size = 1428,
         .jumbo = true},
        {.family = 6,
         .protocol = 6,
         .kind = SUPER_TCP6,
         .payload = 150000,
         .segment_size = 1428,
         .jumbo = true,
         .tags = 1,
         .extensions = 1},
        {.family = 6,
         .protocol = 6,
         .kind = SUPER_TCP6,
         .payload = 5000,
         .segment_size = 1400,
         .routed = true},
        {.family = 6,
         .protocol = 6,
         .kind = SUPER_TCP6,
         .payload = 5000,
         .segment_size = 1400,
         .routed = true,
         .extensions = 1,
         .jumbo = true},
        {.family = 4, .protocol = 17, .kind = SUPER_UDP, .payload = 5000, .segment_size = 1200},
        {.family = 6,
         .protocol = 17,
         .kind = SUPER_UDP,
         .payload = 5001,
         .segment_size = 1201,
         .tags = 1},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        check_shape(&shapes[i]);
}

/* UDP sums that come out as 0 are sent as 0xffff; payloads until one does. */
static void a_udp_sum_of_zero_is_all_ones(void **state)
{
    (void)state;
    struct shape shape = {.family = 4, .protocol = 17, .kind = SUPER_UDP, .segment_size = 1200};
    shape.payload = 2400;
    struct frame frame = super_frame(&shape);
    struct flow_key key;
    struct segments segments;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    uint8_t out[2000];
    segment_write(&segments, 0, out, segment_length(&segments, 0));
    /* make up for the sum in the payload's first word, which lies behind 8 bytes of UDP */
    unsigned sum = plain_sum((unsigned)(out[40] << 8 | out[41]), out + 42, 2);
    large.bytes[42] = (uint8_t)(sum >> 8);
    large.bytes[43] = (uint8_t)sum;
    segment_write(&segments, 0, out, segment_length(&segments, 0));
    assert_int_equal(out[40] << 8 | out[41], 0xffff);
}

static void udp_without_checksum_stays_without(void **state)
{
    (void)state;
    struct shape shape = {.family = 4, .protocol = 17, .kind = SUPER_UDP, .segment_size = 100};
    shape.payload = 250;
    struct frame frame = super_frame(&shape);
    frame.checksum_unfinished = false;
    memset(large.bytes + 40, 0, 2);
    struct flow_key key;
    struct segments segments;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    assert_int_equal(segments.count, 3);
    uint8_t out[200];
    segment_write(&segments, 2, out, 92);
    assert_memory_equal(out + 38, "\0\x3a\0\0", 4);
}

static void assert_one_packet(struct frame frame)
{
    struct flow_key key;
    struct segments segments;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    assert_int_equal(segments.count, 1);
    assert_int_equal(segment_length(&segments, 0), frame.length);
    write_exactly(&segments, 0, frame.captured < 64 ? frame.captured : 64, frame.bytes);
}

static void what_does_not_bear_out_is_one_packet(void **state)
{
    (void)state;
    const struct shape shape = {
        .family = 4, .protocol = 6, .kind = SUPER_TCP4, .payload = 5000, .segment_size = 1000};
    struct frame good = super_frame(&shape), bad = good;
    bad.super_frame = SUPER_TCP6;
    assert_one_packet(bad);
    bad.super_frame = SUPER_UDP;
    assert_one_packet(bad);
    bad = good;
    bad.segment_size = 0;
    assert_one_packet(bad);
    bad = good;
    bad.checksum_start += 50; /* the transport header of something inside */
    assert_one_packet(bad);
    for (bad.captured = 0; bad.captured < 14 + 20 + 32; bad.captured++)
        assert_one_packet(bad);
    static const struct {
        unsigned offset;
        uint8_t value;
    } damage[] = {
        {46, 0x40},             /* a TCP header of four words */
        {14, 0x44},             /* an IPv4 header of four words */
        {20, 0x20}, {21, 0x01}, /* a first, a later fragment */
        {16, 0xff},             /* longer than the frame */
        {23, 17},               /* UDP */
    };
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        good = super_frame(&shape);
        large.bytes[damage[i].offset] = damage[i].value;
        assert_one_packet(good);
    }
    good = super_frame(&shape);
    memcpy(large.bytes + 16, "\0\x34", 2); /* no payload: IPv4 20, TCP 32 */
    assert_one_packet(good);
    memcpy(large.bytes + 16, "\0\x40", 2); /* a TCP header that goes on behind the packet */
    large.bytes[46] = 0xf0;
    assert_one_packet(good);
}

static void an_unfinished_sum_is_finished_on_a_whole_packet(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        const struct shape shape = {.family = i & 1 ? 6 : 4,
                                    .protocol = i & 2 ? 17 : 6,
                                    .payload = 333,
                                    .segment_size = 1000};
        uint32_t transport = put_packet(&wire, &shape, 0, shape.payload, false, true);
        unsigned field = i & 2 ? 6 : 16;
        large = wire;
        uint8_t rest[8] = {[6] = (uint8_t)((wire.length - transport) >> 8), [7] = shape.protocol};
        rest[3] = (uint8_t)(wire.length - transport);
        rest[2] = rest[6];
        rest[6] = 0;
        unsigned sum = plain_sum(0, large.bytes + (i & 1 ? 22 : 26), i & 1 ? 32 : 8);
        sum = plain_sum(sum, rest, 8);
        large.bytes[transport + field] = (uint8_t)(sum >> 8);
        large.bytes[transport + field + 1] = (uint8_t)sum;
        struct frame frame = packet_frame(&large);
        frame.checksum_unfinished = true;
        frame.checksum_start = (uint16_t)transport;
        frame.checksum_offset = (uint16_t)field;
        struct flow_key key;
        struct segments segments;
        decode(&frame, &key);
        segments_open(&segments, &frame, &key);
        write_exactly(&segments, 0, large.length, wire.bytes);
        write_exactly(&segments, 0, large.length - 1, large.bytes); /* cut: as captured */
        frame.checksum_unfinished = false;
        write_exactly(&segments, 0, large.length, large.bytes);
    }
}

static void a_sum_outside_the_frame_is_left_alone(void **state)
{
    (void)state;
    const struct shape shape = {.family = 4, .protocol = 17, .payload = 30, .segment_size = 100};
    put_packet(&large, &shape, 0, shape.payload, false, true);
    for (unsigned start = 0; start <= UINT16_MAX; start += start < 80 ? 1 : 997) {
        for (unsigned offset = 0; offset <= UINT16_MAX; offset += offset < 80 ? 1 : 997) {
            struct frame frame = packet_frame(&large);
            frame.checksum_unfinished = true;
            frame.checksum_start = (uint16_t)start;
            frame.checksum_offset = (uint16_t)offset;
            struct flow_key key = {0};
            struct segments segments;
            segments_open(&segments, &frame, &key);
            uint8_t *out = malloc(large.length);
            segment_write(&segments, 0, out, large.length);
            assert_true(start + offset + 2 <= large.length ||
                        !memcmp(out, large.bytes, large.length));
            assert_true(parts_make_up(&segments, 0, large.length, out));
            free(out);
        }
    }
}

static void sctp_gets_its_crc(void **state)
{
    (void)state;
    enum { MORE = 300 };
    packet_start(&large);
    packet_ipv4(&large, 132, 0, 32 + MORE);
    packet_ports(&large, 1, 2);
    packet_put(&large, "\1\2\3\4\xff\xff\xff\xff", 8);
    memset(packet_put(&large, NULL, MORE), 7, MORE);
    struct flow_key key;
    struct segments segments;
    struct frame frame = packet_frame(&large);
    frame.checksum_unfinished = true;
    frame.checksum_start = 34;
    frame.checksum_offset = 8;
    decode(&frame, &key);
    segments_open(&segments, &frame, &key);
    uint8_t out[46 + MORE];
    segment_write(&segments, 0, out, sizeof out);
    assert_true(parts_make_up(&segments, 0, sizeof out, out));
    memset(large.bytes + 42, 0, 4);
    uint32_t crc = checksum_crc32c(0, large.bytes + 34, 12 + MORE);
    memcpy(large.bytes + 42, &(uint32_t){htole32(crc)}, 4);
    assert_memory_equal(out, large.bytes, sizeof out);
}

/* The captured super-frame again in segments of `size`: every one must add up. */
static void resegment(const struct record *record, uint16_t size)
{
    struct frame frame = {.bytes = record->bytes,
                          .captured = record->captured,
                          .length = record->captured,
                          .segment_size = size};
    struct flow_key key;
    struct segments segments;
    decode(&frame, &key);
    frame.super_frame = key.protocol == 17 ? SUPER_UDP : key.family == 4 ? SUPER_TCP4 : SUPER_TCP6;
    segments_open(&segments, &frame, &key);
    uint32_t payload = 0;
    for (uint32_t i = 0; i < segments.count; i++) {
        uint32_t length = segment_length(&segments, i);
        uint8_t *out = malloc(length);
        segment_write(&segments, i, out, length < frame.captured ? length : frame.captured);
        if (segments.header) {
            struct flow_key part = decode_exactly(out, length);
            const uint8_t *network = out + part.network_offset;
            if (part.family == 4)
                assert_int_equal(plain_sum(0, network, (network[0] & 15) * 4u), 0xffff);
            uint32_t transport = length - part.transport_offset;
            bool none =
                part.protocol == 17 && memcmp(out + part.transport_offset + 6, "\0", 2) == 0;
            if (!none)
                assert_int_equal(plain_transport_sum(network, part.protocol,
                                                     out + part.transport_offset, transport),
                                 0xffff);
            assert_int_equal(part.source_port, key.source_port);
            payload += length - segments.header;
        }
        free(out);
    }
    assert_int_equal(payload, segments.payload);
}

static void resegment_all(void *context, const char *path, const struct capture *capture)
{
    static const uint16_t sizes[] = {1, 100, 1448, 65535};
    (void)path;
    for (size_t i = 0; i < capture->count; i++) {
        for (size_t size = 0; size < 4; size++) {
            if (capture->records[i].captured < 3000 || sizes[size] > 1)
                resegment(&capture->records[i], sizes[size]);
        }
        ++*(size_t *)context;
    }
}

static void real_captures_in_segments(void **state)
{
    (void)state;
    size_t packets = 0;
    if (captures_visit(resegment_all, &packets) == 0)
        skip();
    assert_true(packets > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(super_frames_become_packets_of_the_wire),
        cmocka_unit_test(a_udp_sum_of_zero_is_all_ones),
        cmocka_unit_test(udp_without_checksum_stays_without),
        cmocka_unit_test(what_does_not_bear_out_is_one_packet),
        cmocka_unit_test(an_unfinished_sum_is_finished_on_a_whole_packet),
        cmocka_unit_test(a_sum_outside_the_frame_is_left_alone),
        cmocka_unit_test(sctp_gets_its_crc),
        cmocka_unit_test(real_captures_in_segments),
    };
    return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
