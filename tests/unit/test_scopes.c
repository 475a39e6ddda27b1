/* Which sessions see a packet, and in which direction: sources of all kinds mixed, priorities over
 * all of them, held against a reading of the contract that goes through the sessions one by one and
 * knows nothing of numbers, lists and ranges. */
#include "../../engine/plan/plan.h"
#include "../../engine/plan/prefix_set.h"
#include "../fuzz/random.h"
#include "matches.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { INTERFACES = 6, SESSIONS = 12, FILTERS = 4, RULES = 5, PREFIXES = 3, ADDRESSES = 3 };

static const char *const names[INTERFACES] = {"br0", "eth0", "eth1", "tap1", "tap2", "up0"};

/* ---- what is tested with ---- */

static struct mirror_config config;
static struct mirror_filter filters[FILTERS];
static struct mirror_rule rules[FILTERS][DIRECTIONS][RULES];
static struct mirror_target target;
static struct mirror_receiver receiver = {.family = 4, .address = {203, 0, 113, 1}, .port = 4789};
static struct mirror_session sessions[SESSIONS];
static struct mirror_prefix prefixes[SESSIONS][PREFIXES];
static char sources[SESSIONS][INTERFACES][INTERFACE_NAME_MAX];
static struct mirror_prefix box[ADDRESSES];
static bool session_up[SESSIONS];
static char nameless[] = "";
static const struct plan_receiver_state receiver_state = {.up = true};
/* br0 shows what others show, and up0 leads to the receivers. */
static const struct found_interface found[] = {
    {"eth0", false}, {"eth1", false}, {"tap1", false}, {"tap2", false}, {"up0", true}};
enum { FOUND = sizeof found / sizeof found[0] };

/* Addresses from a range so small that prefixes often have them. */
static uint8_t random_address(uint8_t address[static 16])
{
    bool is4 = random_below(4);
    memset(address, 0, 16);
    memcpy(address, is4 ? "\x0a\0\0" : "\x20\x01\x0d\xb8", 4);
    address[is4 ? 3 : 15] = (uint8_t)random_below(16);
    return is4 ? 4 : 6;
}

static void random_prefix(struct mirror_prefix *prefix)
{
    prefix->family = random_address(prefix->address);
    unsigned size = prefix->family == 4 ? 32 : 128, free_bits = random_below(6);
    if (free_bits == 5) {
        memset(prefix->address, 0, 16);
        prefix->bits = 0;
        return;
    }
    prefix->bits = (uint8_t)(size - free_bits);
    prefix->address[size / 8 - 1] &= (uint8_t)(0xff << free_bits);
}

static void random_filter(struct mirror_filter *filter, struct mirror_rule (*lists)[RULES])
{
    static const char *const words[] = {"protocol tcp",
                                        "protocol udp",
                                        "source 10.0.0.0/29",
                                        "destination 10.0.0.8/30",
                                        "family ipv6",
                                        "destination-port 1-2",
                                        "vlan 7",
                                        "",
                                        NULL};
    filter->name = nameless;
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        filter->rules[direction] = lists[direction];
        filter->rule_count[direction] = random_below(RULES + 1);
        for (size_t i = 0; i < filter->rule_count[direction]; i++)
            lists[direction][i] = (struct mirror_rule){.number = (uint16_t)i,
                                                       .accept = random_below(2),
                                                       .match = match_from(one_of(words))};
    }
}

static void random_session(uint32_t index)
{
    struct mirror_session *session = &sessions[index];
    unsigned kind = random_below(6), direction = random_below(4);
    *session = (struct mirror_session){
        .name = nameless,
        .priority = (uint16_t)(index + 1),
        .disabled = !random_below(8),
        .direction = {direction != 0, direction != 1},
        .sources = sources[index],
        .all_interfaces = kind >= 4,
        .prefixes = prefixes[index],
        .filter = random_below(4) ? (int)random_below(FILTERS) : NO_FILTER,
    };
    session_up[index] = random_below(8);
    for (unsigned i = 0; kind != 3 && i < INTERFACES; i++)
        if (!random_below(3))
            strcpy(sources[index][session->source_count++], names[i]);
    if (kind >= 2)
        session->prefix_count = random_below(PREFIXES + 1);
    for (size_t i = 0; i < session->prefix_count; i++)
        random_prefix(&prefixes[index][i]);
}

static void random_config(void)
{
    target = (struct mirror_target){.name = nameless, .receivers = &receiver, .receiver_count = 1};
    config = (struct mirror_config){
        .filters = filters,
        .filter_count = FILTERS,
        .targets = &target,
        .target_count = 1,
        .sessions = sessions,
        .session_count = SESSIONS,
    };
    for (unsigned i = 0; i < FILTERS; i++)
        random_filter(&filters[i], rules[i]);
    for (uint32_t i = 0; i < SESSIONS; i++)
        random_session(i);
    for (unsigned i = 0; i < ADDRESSES; i++) {
        box[i].family = random_address(box[i].address);
        box[i].bits = box[i].family == 4 ? 32 : 128;
    }
}

