#include "../../engine/packet/vxlan.h"
#include "../../engine/plan/plan.h"
#include "matches.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SESSION_SLOT = 100, RULE_SLOT = 200, RECEIVER_SLOT = 300, INTERFACE_SLOT = 400 };
enum { MANY = 64, FLOWS = 20000 };

/* A configuration under construction and everything a plan is built from. */
static struct mirror_config *config;
static bool session_up[MANY];
static struct plan_receiver_state receivers[MANY];
static struct neighbours neighbours;
static struct numbering *numbering;
static struct plan *plan;

static int setup(void **state)
{
    (void)state;
    config = calloc(1, sizeof *config);
    config->filters = calloc(MANY, sizeof *config->filters);
    config->targets = calloc(MANY, sizeof *config->targets);
    config->sessions = calloc(MANY, sizeof *config->sessions);
    neighbours = (struct neighbours){0};
    for (uint32_t i = 0; i < MANY; i++) {
        session_up[i] = true;
        receivers[i] = (struct plan_receiver_state){.up = true};
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    plan_free(plan);
    plan = NULL;
    numbering_free(numbering);
    numbering = NULL;
    mirror_config_free(config);
    return 0;
}

static struct forwarding forward(uint32_t session, uint32_t hash)
{
    static const uint64_t given[MANY];
    return plan_forward(plan, session, 0, hash, given);
}

static int add_filter(void)
{
    config->filters[config->filter_count].name = strdup("filter");
    return (int)config->filter_count++;
}

static void add_rule(int filter, enum direction direction, uint16_t number, bool accept,
                     const char *words)
{
    struct mirror_filter *at = &config->filters[filter];
    size_t count = ++at->rule_count[direction];
    at->rules[direction] = realloc(at->rules[direction], count * sizeof(struct mirror_rule));
    at->rules[direction][count - 1] =
        (struct mirror_rule){.number = number, .accept = accept, .match = match_from(words)};
}

/* Receivers 192.0.2.FIRST and on, or 2001:db8::FIRST when first is negative. */
static int add_target(int first, size_t count)
{
    struct mirror_target *target = &config->targets[config->target_count];
    target->name = strdup("target");
    target->receivers = calloc(count, sizeof *target->receivers);
    target->receiver_count = count;
    for (size_t i = 0; i < count; i++) {
        struct mirror_receiver *receiver = &target->receivers[i];
        receiver->port = 4789;
        receiver->family = first < 0 ? 6 : 4;
        memcpy(receiver->address, first < 0 ? "\x20\x01\x0d\xb8" : "\xc0\0\2", 4);
        receiver->address[first < 0 ? 15 : 3] = (uint8_t)(abs(first) + (int)i);
    }
    return (int)config->target_count++;
}

static struct mirror_session *add_session(int filter, int target, const char *sources)
{
    struct mirror_session *session = &config->sessions[config->session_count++];
    session->name = strdup("session");
    session->priority = (uint16_t)config->session_count;
    session->direction[INGRESS] = session->direction[EGRESS] = true;
    session->filter = filter;
    session->target = target;
    session->packet_length = PACKET_LENGTH_FULL;
    char copy[80], *rest = copy, *name;
    snprintf(copy, sizeof copy, "%s", sources);
    session->sources = calloc(MANY, INTERFACE_NAME_MAX);
    while ((name = strtok_r(rest, " ", &rest)))
        snprintf(session->sources[session->source_count++], INTERFACE_NAME_MAX, "%s", name);
    return session;
}

static void build(void)
{
    static const uint32_t first_slot[COUNTER_KINDS] = {SESSION_SLOT, RULE_SLOT, RECEIVER_SLOT,
                                                       INTERFACE_SLOT};
    plan_free(plan);
    numbering_free(numbering);
    numbering = numbering_new(config, NULL, 0);
    assert_non_null(numbering);
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        for (uint32_t i = 0; i < numbering->count[kind]; i++)
            numbering->slots[kind][i] = first_slot[kind] + i;
    plan = plan_build(&(struct plan_input){numbering, session_up, receivers, NULL, 0, neighbours});
    assert_non_null(plan);
}

static struct flow_key key_of(uint8_t protocol, const char *source, uint16_t source_port,
                              const char *destination, uint16_t destination_port)
{
    struct flow_key key = {
        .parts = KEY_ADDRESSES | KEY_PROTOCOL,
        .family = 4,
        .protocol = protocol,
        .source_port = source_port,
        .destination_port = destination_port,
    };
    if (protocol == 6 || protocol == 17)
        key.parts |= KEY_PORTS;
    inet_pton(AF_INET, source, key.source);
    inet_pton(AF_INET, destination, key.destination);
    return key;
}

static struct flow_key to_port(uint8_t protocol, uint16_t port)
{
    return key_of(protocol, "10.0.0.1", 40000, "10.0.0.2", port);
}

/* The packet's verdict on the plan's first interface. */
static void assert_verdict(enum direction direction, struct flow_key key, enum verdict_kind kind,
                           uint32_t session, uint32_t rule)
{
    struct verdict verdict = plan_classify(plan, 0, direction, &key);
    assert_int_equal(verdict.kind, kind);
    if (kind == VERDICT_MIRRORED || kind == VERDICT_REJECTED) {
        assert_int_equal(verdict.session, session);
        assert_int_equal(verdict.rule_slot, rule == NO_SLOT ? NO_SLOT : RULE_SLOT + rule);
    }
}

static void huawei_table_2(void **state)
{
    (void)state;
    int filter = add_filter(), target = add_target(1, 1);
    add_rule(filter, INGRESS, 1, true,
             "family ipv4 protocol tcp source 172.16.0.0/24 source-port 10000-10001 "
             "destination 10.0.0.3/32 destination-port 80-80");
    add_rule(filter, EGRESS, 1, false, "family ipv4 source 192.168.0.0/24 destination 10.2.0.0/24");
    add_session(filter, target, "eth0");
    add_session(NO_FILTER, target, "eth0")->direction[INGRESS] = false;
    build();
    static const struct {
        const char *source, *destination;
        uint8_t protocol;
        uint16_t source_port, destination_port;
        bool mirrored;
    } ingress[] = {
        {"172.16.0.0", "10.0.0.3", 6, 10000, 80, true},
        {"172.16.0.255", "10.0.0.3", 6, 10001, 80, true},
        {"172.16.0.7", "10.0.0.3", 6, 9999, 80, false},
        {"172.16.0.7", "10.0.0.3", 6, 10002, 80, false},
        {"172.16.0.7", "10.0.0.3", 6, 10000, 79, false},
        {"172.16.0.7", "10.0.0.3", 6, 10000, 81, false},
        {"172.16.0.7", "10.0.0.3", 17, 10000, 80, false},
        {"172.16.0.7", "10.0.0.2", 6, 10000, 80, false},
        {"172.16.0.7", "10.0.0.4", 6, 10000, 80, false},
        {"172.15.255.255", "10.0.0.3", 6, 10000, 80, false},
        {"172.16.1.0", "10.0.0.3", 6, 10000, 80, false},
    };
    for (size_t i = 0; i < sizeof ingress / sizeof ingress[0]; i++)
        assert_verdict(INGRESS,
                       key_of(ingress[i].protocol, ingress[i].source, ingress[i].source_port,
                              ingress[i].destination, ingress[i].destination_port),
                       ingress[i].mirrored ? VERDICT_MIRRORED : VERDICT_UNMATCHED, 0, 0);
    assert_verdict(EGRESS, key_of(1, "192.168.0.0", 0, "10.2.0.255", 0), VERDICT_REJECTED, 0, 1);
    assert_verdict(EGRESS, key_of(6, "192.168.0.255", 1, "10.2.0.0", 2), VERDICT_REJECTED, 0, 1);
    assert_verdict(EGRESS, key_of(1, "192.168.1.0", 0, "10.2.0.1", 0), VERDICT_MIRRORED, 1,
                   NO_SLOT);
    assert_verdict(EGRESS, key_of(1, "192.168.0.1", 0, "10.1.255.255", 0), VERDICT_MIRRORED, 1,
                   NO_SLOT);
}

static void a_reject_before_a_collect(void **state)
{
    (void)state;
    int filter = add_filter(), other = add_filter(), target = add_target(1, 1);
    add_rule(filter, INGRESS, 1, false, "protocol tcp destination-port 80");
    add_rule(filter, INGRESS, 2, true, "protocol tcp destination-port 80");
    add_rule(other, INGRESS, 1, true, "");
    add_session(filter, target, "eth0");
    add_session(other, target, "eth0");
    build();
    assert_verdict(INGRESS, to_port(6, 80), VERDICT_REJECTED, 0, 0); /* nor for session 2 */
    assert_verdict(INGRESS, to_port(6, 81), VERDICT_MIRRORED, 1, 2);
    assert_verdict(EGRESS, to_port(6, 80), VERDICT_UNMATCHED, 0, 0); /* empty lists take nothing */
}

static void session_a_before_session_b(void **state)
{
    (void)state;
    int a = add_filter(), b = add_filter(), target = add_target(1, 1);
    add_rule(a, INGRESS, 10, true, "protocol udp");
    add_rule(b, INGRESS, 1, false, "protocol udp destination-port 53");
    add_rule(b, INGRESS, 2, true, "family ipv4");
    add_session(a, target, "eth0");
    add_session(b, target, "eth0");
    build();
    assert_verdict(INGRESS, to_port(17, 53), VERDICT_MIRRORED, 0, 0);
    assert_verdict(INGRESS, to_port(6, 53), VERDICT_MIRRORED, 1, 2);
    session_up[0] = false;
    build(); /* a session that is down does not take part: the next one sees the packet */
    assert_verdict(INGRESS, to_port(17, 53), VERDICT_REJECTED, 1, 1);
    assert_verdict(INGRESS, to_port(17, 54), VERDICT_MIRRORED, 1, 2);
    session_up[0] = true;
    config->sessions[0].disabled = true;
    build();
    assert_verdict(INGRESS, to_port(17, 53), VERDICT_REJECTED, 1, 1);
}

static void http_to_one_appliance_the_rest_of_tcp_to_another(void **state)
{
    (void)state;
    int http = add_filter(), tcp = add_filter();
    int first = add_target(1, 1), second = add_target(2, 1);
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        add_rule(http, (enum direction)direction, 1, true,
                 direction == INGRESS ? "protocol tcp destination-port 80"
                                      : "protocol tcp source-port 80");
        add_rule(tcp, (enum direction)direction, 1, true, "protocol tcp");
    }
    add_session(http, first, "eth0")->vni = 0;
    add_session(tcp, second, "eth0")->vni = 16777215;
    build();
    assert_verdict(INGRESS, to_port(6, 80), VERDICT_MIRRORED, 0, 0);
    assert_verdict(INGRESS, to_port(6, 443), VERDICT_MIRRORED, 1, 2);
    assert_verdict(EGRESS, key_of(6, "10.0.0.2", 80, "10.0.0.1", 4), VERDICT_MIRRORED, 0, 1);
    assert_verdict(EGRESS, to_port(6, 80), VERDICT_MIRRORED, 1, 3);
    assert_verdict(INGRESS, to_port(17, 80), VERDICT_UNMATCHED, 0, 0);
    assert_int_equal(plan->sessions[0].vni, 0);
    assert_int_equal(plan->sessions[1].vni, 16777215);
    uint32_t to_first = forward(0, 12345).receiver;
    uint32_t to_second = forward(1, 12345).receiver;
    assert_int_equal(plan->receivers[to_first].slot, RECEIVER_SLOT);
    assert_int_equal(plan->receivers[to_second].slot, RECEIVER_SLOT + 1);
}

