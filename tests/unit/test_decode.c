#include "captures.h"
#include "packets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct packet packet;

static struct flow_key key_of_packet(void)
{
    return decode_exactly(packet.bytes, packet.length);
}

static void no_ip(const struct flow_key *key)
{
    assert_int_equal(key->family, 0);
    assert_int_equal(key->network_offset, 0);
    assert_false(key->parts & (KEY_ADDRESSES | KEY_PROTOCOL | KEY_PORTS | KEY_TRANSPORT));
}

static void tcp_over_ipv4(void **state)
{
    (void)state;
    packet_start(&packet);
    packet_ipv4(&packet, 6, 0, 40);
    packet_ports(&packet, 1234, 80);
    packet_put(&packet, NULL, 16);
    struct flow_key key = key_of_packet();
    assert_int_equal(key.parts, KEY_ADDRESSES | KEY_PROTOCOL | KEY_PORTS | KEY_TRANSPORT |
                                    KEY_TCP_FLAGS | KEY_LINK_ADDRESS);
    assert_memory_equal(key.link_address, packet.bytes, 6);
    assert_int_equal(key.family, 4);
    assert_int_equal(key.protocol, 6);
    assert_int_equal(key.network_offset, 14);
    assert_int_equal(key.transport_offset, 34);
    assert_int_equal(key.source_port, 1234);
    assert_int_equal(key.destination_port, 80);
    assert_memory_equal(key.source, "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_memory_equal(key.destination, "\x0a\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void what_is_cut_off_is_not_there(void **state)
{
    (void)state;
    packet_start(&packet);
    packet_tag(&packet, 0x8100, 5);
    packet_ipv4(&packet, 17, 4, 32);
    packet_ports(&packet, 53, 54);
    packet_put(&packet, NULL, 4);
    for (uint32_t captured = 0; captured <= packet.length; captured++) {
        struct flow_key key = decode_exactly(packet.bytes, captured);
        assert_int_equal(!!(key.parts & KEY_LINK_ADDRESS), captured >= 12);
        assert_int_equal(!!(key.parts & KEY_VLAN), captured >= 16);
        assert_int_equal(key.family, captured >= 18 ? 4 : 0);
        assert_int_equal(!!(key.parts & KEY_ADDRESSES), captured >= 38);
        assert_int_equal(!!(key.parts & KEY_PROTOCOL), captured >= 38);
        assert_int_equal(!!(key.parts & KEY_TRANSPORT), captured >= 43);
        assert_int_equal(!!(key.parts & KEY_PORTS), captured >= 46);
    }
}

static void flags_only_of_tcp_and_where_they_are(void **state)
{
    (void)state;
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        packet_start(&packet);
        packet_ipv4(&packet, protocol, 0, 40);
        packet_ports(&packet, 7, 9);
        packet_put(&packet, NULL, 16)[9] = 0xc2;
        struct flow_key key = key_of_packet();
        assert_int_equal(!!(key.parts & KEY_TCP_FLAGS), protocol == 6);
        assert_int_equal(key.tcp_flags, protocol == 6 ? 0xc2 : 0);
    }
    for (unsigned held = 0; held <= 20; held++) { /* what is behind the packet is not its */
        packet_start(&packet);
        packet_ipv6(&packet, 60, 8 + held);
        packet_extension(&packet, 6, 0);
        packet_put(&packet, "\1\2\3\4\5\6\7\10\1\2\3\4\120\22\1\2\3\4\5\6", 20);
        struct flow_key key = key_of_packet();
        assert_int_equal(!!(key.parts & KEY_TCP_FLAGS), held >= 14);
        assert_int_equal(key.tcp_flags, held >= 14 ? 0x12 : 0);
        assert_int_equal(!!(key.parts & KEY_PORTS), held >= 4);
    }
}

static void every_code_point(void **state)
{
    (void)state;
    for (unsigned class = 0; class < 256; class ++) {
        packet_start(&packet);
        packet_ipv4(&packet, 17, 0, 28)[1] = (uint8_t) class;
        packet_ports(&packet, 1, 2);
        assert_int_equal(key_of_packet().dscp, class >> 2);
        packet_start(&packet);
        uint8_t *header = packet_ipv6(&packet, 17, 8);
        header[0] = (uint8_t)(0x60 | class >> 4);
        header[1] = (uint8_t)(class << 4 | 15); /* of the flow label */
        packet_ports(&packet, 1, 2);
        assert_int_equal(key_of_packet().dscp, class >> 2);
    }
}

static void ports_only_where_there_are_ports(void **state)
{
    (void)state;
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        packet_start(&packet);
        packet_ipv4(&packet, protocol, 0, 28);
        packet_ports(&packet, 7, 9);
        packet_put(&packet, NULL, 4);
        struct flow_key key = key_of_packet();
        bool ports = protocol == 6 || protocol == 17 || protocol == 132;
        assert_int_equal(key.protocol, protocol);
        assert_int_equal(!!(key.parts & KEY_PORTS), ports);
        assert_true(key.parts & KEY_PROTOCOL);
        if (!ports)
            assert_int_equal(key.source_port | key.destination_port, 0);
    }
}