static struct flow_key random_key(void)
{
    struct flow_key key = {.parts = 0};
    if (!random_below(10)) { /* ARP: its addresses are no IP packet's */
        key.parts = KEY_ARP;
        memcpy(key.source, "\x0a\0\0\1", 4);
        return key;
    }
    key.parts = KEY_ADDRESSES | KEY_PROTOCOL | KEY_PORTS;
    key.family = random_address(key.source);
    while (random_address(key.destination) != key.family)
        ;
    key.protocol = random_below(2) ? 6 : 17;
    key.source_port = 9;
    key.destination_port = (uint16_t)random_below(4);
    if (!random_below(3)) {
        key.parts |= KEY_VLAN;
        key.vlan = 7;
    }
    return key;
}

/* ---- the second opinion ---- */

static bool is_in(const struct mirror_prefix *list, size_t count, uint8_t family,
                  const uint8_t address[static 16])
{
    for (size_t i = 0; i < count; i++) {
        struct match_value value = {.family = list[i].family, .bits = list[i].bits};
        memcpy(value.address, list[i].address, 16);
        if (prefix_holds(&value, address, family))
            return true;
    }
    return false;
}

static bool is_found(const char *name, bool without_receivers)
{
    for (size_t i = 0; i < FOUND; i++)
        if (!strcmp(found[i].name, name))
            return !(without_receivers && found[i].to_receivers);
    return false;
}

static bool is_source(const struct mirror_session *session, const char *name)
{
    for (size_t i = 0; i < session->source_count; i++)
        if (!strcmp(session->sources[i], name))
            return true;
    if (session->prefix_count)
        return (session->all_interfaces || !session->source_count) && is_found(name, false);
    return session->all_interfaces && is_found(name, true);
}

static int direction_of(const struct mirror_session *session, enum direction seen,
                        const struct flow_key *key)
{
    if (!session->prefix_count)
        return seen;
    bool from = is_in(session->prefixes, session->prefix_count, key->family, key->source);
    bool to = is_in(session->prefixes, session->prefix_count, key->family, key->destination);
    bool everywhere = session->all_interfaces || !session->source_count;
    if (!key->family || (!from && !to))
        return -1;
    if (everywhere && seen == EGRESS && !is_in(box, ADDRESSES, key->family, key->source))
        return -1;
    return from ? EGRESS : INGRESS;
}

static struct verdict expected(const char *name, enum direction seen, const struct flow_key *key)
{
    for (uint32_t i = 0; i < SESSIONS; i++) {
        const struct mirror_session *session = &sessions[i];
        int direction = direction_of(session, seen, key);
        if (session->disabled || !session_up[i] || !is_source(session, name) || direction < 0 ||
            !session->direction[direction])
            continue;
        if (session->filter == NO_FILTER)
            return (struct verdict){VERDICT_MIRRORED, 0, i, NO_SLOT};
        const struct mirror_filter *filter = &filters[session->filter];
        for (uint32_t r = 0; r < filter->rule_count[direction]; r++)
            if (plainly_matches(&filter->rules[direction][r].match, key))
                return (struct verdict){
                    filter->rules[direction][r].accept ? VERDICT_MIRRORED : VERDICT_REJECTED,
                    filter->rules[direction][r].number, i,
                    (uint32_t)(session->filter * DIRECTIONS + direction) * RULES + r};
    }
    return (struct verdict){VERDICT_UNMATCHED, 0, 0, NO_SLOT};
}

/* ---- both ---- */

static struct numbering *number(void)
{
    struct numbering *numbering = numbering_new(&config, found, FOUND);
    assert_non_null(numbering);
    for (int f = 0; f < FILTERS; f++)
        for (int direction = 0; direction < DIRECTIONS; direction++)
            for (uint32_t r = 0; r < filters[f].rule_count[direction]; r++)
                numbering->slots[COUNT_RULE][numbering->first_rule[f][direction] + r] =
                    (uint32_t)(f * DIRECTIONS + direction) * RULES + r;
    return numbering;
}

static uint32_t interface_called(const struct plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->interface_count; i++)
        if (!strcmp(plan->interfaces[i].name, name))
            return i;
    return NO_SLOT;
}

static void compare_packet(const struct plan *plan)
{
    struct flow_key key = random_key();
    const char *name = names[random_below(INTERFACES)];
    enum direction seen = random_below(2) ? EGRESS : INGRESS;
    struct verdict wanted = expected(name, seen, &key), got = {VERDICT_UNMATCHED, 0, 0, NO_SLOT};
    uint32_t interface = interface_called(plan, name);
    if (interface != NO_SLOT)
        got = plan_classify(plan, interface, seen, &key);
    assert_int_equal(got.kind, wanted.kind);
    if (wanted.kind == VERDICT_UNMATCHED)
        return;
    assert_int_equal(got.session, wanted.session);
    assert_int_equal(got.rule_slot, wanted.rule_slot);
    assert_int_equal(got.rule, wanted.rule);
}

