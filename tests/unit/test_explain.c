/* What explain says of packets under random plans is the plan's own verdict, its trace ends with
 * that, and every rule that it passes over does not match by the plain look of matches.h. */
#include "../../engine/explain.h"
#include "../../engine/test_frame.h"
#include "matches.h"
#include <stdlib.h>

enum { PLANS = 1500, PACKETS = 20, SESSIONS = 5, FILTERS = 3, RULES = 4, INTERFACES = 2 };

static uint32_t below(uint32_t limit)
{
    static uint64_t noise = 1;
    noise = noise * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((noise >> 33) % limit);
}

/* Few values of each field, so that rules and packets meet. */
static const char *const in_rules[] = {
    "family ipv4",
    "family ipv6",
    "protocol tcp",
    "protocol udp",
    "source 10.0.0.0/24",
    "source 10.0.0.1",
    "destination 2001:db8::/32",
    "destination-port 80-90",
    "source-port 5",
    "tcp-flags syn,!ack",
    "dscp ef",
    "vlan 5-9",
    "vlan 5",
    "next-hop 10.0.9.1",
    "next-hop 10.0.9.2",
};
static const char *const in_packets[] = {
    "",
    "vlan 5",
    "vlan 9 next-hop 10.0.9.1",
    "family ipv6",
    "source 10.0.0.1 dscp ef",
    "protocol tcp",
    "protocol tcp source 10.0.0.1 destination-port 80 next-hop 10.0.9.1",
    "protocol tcp source 10.0.0.2 tcp-flags syn vlan 7",
    "protocol tcp tcp-flags syn,ack",
    "protocol udp source 2001:db8::9 destination 2001:db8::1 destination-port 85",
    "protocol icmp source 10.0.0.9 destination 192.0.2.1",
    "protocol udp source-port 5",
    "family ipv6 protocol sctp destination 2001:db8::1",
    "protocol udp destination-port 123",
};

static struct neighbour neighbour = {4, {10, 0, 9, 1}, {2, 0, 0, 0, 9, 1}};
static const struct neighbours neighbours = {&neighbour, 1};

static struct match random_match(void)
{
    struct match match = {0};
    for (uint32_t i = below(3); i > 0; i--) {
        struct match one = match_from(in_rules[below(sizeof in_rules / sizeof *in_rules)]);
        for (unsigned f = 0; f < MATCH_FIELD_COUNT; f++)
            if (one.given & 1u << f)
                match.value[f] = one.value[f];
        match.given |= one.given;
    }
    return match;
}

static void add_rules(struct mirror_filter *filter, int direction)
{
    filter->rules[direction] = calloc(RULES, sizeof *filter->rules[direction]);
    filter->rule_count[direction] = below(RULES + 1);
    for (size_t i = 0; i < filter->rule_count[direction]; i++) {
        struct mirror_rule *rule = &filter->rules[direction][i];
        *rule = (struct mirror_rule){
            .number = (uint16_t)(i + 1), .accept = below(3), .match = random_match()};
        rule->condition_count = below(4) ? 0 : 1;
        rule->conditions = calloc(1, sizeof *rule->conditions);
        *rule->conditions = (struct mirror_condition){.number = 7, .match = random_match()};
    }
}

static void add_session(struct mirror_config *config)
{
    struct mirror_session *session = &config->sessions[config->session_count++];
    char name[8];
    snprintf(name, sizeof name, "s%zu", config->session_count);
    *session = (struct mirror_session){.name = strdup(name),
                                       .priority = (uint16_t)config->session_count,
                                       .disabled = below(5) == 0,
                                       .filter = below(4) ? (int)below(FILTERS) : NO_FILTER,
                                       .vni = (uint32_t)config->session_count,
                                       .packet_length = (uint16_t)(below(2) ? 96 : 65535)};
    session->direction[INGRESS] = below(3);
    session->direction[EGRESS] = !session->direction[INGRESS] || below(2);
    session->sources = calloc(1, INTERFACE_NAME_MAX);
    session->source_count = 1;
    snprintf(session->sources[0], INTERFACE_NAME_MAX, "eth%u", below(INTERFACES));
    if (below(4) == 0) {
        session->prefixes = calloc(1, sizeof *session->prefixes);
        session->prefix_count = 1;
        *session->prefixes = (struct mirror_prefix){4, 24, {10, 0, 0}};
    }
}

