#include "trees.h"

#include "../../shell/config/compile.h"

static struct mirror_config *compiled(const char *lines, struct assignments *assigned,
                                      uint64_t seed)
{
    struct node *tree = tree_of(lines);
    struct mirror_config *config = compile(tree, assigned, seed);

    assert_non_null(config);
    tree_free(tree);
    return config;
}

static uint32_t vni_of(const struct assignments *assigned, const char *session)
{
    const struct assignment *entry = assignments_find(assigned, session);

    return entry ? entry->vni : NO_VNI;
}

static void an_empty_tree(void **state)
{
    struct assignments assigned = {0};
    struct mirror_config *config = compiled("", &assigned, 1);

    (void)state;
    assert_int_equal(config->filter_count + config->target_count + config->session_count, 0);
    mirror_config_free(config);
    assignments_free(&assigned);
}

static void the_machine(void **state)
{
    static const struct {
        const char *lines;
        unsigned workers, megabytes;
    } cases[] = {
        {"", 1, 256},
        {"system workers 64 ring-size 16", 64, 16},
        {"system workers auto ring-size 65536", WORKERS_AUTO, 65536},
        {"system workers 2;deactivate system workers", 1, 256},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct assignments assigned = {0};
        struct mirror_config *config = compiled(cases[i].lines, &assigned, 1);
        assert_int_equal(config->workers, cases[i].workers);
        assert_int_equal(config->ring_megabytes, cases[i].megabytes);
        mirror_config_free(config);
        assignments_free(&assigned);
    }
}

static void what_is_deactivated_takes_no_part(void **state)
{
    struct assignments assigned = {0};
    struct mirror_config *config =
        compiled("filter f ingress rule 1 action accept;filter f ingress rule 2 action accept;"
                 "deactivate filter f ingress rule 1;target t receiver 10.0.0.1;"
                 "session a target t priority 1 filter f packet-length 100;"
                 "deactivate session a packet-length;"
                 "session b target t priority 2 vni 7;deactivate session b;"
                 "session c target t priority 3 filter f;deactivate session c filter",
                 &assigned, 1);

    (void)state;
    assert_int_equal(config->session_count, 2);
    assert_string_equal(config->sessions[0].name, "a");
    assert_int_equal(config->sessions[0].packet_length, PACKET_LENGTH_FULL);
    assert_string_equal(config->sessions[1].name, "c");
    assert_int_equal(config->sessions[1].filter, NO_FILTER);
    assert_int_equal(config->filters[0].rule_count[INGRESS], 1);
    assert_int_equal(config->filters[0].rules[INGRESS][0].number, 2);
    assert_int_equal(vni_of(&assigned, "b"), NO_VNI);
    mirror_config_free(config);
    assignments_free(&assigned);
}

static void filters(void **state)
{
    struct assignments assigned = {0};
    struct mirror_config *config = compiled(
        "filter b; filter a ingress rule 20 action reject;"
        "filter a ingress rule 3 action accept description x protocol udp destination-port 53-54;"
        "filter a egress rule 1 action accept source 10.1.2.3/8 vlan 5",
        &assigned, 1);
    const struct mirror_filter *filter = &config->filters[0];

    (void)state;
    assert_int_equal(config->filter_count, 2);
    assert_string_equal(filter->name, "a");
    assert_string_equal(config->filters[1].name, "b");
    assert_int_equal(config->filters[1].rule_count[INGRESS], 0);
    assert_int_equal(filter->rule_count[INGRESS], 2);
    assert_int_equal(filter->rules[INGRESS][0].number, 3);
    assert_true(filter->rules[INGRESS][0].accept);
    assert_int_equal(filter->rules[INGRESS][0].match.given,
                     1 << FIELD_PROTOCOL | 1 << FIELD_DESTINATION_PORT);
    assert_int_equal(filter->rules[INGRESS][0].match.value[FIELD_PROTOCOL].low, 17);
    assert_int_equal(filter->rules[INGRESS][0].match.value[FIELD_DESTINATION_PORT].low, 53);
    assert_int_equal(filter->rules[INGRESS][0].match.value[FIELD_DESTINATION_PORT].high, 54);
    assert_int_equal(filter->rules[INGRESS][1].number, 20);
    assert_false(filter->rules[INGRESS][1].accept);
    assert_int_equal(filter->rules[INGRESS][1].match.given, 0);
    assert_int_equal(filter->rule_count[EGRESS], 1);
    assert_int_equal(filter->rules[EGRESS][0].match.given, 1 << FIELD_SOURCE | 1 << FIELD_VLAN);
    assert_int_equal(filter->rules[EGRESS][0].match.value[FIELD_SOURCE].bits, 8);
    assert_memory_equal(filter->rules[EGRESS][0].match.value[FIELD_SOURCE].address, "\x0a\0\0\0",
                        4);
    mirror_config_free(config);
    assignments_free(&assigned);
}

