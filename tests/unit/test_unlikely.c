#include "trees.h"

#include "../../shell/config/check.h"
#include "../../shell/config/completion.h"

static const char *const machine[] = {"lo", "eth1", "eth0"};
static const struct interfaces interfaces = {.names = machine, .count = 3};

static void warns_of(const char *lines, const struct interfaces *values, const char *expected)
{
    struct node *tree = tree_of(lines);
    struct problems problems = {0}, warnings = {0};
    struct writer writer;
    FILE *out = write_start(&writer);

    assert_true(check(tree, &problems));
    check_warnings(tree, values, &warnings);
    for (size_t i = 0; i < warnings.count; i++)
        fprintf(out, "%s\n", warnings.at[i].text);
    assert_text(&writer, expected);
    problems_free(&warnings);
    tree_free(tree);
}

#define TARGET "target t receiver 10.0.0.1 10.0.0.2; target u receiver 10.0.0.2 10.0.0.3;"

static void what_is_meant(void **state)
{
    (void)state;
    warns_of("", &interfaces, "");
    warns_of(TARGET "session s priority 1 target t source interface eth0 lo", &interfaces, "");
    warns_of("filter f ingress rule 1 action accept protocol icmp family ipv4 source 10.0.0.0/8;"
             "filter f ingress rule 2 action accept protocol icmp6 family ipv6;"
             "filter f ingress rule 3 action accept protocol udp source-port 1 source ::/0;"
             "filter f ingress rule 4 action accept protocol 132 destination-port 1 vlan 7;"
             "filter f ingress rule 5 action accept protocol gre source 10.0.0.1;"
             "filter f ingress rule 9 action reject; filter f egress rule 10 action accept",
             &interfaces, "");
}

static void sources(void **state)
{
    (void)state;
    warns_of(TARGET "session s priority 1 target t", &interfaces,
             "session s source: missing: nothing is mirrored\n");
    warns_of(TARGET "session s priority 1 target t source interface eth0 eth7 veth", &interfaces,
             "session s source interface: eth7 is absent\n"
             "session s source interface: veth is absent\n");
    warns_of(TARGET "session s priority 1 target t source interface eth7", NULL, "");
    warns_of(TARGET "session s priority 1 target t disabled", &interfaces, "");
    warns_of("system profile tencent; target none; session s target none source interface lo",
             &interfaces, "target none receiver: missing: nothing is forwarded\n");
}

static void conditions_that_are_rules(void **state)
{
    const char rules[] =
        "system profile tencent; filter f ingress rule 1 action accept protocol tcp;"
        "filter f ingress rule 2 action accept destination-port 80";

    (void)state;
    warns_of(rules, &interfaces,
             "filter f ingress: 2 rules, any of which decides: what all must hold are conditions "
             "of one rule (profile tencent)\n");
    warns_of(strchr(rules, ';') + 1, &interfaces, "");
}

static void samples(void **state)
{
    (void)state;
    warns_of(TARGET "session s priority 1 target t source interface lo sample 2 sample-by flow",
             &interfaces, "");
    warns_of(TARGET "session s priority 1 target t source interface lo sample-by packet",
             &interfaces, "");
    warns_of(TARGET "session s priority 1 target t source interface lo sample-by flow", &interfaces,
             "session s sample-by: flow, but sample is 1: nothing is left out\n");
}

static void identifiers(void **state)
{
    (void)state;
    warns_of(TARGET "session a priority 1 target t vni 5 source interface lo;"
                    "session b priority 2 target u vni 5 source interface lo;"
                    "session c priority 3 target t vni 5 source interface lo;"
                    "session d priority 4 target t vni 6 source interface lo;"
                    "session e priority 5 target t vni auto source interface lo;"
                    "session f priority 6 target t source interface lo;"
                    "session g priority 7 target t vni 5 disabled",
             &interfaces,
             "session b vni: 5 is also session a's at receiver 10.0.0.2\n"
             "session c vni: 5 is also session a's at receiver 10.0.0.1\n");
    warns_of("target t receiver 10.0.0.1; target u receiver 10.0.0.1:4790;"
             "session a priority 1 target t vni 5 source interface lo;"
             "session b priority 2 target u vni 5 source interface lo",
             &interfaces, "");
}

/* The conditions of one rule, and the warning about it. */
static void rule_warns(const char *conditions, const char *expected)
{
    char lines[300], text[300];

    snprintf(lines, sizeof lines, "filter f egress rule 10 action accept %s", conditions);
    snprintf(text, sizeof text, "filter f egress rule 10 %s matches no packet\n", expected);
    warns_of(lines, &interfaces, text);
}

static void rules_that_cannot_match(void **state)
{
    (void)state;
    rule_warns("protocol icmp destination-port 80", "destination-port: 80 with protocol icmp");
    rule_warns("source-port 80 protocol gre", "source-port: 80 with protocol gre");
    rule_warns("family ipv4 source fd00::/8", "source: fd00::/8 with family ipv4");
    rule_warns("family ipv6 destination 10.0.0.0/8", "destination: 10.0.0.0/8 with family ipv6");
    rule_warns("source 10.0.0.1 destination fd00::1",
               "destination: fd00::1/128 with source 10.0.0.1/32");
    rule_warns("protocol icmp6 family ipv4", "protocol: icmp6 with family ipv4");
    rule_warns("protocol icmp source ::1", "source: ::1/128 with protocol icmp");
    rule_warns("protocol udp tcp-flags syn", "tcp-flags: syn with protocol udp");
}