static void random_sessions_as_the_contract_says(void **state)
{
    (void)state;
    enum { PACKETS = 200 };
    unsigned rounds = random_begin(2000);
    for (unsigned round = 0; round < rounds; round++) {
        random_config();
        struct numbering *numbering = number();
        struct plan *plan = plan_build(
            &(struct plan_input){numbering, session_up, &receiver_state, box, ADDRESSES, {0}});
        assert_non_null(plan);
        for (int i = 0; i < PACKETS; i++)
            compare_packet(plan);
        plan_free(plan);
        numbering_free(numbering);
    }
}

/* Both ways round they are the same pairs, ascending, each once. */
static void sources_and_sessions_are_lists_of_each_other(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        random_config();
        struct numbering *numbering = number();
        const struct number_lists *of_session = &numbering->sources;
        const struct number_lists *of_interface = &numbering->sessions;
        uint32_t interfaces = numbering->count[COUNT_INTERFACE];
        assert_int_equal(of_session->first[SESSIONS], of_interface->first[interfaces]);
        for (uint32_t i = 0; i < interfaces; i++) {
            const char *name = numbering->interfaces[i];
            uint32_t at = of_interface->first[i];
            assert_int_equal(numbering_interface(numbering, name), i);
            for (uint32_t s = 0; s < SESSIONS; s++)
                if (!sessions[s].disabled && is_source(&sessions[s], name)) {
                    assert_true(at < of_interface->first[i + 1]);
                    assert_int_equal(of_interface->numbers[at++], s);
                }
            assert_int_equal(at, of_interface->first[i + 1]);
        }
        for (uint32_t s = 0; s < SESSIONS; s++)
            for (uint32_t i = of_session->first[s]; i < of_session->first[s + 1]; i++) {
                assert_true(is_source(&sessions[s], numbering->interfaces[of_session->numbers[i]]));
                assert_true(i == of_session->first[s] ||
                            of_session->numbers[i - 1] < of_session->numbers[i]);
            }
        numbering_free(numbering);
    }
}

/* A packet that a router between eth0 and eth1 forwards, as a session on a subnet sees it. */
static void a_forwarded_packet_counts_once(void **state)
{
    (void)state;
    random_config();
    config.session_count = 1;
    session_up[0] = true;
    box[0] = (struct mirror_prefix){4, 32, {10, 0, 0, 1}};
    prefixes[0][0] = (struct mirror_prefix){4, 30, {10, 0, 0, 4}};
    sessions[0] = (struct mirror_session){.name = nameless,
                                          .direction = {true, true},
                                          .sources = sources[0],
                                          .prefixes = prefixes[0],
                                          .prefix_count = 1,
                                          .filter = NO_FILTER};
    strcpy(sources[0][0], "eth1");
    for (size_t named = 0; named < 2; named++) {
        sessions[0].source_count = named;
        struct numbering *numbering = number();
        struct plan *plan =
            plan_build(&(struct plan_input){numbering, session_up, &receiver_state, box, 1, {0}});
        struct flow_key key = {.parts = KEY_ADDRESSES,
                               .family = 4,
                               .source = {10, 0, 0, 5},
                               .destination = {10, 0, 0, 6}};
        uint32_t eth1 = interface_called(plan, "eth1");
        assert_int_equal(plan_direction(plan, plan->sessions, INGRESS, &key), EGRESS);
        assert_int_equal(plan_classify(plan, eth1, INGRESS, &key).kind, VERDICT_MIRRORED);
        assert_int_equal(plan_classify(plan, eth1, EGRESS, &key).kind,
                         named ? VERDICT_MIRRORED : VERDICT_UNMATCHED);
        key.source[3] = 1; /* this box's own */
        assert_int_equal(plan_direction(plan, plan->sessions, EGRESS, &key), INGRESS);
        assert_int_equal(plan_classify(plan, eth1, EGRESS, &key).kind, VERDICT_MIRRORED);
        plan_free(plan);
        numbering_free(numbering);
    }
}

static void sets_of_prefixes(void **state)
{
    (void)state;
    enum { MANY = 40 };
    for (int round = 0; round < 2000; round++) {
        struct mirror_prefix list[MANY];
        size_t count = random_below(MANY);
        for (size_t i = 0; i < count; i++)
            random_prefix(&list[i]);
        struct prefix_set *set = prefix_set_new(list, count);
        for (int i = 0; i < 50; i++) {
            uint8_t address[16], family = random_address(address);
            if (!random_below(4))
                memset(address, random_below(2) ? 0xff : 0, family == 4 ? 4 : 16);
            assert_int_equal(prefix_set_has(set, family, address),
                             is_in(list, count, family, address));
        }
        assert_false(prefix_set_has(set, 0, (uint8_t[16]){0}));
        prefix_set_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sessions_as_the_contract_says),
        cmocka_unit_test(sources_and_sessions_are_lists_of_each_other),
        cmocka_unit_test(a_forwarded_packet_counts_once),
        cmocka_unit_test(sets_of_prefixes),
    };
    return cmocka_run_group_tests_name("scopes", tests, NULL, NULL);
}