static void padding_is_not_transport(void **state)
{
    (void)state;
    for (unsigned total = 0; total < 30; total++) {
        packet_start(&packet);
        packet_ipv4(&packet, 17, 0, total);
        packet_ports(&packet, 1, 2);
        packet_put(&packet, NULL, 22);
        struct flow_key key = key_of_packet();
        assert_true(key.parts & KEY_ADDRESSES);
        /* 0 stands for the frame's end */
        assert_int_equal(!!(key.parts & KEY_PORTS), total == 0 || total >= 24);
    }
    for (unsigned payload = 0; payload < 10; payload++) {
        packet_start(&packet);
        packet_ipv6(&packet, 17, payload);
        packet_ports(&packet, 1, 2);
        packet_put(&packet, NULL, 6);
        struct flow_key key = key_of_packet();
        assert_int_equal(!!(key.parts & KEY_PORTS), payload == 0 || payload >= 4);
    }
}

static void ip_headers_must_bear_out(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        packet_start(&packet);
        uint8_t *header = packet_ipv4(&packet, 6, 0, 0);
        packet_put(&packet, NULL, 60);
        header[0] = (uint8_t)first;
        struct flow_key key = key_of_packet();
        bool good = first >= 0x45 && first <= 0x4f;
        assert_int_equal(!!(key.parts & KEY_ADDRESSES), good);
        assert_int_equal(!!(key.parts & KEY_PORTS), good);
        assert_int_equal(key.transport_offset, good ? 14 + (first & 15) * 4 : 0);

        packet_start(&packet);
        header = packet_ipv6(&packet, 6, 60);
        packet_put(&packet, NULL, 60);
        header[0] = (uint8_t)first;
        key = key_of_packet();
        assert_int_equal(!!(key.parts & KEY_ADDRESSES), first >> 4 == 6);
        assert_int_equal(!!(key.parts & KEY_PORTS), first >> 4 == 6);
    }
}

static void vlan_tags_stack(void **state)
{
    (void)state;
    static const unsigned types[] = {0x8100, 0x88a8, 0x9100};
    for (unsigned tags = 0; tags < 9; tags++) {
        packet_start(&packet);
        for (unsigned tag = 0; tag < tags; tag++)
            packet_tag(&packet, types[tag % 3], 0xe000 + 100 + tag); /* priority 7 */
        packet_ipv6(&packet, 58, 8);
        packet_put(&packet, NULL, 8);
        struct flow_key key = key_of_packet();
        assert_int_equal(!!(key.parts & KEY_VLAN), tags > 0);
        assert_int_equal(key.vlan, tags ? 100 : 0);
        assert_int_equal(key.family, 6);
        assert_int_equal(key.protocol, 58);
        assert_int_equal(key.network_offset, 14 + 4 * tags);
    }
    packet_start(&packet); /* a priority tag: VLAN 0 is a tag too */
    packet_tag(&packet, 0x8100, 0xe000);
    packet_u16(&packet, 0x88cc);
    struct flow_key key = key_of_packet();
    assert_int_equal(key.parts, KEY_LINK_ADDRESS | KEY_VLAN);
    assert_int_equal(key.vlan, 0);
    packet_start(&packet);
    for (unsigned tag = 0; tag < 70000 / 4; tag++)
        packet_tag(&packet, 0x8100, 9);
    key = key_of_packet();
    assert_int_equal(key.vlan, 9);
    no_ip(&key);
}