#define RULE "filter f egress rule 10 "

static void conditions_that_exclude_each_other(void **state)
{
    (void)state;
    rule_warns("destination-port 80 condition 1 destination-port 443",
               "condition 1 destination-port: 443 with destination-port 80");
    rule_warns("condition 7 source-port 80-90 protocol tcp;" RULE
               "condition 30 source-port 85-100;" RULE "condition 200 source-port 0-84",
               "condition 200 source-port: 0-84 with source-port 85-100");
    rule_warns("condition 1 source 10.0.0.0/8;" RULE "condition 2 source 10.1.0.0/16;" RULE
               "condition 3 source 10.2.0.0/16",
               "condition 3 source: 10.2.0.0/16 with source 10.1.0.0/16");
    rule_warns("protocol icmp condition 1 destination-port 80",
               "condition 1 destination-port: 80 with protocol icmp");
    rule_warns("condition 1 tcp-flags syn;" RULE "condition 2 protocol sctp",
               "condition 2 protocol: sctp with tcp-flags syn");
    rule_warns("condition 1 family ipv6;" RULE "condition 2 destination 10.0.0.0/8",
               "condition 2 destination: 10.0.0.0/8 with family ipv6");
    rule_warns("tcp-flags syn,!ack condition 1 tcp-flags ack",
               "condition 1 tcp-flags: ack with tcp-flags syn,!ack");
    warns_of(RULE
             "action accept protocol tcp source 10.0.0.0/8 condition 1 source 10.1.0.0/16;" RULE
             "condition 2 destination-port 1-100;" RULE "condition 3 destination-port 100-200;" RULE
             "condition 4 tcp-flags syn;" RULE "condition 5 tcp-flags !ack description x",
             &interfaces, "");
}

static void rules_that_are_never_reached(void **state)
{
    (void)state;
    warns_of("filter f ingress rule 10 action reject description all;"
             "filter f ingress rule 20 action accept protocol icmp source-port 1;"
             "filter f egress rule 1 action accept condition 1 description x;"
             "filter f egress rule 2 action accept;"
             "filter f egress rule 3 action accept vlan 3",
             &interfaces,
             "filter f ingress rule 20: never reached: rule 10 takes every packet\n"
             "filter f egress rule 2: never reached, nor is the one behind it: rule 1 takes every "
             "packet\n");
    warns_of("filter f ingress rule 1 action reject condition 1 vlan 1;"
             "filter f ingress rule 2 action reject",
             &interfaces, "");
    warns_of("filter f ingress rule 1 action reject; filter f ingress rule 2 action reject;"
             "filter f ingress rule 3 action reject; filter f ingress rule 4 action reject",
             &interfaces,
             "filter f ingress rule 2: never reached, nor are the 2 behind it: rule 1 takes every "
             "packet\n");
}

/* Rules 10 and 20, and what is said of the second; NULL: nothing. */
static void covered(const char *first, const char *second, bool expected)
{
    char lines[400];

    snprintf(lines, sizeof lines, "%saction accept %s; filter f egress rule 20 action reject %s",
             RULE, first, second);
    warns_of(lines, &interfaces,
             expected ? "filter f egress rule 20: never reached: rule 10 takes all of its packets\n"
                      : "");
}

static void rules_that_another_one_covers(void **state)
{
    (void)state;
    covered("protocol tcp", "protocol tcp", true);
    covered("protocol tcp", "protocol tcp destination-port 22", true);
    covered("protocol tcp destination-port 22", "protocol tcp", false);
    covered("protocol tcp", "protocol udp destination-port 22", false);
    covered("protocol tcp", "tcp-flags syn", true);
    covered("tcp-flags syn", "protocol tcp", false);
    covered("tcp-flags syn", "tcp-flags syn,!ack", true);
    covered("tcp-flags syn,!ack", "tcp-flags syn", false);
    covered("destination-port 80-90", "destination-port 85-90", true);
    covered("destination-port 80-90", "destination-port 85-91", false);
    covered("destination-port 80-90", "source-port 80-90", false);
    covered("family ipv4", "source 10.0.0.0/8", true);
    covered("family ipv4", "source fd00::/8", false);
    covered("family ipv6", "source 10.0.0.0/8", false);
    covered("source 10.0.0.0/8", "source 10.1.0.0/16 vlan 5", true);
    covered("source 10.1.0.0/16", "source 10.0.0.0/8", false);
    covered("source 10.0.0.0/8", "destination 10.1.0.0/16", false);
    covered("next-hop 10.0.0.1", "next-hop 10.0.0.1 dscp ef", true);
    covered("next-hop 10.0.0.1", "next-hop 10.0.0.2", false);
    covered("vlan 5", "condition 1 vlan 1-9;" RULE "condition 2 protocol tcp", false);
    warns_of(RULE "action accept destination-port 1-100 condition 1 protocol tcp;"
                  "filter f egress rule 30 action reject protocol tcp condition 1 destination-port "
                  "5-200; filter f egress rule 30 condition 2 destination-port 1-50",
             &interfaces,
             "filter f egress rule 30: never reached: rule 10 takes all of its packets\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_meant),
        cmocka_unit_test(sources),
        cmocka_unit_test(conditions_that_are_rules),
        cmocka_unit_test(samples),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(rules_that_cannot_match),
        cmocka_unit_test(conditions_that_exclude_each_other),
        cmocka_unit_test(rules_that_are_never_reached),
        cmocka_unit_test(rules_that_another_one_covers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
