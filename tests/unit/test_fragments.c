#include "../../engine/packet/fragments.h"
#include "packets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct packet packet;

/* A fragment of UDP 5 -> 6 between the usual addresses, in VLAN `vlan` (0: untagged). */
static struct flow_key ipv4_fragment(unsigned id, unsigned offset, bool more, unsigned protocol,
                                     unsigned vlan)
{
    packet_start(&packet);
    if (vlan)
        packet_tag(&packet, 0x8100, vlan);
    uint8_t *header = packet_ipv4(&packet, protocol, 0, 28);
    header[4] = (uint8_t)(id >> 8);
    header[5] = (uint8_t)id;
    header[6] = (uint8_t)(more ? 0x20 : 0);
    header[7] = (uint8_t)offset;
    packet_ports(&packet, 5, 6);
    packet_put(&packet, NULL, 4);
    return decode_exactly(packet.bytes, packet.length);
}

static struct flow_key ipv6_fragment(uint32_t id, unsigned offset, unsigned next)
{
    packet_start(&packet);
    packet_ipv6(&packet, 44, 24);
    packet_fragment(&packet, next, offset, offset == 0, id);
    if (next == 60)
        packet_extension(&packet, 132, 0);
    packet_ports(&packet, 5, 6);
    packet_put(&packet, NULL, 4);
    return decode_exactly(packet.bytes, packet.length);
}

static void assert_followed(struct fragments *fragments, struct flow_key key, uint32_t now,
                            bool followed)
{
    fragments_follow(fragments, &key, now);
    assert_true(key.parts & KEY_FRAGMENT_LATER);
    assert_false(key.parts & KEY_TRANSPORT);
    assert_int_equal(!!(key.parts & KEY_PORTS), followed);
    assert_int_equal(key.source_port, followed ? 5 : 0);
    assert_int_equal(key.destination_port, followed ? 6 : 0);
}

static int setup(void **state)
{
    *state = fragments_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    fragments_free(*state);
    return 0;
}

static void a_later_one_gets_the_ports_of_its_first(void **state)
{
    struct fragments *fragments = *state;
    struct flow_key first = ipv4_fragment(7, 0, true, 17, 0);
    assert_followed(fragments, ipv4_fragment(7, 3, false, 17, 0), 100, false); /* too early */
    fragments_follow(fragments, &first, 100);
    assert_followed(fragments, ipv4_fragment(7, 3, true, 17, 0), 100, true);
    assert_followed(fragments, ipv4_fragment(7, 6, false, 17, 0), 101, true);
    assert_followed(fragments, ipv4_fragment(8, 3, true, 17, 0), 101, false);
    assert_followed(fragments, ipv4_fragment(7, 3, true, 6, 0), 101, false);
    assert_followed(fragments, ipv4_fragment(7, 3, true, 17, 9), 101, false);
}

static void it_is_forgotten_in_time(void **state)
{
    struct fragments *fragments = *state;
    uint32_t start = UINT32_MAX - 10; /* the clock wraps around in between */
    struct flow_key first = ipv4_fragment(7, 0, true, 17, 0);
    fragments_follow(fragments, &first, start);
    for (uint32_t age = 0; age < 40; age++)
        assert_followed(fragments, ipv4_fragment(7, 3, true, 17, 0), start + age, age <= 30);
    fragments_follow(fragments, &first, start + 31);
    assert_followed(fragments, ipv4_fragment(7, 3, true, 17, 0), start + 60, true);
}

static void ipv6_gets_its_protocol_too(void **state)
{
    struct fragments *fragments = *state;
    struct flow_key first = ipv6_fragment(70000, 0, 60), later = ipv6_fragment(70000, 1448, 60);
    assert_false(later.parts & KEY_PROTOCOL);
    fragments_follow(fragments, &first, 1);
    fragments_follow(fragments, &later, 1);
    assert_true(later.parts & KEY_PROTOCOL);
    assert_int_equal(later.protocol, 132);
    assert_int_equal(later.destination_port, 6);
    assert_followed(fragments, ipv6_fragment(70001, 1448, 60), 1, false);
}

