#include "../../engine/plan/classifier.h"
#include "matches.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* The same numbers in every run. */
static uint32_t noise = 1;

static uint32_t below(uint32_t limit)
{
    noise = noise * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)noise * limit >> 32);
}

static void assert_verdict(const struct classifier *classifier, const struct flow_key *key,
                           const struct classifier_rule *rules, size_t count)
{
    struct verdict verdict = find_verdict(classifier, key);
    for (size_t i = 0; i < count; i++) {
        if (rules[i].match && !plainly_matches(rules[i].match, key))
            continue;
        assert_int_equal(verdict.kind, rules[i].verdict.kind);
        assert_int_equal(verdict.session, rules[i].verdict.session);
        assert_int_equal(verdict.rule_slot, rules[i].verdict.rule_slot);
        return;
    }
    assert_int_equal(verdict.kind, VERDICT_UNMATCHED);
    assert_int_equal(verdict.rule_slot, NO_SLOT);
}

/* Few different bytes, so that prefixes and keys meet; few bits set, so that they nearly do. */
static void random_address(uint8_t address[16], uint8_t family)
{
    memset(address, 0, 16);
    for (int byte = 0; byte < (family == 4 ? 4 : 16); byte++)
        address[byte] = (uint8_t)(below(3) ? 10 : 10 ^ 1u << below(8));
}

static void random_link(uint8_t link[6])
{
    memcpy(link, "\2\0\0\0\0\1", 6);
    link[below(6)] ^= (uint8_t)below(2);
}

static uint8_t few_bits(void)
{
    uint32_t bits = below(64);
    return (uint8_t)(bits & below(64));
}

static struct match random_match(void)
{
    static const uint8_t protocols[] = {1, 6, 17, 58, 132};
    struct match match = {.given = below(1u << MATCH_FIELD_COUNT)};
    if (below(3))
        match.given &= below(1u << MATCH_FIELD_COUNT);
    uint8_t family = below(2) ? 4 : 6;
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        struct match_value *value = &match.value[i];
        switch (match_fields[i].kind) {
        case MATCH_NAMED:
            value->low = value->high = i == FIELD_FAMILY ? family
                                       : i == FIELD_DSCP ? below(4)
                                                         : protocols[below(5)];
            break;
        case MATCH_RANGE:
            value->low = below(2) ? below(10) : below(3) ? 0 : match_fields[i].maximum;
            value->high = below(2) ? value->low : match_fields[i].maximum - below(2);
            if (value->high < value->low)
                value->high = value->low;
            break;
        case MATCH_NEIGHBOUR:
            random_link(value->link);
            break;
        case MATCH_FLAGS:
            value->set = few_bits();
            value->clear = few_bits() & (uint8_t)~value->set;
            break;
        case MATCH_PREFIX:
            value->family = below(20) ? family : (uint8_t)(10 - family);
            value->bits = (uint8_t)below(value->family == 4 ? 33 : 129);
            random_address(value->address, value->family);
            for (unsigned bit = value->bits; bit < 128; bit++)
                value->address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
            break;
        }
    }
    return match;
}

static struct flow_key random_key(void)
{
    static const uint8_t protocols[] = {1, 6, 17, 58, 132};
    struct flow_key key = {.parts = KEY_LINK_ADDRESS};
    random_link(key.link_address);
    if (below(3) == 0) {
        key.parts |= KEY_VLAN;
        key.vlan = (uint16_t)(below(4) ? below(12) : 4095 - below(3));
    }
    switch (below(8)) {
    case 0:
        return key;
    case 1:
        key.parts |= KEY_ARP;
        random_address(key.source, 4);
        random_address(key.destination, 4);
        return key;
    }
    key.family = below(2) ? 4 : 6;
    if (below(10) == 0)
        return key; /* its header does not bear out */
    key.parts |= KEY_ADDRESSES;
    random_address(key.source, key.family);
    random_address(key.destination, key.family);
    key.dscp = (uint8_t)below(4);
    if (below(10) == 0)
        return key;
    key.parts |= KEY_PROTOCOL;
    key.protocol = protocols[below(5)];
    if (below(4) == 0)
        return key;
    key.parts |= KEY_PORTS;
    key.source_port = (uint16_t)(below(3) ? below(12) : 65535 - below(3));
    key.destination_port = (uint16_t)(below(3) ? below(12) : 65535 - below(3));
    if (key.protocol == 6 && below(4)) {
        key.parts |= KEY_TCP_FLAGS;
        key.tcp_flags = (uint8_t)below(256);
    }
    return key;
}