static void conditions(void **state)
{
    struct assignments assigned = {0};
    struct mirror_config *config = compiled(
        "filter f egress rule 1 action accept protocol tcp condition 30 source 10.0.0.0/8;"
        "filter f egress rule 1 condition 4 vlan 5 source 10.1.0.0/16; filter f egress rule 1 "
        "condition 100; filter f egress rule 2 action reject",
        &assigned, 1);
    const struct mirror_rule *rule = config->filters[0].rules[EGRESS];

    (void)state;
    assert_int_equal(rule->match.given, 1 << FIELD_PROTOCOL);
    assert_int_equal(rule->condition_count, 3);
    assert_int_equal(rule->conditions[0].number, 4);
    assert_int_equal(rule->conditions[0].match.given, 1 << FIELD_SOURCE | 1 << FIELD_VLAN);
    assert_int_equal(rule->conditions[0].match.value[FIELD_SOURCE].bits, 16);
    assert_int_equal(rule->conditions[1].number, 30);
    assert_int_equal(rule->conditions[1].match.value[FIELD_SOURCE].bits, 8);
    assert_int_equal(rule->conditions[2].number, 100);
    assert_int_equal(rule->conditions[2].match.given, 0);
    assert_int_equal(rule[1].condition_count, 0);
    mirror_config_free(config);
    assignments_free(&assigned);
}