static void a_first_one_without_ports_gives_none(void **state)
{
    struct fragments *fragments = *state;
    struct flow_key first = ipv4_fragment(7, 0, true, 17, 0);
    fragments_follow(fragments, &first, 1);
    first = decode_exactly(packet.bytes, 36); /* the same ID again, its ports cut off */
    assert_false(first.parts & KEY_PORTS);
    fragments_follow(fragments, &first, 2);
    assert_followed(fragments, ipv4_fragment(7, 3, true, 17, 0), 2, false);
}

static struct flow_key tcp_fragment(unsigned id, unsigned offset, uint32_t held)
{
    packet_start(&packet);
    uint8_t *header = packet_ipv4(&packet, 6, 0, 40);
    header[4] = (uint8_t)(id >> 8);
    header[5] = (uint8_t)id;
    header[6] = 0x20;
    header[7] = (uint8_t)offset;
    packet_ports(&packet, 5, 6);
    packet_put(&packet, NULL, 16)[9] = 0x12;
    return decode_exactly(packet.bytes, 34 + held);
}

static void tcp_flags_are_those_of_the_first(void **state)
{
    struct fragments *fragments = *state;
    struct flow_key whole = tcp_fragment(7, 0, 20), tiny = tcp_fragment(8, 0, 8);
    struct flow_key later = tcp_fragment(7, 2, 20), after_tiny = tcp_fragment(8, 1, 20);
    assert_false((later.parts | after_tiny.parts) & KEY_TCP_FLAGS);
    fragments_follow(fragments, &whole, 1);
    fragments_follow(fragments, &tiny, 1);
    fragments_follow(fragments, &later, 1);
    fragments_follow(fragments, &after_tiny, 1);
    assert_true(later.parts & KEY_TCP_FLAGS);
    assert_int_equal(later.tcp_flags, 0x12);
    assert_true(after_tiny.parts & KEY_PORTS);
    assert_false(after_tiny.parts & KEY_TCP_FLAGS);
}

static void whole_packets_are_left_alone(void **state)
{
    struct fragments *fragments = *state;
    struct flow_key key = ipv4_fragment(7, 0, false, 17, 0), before = key;
    fragments_follow(fragments, &key, 1);
    assert_memory_equal(&key, &before, sizeof key);
    assert_followed(fragments, ipv4_fragment(7, 3, true, 17, 0), 1, false);
}

/* However many first fragments come, the table keeps its size; the old ones make
 * room for the recent ones. */
static void the_table_is_bounded(void **state)
{
    struct fragments *fragments = *state;
    enum { OLD = 100000, NEW = 1000 };
    unsigned found = 0;
    for (uint32_t id = 0; id < OLD + NEW; id++) {
        struct flow_key first = ipv6_fragment(id, 0, 17);
        fragments_follow(fragments, &first, id < OLD ? 10 : 11);
    }
    for (uint32_t id = OLD; id < OLD + NEW; id++) {
        struct flow_key later = ipv6_fragment(id, 8, 17);
        fragments_follow(fragments, &later, 11);
        found += (later.parts & KEY_PORTS) != 0;
    }
    assert_true(found >= NEW * 97 / 100);
}

/* Packets that differ in one thing only do not get in each other's way. */
static void names_spread_over_the_table(void **state)
{
    struct fragments *fragments = *state;
    for (unsigned kind = 0; kind < 3; kind++) {
        unsigned found = 0;
        for (int later = 0; later < 2; later++) {
            for (unsigned i = 1; i < 256; i++) {
                struct flow_key key = ipv4_fragment(kind == 0 ? i : 500 + kind, later ? 3 : 0,
                                                    !later, 17, kind == 1 ? 16 * i : 0);
                if (kind == 2)
                    key.protocol = (uint8_t)i;
                fragments_follow(fragments, &key, 1);
                found += later && key.parts & KEY_PORTS;
            }
        }
        assert_true(found > 250);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_later_one_gets_the_ports_of_its_first),
        TEST(it_is_forgotten_in_time),
        TEST(ipv6_gets_its_protocol_too),
        TEST(a_first_one_without_ports_gives_none),
        TEST(tcp_flags_are_those_of_the_first),
        TEST(whole_packets_are_left_alone),
        TEST(the_table_is_bounded),
        TEST(names_spread_over_the_table),
    };
    return cmocka_run_group_tests_name("fragments", tests, NULL, NULL);
}
