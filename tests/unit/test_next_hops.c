/* links: engine/next_hops.c engine/io/neighbours.c engine/plan/match_field.c */
/* The neighbours that rules name against a kernel of the test's own, which has some in every state,
 * and tears and refuses dumps. */
#include "../../engine/io/netlink.h"
#include "../../engine/next_hops.h"
#include "matches.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <sys/socket.h>

struct kernels {
    uint8_t family; /* AF_INET, AF_INET6, another one */
    uint16_t state;
    uint8_t address[16];
    uint8_t link[8];
    size_t link_size; /* 0: it has none */
};

static const struct kernels *table;
static size_t table_count;
static const struct kernels *current; /* that is handed out */
static int tear, refuse;              /* so many dumps from now on */
static unsigned asked;

struct netlink *links_netlink(struct links *links)
{
    (void)links;
    return NULL;
}

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *body,
                   size_t size)
{
    (void)request, (void)body, (void)size;
    assert_int_equal(type, RTM_GETNEIGH);
    assert_int_equal(flags, NLM_F_DUMP);
}

const void *netlink_attribute(const struct nlmsghdr *message, size_t fixed, uint16_t type,
                              size_t least, size_t *size)
{
    (void)message, (void)fixed;
    if (type == NDA_DST)
        return current->address;
    if (type != NDA_LLADDR || current->link_size < least)
        return NULL;
    *size = current->link_size;
    return current->link;
}

int netlink_ask(struct netlink *netlink, struct netlink_request *request, netlink_fn *fn,
                void *context)
{
    struct {
        struct nlmsghdr header;
        struct ndmsg body;
    } message = {.header = {.nlmsg_len = sizeof message, .nlmsg_type = RTM_NEWNEIGH}};
    (void)netlink, (void)request;
    asked++;
    if (refuse > 0 && refuse--)
        return -EPERM;
    for (current = table; current < table + table_count; current++) {
        message.body.ndm_family = current->family;
        message.body.ndm_state = current->state;
        fn(context, &message.header);
    }
    return tear > 0 && tear-- ? -EINTR : 0;
}

static void kernel_has(const struct kernels *kernels, size_t count)
{
    table = kernels;
    table_count = count;
    tear = refuse = 0;
    asked = 0;
}

/* A configuration of one rule with one condition. */
static struct mirror_condition condition;
static struct mirror_rule rule;
static struct mirror_filter filter = {.rules = {NULL, &rule}, .rule_count = {0, 1}};
static const struct mirror_config config = {.filters = &filter, .filter_count = 1};

static void rule_names(const char *own, const char *further)
{
    condition = (struct mirror_condition){.number = 1, .match = match_from(further)};
    rule = (struct mirror_rule){
        .match = match_from(own), .conditions = &condition, .condition_count = 1};
}

static const struct kernels states[] = {
    {AF_INET6, NUD_STALE, {0xfe, 0x80, [15] = 1}, {2, 6}, 6},
    {AF_INET, NUD_PERMANENT, {10, 0, 0, 9}, {2, 9}, 6},
    {AF_INET, NUD_INCOMPLETE, {10, 0, 0, 1}, {2, 1}, 6},
    {AF_INET, NUD_FAILED, {10, 0, 0, 1}, {2, 2}, 6},
    {AF_INET, NUD_REACHABLE, {10, 0, 0, 1}, {2, 3}, 0},
    {AF_INET, NUD_REACHABLE, {10, 0, 0, 1}, {2, 4}, 8}, /* InfiniBand's are longer */
    {AF_INET, NUD_PROBE, {10, 0, 0, 1}, {2, 7}, 6},
    {AF_INET, NUD_DELAY, {10, 0, 0, 1}, {2, 5}, 6},
    {AF_INET, NUD_REACHABLE, {10, 0, 0, 1}, {2, 7}, 6}, /* the same on another interface */
    {AF_UNIX, NUD_REACHABLE, {10, 0, 0, 1}, {2, 8}, 6},
};

static void those_that_have_a_link_address(void **state)
{
    struct neighbours found;
    (void)state;
    kernel_has(states, sizeof states / sizeof states[0]);
    rule_names("next-hop 10.0.0.1", "next-hop fe80::1");
    assert_int_equal(next_hops_read(NULL, &config, &found), 0);
    static const struct neighbour expected[] = {
        {4, {10, 0, 0, 1}, {2, 5}},
        {4, {10, 0, 0, 1}, {2, 7}},
        {6, {0xfe, 0x80, [15] = 1}, {2, 6}},
    };
    assert_int_equal(found.count, 3);
    assert_memory_equal(found.at, expected, sizeof expected);
    assert_true(next_hops_hold(NULL, &config, &found));
    free(found.at);
}

static void nothing_is_asked_for_where_no_rule_names_any(void **state)
{
    struct neighbours found;
    (void)state;
    kernel_has(states, sizeof states / sizeof states[0]);
    rule_names("protocol tcp", "");
    assert_int_equal(next_hops_read(NULL, &config, &found), 0);
    assert_int_equal(found.count, 0);
    assert_true(next_hops_hold(NULL, &config, &found));
    assert_int_equal(asked, 0);
    free(found.at);
}

static void changes_do_not_hold(void **state)
{
    struct kernels now[2] = {{AF_INET, NUD_STALE, {10, 0, 0, 1}, {2, 5}, 6},
                             {AF_INET, NUD_STALE, {10, 0, 0, 2}, {2, 6}, 6}};
    struct neighbours found;
    (void)state;
    kernel_has(now, 1);
    rule_names("", "next-hop 10.0.0.1");
    assert_int_equal(next_hops_read(NULL, &config, &found), 0);
    now[0].state = NUD_REACHABLE;
    assert_true(next_hops_hold(NULL, &config, &found));
    kernel_has(now, 2); /* nobody's business */
    assert_true(next_hops_hold(NULL, &config, &found));
    now[0].link[1] = 7;
    assert_false(next_hops_hold(NULL, &config, &found));
    now[0].link[1] = 5;
    now[0].state = NUD_FAILED;
    assert_false(next_hops_hold(NULL, &config, &found));
    kernel_has(NULL, 0);
    assert_false(next_hops_hold(NULL, &config, &found));
    free(found.at);
}

static void dumps_that_fail(void **state)
{
    struct neighbours found, none = {0};
    (void)state;
    kernel_has(states, sizeof states / sizeof states[0]);
    rule_names("next-hop 10.0.0.9", "");
    tear = 2;
    assert_int_equal(next_hops_read(NULL, &config, &found), 0);
    assert_int_equal(found.count, 1); /* not once for each try */
    assert_int_equal(asked, 3);
    free(found.at);
    tear = 3;
    assert_int_equal(next_hops_read(NULL, &config, &found), -EINTR);
    assert_null(found.at);
    refuse = 2;
    assert_int_equal(next_hops_read(NULL, &config, &found), -EPERM);
    assert_true(next_hops_hold(NULL, &config, &none)); /* what is not known has not changed */
    assert_false(next_hops_hold(NULL, &config, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_have_a_link_address),
        cmocka_unit_test(nothing_is_asked_for_where_no_rule_names_any),
        cmocka_unit_test(changes_do_not_hold),
        cmocka_unit_test(dumps_that_fail),
    };
    return cmocka_run_group_tests_name("next_hops", tests, NULL, NULL);
}