static void what_is_not_ip(void **state)
{
    (void)state;
    static const unsigned types[] = {0, 38, 0x5dc, 0x600, 0x88cc, 0x8847, 0x8864, 0x9000, 0xffff};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        packet_start(&packet);
        packet_u16(&packet, types[i]);
        packet_put(&packet, "\x45\0\0\x28", 4);
        packet_put(&packet, NULL, 60);
        struct flow_key key = key_of_packet();
        assert_int_equal(key.parts, KEY_LINK_ADDRESS);
        no_ip(&key);
    }
}

static void arp_addresses(void **state)
{
    (void)state;
    packet_start(&packet);
    packet_u16(&packet, 0x0806);
    uint8_t *arp = packet_put(&packet, NULL, 28);
    memcpy(arp, "\0\1\x08\0\6\4\0\1", 8);
    memcpy(arp + 14, "\x0a\0\0\1", 4);
    memcpy(arp + 24, "\x0a\0\0\2", 4);
    struct flow_key key = key_of_packet();
    assert_int_equal(key.parts, KEY_LINK_ADDRESS | KEY_ARP);
    assert_int_equal(key.family, 0);
    assert_memory_equal(key.source, "\x0a\0\0\1\0\0\0\0", 8);
    assert_memory_equal(key.destination, "\x0a\0\0\2\0\0\0\0", 8);
    for (uint32_t captured = 14; captured < packet.length; captured++)
        assert_int_equal(decode_exactly(packet.bytes, captured).parts, KEY_LINK_ADDRESS);
    arp[5] = 16; /* addresses of another length, of another protocol: not IPv4's */
    assert_int_equal(key_of_packet().parts, KEY_LINK_ADDRESS);
    arp[5] = 4;
    arp[2] = 0x86;
    assert_int_equal(key_of_packet().parts, KEY_LINK_ADDRESS);
    arp[2] = 0x08;
    arp[4] = 255; /* longer than the frame */
    assert_int_equal(key_of_packet().parts, KEY_LINK_ADDRESS);
}