static struct mirror_config *random_config(void)
{
    struct mirror_config *config = calloc(1, sizeof *config);
    config->filters = calloc(FILTERS, sizeof *config->filters);
    for (; config->filter_count < FILTERS; config->filter_count++) {
        config->filters[config->filter_count].name = strdup("f");
        add_rules(&config->filters[config->filter_count], INGRESS);
        add_rules(&config->filters[config->filter_count], EGRESS);
    }
    config->targets = calloc(1, sizeof *config->targets);
    config->target_count = 1;
    config->targets[0] = (struct mirror_target){.name = strdup("t"), .receiver_count = 2};
    config->targets[0].receivers = calloc(2, sizeof *config->targets[0].receivers);
    for (uint8_t i = 0; i < 2; i++)
        config->targets[0].receivers[i] =
            (struct mirror_receiver){.family = 4, .address = {192, 0, 2, (uint8_t)(1 + i)}};
    config->sessions = calloc(SESSIONS, sizeof *config->sessions);
    for (uint32_t i = below(SESSIONS + 1); i > 0; i--)
        add_session(config);
    config->without_services = below(2);
    return config;
}

static const struct mirror_session *session_called(const struct mirror_config *config,
                                                   const char *name)
{
    for (size_t i = 0; i < config->session_count; i++)
        if (strcmp(config->sessions[i].name, name) == 0)
            return &config->sessions[i];
    fail_msg("no session %s", name);
    return NULL;
}

/* By the plain look, with the link address of its next hop; one that is no neighbour has none. */
static bool matches(struct match match, const struct flow_key *key)
{
    struct match_value *hop = &match.value[FIELD_NEXT_HOP];
    if (match.given & 1u << FIELD_NEXT_HOP) {
        if (memcmp(hop->address, neighbour.address, 4) != 0)
            return false;
        memcpy(hop->link, neighbour.link, sizeof hop->link);
    }
    return plainly_matches(&match, key);
}

/* The first field of a match that does not; NULL: all do. */
static const char *failing(const struct match *match, const struct flow_key *key)
{
    for (unsigned i = 0; i < MATCH_FIELD_COUNT; i++) {
        struct match one = *match;
        one.given &= 1u << i;
        if (!matches(one, key))
            return match_fields[i].name;
    }
    return NULL;
}

/* And what is said of a rule that does not match names the field. */
static bool rule_matches(const struct mirror_config *config, const struct explained *at,
                         int direction, const struct flow_key *key)
{
    const struct mirror_filter *filter =
        &config->filters[session_called(config, at->session)->filter];
    const struct mirror_rule *rule = &filter->rules[direction][at->rule - 1];
    const char *field = failing(&rule->match, key);
    for (size_t i = 0; !field && i < rule->condition_count; i++)
        field = failing(&rule->conditions[i].match, key);
    if (field) {
        char of_it[40], lacks[40];
        snprintf(of_it, sizeof of_it, "%s ", field);
        snprintf(lacks, sizeof lacks, "has no %s", field);
        assert_true(strstr(at->why, of_it) || strstr(at->why, lacks));
    }
    return !field;
}

/* In which a session looks at its rules. */
static int direction_of(const struct plan *plan, const struct mirror_config *config,
                        const struct explained *at, enum direction seen, const struct flow_key *key)
{
    size_t index = (size_t)(session_called(config, at->session) - config->sessions);
    return plan_direction(plan, &plan->sessions[index], seen, key);
}

struct made {
    const struct explain_input *input;
    const struct packet_question *question;
    struct frame frame;
    struct flow_key key;
    struct verdict verdict;
};

static void check_verdict(const struct made *made, const struct explanation *explanation)
{
    static const enum explain_outcome outcomes[] = {[VERDICT_UNMATCHED] = EXPLAIN_PASSED,
                                                    [VERDICT_REJECTED] = EXPLAIN_REJECTED,
                                                    [VERDICT_MIRRORED] = EXPLAIN_MIRRORED,
                                                    [VERDICT_OWN] = EXPLAIN_OWN};
    const struct numbering *numbering = made->input->numbering;
    const struct verdict *verdict = &made->verdict;
    bool decided = verdict->kind == VERDICT_MIRRORED || verdict->kind == VERDICT_REJECTED;
    assert_int_equal(explanation->mirrored, verdict->kind == VERDICT_MIRRORED);
    if (explanation->count) {
        const struct explained *last = &explanation->trace[explanation->count - 1];
        if (last->outcome != EXPLAIN_SERVICE)
            assert_int_equal(last->outcome, outcomes[verdict->kind]);
        assert_int_equal(!explanation->session, !decided);
        if (decided)
            assert_ptr_equal(last->session, explanation->session);
    }
    if (!decided)
        return;
    assert_string_equal(explanation->session, numbering->config->sessions[verdict->session].name);
    assert_int_equal(explanation->rule, verdict->rule_slot == NO_SLOT
                                            ? 0
                                            : numbering->rules[verdict->rule_slot].rule->number);
}