/* What test_rule.c says of one rule: none, or several matches are still one rule. */
static void a_rule_is_what_it_folds_into(void **state)
{
    (void)state;
    static struct neighbour table[] = {{4, {10, 9}, {2, 1}}, {4, {10, 9}, {2, 2}}};
    int filter = add_filter();
    add_rule(filter, EGRESS, 1, false, "next-hop 10.0.0.1"); /* nobody's */
    add_rule(filter, EGRESS, 2, true, "next-hop 10.9.0.0 family ipv4");
    add_rule(filter, EGRESS, 3, false, "");
    struct mirror_rule *rule = &config->filters[filter].rules[EGRESS][2];
    rule->conditions = calloc(1, sizeof *rule->conditions);
    rule->conditions[rule->condition_count++].match = match_from("vlan 7");
    add_session(filter, add_target(1, 1), "eth0");
    neighbours = (struct neighbours){table, 2};
    build();
    for (uint8_t last = 0; last < 4; last++) {
        struct flow_key key = {
            .parts = KEY_LINK_ADDRESS | KEY_VLAN, .family = 4, .link_address = {2, last}};
        bool hop = last == 1 || last == 2;
        assert_verdict(EGRESS, key, hop ? VERDICT_MIRRORED : VERDICT_UNMATCHED, 0, 1);
        key.vlan = 7;
        assert_verdict(EGRESS, key, hop ? VERDICT_MIRRORED : VERDICT_REJECTED, 0, hop ? 1 : 2);
    }
}