static void fragments_of_ipv4(void **state)
{
    (void)state;
    static const struct {
        unsigned flags;
        unsigned parts;
    } cases[] = {
        {0x0000, 0},
        {0x4000, 0}, /* DF */
        {0x8000, 0}, /* reserved */
        {0x2000, KEY_FRAGMENT_FIRST},
        {0x2001, KEY_FRAGMENT_LATER},
        {0x0001, KEY_FRAGMENT_LATER},
        {0x1fff, KEY_FRAGMENT_LATER},
        {0x6000, KEY_FRAGMENT_FIRST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        packet_start(&packet);
        uint8_t *header = packet_ipv4(&packet, 17, 0, 28);
        header[4] = 0xab;
        header[5] = 0xcd;
        header[6] = (uint8_t)(cases[i].flags >> 8);
        header[7] = (uint8_t)cases[i].flags;
        packet_ports(&packet, 5, 6);
        packet_put(&packet, NULL, 4);
        struct flow_key key = key_of_packet();
        bool later = cases[i].parts == KEY_FRAGMENT_LATER;
        assert_int_equal(key.parts & (KEY_FRAGMENT_FIRST | KEY_FRAGMENT_LATER), cases[i].parts);
        assert_int_equal(!!(key.parts & KEY_PORTS), !later);
        assert_int_equal(!!(key.parts & KEY_TRANSPORT), !later);
        assert_true(key.parts & KEY_PROTOCOL);
        assert_int_equal(key.fragment_id, cases[i].parts ? 0xabcd : 0);
    }
}

static void extensions_of_ipv6(void **state)
{
    (void)state;
    /* hop-by-hop, routing, destination options, authentication (words of 4, less 2), UDP */
    packet_start(&packet);
    packet_ipv6(&packet, 0, 8 + 24 + 16 + 24 + 8);
    packet_extension(&packet, 43, 0);
    packet_extension(&packet, 60, 2);
    packet_extension(&packet, 51, 1);
    uint8_t *authentication = packet_put(&packet, NULL, 24);
    authentication[0] = 17;
    authentication[1] = 4;
    packet_ports(&packet, 500, 4500);
    packet_put(&packet, NULL, 4);
    struct flow_key key = key_of_packet();
    assert_int_equal(key.parts,
                     KEY_LINK_ADDRESS | KEY_ADDRESSES | KEY_PROTOCOL | KEY_PORTS | KEY_TRANSPORT);
    assert_int_equal(key.protocol, 17);
    assert_int_equal(key.transport_offset, 14 + 40 + 8 + 24 + 16 + 24);
    assert_int_equal(key.source_port, 500);
    for (uint32_t captured = 14; captured < packet.length; captured++) {
        key = decode_exactly(packet.bytes, captured);
        assert_int_equal(!!(key.parts & KEY_ADDRESSES), captured >= 54);
        assert_int_equal(!!(key.parts & KEY_PROTOCOL), captured >= 126);
        assert_int_equal(!!(key.parts & KEY_PORTS), captured >= 130);
    }
    static const unsigned ends[] = {50, 59, 58, 135, 255};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        packet_start(&packet);
        packet_ipv6(&packet, 60, 24);
        packet_extension(&packet, ends[i], 0);
        packet_put(&packet, NULL, 16);
        key = key_of_packet();
        assert_true(key.parts & KEY_PROTOCOL);
        assert_int_equal(key.protocol, ends[i]);
        assert_int_equal(!!(key.parts & KEY_TRANSPORT), ends[i] != 59);
    }
    for (unsigned count = 1; count < 40; count++) { /* no sender has more than a few */
        packet_start(&packet);
        packet_ipv6(&packet, 60, 0);
        for (unsigned i = 1; i < count; i++)
            packet_extension(&packet, 60, i % 9);
        packet_extension(&packet, 17, 0);
        packet_put(&packet, NULL, 8);
        assert_int_equal(!!(key_of_packet().parts & KEY_PORTS), count <= 16);
    }
}