static void check_forwarding(const struct made *made, const struct explanation *explanation,
                             uint32_t interface)
{
    const uint64_t given[2] = {0};
    const struct plan *plan = made->input->plan;
    struct forwarding way = plan_forward(plan, made->verdict.session, interface,
                                         flow_hash(&made->key, &made->frame), given);
    uint32_t length = made->frame.length < way.keep ? made->frame.length : way.keep;
    assert_ptr_equal(explanation->receiver,
                     &made->input->numbering->config->targets[0].receivers[way.receiver]);
    assert_int_equal(explanation->length, length);
    assert_int_equal(explanation->vni, plan->sessions[made->verdict.session].vni);
}

static size_t seen_outcomes[EXPLAIN_SERVICE + 1];

static void ask(const struct explain_input *input, const struct packet_question *question)
{
    struct made made = {.input = input, .question = question};
    uint32_t interface = numbering_interface(input->numbering, question->interface);
    uint8_t link[6] = {0};
    if (question->packet.given & 1u << FIELD_NEXT_HOP)
        memcpy(link, neighbour.link, sizeof link);
    uint8_t *bytes = test_frame_make(&question->packet, link, question->length, &made.frame);
    decode(&made.frame, &made.key);
    assert_true(matches(question->packet, &made.key)); /* the frame is what the words say */
    if (interface != NO_SLOT)
        made.verdict = plan_classify(input->plan, interface, question->direction, &made.key);
    struct explanation *explanation = explain(input, question);
    assert_non_null(explanation);
    check_verdict(&made, explanation);
    if (made.verdict.kind == VERDICT_MIRRORED)
        check_forwarding(&made, explanation, interface);
    for (size_t i = 0; i < explanation->count; i++) {
        const struct explained *at = &explanation->trace[i];
        seen_outcomes[at->outcome]++;
        assert_true(at->why[0]);
        assert_null(strstr(at->why, "exclude")); /* the field that does not match is told */
        if (at->rule)
            assert_int_equal(rule_matches(input->numbering->config, at,
                                          direction_of(input->plan, input->numbering->config, at,
                                                       question->direction, &made.key),
                                          &made.key),
                             at->outcome != EXPLAIN_PASSED);
    }
    explanation_free(explanation);
    free(bytes);
}

static void ask_all(const struct mirror_config *config)
{
    static const char *const down[SESSIONS] = {"a", "b", "c", "d", "e"};
    const struct plan_receiver_state receivers[2] = {{true, below(2) * 100, 0}, {below(2), 0, 0}};
    bool up[SESSIONS];
    char interface[] = "eth0";
    struct numbering *numbering = numbering_new(config, NULL, 0);
    for (uint32_t i = 0; i < SESSIONS; i++)
        up[i] = below(6);
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        for (uint32_t i = 0; i < numbering->count[kind]; i++)
            numbering->slots[kind][i] = i;
    struct plan *plan =
        plan_build(&(struct plan_input){numbering, up, receivers, NULL, 0, neighbours});
    struct explain_input input = {plan, numbering, &neighbours, down, ""};
    for (int i = 0; i < PACKETS; i++) {
        interface[3] = (char)('0' + below(INTERFACES + 1));
        ask(&input, &(struct packet_question){
                        interface, below(2) ? INGRESS : EGRESS,
                        match_from(in_packets[below(sizeof in_packets / sizeof *in_packets)]),
                        14 + below(200)});
    }
    plan_free(plan);
    numbering_free(numbering);
}

static void test_the_verdict_is_the_plans(void **state)
{
    (void)state;
    for (int i = 0; i < PLANS; i++) {
        struct mirror_config *config = random_config();
        ask_all(config);
        mirror_config_free(config);
    }
    for (int outcome = 0; outcome <= EXPLAIN_SERVICE; outcome++)
        assert_true(seen_outcomes[outcome] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_verdict_is_the_plans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
