#include "../../engine/packet/vxlan.h"
#include "../../engine/plan/exclusions.h"
#include "packets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct flow_key key_between(uint16_t parts, uint8_t family, const char *source,
                                   const char *destination)
{
    struct flow_key key = {.parts = parts, .family = family};
    memcpy(key.source, source, family == 6 ? 16 : 4);
    memcpy(key.destination, destination, family == 6 ? 16 : 4);
    return key;
}

#define V6(last) "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0" last

static void either_end_in_either_family(void **state)
{
    (void)state;
    struct exclusions *exclusions = exclusions_new(2);
    uint8_t address[16] = "\x0a\2\0\2 what follow";
    exclusions_add_address(exclusions, 4, address);
    memcpy(address, V6("\2"), 16);
    exclusions_add_address(exclusions, 6, address);
    exclusions_add_address(exclusions, 6, address);
    static const struct {
        uint16_t parts;
        uint8_t family;
        const char *source, *destination;
        bool has;
    } cases[] = {
        {KEY_ADDRESSES, 4, "\x0a\2\0\2", "\x0a\2\0\3", true},
        {KEY_ADDRESSES, 4, "\x0a\2\0\3", "\x0a\2\0\2", true},
        {KEY_ADDRESSES, 4, "\x0a\2\0\3", "\x0a\2\0\1", false},
        {KEY_ADDRESSES, 4, "\0\0\0\0", "\0\0\0\0", false},
        {KEY_ADDRESSES, 6, V6("\1"), V6("\2"), true},
        {KEY_ADDRESSES, 6, V6("\2"), V6("\1"), true},
        {KEY_ADDRESSES, 6, V6("\1"), V6("\3"), false},
        {KEY_ADDRESSES, 6, "\x0a\2\0\2\0\0\0\0\0\0\0\0\0\0\0", V6("\3"), false},
        {KEY_ARP, 0, "\x0a\2\0\1", "\x0a\2\0\2", true},
        {KEY_ARP, 0, "\x0a\2\0\1", "\x0a\2\0\3", false},
        {0, 4, "\x0a\2\0\2", "\x0a\2\0\2", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct flow_key key =
            key_between(cases[i].parts, cases[i].family, cases[i].source, cases[i].destination);
        assert_int_equal(exclusions_has(exclusions, &key), cases[i].has);
    }
    exclusions_free(exclusions);
}

static void the_empty_set_has_nothing(void **state)
{
    (void)state;
    struct exclusions *exclusions = exclusions_new(0);
    struct flow_key key = {.parts = KEY_ADDRESSES, .family = 4};
    assert_false(exclusions_has(exclusions, &key));
    exclusions_free(exclusions);
    exclusions_free(NULL);
}

static void many_addresses(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct exclusions *exclusions = exclusions_new(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t address[16] = {10, (uint8_t)(i >> 8), (uint8_t)i, 1};
        exclusions_add_address(exclusions, 4, address);
    }
    for (uint32_t i = 0; i < 2 * COUNT; i++) {
        struct flow_key key = {.parts = KEY_ADDRESSES, .family = 4};
        uint8_t address[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 1};
        memcpy(key.destination, address, 4);
        assert_int_equal(exclusions_has(exclusions, &key), i < COUNT);
        key.destination[3] = 2;
        assert_false(exclusions_has(exclusions, &key));
    }
    exclusions_free(exclusions);
}

/* Ethernet, IPv4 to 10.2.0.LAST, UDP to `port`, VXLAN with `vni`, around what is there already. */
static void wrap(struct packet *packet, unsigned last, unsigned port, uint32_t vni)
{
    static struct packet inside;
    inside = *packet;
    packet_start(packet);
    uint8_t *ip = packet_ipv4(packet, 17, 0, 20 + 16 + inside.length);
    memcpy(ip + 12, "\x0a\2\0\1\x0a\2\0", 7);
    ip[19] = (uint8_t)last;
    packet_ports(packet, 50000, port);
    packet_put(packet, NULL, 4);
    vxlan_write(packet_put(packet, NULL, 8), vni);
    packet_put(packet, inside.bytes, inside.length);
}

/* Its first bytes, in memory that ends where they end. */
static bool is_loop(const struct exclusions *exclusions, const struct packet *packet, uint32_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, packet->bytes, size);
    bool back = exclusions_is_loop(exclusions, copy, size);
    free(copy);
    return back;
}

static void a_mirror_inside_another_comes_back(void **state)
{
    (void)state;
    struct exclusions *exclusions = exclusions_new(4);
    exclusions_add_address(exclusions, 4, (const uint8_t *)"\x0a\2\0\2            ");
    exclusions_add_receiver(exclusions, 4, (const uint8_t *)"\x0a\2\0\2            ", 4789);
    exclusions_add_vni(exclusions, 5);
    exclusions_add_vni(exclusions, 6);
    static const struct {
        unsigned last, port;
        uint32_t vni;
        bool ours;
    } cases[] = {
        {2, 4789, 5, true},  {2, 4789, 6, true},         {2, 4789, 7, false}, {2, 8472, 5, false},
        {3, 4789, 5, false}, {2, 4789, 0x050000, false}, {2, 4789, 4, false},
    };
    static struct packet packet;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        packet.length = 0;
        packet_start(&packet);
        packet_ipv4(&packet, 6, 0, 40);
        packet_put(&packet, NULL, 20);
        wrap(&packet, cases[i].last, cases[i].port, cases[i].vni);
        for (unsigned level = 0; level < 8; level++) {
            const uint32_t reach = 50 * (level + 1); /* behind the box's own VXLAN header */
            for (uint32_t size = 0; size <= packet.length; size += size < reach ? 1 : 7)
                assert_int_equal(is_loop(exclusions, &packet, size),
                                 cases[i].ours && level <= 4 && size >= reach);
            wrap(&packet, 9, level == 0 ? 4789 : 8472, 1001 + level);
        }
    }
    exclusions_free(exclusions);
}