/* Lists of up to so many rules, of all fields. */
static void compare_lists(uint32_t lists, uint32_t rules_max, uint32_t keys)
{
    unsigned matched = 0, unmatched = 0;
    struct match *matches = calloc(rules_max, sizeof *matches);
    struct classifier_rule *rules = calloc(rules_max, sizeof *rules);
    for (uint32_t list = 0; list < lists; list++) {
        size_t count = below(rules_max + 1);
        for (uint32_t i = 0; i < count; i++) {
            do
                matches[i] = random_match();
            while (__builtin_popcount(matches[i].given) < (rules_max < 1000 ? 1 : 4) &&
                   below(50 * rules_max));
            rules[i] = (struct classifier_rule){
                &matches[i], {below(2) ? VERDICT_MIRRORED : VERDICT_REJECTED, 0, i / 5, i}};
        }
        struct classifier *classifier = classifier_new(rules, count);
        assert_non_null(classifier);
        for (uint32_t i = 0; i < keys; i++) {
            struct flow_key key = random_key();
            assert_verdict(classifier, &key, rules, count);
            ++*(find_verdict(classifier, &key).kind == VERDICT_UNMATCHED ? &unmatched : &matched);
        }
        classifier_free(classifier);
    }
    free(matches);
    free(rules);
    assert_true(matched > lists * keys / 10 && unmatched > lists * keys / 10);
}

static void as_the_plain_scan_says(void **state)
{
    (void)state;
    compare_lists(60, 40, 2000);
}

static void thousands_as_the_plain_scan_says(void **state)
{
    (void)state;
    compare_lists(16, 5000, 300);
}

/* One rule from words against a key; also held against the plain scan. */
static bool takes(const char *words, const struct flow_key *key)
{
    struct match match = match_from(words);
    struct classifier_rule rule = {&match, {VERDICT_MIRRORED, 0, 3, 4}};
    struct classifier *classifier = classifier_new(&rule, 1);
    assert_verdict(classifier, key, &rule, 1);
    bool taken = find_verdict(classifier, key).kind == VERDICT_MIRRORED;
    classifier_free(classifier);
    return taken;
}

static struct flow_key tcp_key(const char *source, const char *destination, uint16_t source_port,
                               uint16_t destination_port)
{
    struct flow_key key = {
        .parts = KEY_ADDRESSES | KEY_PROTOCOL | KEY_PORTS | KEY_TRANSPORT,
        .family = strchr(source, ':') ? 6 : 4,
        .protocol = 6,
        .source_port = source_port,
        .destination_port = destination_port,
    };
    inet_pton(key.family == 4 ? AF_INET : AF_INET6, source, key.source);
    inet_pton(key.family == 4 ? AF_INET : AF_INET6, destination, key.destination);
    return key;
}