static void fragments_of_ipv6(void **state)
{
    (void)state;
    static const struct {
        unsigned next, offset;
        bool more;
        unsigned parts;
    } cases[] = {
        {17, 0, false, KEY_PROTOCOL | KEY_TRANSPORT | KEY_PORTS}, /* atomic */
        {17, 0, true, KEY_FRAGMENT_FIRST | KEY_PROTOCOL | KEY_TRANSPORT | KEY_PORTS},
        {17, 8, true, KEY_FRAGMENT_LATER | KEY_PROTOCOL},
        {17, 1448, false, KEY_FRAGMENT_LATER | KEY_PROTOCOL},
        {60, 1448, false, KEY_FRAGMENT_LATER}, /* the transport is not told */
        {60, 0, true, KEY_FRAGMENT_FIRST | KEY_PROTOCOL | KEY_TRANSPORT | KEY_PORTS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        packet_start(&packet);
        packet_ipv6(&packet, 44, 24);
        packet_fragment(&packet, cases[i].next, cases[i].offset, cases[i].more, 0xdeadbeef);
        if (cases[i].next == 60)
            packet_extension(&packet, 17, 0);
        packet_ports(&packet, 5, 6);
        packet_put(&packet, NULL, 4);
        struct flow_key key = key_of_packet();
        assert_int_equal(key.parts, KEY_LINK_ADDRESS | KEY_ADDRESSES | cases[i].parts);
        bool fragment = key.parts & (KEY_FRAGMENT_FIRST | KEY_FRAGMENT_LATER);
        assert_int_equal(key.fragment_id, fragment ? 0xdeadbeef : 0);
        assert_int_equal(key.protocol, key.parts & KEY_PROTOCOL ? 17 : 0);
    }
}

static uint32_t hash_of(const struct flow_key *key)
{
    struct frame frame = packet_frame(&packet);
    return flow_hash(key, &frame);
}

static struct flow_key reversed(const struct flow_key *key)
{
    struct flow_key other = *key;
    memcpy(other.source, key->destination, 16);
    memcpy(other.destination, key->source, 16);
    other.source_port = key->destination_port;
    other.destination_port = key->source_port;
    return other;
}

/* Flows that differ in a bit or two must spread over any range drawn from the hash. */
static void the_hash_is_symmetric_and_spreads(void **state)
{
    (void)state;
    enum { FLOWS = 1 << 16, BINS = 64 };
    unsigned high[BINS] = {0}, low[BINS] = {0};
    for (unsigned flow = 0; flow < FLOWS; flow++) {
        packet_start(&packet);
        uint8_t *header = packet_ipv4(&packet, 6, 0, 40);
        header[15] = (uint8_t)(flow >> 12);
        packet_ports(&packet, 1024 + (flow & 0xfff), 80);
        packet_put(&packet, NULL, 16);
        struct flow_key key = key_of_packet(), back = reversed(&key);
        uint32_t hash = hash_of(&key);
        assert_int_equal(hash, hash_of(&back));
        high[hash >> 26]++;
        low[hash % BINS]++;
    }
    for (unsigned bin = 0; bin < BINS; bin++) { /* 1024 expected, deviation 32 */
        assert_in_range(high[bin], 1024 - 160, 1024 + 160);
        assert_in_range(low[bin], 1024 - 160, 1024 + 160);
    }
    struct flow_key key = key_of_packet(), other = key;
    other.source_port = key.destination_port;
    other.destination_port = key.source_port; /* another flow: the ports change sides alone */
    assert_int_not_equal(hash_of(&key), hash_of(&other));
    other = key;
    other.protocol = 17;
    assert_int_not_equal(hash_of(&key), hash_of(&other));
}

static void the_hash_of_other_frames(void **state)
{
    (void)state;
    packet_start(&packet);
    packet_u16(&packet, 0x88cc);
    struct flow_key key = key_of_packet();
    uint32_t there = hash_of(&key);
    uint8_t addresses[12];
    memcpy(addresses, packet.bytes, 12);
    memcpy(packet.bytes, addresses + 6, 6);
    memcpy(packet.bytes + 6, addresses, 6);
    assert_int_equal(there, hash_of(&key));
    packet.bytes[13] ^= 1;
    assert_int_not_equal(there, hash_of(&key));
    packet.length = 13; /* not even an ethertype */
    hash_of(&key);
}

static void every_length(void *context, const char *path, const struct capture *capture)
{
    (void)path;
    size_t *packets = context;
    for (size_t i = 0; i < capture->count; i++) {
        const struct record *record = &capture->records[i];
        uint32_t captured = record->captured;
        struct flow_key whole = decode_exactly(record->bytes, captured);
        for (; captured > 0; captured -= captured > 400 ? captured / 7 : 1) {
            struct flow_key key = decode_exactly(record->bytes, captured);
            assert_int_equal(key.parts & ~whole.parts, 0); /* less bytes, never more parts */
            assert_true(key.network_offset < captured && key.transport_offset < captured);
        }
        ++*packets;
    }
}

static void real_captures_cut_anywhere(void **state)
{
    (void)state;
    size_t packets = 0;
    if (captures_visit(every_length, &packets) == 0)
        skip();
    assert_true(packets > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_over_ipv4),
        cmocka_unit_test(what_is_cut_off_is_not_there),
        cmocka_unit_test(flags_only_of_tcp_and_where_they_are),
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(ports_only_where_there_are_ports),
        cmocka_unit_test(padding_is_not_transport),
        cmocka_unit_test(ip_headers_must_bear_out),
        cmocka_unit_test(vlan_tags_stack),
        cmocka_unit_test(what_is_not_ip),
        cmocka_unit_test(arp_addresses),
        cmocka_unit_test(fragments_of_ipv4),
        cmocka_unit_test(extensions_of_ipv6),
        cmocka_unit_test(fragments_of_ipv6),
        cmocka_unit_test(the_hash_is_symmetric_and_spreads),
        cmocka_unit_test(the_hash_of_other_frames),
        cmocka_unit_test(real_captures_cut_anywhere),
    };
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
