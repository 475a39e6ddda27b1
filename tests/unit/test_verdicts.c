/* Which packets of the real captures a rule takes, beside which of them tcpdump's equivalent
 * filter selects. */
#include "../../engine/plan/classifier.h"
#include "captures.h"
#include "matches.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* tcpdump's words see only what stands directly behind the tags they name: no tag, one, two. */
#define TAGGED(filter) "(" filter ") or (vlan and ((" filter ") or (vlan and (" filter "))))"

static const struct {
    const char *match, *filter;
} cases[] = {
    {"", ""},
    {"family ipv4", TAGGED("ip")},
    {"family ipv6", TAGGED("ip6")},
    {"protocol tcp", TAGGED("ip proto 6 or ip6 protochain 6")},
    {"family ipv4 protocol udp", TAGGED("ip proto 17")},
    {"family ipv6 protocol icmp6", TAGGED("ip6 protochain 58")},
    {"protocol gre", TAGGED("ip proto 47 or ip6 protochain 47")},
    {"protocol udp destination-port 53", TAGGED("udp dst port 53")},
    {"source-port 53", TAGGED("src port 53")},
    {"destination-port 7000-7001", TAGGED("dst portrange 7000-7001")},
    {"destination-port 0-4789", TAGGED("dst portrange 0-4789")},
    {"protocol tcp source-port 22", TAGGED("tcp src port 22")},
    {"source 131.151.0.0/16", TAGGED("ip src net 131.151.0.0/16")},
    {"source 131.151.32.0/24 destination 131.151.1.59",
     TAGGED("ip src net 131.151.32.0/24 and ip dst host 131.151.1.59")},
    {"destination 192.168.0.0/16 protocol icmp",
     TAGGED("ip dst net 192.168.0.0/16 and ip proto 1")},
    {"source 2200::/16", TAGGED("ip6 src net 2200::/16")},
    {"destination ff02::/16", TAGGED("ip6 dst net ff02::/16")},
    {"source 2604:1380:4091:ce00::b", TAGGED("ip6 src host 2604:1380:4091:ce00::b")},
    {"source 0.0.0.0/0", TAGGED("ip")},
    {"vlan 200", "vlan 200"},
    {"vlan 0-4095", "vlan"},
    {"vlan 165 protocol tcp source-port 80", "vlan 165 and tcp src port 80"},
};

struct totals {
    int files, selected, disagreements, without_tcpdump;
};

static bool takes(const struct classifier *classifier, const struct record *record)
{
    struct frame frame = {
        .bytes = record->bytes, .captured = record->captured, .length = record->length};
    struct flow_key key;
    decode(&frame, &key);
    return classifier_find(classifier, &key).kind == VERDICT_MIRRORED;
}

/* tcpdump's own selection of the file, in its order. */
static bool select_with_tcpdump(const char *path, const char *filter, struct capture *selected)
{
    char command[6000];
    snprintf(command, sizeof command, "tcpdump -r '%s' -w - '%s' 2>/dev/null", path, filter);
    FILE *pipe = popen(command, "r");
    *selected = pipe ? capture_read(pipe) : (struct capture){0};
    return pipe && pclose(pipe) == 0;
}

static void compare(void *context, const char *path, const struct capture *capture)
{
    struct totals *totals = context;
    if (capture->link_type != 1)
        return;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct capture selected;
        if (!select_with_tcpdump(path, cases[i].filter, &selected)) {
            totals->without_tcpdump++;
            capture_free(&selected);
            continue;
        }
        struct match match = match_from(cases[i].match);
        struct classifier_rule rule = {&match, {VERDICT_MIRRORED, 0, 0}};
        struct classifier *classifier = classifier_new(&rule, 1);
        size_t next = 0;
        for (size_t at = 0; at < capture->count; at++) {
            const struct record *record = &capture->records[at];
            bool theirs =
                next < selected.count && selected.records[next].captured == record->captured &&
                memcmp(selected.records[next].bytes, record->bytes, record->captured) == 0;
            if (takes(classifier, record) != theirs) {
                print_error("%s packet %zu, \"%s\": tcpdump %s it\n", path, at + 1, cases[i].match,
                            theirs ? "takes" : "leaves");
                totals->disagreements++;
            }
            next += theirs;
        }
        assert_int_equal(next, selected.count);
        totals->selected += (int)next;
        totals->files++;
        classifier_free(classifier);
        capture_free(&selected);
    }
}

static void rules_take_what_tcpdump_selects(void **state)
{
    (void)state;
    struct totals totals = {0};
    captures_visit(compare, &totals);
    if (totals.files == 0)
        skip(); /* no captures, or no tcpdump */
    assert_int_equal(totals.without_tcpdump, 0);
    assert_int_equal(totals.disagreements, 0);
    assert_true(totals.selected > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_take_what_tcpdump_selects),
    };
    return cmocka_run_group_tests_name("verdicts", tests, NULL, NULL);
}