static void ranges_and_prefixes_at_their_edges(void **state)
{
    (void)state;
    for (uint32_t port = 0; port <= 65535; port++) {
        struct flow_key key = tcp_key("10.0.0.1", "10.0.0.2", (uint16_t)port, 1);
        if (port > 200 && port < 65400)
            port += 30;
        assert_int_equal(takes("source-port 80-90", &key), port >= 80 && port <= 90);
        assert_int_equal(takes("source-port 65535", &key), key.source_port == 65535);
        assert_int_equal(takes("source-port 0", &key), port == 0);
        assert_true(takes("source-port 0-65535", &key));
        assert_false(takes("destination-port 0", &key));
    }
    static const struct {
        const char *prefix, *address;
        bool inside;
    } cases[] = {
        {"10.1.2.0/24", "10.1.2.0", true},
        {"10.1.2.0/24", "10.1.2.255", true},
        {"10.1.2.0/24", "10.1.1.255", false},
        {"10.1.2.0/24", "10.1.3.0", false},
        {"10.1.2.4/31", "10.1.2.5", true},
        {"10.1.2.4/31", "10.1.2.6", false},
        {"10.1.2.4", "10.1.2.4", true},
        {"10.1.2.4", "10.1.2.5", false},
        {"128.0.0.0/1", "128.0.0.0", true},
        {"128.0.0.0/1", "127.255.255.255", false},
        {"0.0.0.0/0", "255.255.255.255", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::", true},
        {"::/0", "0.0.0.0", false},
        {"2001:db8::/63", "2001:db8:0:1:ffff::", true},
        {"2001:db8::/63", "2001:db8:0:2::", false},
        {"2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true},
        {"2001:db8::/64", "2001:db8:0:1::", false},
        {"2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff", true},
        {"2001:db8::/65", "2001:db8::8000:0:0:0", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1", "2001:db8::", false},
        {"a00::/8", "10.0.0.1", false},
        {"10.0.0.0/8", "a00::1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char source[80], destination[80];
        const char *other = strchr(cases[i].address, ':') ? "fe80::9" : "192.0.2.9";
        struct flow_key from = tcp_key(cases[i].address, other, 1, 2);
        struct flow_key to = tcp_key(other, cases[i].address, 1, 2);
        snprintf(source, sizeof source, "source %s", cases[i].prefix);
        snprintf(destination, sizeof destination, "destination %s", cases[i].prefix);
        assert_int_equal(takes(source, &from), cases[i].inside);
        assert_int_equal(takes(destination, &to), cases[i].inside);
    }
}

static void what_is_absent_never_matches(void **state)
{
    (void)state;
    static const char *const zeros[] = {
        "protocol 0",  "source 0.0.0.0/0",    "destination ::/0", "source-port 0",
        "vlan 0-4095", "source-port 0-65535", "family ipv4",      "destination-port 0-65535",
    };
    struct flow_key nothing = {0};
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        assert_false(takes(zeros[i], &nothing));
    assert_true(takes("", &nothing));
    struct flow_key arp = tcp_key("10.0.0.1", "10.0.0.2", 0, 0);
    arp.parts = KEY_ARP;
    arp.family = 0;
    assert_false(takes("source 10.0.0.1", &arp));
    assert_false(takes("destination 10.0.0.0/8", &arp));
    assert_true(takes("", &arp));
}

static void impossible_rules_and_what_is_behind_everything(void **state)
{
    (void)state;
    struct match impossible = match_from("source 10.0.0.0/8 destination 2001:db8::/32");
    struct match wrong = match_from("family ipv6 source 10.0.0.0/8"), any = {0};
    struct classifier_rule rules[] = {
        {&impossible, {VERDICT_MIRRORED, 0, 0, 0}},
        {&wrong, {VERDICT_MIRRORED, 0, 0, 1}},
        {&any, {VERDICT_REJECTED, 0, 0, 2}},
        {NULL, {VERDICT_MIRRORED, 0, 1, NO_SLOT}},
    };
    struct flow_key key = tcp_key("10.0.0.1", "10.0.0.2", 1, 2);
    struct classifier *classifier = classifier_new(rules, 4);
    assert_int_equal(find_verdict(classifier, &key).rule_slot, 2);
    classifier_free(classifier);
    classifier = classifier_new(rules, 2);
    assert_int_equal(find_verdict(classifier, &key).kind, VERDICT_UNMATCHED);
    classifier_free(classifier);
    classifier = classifier_new(rules + 3, 1);
    assert_int_equal(find_verdict(classifier, &key).session, 1);
    assert_int_equal(find_verdict(classifier, &key).rule_slot, NO_SLOT);
    classifier_free(classifier);
    classifier = classifier_new(NULL, 0);
    assert_int_equal(find_verdict(classifier, &key).kind, VERDICT_UNMATCHED);
    classifier_free(classifier);
    classifier_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_plain_scan_says),
        cmocka_unit_test(thousands_as_the_plain_scan_says),
        cmocka_unit_test(ranges_and_prefixes_at_their_edges),
        cmocka_unit_test(what_is_absent_never_matches),
        cmocka_unit_test(impossible_rules_and_what_is_behind_everything),
    };
    return cmocka_run_group_tests_name("classifier", tests, NULL, NULL);
}