static void targets(void **state)
{
    struct assignments assigned = {0};
    struct mirror_config *config =
        compiled("target b receiver 10.2.0.2; target a receiver [2001:db8::2]:5000 10.2.0.3:1",
                 &assigned, 1);
    const struct mirror_target *a = &config->targets[0], *b = &config->targets[1];

    (void)state;
    assert_int_equal(config->target_count, 2);
    assert_string_equal(a->name, "a");
    assert_int_equal(a->receiver_count, 2);
    assert_int_equal(a->receivers[0].family, 6);
    assert_int_equal(a->receivers[0].port, 5000);
    assert_memory_equal(a->receivers[0].address, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
    assert_int_equal(a->receivers[1].port, 1);
    assert_int_equal(b->receivers[0].family, 4);
    assert_int_equal(b->receivers[0].port, 4789);
    assert_memory_equal(b->receivers[0].address, "\x0a\2\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    mirror_config_free(config);
    assignments_free(&assigned);
}

static void sessions(void **state)
{
    struct assignments assigned = {0};
    struct mirror_config *config = compiled(
        "filter x; filter y; target s receiver 10.0.0.1; target t receiver 10.0.0.2;"
        "session a priority 30 target t filter y vni 0 packet-length 96 direction ingress "
        "sample 65535 sample-by flow rate-limit 3mpps;"
        "session b priority 4 target s disabled vni 16777215 packet-length full direction egress "
        "rate-limit 1000gbps;"
        "session b source interface eth1 fifteen-bytes-x;"
        "session c priority 200 target s vni 7 packet-length 65535 direction both",
        &assigned, 1);
    const struct mirror_session *s = config->sessions;

    (void)state;
    assert_int_equal(config->session_count, 3);
    assert_string_equal(s[0].name, "b");
    assert_string_equal(s[1].name, "a");
    assert_string_equal(s[2].name, "c");
    assert_int_equal(s[0].priority, 4);
    assert_true(s[0].disabled && !s[1].disabled && !s[2].disabled);
    assert_true(!s[0].direction[INGRESS] && s[0].direction[EGRESS]);
    assert_true(s[1].direction[INGRESS] && !s[1].direction[EGRESS]);
    assert_true(s[2].direction[INGRESS] && s[2].direction[EGRESS]);
    assert_int_equal(s[0].source_count, 2);
    assert_string_equal(s[0].sources[0], "eth1");
    assert_string_equal(s[0].sources[1], "fifteen-bytes-x");
    assert_int_equal(s[1].source_count, 0);
    assert_int_equal(s[0].filter, NO_FILTER);
    assert_int_equal(s[1].filter, 1);
    assert_int_equal(s[0].target, 0);
    assert_int_equal(s[1].target, 1);
    assert_int_equal(s[0].vni, 16777215);
    assert_int_equal(s[1].vni, 0);
    assert_int_equal(s[0].packet_length, PACKET_LENGTH_FULL);
    assert_int_equal(s[1].packet_length, 96);
    assert_int_equal(s[2].packet_length, PACKET_LENGTH_FULL);
    assert_int_equal(s[1].sample, 65535);
    assert_true(s[1].sample_flows);
    assert_int_equal(s[1].rate_limit, 3000000);
    assert_int_equal(s[1].rate_unit, RATE_PACKETS);
    assert_int_equal(s[0].sample, 1);
    assert_false(s[0].sample_flows);
    assert_int_equal(s[0].rate_limit, RATE_MAX);
    assert_int_equal(s[0].rate_unit, RATE_BITS);
    assert_int_equal(s[2].rate_limit, 0);
    assert_int_equal(assigned.count, 0);
    mirror_config_free(config);
    assignments_free(&assigned);
}

#define TARGET "target t receiver 10.0.0.1;"

static void defaults(void **state)
{
    struct assignments assigned = {0};
    struct mirror_config *config = compiled(TARGET "session a priority 1 target t", &assigned, 1);
    const struct mirror_session *s = config->sessions;

    (void)state;
    assert_true(s->direction[INGRESS] && s->direction[EGRESS] && !s->disabled);
    assert_int_equal(s->packet_length, PACKET_LENGTH_FULL);
    assert_int_equal(s->filter, NO_FILTER);
    assert_int_equal(assigned.count, 1);
    assert_string_equal(assigned.at[0].session, "a");
    assert_int_equal(assigned.at[0].vni, s->vni);
    assert_in_range(s->vni, 1, 16777215);
    mirror_config_free(config);
    assignments_free(&assigned);
}

static void given_vnis_are_kept(void **state)
{
    struct assignments assigned = {0};
    uint32_t a, b;

    (void)state;
    mirror_config_free(
        compiled(TARGET "session a priority 1 target t vni auto; session b priority 2 target t",
                 &assigned, 1));
    a = vni_of(&assigned, "a");
    b = vni_of(&assigned, "b");
    assert_int_not_equal(a, b);
    assert_int_equal(vni_of(&assigned, "c"), NO_VNI);
    /* another seed, another session */
    mirror_config_free(compiled(TARGET "session a priority 1 target t; session b priority 2 target "
                                       "t; session a0 priority 3 target t",
                                &assigned, 2));
    assert_int_equal(assigned.count, 3);
    assert_int_equal(vni_of(&assigned, "a"), a);
    assert_int_equal(vni_of(&assigned, "b"), b);
    /* one gets its own, one goes, one's number becomes another's own */
    char lines[200];
    snprintf(lines, sizeof lines,
             TARGET "session a priority 1 target t; session z priority 9 target t vni %u", a);
    struct mirror_config *config = compiled(lines, &assigned, 3);
    assert_int_equal(assigned.count, 1);
    assert_int_not_equal(vni_of(&assigned, "a"), a);
    assert_int_equal(config->sessions[0].vni, vni_of(&assigned, "a"));
    assert_int_equal(config->sessions[1].vni, a);
    mirror_config_free(config);
    assignments_free(&assigned);
}

/* As a file may have them: in any order, with what no session can have, and what is not there. */
static void assignments_in_any_order(void **state)
{
    const struct assignment read[] = {{(char[]){"z"}, 5, NO_PRIORITY},
                                      {(char[]){"b"}, UINT32_MAX - 1, NO_PRIORITY},
                                      {(char[]){"a"}, 7, NO_PRIORITY},
                                      {(char[]){"a"}, 8, NO_PRIORITY},
                                      {(char[]){"gone"}, 9, NO_PRIORITY}};
    struct node *tree = tree_of(TARGET "session a priority 1 target t; session b priority 2 target "
                                       "t; session z priority 3 target t");
    struct assignments from_file = {0}, assigned;

    (void)state;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        assert_true(assignments_add(&from_file, read[i].session, strlen(read[i].session),
                                    read[i].vni, read[i].priority));
    assert_true(assignments_settle(&from_file, tree, &assigned));
    assert_int_equal(assigned.count, 2);
    mirror_config_free(compile(tree, &assigned, 4));
    assert_int_equal(assigned.count, 3);
    assert_int_equal(vni_of(&assigned, "a"), 7);
    assert_int_equal(vni_of(&assigned, "z"), 5);
    assert_in_range(vni_of(&assigned, "b"), 1, 16777215);
    assignments_free(&from_file);
    assignments_free(&assigned);
    tree_free(tree);
}

/* The configuration before may still run: its numbers are not drawn for others. */
static void assigned_numbers_are_not_drawn(void **state)
{
    struct assignments assigned = {0};
    uint32_t drawn;

    (void)state;
    mirror_config_free(compiled(TARGET "session a priority 1 target t", &assigned, 7));
    drawn = vni_of(&assigned, "a");
    mirror_config_free(compiled(TARGET "session b priority 1 target t", &assigned, 7));
    assert_int_equal(assigned.count, 1);
    assert_int_not_equal(vni_of(&assigned, "b"), drawn);
    assignments_free(&assigned);
    mirror_config_free(compiled(TARGET "session b priority 1 target t", &assigned, 7));
    assert_int_equal(vni_of(&assigned, "b"), drawn);
    assignments_free(&assigned);
}

static void no_vni_is_given_twice(void **state)
{
    enum { SESSIONS = 2000 };
    struct node *tree = tree_of(TARGET);
    struct assignments assigned = {0};
    uint8_t *seen = calloc(1, 1 << 24);
    char line[80];

    (void)state;
    for (int i = 0; i < SESSIONS; i++) {
        snprintf(line, sizeof line, "session s%d priority %d target t vni %s", i, i + 1,
                 i % 2 == 0 ? "auto" : "9");
        if (i % 2 != 0)
            snprintf(strrchr(line, ' '), 20, " %d", i);
        assert_string_equal(run(tree_set, tree, line), "");
    }
    struct mirror_config *config = compile(tree, &assigned, 42);
    assert_non_null(config);
    assert_int_equal(assigned.count, SESSIONS / 2);
    for (size_t i = 0; i < config->session_count; i++) {
        assert_in_range(config->sessions[i].vni, 0, 16777215);
        assert_int_equal(seen[config->sessions[i].vni]++, 0);
    }
    mirror_config_free(config);
    assignments_free(&assigned);
    tree_free(tree);
    free(seen);
}

/* Drawn from all of the range; with the same luck again, not what a session says itself. */
static void vnis_are_drawn_at_random(void **state)
{
    enum { SEEDS = 400, PARTS = 16 };
    unsigned parts[PARTS] = {0};
    char line[120];

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct assignments assigned = {0};
        mirror_config_free(compiled(TARGET "session a priority 1 target t", &assigned, seed));
        uint32_t drawn = vni_of(&assigned, "a");
        parts[drawn / ((VNI_MAX + 1) / PARTS)]++;
        assignments_free(&assigned);
        if (seed > 20)
            continue;
        snprintf(line, sizeof line,
                 TARGET "session a priority 1 target t; session z priority 2 target t vni %u",
                 drawn);
        mirror_config_free(compiled(line, &assigned, seed));
        assert_int_not_equal(vni_of(&assigned, "a"), drawn);
        assignments_free(&assigned);
    }
    for (int i = 0; i < PARTS; i++)
        assert_in_range(parts[i], SEEDS / PARTS / 3, SEEDS / PARTS * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_tree),
        cmocka_unit_test(the_machine),
        cmocka_unit_test(filters),
        cmocka_unit_test(what_is_deactivated_takes_no_part),
        cmocka_unit_test(conditions),
        cmocka_unit_test(targets),
        cmocka_unit_test(sessions),
        cmocka_unit_test(defaults),
        cmocka_unit_test(given_vnis_are_kept),
        cmocka_unit_test(assignments_in_any_order),
        cmocka_unit_test(assigned_numbers_are_not_drawn),
        cmocka_unit_test(no_vni_is_given_twice),
        cmocka_unit_test(vnis_are_drawn_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