static void sources_and_directions(void **state)
{
    (void)state;
    int target = add_target(1, 1);
    add_session(NO_FILTER, target, "veth2 eth0")->direction[EGRESS] = false;
    add_session(NO_FILTER, target, "eth0 br0");
    add_session(NO_FILTER, target, "lo")->disabled = true;
    static const char *const expected[] = {"br0", "eth0", "lo", "veth2"};
    build();
    assert_int_equal(plan->interface_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_string_equal(numbering->interfaces[i], expected[i]);
        assert_int_equal(numbering_interface(numbering, expected[i]), i);
        assert_string_equal(plan->interfaces[i].name, expected[i]);
        assert_int_equal(plan->interfaces[i].slot, INTERFACE_SLOT + i);
    }
    static const int taker[4][DIRECTIONS] = {{1, 1}, {0, 1}, {-1, -1}, {0, -1}};
    struct flow_key key = {0}; /* any frame at all */
    for (uint32_t i = 0; i < 4; i++) {
        for (int direction = 0; direction < DIRECTIONS; direction++) {
            struct verdict verdict = plan_classify(plan, i, (enum direction)direction, &key);
            int session = taker[i][direction];
            assert_int_equal(verdict.kind, session < 0 ? VERDICT_UNMATCHED : VERDICT_MIRRORED);
            assert_int_equal(verdict.rule_slot, NO_SLOT);
            if (session >= 0)
                assert_int_equal(verdict.session, session);
        }
    }
}

