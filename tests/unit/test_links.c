/* The tables of links and addresses against a kernel of the test's own, which fails and tears
 * dumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../engine/io/links.h"
#include "../../engine/io/netlink.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What the kernel has: links of these names, whose indices count from 1, each with the address
 * 10.0.0.INDEX. */
static const char *const *names;
static int fail_links, fail_addresses, tear; /* so many dumps from now on */
static int error_of_failure;
static unsigned asked;
static bool events; /* some wait */
static struct {
    struct nlmsghdr header;
    struct ndmsg neighbour;
} event; /* they are such */

int netlink_open(uint32_t groups, int buffer)
{
    (void)groups, (void)buffer;
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *body,
                   size_t size)
{
    (void)flags, (void)body, (void)size;
    request->message.header.nlmsg_type = type;
}

void netlink_add(struct netlink_request *request, uint16_t type, const void *value, size_t size)
{
    (void)request, (void)type, (void)value, (void)size;
}

static int current;      /* index of the link that is handed out */
static const char *kind; /* of all links; NULL: they say none */

const void *netlink_attribute(const struct nlmsghdr *message, size_t fixed, uint16_t type,
                              size_t least, size_t *size)
{
    static uint8_t address[4] = {10};
    (void)fixed, (void)least, (void)size;
    address[3] = (uint8_t)current;
    if (message->nlmsg_type == RTM_NEWLINK)
        return type == IFLA_IFNAME ? names[current - 1] : type == IFLA_LINKINFO ? kind : NULL;
    return type == (message->nlmsg_type == RTM_NEWNEIGH ? NDA_DST : IFA_LOCAL) ? address : NULL;
}

const void *netlink_nested(const void *attributes, size_t size, uint16_t type, size_t least)
{
    (void)size, (void)least;
    return type == IFLA_INFO_KIND ? attributes : NULL;
}

static void hand_out(bool links, netlink_fn *fn, void *context)
{
    struct {
        struct nlmsghdr header;
        union {
            struct ifinfomsg link;
            struct ifaddrmsg address;
        } body;
    } message = {
        .header = {.nlmsg_len = sizeof message, .nlmsg_type = links ? RTM_NEWLINK : RTM_NEWADDR}};
    for (current = 1; names[current - 1]; current++) {
        if (links)
            message.body.link =
                (struct ifinfomsg){.ifi_index = current, .ifi_flags = IFF_UP | IFF_RUNNING};
        else
            message.body.address =
                (struct ifaddrmsg){.ifa_family = AF_INET, .ifa_index = (unsigned)current};
        fn(context, &message.header);
    }
}

int netlink_ask(struct netlink *netlink, struct netlink_request *request, netlink_fn *fn,
                void *context)
{
    bool links = request->message.header.nlmsg_type == RTM_GETLINK;
    int *fail = links ? &fail_links : &fail_addresses;
    (void)netlink;
    asked++;
    if (request->message.header.nlmsg_type == RTM_GETQDISC)
        return -EOPNOTSUPP;
    if (*fail > 0 && (*fail)--)
        return error_of_failure;
    hand_out(links, fn, context);
    return tear > 0 && tear-- ? -EINTR : 0;
}

int netlink_drain(int fd, netlink_fn *fn, void *context)
{
    (void)fd;
    if (events)
        fn(context, &event.header);
    events = false;
    return 0;
}

static const char *const one[] = {"eth0", NULL};
static const char *const two[] = {"eth1", "eth0", NULL};
static struct links *links;

static int open_links(void **state)
{
    char why[100];
    (void)state;
    names = one;
    kind = NULL;
    asked = 0;
    event.header.nlmsg_len = sizeof event;
    event.header.nlmsg_type = RTM_NEWLINK;
    fail_links = fail_addresses = tear = 0;
    return links_open(&links, why, sizeof why);
}

static int close_links(void **state)
{
    (void)state;
    links_close(links);
    return 0;
}

static bool has_address(const char *name, uint8_t last)
{
    const struct link *link;
    size_t at = 0;
    while ((link = links_holder(links, 4, (uint8_t[]){10, 0, 0, last}, &at)))
        if (!strcmp(link->name, name))
            return true;
    return false;
}

