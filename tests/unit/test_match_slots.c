/* Every row of the table of match fields, on the whole way: a value is typed, a packet that has
 * it is decoded, the classifier finds it, and not with a value beside it. A field without a case
 * here fails. */
#include "../../engine/plan/classifier.h"
#include "matches.h"
#include "packets.h"

enum { V4, V6, TAGGED, KINDS };

static struct packet packets[KINDS];

/* Every number in them is another, so that no slot can stand in for its neighbour. */
static void build_packets(void)
{
    for (int kind = V4; kind < KINDS; kind++) {
        struct packet *packet = &packets[kind];
        packet_start(packet);
        if (kind == TAGGED) {
            packet_tag(packet, 0x88a8, 0x2000 | 1234);
            packet_tag(packet, 0x8100, 77);
        }
        if (kind == V6)
            packet_ipv6(packet, 6, 20)[1] = 0x80; /* the lower half of the class */
        else
            packet_ipv4(packet, 17, 0, 40)[1] = 46 << 2 | 3;
        packet_ports(packet, 4660, 22136);
        packet_put(packet, NULL, 16)[9] = 0x12;
    }
}

static const struct {
    const char *field;
    int packet;
    const char *value, *beside;
} cases[] = {
    {"family", V4, "ipv4", "ipv6"},
    {"family", V6, "ipv6", "ipv4"},
    {"protocol", V4, "17", "16"},
    {"protocol", V6, "6", "7"},
    {"source", V4, "10.0.0.1", "10.0.0.0"},
    {"source", V4, "10.0.0.0/31", "10.0.0.2/31"},
    {"source", V6, "2001:db8::1", "2001:db8::3"},
    {"source", V6, "2001:db8::/32", "2001:db9::/32"},
    {"destination", V4, "10.0.0.2", "10.0.0.3"},
    {"destination", V6, "2001:db8::2", "2001:db8::"},
    {"source-port", V4, "4660", "4661"},
    {"source-port", V6, "4660-4661", "4404"}, /* 4404: another upper byte */
    {"destination-port", V4, "22136", "22135"},
    {"destination-port", V6, "22000-22136", "21880"},
    {"tcp-flags", V6, "syn,ack", "syn,ack,fin"},
    {"tcp-flags", V6, "ack,!fin", "!ack"},
    {"tcp-flags", V6, "!rst,!psh,!urg,!fin", "urg"},
    {"next-hop", V4, "10.9.9.9", "10.9.9.8"}, /* see link_addresses */
    {"dscp", V4, "ef", "47"},
    {"dscp", V6, "2", "32"},
    {"vlan", TAGGED, "1234", "1235"},
    {"vlan", TAGGED, "1234-4095", "210"}, /* 1234 without its upper byte */
};

/* Those that a plan would find: of 10.9.9.9 the packets' destination, of others the source's. */
static void link_addresses(struct match *match)
{
    struct match_value *hop = &match->value[FIELD_NEXT_HOP];
    memcpy(hop->link, packets[V4].bytes + (hop->address[3] == 9 ? 0 : 6), sizeof hop->link);
}

static bool matches(const char *field, const char *value, const struct packet *packet)
{
    char words[128];
    snprintf(words, sizeof words, "%s %s", field, value);
    struct match match = match_from(words);
    link_addresses(&match);
    struct classifier_rule rule = {&match, {.kind = VERDICT_MIRRORED}};
    struct classifier *classifier = classifier_new(&rule, 1);
    assert_non_null(classifier);
    struct flow_key key = decode_exactly(packet->bytes, packet->length);
    enum verdict_kind kind = find_verdict(classifier, &key).kind;
    classifier_free(classifier);
    return kind == VERDICT_MIRRORED;
}

static void every_field_matches_what_decode_fills(void **state)
{
    (void)state;
    build_packets();
    for (size_t field = 0; field < MATCH_FIELD_COUNT; field++) {
        const char *name = match_fields[field].name;
        bool tried = false;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            if (strcmp(cases[i].field, name))
                continue;
            tried = true;
            if (!matches(name, cases[i].value, &packets[cases[i].packet]))
                fail_msg("%s %s does not match", name, cases[i].value);
            if (matches(name, cases[i].beside, &packets[cases[i].packet]))
                fail_msg("%s %s matches", name, cases[i].beside);
        }
        if (!tried)
            fail_msg("%s has no case here", name);
    }
}

/* What a frame does not have, no value matches, not even that of an empty slot. */
static void no_field_matches_what_is_not_there(void **state)
{
    (void)state;
    static struct packet bare, torn; /* torn: says IPv4, and has no header of it */
    packet_start(&bare);
    packet_u16(&bare, 0x88cc);
    packet_put(&bare, NULL, 46);
    packet_start(&torn);
    packet_u16(&torn, 0x0800);
    packet_put(&torn, NULL, 46);
    for (size_t field = 0; field < MATCH_FIELD_COUNT; field++) {
        const struct match_field *row = &match_fields[field];
        if (row->kind == MATCH_PREFIX) {
            assert_false(matches(row->name, "0.0.0.0/0", &bare));
            assert_false(matches(row->name, "::/0", &bare));
            assert_false(matches(row->name, "0.0.0.0/0", &torn));
        } else if (row->kind == MATCH_NEIGHBOUR) {
            packet_start(&bare);
            bare.length = 11; /* not even an address */
            assert_false(matches(row->name, "10.9.9.9", &bare));
        } else if (row->kind == MATCH_FLAGS) {
            for (int kind = V4; kind < KINDS; kind++)
                assert_int_equal(matches(row->name, "!rst", &packets[kind]), kind == V6);
        } else if (row->maximum) {
            assert_false(matches(row->name, "0", &bare));
        } else {
            assert_false(matches(row->name, row->names->name, &bare));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_matches_what_decode_fills),
        cmocka_unit_test(no_field_matches_what_is_not_there),
    };
    return cmocka_run_group_tests_name("match_slots", tests, NULL, NULL);
}
