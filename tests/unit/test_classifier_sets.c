/* Thousands of rules: what the classifier finds is what a plain scan finds, in ClassBench's sets
 * and others of their shapes, and what is made to be hard neither fails nor takes more room than it
 * may. */
#include "matches.h"
#include "rule_sets.h"

enum { MEBIBYTE = 1 << 20 };

/* Bytes that so many rules may take, half a KiB each beside two tables: 5 MB for 10,000. */
static size_t room_for(size_t rules)
{
    return rules * 512 + 2 * 32768;
}

/* Compares so many of the keys, evenly taken. */
static void compare(const struct rule_set *set, size_t keys, size_t most_bytes)
{
    struct classifier *classifier = classifier_new(set->rules, set->count);
    assert_non_null(classifier);
    if (classifier_size(classifier) > most_bytes)
        fail_msg("%zu rules take %zu bytes", set->count, classifier_size(classifier));
    for (size_t i = 0; i < keys; i++) {
        const struct flow_key *key = &set->keys[i * set->key_count / keys];
        struct verdict found = find_verdict(classifier, key);
        size_t rule = 0;
        while (rule < set->count && !plainly_matches(set->rules[rule].match, key))
            rule++;
        struct verdict expected = {.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
        if (rule < set->count)
            expected = set->rules[rule].verdict;
        if (found.kind != expected.kind || found.rule_slot != expected.rule_slot ||
            found.session != expected.session)
            fail_msg("rule %u, a plain scan: %u", found.rule_slot, expected.rule_slot);
    }
    classifier_free(classifier);
}

static void classbench(void **state)
{
    (void)state;
    static const char *const names[] = {"acl_1k", "fw_1k", "ipc_1k", "acl_10k"};
    for (int i = 0; i < 4; i++) {
        struct rule_set set;
        if (!classbench_load(names[i], &set))
            skip();
        assert_true(set.count > (i < 3 ? 700u : 9000u));
        if (set.key_count == 0)
            rule_set_draw_keys(&set);
        compare(&set, i < 3 ? set.key_count : 1000, room_for(set.count));
        rule_set_to_ipv6(&set);
        compare(&set, 1000, room_for(set.count));
        rule_set_free(&set);
    }
}

static void made(size_t count, size_t keys)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct rule_set set;
        assert_true(rule_set_make(&shapes[i], count, &set));
        rule_set_draw_keys(&set);
        compare(&set, keys, room_for(count));
        rule_set_to_ipv6(&set);
        compare(&set, keys, room_for(count));
        rule_set_free(&set);
    }
}

/* On both sides of the sizes at which lists are searched in another way. */
static void of_any_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 4, 5, 63, 64, 65, 512, 513, 1023, 1024, 1025, 3000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        made(sizes[i], 200);
}

static void ten_thousand(void **state)
{
    (void)state;
    made(10000, 300);
}

static void a_hundred_thousand(void **state)
{
    struct rule_set set;
    (void)state;
    assert_true(rule_set_make(&shapes[1], 100000, &set));
    rule_set_draw_keys(&set);
    compare(&set, 50, 48 * MEBIBYTE);
    rule_set_free(&set);
}

/* ---- made to be hard ---- */

/* Nothing tells them apart but the last bits of both ports, all overlap somewhere. */
static void overlapping(struct match *match, uint32_t i)
{
    set_range(match, FIELD_SOURCE_PORT, i % 7, UINT16_MAX - i % 1000);
    set_range(match, FIELD_DESTINATION_PORT, i % 5000, UINT16_MAX - i % 5000);
}

static void nested(struct match *match, uint32_t i)
{
    set_prefix(match, FIELD_SOURCE, 0x0a0a0a0a, 32 - i % 33);
    set_prefix(match, FIELD_DESTINATION, 0x0a0a0a0a, 32 - i / 33 % 33);
    set_range(match, FIELD_DSCP, i % 64, i % 64);
}

static void duplicates(struct match *match, uint32_t i)
{
    (void)i;
    set_prefix(match, FIELD_SOURCE, 0x0a000000, 8);
    set_range(match, FIELD_SOURCE_PORT, 1000, 1000);
}

static void crosses(struct match *match, uint32_t i)
{
    if (i % 2)
        set_prefix(match, FIELD_SOURCE, i * 2654435761u, 32);
    else
        set_prefix(match, FIELD_DESTINATION, i * 2654435761u, 32);
}

static void by_link(struct match *match, uint32_t i)
{
    uint8_t link[6] = {2, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
    memcpy(match->value[FIELD_NEXT_HOP].link, link, sizeof link);
    match->given |= 1u << FIELD_NEXT_HOP;
}

static void by_flags(struct match *match, uint32_t i)
{
    match->value[FIELD_TCP_FLAGS].set = (uint8_t)(i & 0x3f & ~(i >> 6));
    match->value[FIELD_TCP_FLAGS].clear = (uint8_t)(i >> 6 & 0x3f & ~i);
    match->given |= 1u << FIELD_TCP_FLAGS;
    set_range(match, FIELD_VLAN, i % 4096, i % 4096);
}

static struct flow_key hard_key(const struct match *match)
{
    struct flow_key key = set_key(match);
    key.parts |= KEY_VLAN | KEY_TCP_FLAGS | KEY_LINK_ADDRESS;
    key.family = 4;
    key.dscp = (uint8_t)set_number(match, FIELD_DSCP, 0);
    key.vlan = (uint16_t)set_number(match, FIELD_VLAN, 0);
    key.tcp_flags = match->value[FIELD_TCP_FLAGS].set;
    memcpy(key.link_address, match->value[FIELD_NEXT_HOP].link, sizeof key.link_address);
    if (set_below(4) == 0)
        key.source_port ^= 1;
    if (set_below(4) == 0)
        key.source[3] ^= (uint8_t)(1u << set_below(8));
    return key;
}

static void hard_ones(void **state)
{
    (void)state;
    static void (*const makers[])(struct match *, uint32_t) = {overlapping, nested,  duplicates,
                                                               crosses,     by_link, by_flags};
    enum { COUNT = 10000, KEYS = 300 };
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        struct rule_set set;
        assert_true(rule_set_room(&set, COUNT, KEYS));
        for (uint32_t rule = 0; rule < COUNT; rule++) {
            struct match match = {0};
            makers[i](&match, rule);
            rule_set_add(&set, &match);
        }
        for (; set.key_count < KEYS; set.key_count++)
            set.keys[set.key_count] = hard_key(&set.matches[set_below(COUNT)]);
        compare(&set, KEYS, 8 * MEBIBYTE);
        rule_set_free(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classbench),   cmocka_unit_test(of_any_size),
        cmocka_unit_test(ten_thousand), cmocka_unit_test(a_hundred_thousand),
        cmocka_unit_test(hard_ones),
    };
    return cmocka_run_group_tests_name("classifier_sets", tests, NULL, NULL);
}