static void rules_are_numbered_by_filter_and_direction(void **state)
{
    (void)state;
    int target = add_target(1, 1);
    for (int i = 0; i < 3; i++) {
        int filter = add_filter();
        add_rule(filter, EGRESS, 1, true, "protocol udp");
        add_rule(filter, INGRESS, 1, true, "protocol tcp destination-port 1");
        add_rule(filter, INGRESS, 2, true, "protocol tcp");
    }
    add_session(2, target, "eth0");
    add_session(0, target, "eth0");
    build();
    assert_verdict(INGRESS, to_port(6, 1), VERDICT_MIRRORED, 0, 6);
    assert_verdict(INGRESS, to_port(6, 2), VERDICT_MIRRORED, 0, 7);
    assert_verdict(EGRESS, to_port(17, 2), VERDICT_MIRRORED, 0, 8);
    session_up[0] = false;
    build();
    assert_verdict(INGRESS, to_port(6, 2), VERDICT_MIRRORED, 1, 1);
    assert_verdict(EGRESS, to_port(17, 2), VERDICT_MIRRORED, 1, 2);
}

static void receivers_traffic_is_own(void **state)
{
    (void)state;
    int used = add_target(1, 2), unused = add_target(9, 1), disabled = add_target(7, 1);
    (void)unused;
    add_session(NO_FILTER, used, "eth0");
    add_session(NO_FILTER, disabled, "eth0")->disabled = true;
    build();
    assert_verdict(EGRESS, key_of(17, "10.0.0.1", 5, "192.0.2.1", 4789), VERDICT_OWN, 0, 0);
    assert_verdict(INGRESS, key_of(1, "192.0.2.2", 0, "10.0.0.1", 0), VERDICT_OWN, 0, 0);
    assert_verdict(EGRESS, key_of(17, "10.0.0.1", 5, "192.0.2.3", 4789), VERDICT_MIRRORED, 0,
                   NO_SLOT);
    assert_verdict(EGRESS, key_of(17, "10.0.0.1", 5, "192.0.2.9", 4789), VERDICT_MIRRORED, 0,
                   NO_SLOT);
    assert_verdict(EGRESS, key_of(17, "10.0.0.1", 5, "192.0.2.7", 4789), VERDICT_MIRRORED, 0,
                   NO_SLOT);
    struct flow_key arp = key_of(0, "10.0.0.1", 0, "192.0.2.1", 0);
    arp.parts = KEY_ARP;
    arp.family = 0;
    assert_verdict(EGRESS, arp, VERDICT_OWN, 0, 0);
    session_up[0] = false;
    build(); /* a session that is down still keeps its receivers' traffic out */
    assert_verdict(EGRESS, arp, VERDICT_OWN, 0, 0);
}

