/* links: engine/plan/rule.c engine/plan/match_field.c */
/* Rules with conditions and next hops against neighbours of the test's, folded, as text. */
#include "../../engine/plan/rule.h"
#include "matches.h"
#include <stdlib.h>

/* In their order; fe80::1 are two. */
static struct neighbour table[] = {
    {4, {10, 0, 0, 9}, {2, 0, 0, 0, 0, 9}},
    {4, {10, 0, 0, 10}, {2, 0, 0, 0, 0, 9}},
    {4, {10, 0, 0, 11}, {2, 0, 0, 0, 0, 11}},
    {6, {0xfe, 0x80, [15] = 1}, {2, 0, 0, 0, 0, 1}},
    {6, {0xfe, 0x80, [15] = 1}, {2, 0, 0, 0, 0, 2}},
    {6, {0xfe, 0x80, [15] = 9}, {2, 0, 0, 0, 0, 9}},
};
static const struct neighbours neighbours = {table, sizeof table / sizeof table[0]};

enum { CONDITIONS_MAX = 8 };

/* A rule of lines: its own fields, then those of its conditions, which are numbered by tens. */
static struct mirror_rule rule_from(const char *lines,
                                    struct mirror_condition conditions[CONDITIONS_MAX])
{
    struct mirror_rule rule = {.number = 1, .conditions = conditions};
    char copy[300], *rest = copy, *line;
    snprintf(copy, sizeof copy, "%s", lines);
    rule.match = match_from(strsep(&rest, ";"));
    while ((line = strsep(&rest, ";"))) {
        conditions[rule.condition_count++].match = match_from(line);
        conditions[rule.condition_count - 1].number = (uint16_t)(10 * rule.condition_count);
    }
    return rule;
}

static void print(FILE *out, const struct match *match)
{
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        char value[MATCH_TEXT_MAX];
        if (!(match->given & 1u << i))
            continue;
        match_value_print(&match_fields[i], &match->value[i], value);
        if (i == FIELD_NEXT_HOP) /* what counts is its link address, of which the last byte tells */
            snprintf(value, sizeof value, "%u", match->value[i].link[5]);
        fprintf(out, "%s%s %s", ftell(out) > 0 ? " " : "", match_fields[i].name, value);
    }
}

/* expected: the fields of what it folds into, "nothing" when it matches none. */
static void folds(const char *lines, const char *expected)
{
    enum { MATCHES_MAX = 2 };
    struct mirror_condition conditions[CONDITIONS_MAX];
    struct mirror_rule rule = rule_from(lines, conditions);
    struct match matches[MATCHES_MAX];
    assert_true(rule_matches_max(&rule, &neighbours) <= MATCHES_MAX);
    size_t count = rule_fold(&rule, &neighbours, matches);
    assert_true(count <= rule_matches_max(&rule, &neighbours));
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? " or" : "", out);
        print(out, &matches[i]);
    }
    fputs(count ? "" : "nothing", out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void conditions_all_hold(void **state)
{
    (void)state;
    folds("", "");
    folds("protocol tcp vlan 5", "protocol tcp vlan 5");
    folds(";protocol tcp;;vlan 5", "protocol tcp vlan 5");
    folds("destination-port 80-90;destination-port 85-100 source 10.0.0.0/8;protocol tcp",
          "protocol tcp source 10.0.0.0/8 destination-port 85-90");
    folds("source 10.0.0.0/8;source 10.1.0.0/16;source 10.1.2.0/24", "source 10.1.2.0/24");
    folds("tcp-flags syn;tcp-flags !ack;tcp-flags !fin", "tcp-flags syn,!ack,!fin");
    folds("destination-port 80;destination-port 443", "nothing");
    folds("source-port 1-5;source-port 3-9;source-port 6-7", "nothing");
    folds("source 10.0.0.0/8;;source fd00::/8", "nothing");
    folds(";tcp-flags syn;tcp-flags !syn", "nothing");
}

static void next_hops_are_neighbours(void **state)
{
    (void)state;
    folds("next-hop 10.0.0.9", "next-hop 9");
    folds("next-hop fe80::1 vlan 5", "vlan 5 next-hop 1 or vlan 5 next-hop 2");
    folds("protocol tcp;next-hop 10.0.0.9", "protocol tcp next-hop 9");
    folds("next-hop 10.0.0.8", "nothing");
    folds("next-hop 10.0.0.12", "nothing");
    folds("next-hop ::", "nothing");
    folds("next-hop fe80::2", "nothing");
    folds("next-hop 10.0.0.9;next-hop 10.0.0.8", "nothing");
    /* One neighbour of several addresses is one. */
    folds("next-hop 10.0.0.9;next-hop 10.0.0.10;next-hop fe80::9", "next-hop 9");
    folds("next-hop 10.0.0.9;next-hop 10.0.0.11", "nothing");
}

static void is_unresolved(const char *lines, const char *hop, unsigned condition)
{
    struct mirror_condition conditions[CONDITIONS_MAX];
    struct mirror_rule rule = rule_from(lines, conditions);
    uint16_t number = 0;
    char text[MATCH_TEXT_MAX];
    const struct match_value *found = rule_unresolved(&rule, &neighbours, &number);
    assert_int_equal(!found, !hop);
    if (!hop)
        return;
    match_value_print(&match_fields[FIELD_NEXT_HOP], found, text);
    assert_string_equal(text, hop);
    assert_int_equal(number, condition);
}

static void next_hops_that_are_nobodys(void **state)
{
    (void)state;
    is_unresolved("", NULL, 0);
    is_unresolved("next-hop 10.0.0.9", NULL, 0);
    is_unresolved("next-hop 10.0.0.9;next-hop 10.0.0.11", NULL, 0);
    is_unresolved("next-hop 10.0.0.8", "10.0.0.8", 0);
    is_unresolved("vlan 1;protocol tcp;next-hop fe80::8;next-hop 10.0.0.8", "fe80::8", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_all_hold),
        cmocka_unit_test(next_hops_are_neighbours),
        cmocka_unit_test(next_hops_that_are_nobodys),
    };
    return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