static void what_carries_no_tunnel_is_not_looked_into(void **state)
{
    (void)state;
    static const struct {
        uint16_t parts;
        uint8_t protocol;
        bool may;
    } cases[] = {{0, 6, true},
                 {KEY_PROTOCOL, 17, true},
                 {KEY_PROTOCOL, 47, true},
                 {KEY_PROTOCOL, 4, true},
                 {KEY_PROTOCOL, 6, false},
                 {KEY_PROTOCOL, 1, false},
                 {KEY_PROTOCOL, 58, false},
                 {KEY_PROTOCOL, 132, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct flow_key key = {.parts = cases[i].parts, .protocol = cases[i].protocol};
        assert_int_equal(exclusions_may_loop(&key), cases[i].may);
    }
}

/* An ICMP error of that type, by a router, with a mirror packet's first bytes in it, and what is
 * around that. */
static struct frame error_about(struct packet *packet, unsigned type, bool wrapped, unsigned port)
{
    static struct packet quoted;
    quoted.length = 0;
    packet_start(&quoted);
    packet_put(&quoted, NULL, 20);
    wrap(&quoted, 2, port, 5);
    if (wrapped)
        wrap(&quoted, 9, 8472, 1);
    packet->length = 0;
    packet_start(packet);
    packet_ipv4(packet, 1, 0, 20 + 8 + quoted.length - 14);
    *(uint8_t *)packet_put(packet, NULL, 8) = (uint8_t)type;
    packet_put(packet, quoted.bytes + 14, quoted.length - 14);
    return packet_frame(packet);
}

static void an_error_about_a_mirror_is_an_answer(void **state)
{
    (void)state;
    struct exclusions *exclusions = exclusions_new(4);
    exclusions_add_receiver(exclusions, 4, (const uint8_t *)"\x0a\2\0\2            ", 4789);
    exclusions_add_vni(exclusions, 5);
    static const struct {
        unsigned type, port;
        bool wrapped, is;
        uint32_t least; /* bytes that tell */
    } cases[] = {
        {3, 4789, false, true, 14 + 28 + 28},
        {11, 4789, false, true, 14 + 28 + 28},
        {12, 4789, false, true, 14 + 28 + 28},
        {5, 4789, false, true, 14 + 28 + 28},
        {11, 4789, true, true, 14 + 28 + 86},
        {0, 4789, false, false, 0},
        {8, 4789, false, false, 0},
        {13, 4789, false, false, 0},
        {11, 53, false, false, 0},
        {11, 53, true, false, 0},
    };
    static struct packet packet;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame frame = error_about(&packet, cases[i].type, cases[i].wrapped, cases[i].port);
        for (frame.captured = 0; frame.captured <= packet.length; frame.captured++) {
            uint8_t *copy = malloc(frame.captured + 1u);
            memcpy(copy, packet.bytes, frame.captured);
            struct frame cut = frame;
            cut.bytes = copy;
            struct flow_key key;
            decode(&cut, &key);
            assert_int_equal(exclusions_is_about(exclusions, &key, &cut),
                             cases[i].is && cut.captured >= cases[i].least);
            free(copy);
        }
    }
    exclusions_free(exclusions);
}

/* A redirect is about its second address, what is sent to which is to go elsewhere. */
static void neighbour_discovery_is_about_its_target(void **state)
{
    enum { SOLICITATION = 135, ADVERTISEMENT, REDIRECT };
    (void)state;
    struct exclusions *exclusions = exclusions_new(1);
    exclusions_add_address(exclusions, 6, (const uint8_t *)V6("\2"));
    for (unsigned type = 133; type < 139; type++) {
        const unsigned at = type == REDIRECT, whole = 14 + 40 + 8 + 16 * (at + 1);
        for (unsigned receivers = 0; receivers < 4; receivers++) { /* which of two are one's */
            static struct packet packet;
            packet.length = 0;
            packet_start(&packet);
            packet_ipv6(&packet, 58, 40)[39] = 9;
            *(uint8_t *)packet_put(&packet, NULL, 8) = (uint8_t)type;
            for (unsigned i = 0; i < 2; i++)
                packet_put(&packet, V6("\0"), 16)[15] = receivers >> i & 1 ? 2 : 3;
            struct frame frame = packet_frame(&packet);
            for (frame.captured = whole - 1; frame.captured <= whole; frame.captured++) {
                struct flow_key key = decode_exactly(packet.bytes, frame.captured);
                assert_int_equal(exclusions_is_about(exclusions, &key, &frame),
                                 type >= SOLICITATION && type <= REDIRECT && receivers >> at & 1 &&
                                     frame.captured == whole);
            }
        }
    }
    exclusions_free(exclusions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_end_in_either_family),
        cmocka_unit_test(a_mirror_inside_another_comes_back),
        cmocka_unit_test(what_carries_no_tunnel_is_not_looked_into),
        cmocka_unit_test(an_error_about_a_mirror_is_an_answer),
        cmocka_unit_test(neighbour_discovery_is_about_its_target),
        cmocka_unit_test(the_empty_set_has_nothing),
        cmocka_unit_test(many_addresses),
    };
    return cmocka_run_group_tests_name("exclusions", tests, NULL, NULL);
}