static void what_the_path_leaves(void **state)
{
    (void)state;
    static const struct {
        int first;
        uint32_t mtu, keep;
    } cases[] = {{1, 1500, 1464},  {1, 0, 1464},      {1, 1280, 1244},  {1, 9000, 8964},
                 {1, 30, 0},       {1, 65535, 65499}, {-1, 1500, 1444}, {-1, 0, 1444},
                 {-1, 1280, 1224}, {-1, 56, 0}};
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int target = add_target(cases[i].first, 1);
        receivers[i].mtu = cases[i].mtu;
        add_session(NO_FILTER, target, "eth0");
        add_session(NO_FILTER, target, "eth0")->packet_length = 96;
    }
    build();
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t keep = cases[i].keep;
        assert_int_equal(plan->receivers[i].keep, keep);
        assert_int_equal(forward(2 * i, 1).keep, keep);
        assert_int_equal(forward(2 * i + 1, 1).keep, keep < 96 ? keep : 96);
    }
}

/* Both by the flow alone, and independent of each other: each receiver sees all ports. */
static void ports_spread_over_each_receiver(void **state)
{
    (void)state;
    enum { RECEIVERS = 4, EACH = FLOWS / RECEIVERS / OUTER_PORTS };
    unsigned flows[RECEIVERS][OUTER_PORTS] = {0};
    add_session(NO_FILTER, add_target(1, RECEIVERS), "eth0");
    build();
    for (uint32_t flow = 0; flow < FLOWS; flow++) {
        struct forwarding way = forward(0, flow * 2654435761u);
        flows[way.receiver][way.port]++;
    }
    for (uint32_t i = 0; i < RECEIVERS * OUTER_PORTS; i++)
        assert_in_range(flows[i / OUTER_PORTS][i % OUTER_PORTS], EACH * 8 / 10, EACH * 12 / 10);
}

static void choose_all(uint32_t *chosen)
{
    build();
    for (uint32_t flow = 0; flow < FLOWS; flow++)
        chosen[flow] = forward(0, flow * 2654435761u).receiver;
}

/* Whatever fails or comes back: only flows of that receiver move, and all of them. */
static void a_failure_moves_only_its_own_flows(void **state)
{
    (void)state;
    static uint32_t before[FLOWS], after[FLOWS];
    static const uint32_t failing[] = {2, 5, 3, 6, 4, 7};
    enum { FIRST = 2, COUNT = 7 };
    add_target(50, FIRST);
    add_target(1, COUNT);
    add_session(NO_FILTER, 1, "eth0");
    add_session(NO_FILTER, 0, "eth0");
    choose_all(before);
    for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++) {
        unsigned share[FIRST + COUNT] = {0}, live = COUNT - 1 - (unsigned)i;
        receivers[failing[i]].up = false;
        choose_all(after);
        for (uint32_t flow = 0; flow < FLOWS; flow++) {
            assert_int_not_equal(after[flow], failing[i]);
            if (before[flow] != failing[i])
                assert_int_equal(after[flow], before[flow]);
            share[after[flow]]++;
        }
        for (uint32_t receiver = FIRST; receiver < FIRST + COUNT; receiver++) {
            if (receivers[receiver].up) /* of even shares, within a tenth */
                assert_in_range(share[receiver], FLOWS / live * 9 / 10, FLOWS / live * 11 / 10);
            else
                assert_int_equal(share[receiver], 0);
        }
        memcpy(before, after, sizeof before);
    }
    receivers[8].up = false;
    build();
    assert_int_equal(forward(0, 77).receiver, NO_SLOT);
    assert_int_not_equal(forward(1, 77).receiver, NO_SLOT);
}

static void an_empty_configuration(void **state)
{
    (void)state;
    build();
    assert_int_equal(plan->interface_count, 0);
    plan_free(NULL);
    mirror_config_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(huawei_table_2),
        TEST(a_reject_before_a_collect),
        TEST(session_a_before_session_b),
        TEST(http_to_one_appliance_the_rest_of_tcp_to_another),
        TEST(a_rule_is_what_it_folds_into),
        TEST(sources_and_directions),
        TEST(rules_are_numbered_by_filter_and_direction),
        TEST(receivers_traffic_is_own),
        TEST(what_the_path_leaves),
        TEST(ports_spread_over_each_receiver),
        TEST(a_failure_moves_only_its_own_flows),
        TEST(an_empty_configuration),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