static void test_follows(void **state)
{
    uint64_t version = links_version(links);
    size_t count;
    (void)state;
    assert_true(has_address("eth0", 1));
    assert_false(links_service(links, NULL, NULL));
    assert_true(links_version(links) == version);
    names = two;
    events = true;
    assert_true(links_service(links, NULL, NULL));
    assert_true(links_version(links) != version);
    assert_string_equal(links_all(links, &count)[0].name, "eth0");
    assert_int_equal(count, 2);
    assert_true(has_address("eth0", 2));
    assert_true(has_address("eth1", 1));
}

/* A failed dump, of links or of addresses, leaves what was known, and is made again. */
static void failing(int *fail, int error)
{
    names = two;
    events = true;
    *fail = 2;
    error_of_failure = error;
    for (int i = 0; i < 2; i++) {
        assert_true(links_service(links, NULL, NULL));
        assert_true(has_address("eth0", 1));
        assert_null(links_find(links, "eth1"));
    }
    assert_true(links_service(links, NULL, NULL));
    assert_true(has_address("eth0", 2));
    assert_false(links_service(links, NULL, NULL));
}

static void test_failed_links(void **state)
{
    (void)state;
    failing(&fail_links, -ENOBUFS);
}

static void test_failed_addresses(void **state)
{
    (void)state;
    failing(&fail_addresses, -ETIMEDOUT);
}

/* A torn dump is made again at once, but not for ever. */
static void test_torn(void **state)
{
    (void)state;
    names = two;
    events = true;
    tear = 1;
    assert_true(links_service(links, NULL, NULL));
    assert_true(has_address("eth1", 1));
    assert_false(links_service(links, NULL, NULL));
    names = one;
    events = true;
    tear = 1000;
    asked = 0;
    assert_true(links_service(links, NULL, NULL));
    assert_in_range(asked, 2, 10);
    assert_non_null(links_find(links, "eth1"));
    tear = 0;
    assert_true(links_service(links, NULL, NULL));
    assert_null(links_find(links, "eth1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_links, close_links)

/* A tunnel's packets are seen nowhere else as they are; a VLAN's are, beneath it. */
static void test_stacked(void **state)
{
    static const struct {
        const char *kind;
        bool stacked;
    } cases[] = {{"vlan", true},    {"bridge", true}, {"bond", true},   {"macvtap", true},
                 {"team", true},    {"veth", false},  {"vxlan", false}, {"tun", false},
                 {"geneve", false}, {NULL, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kind = cases[i].kind;
        events = true;
        assert_true(links_service(links, NULL, NULL));
        assert_int_equal(links_find(links, "eth0")->stacked, cases[i].stacked);
    }
}

static void hear(void *context, int index, uint8_t family, const uint8_t *address)
{
    unsigned *heard = context;
    assert_int_equal(index, 7);
    assert_int_equal(family, 4);
    assert_memory_equal(address, ((uint8_t[]){10, 0, 0, 9}), 4);
    ++*heard;
}

/* What is new of a neighbour alone is told by its address, and no table is read for that. */
static void test_neighbours(void **state)
{
    unsigned heard = 0;
    (void)state;
    asked = 0;
    event.header.nlmsg_type = RTM_NEWNEIGH;
    event.neighbour = (struct ndmsg){.ndm_family = AF_INET, .ndm_ifindex = 7};
    current = 9;
    events = true;
    assert_int_equal(links_service(links, hear, &heard), LINKS_NEIGHBOURS);
    assert_int_equal(heard, 1);
    event.neighbour.ndm_family = AF_BRIDGE;
    events = true;
    assert_int_equal(links_service(links, hear, &heard), LINKS_QUIET);
    assert_int_equal(heard, 1);
    assert_int_equal(asked, 0);
    event.header.nlmsg_type = RTM_NEWRULE;
    events = true;
    assert_int_equal(links_service(links, hear, &heard), LINKS_CHANGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_follows), TEST(test_failed_links), TEST(test_failed_addresses),
        TEST(test_torn),    TEST(test_stacked),      TEST(test_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
