#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../engine/plan/plan.h"
#include "../../engine/plan/services.h"
#include <arpa/inet.h>

enum { TCP = 6, UDP = 17, ICMP = 1 };

static struct flow_key key_of(uint8_t protocol, const char *source, uint16_t source_port,
                              const char *destination, uint16_t destination_port)
{
    bool ipv6 = inet_addr(source) == INADDR_NONE;
    struct flow_key key = {
        .parts = KEY_ADDRESSES | KEY_PROTOCOL,
        .family = ipv6 ? 6 : 4,
        .protocol = protocol,
        .source_port = source_port,
        .destination_port = destination_port,
    };

    if (source_port || destination_port)
        key.parts |= KEY_PORTS;
    inet_pton(ipv6 ? AF_INET6 : AF_INET, source, key.source);
    inet_pton(ipv6 ? AF_INET6 : AF_INET, destination, key.destination);
    return key;
}

static bool serves(uint8_t protocol, const char *source, uint16_t source_port,
                   const char *destination, uint16_t destination_port)
{
    const struct flow_key key =
        key_of(protocol, source, source_port, destination, destination_port);

    return is_service(&key);
}

#define A "10.0.0.1"
#define B "10.0.0.2"

static void addresses(void **state)
{
    const struct flow_key arp = {.parts = KEY_ARP}, nothing = {0};

    (void)state;
    assert_true(is_service(&arp));
    assert_false(is_service(&nothing));
    assert_true(serves(ICMP, A, 0, "169.254.169.254", 0));
    assert_true(serves(TCP, "169.254.169.254", 80, A, 40000));
    assert_false(serves(TCP, "169.254.169.253", 80, A, 40000));
    assert_false(serves(TCP, A, 40000, "169.254.169.255", 80));
    assert_false(serves(TCP, "a9fe:a9fe::1", 80, "fd00::1", 80)); /* the same bytes in IPv6 */
}

static void ports(void **state)
{
    (void)state;
    assert_true(serves(UDP, "0.0.0.1", 68, "255.255.255.254", 67));
    assert_true(serves(UDP, A, 67, B, 68));
    assert_true(serves(UDP, A, 67, B, 67)); /* a relay and its server */
    assert_false(serves(UDP, A, 67, B, 66));
    assert_false(serves(UDP, A, 68, B, 69));
    assert_false(serves(TCP, A, 68, B, 67));
    assert_false(serves(UDP, "fd00::1", 68, "fd00::2", 67)); /* DHCPv6 is another service */
    assert_false(serves(UDP, "fd00::1", 546, "fd00::2", 547));
    assert_true(serves(UDP, A, 40000, B, 123));
    assert_true(serves(UDP, A, 123, B, 40000));
    assert_true(serves(UDP, "fd00::1", 123, "fd00::2", 123));
    assert_false(serves(UDP, A, 122, B, 124));
    assert_false(serves(TCP, A, 40000, B, 123));
    assert_true(serves(TCP, A, 40000, B, 1688));
    assert_true(serves(TCP, "fd00::1", 1688, "fd00::2", 40000));
    assert_false(serves(TCP, A, 1687, B, 1689));
    assert_false(serves(UDP, A, 40000, B, 1688));
    assert_false(serves(UDP, A, 0, B, 0)); /* a later fragment of nobody knows what */
}

/* A plan asks before any rule, where the configuration wants it. */
static void in_a_plan(void **state)
{
    char sources[][INTERFACE_NAME_MAX] = {"eth0"}, name[] = "a";
    struct mirror_receiver receiver = {.family = 4, .address = {192, 0, 2, 1}, .port = 4789};
    struct mirror_target target = {.name = name, .receivers = &receiver, .receiver_count = 1};
    struct mirror_session session = {.name = name,
                                     .priority = 1,
                                     .direction = {true, true},
                                     .sources = sources,
                                     .source_count = 1,
                                     .filter = NO_FILTER,
                                     .packet_length = PACKET_LENGTH_FULL};
    struct mirror_config config = {
        .targets = &target, .target_count = 1, .sessions = &session, .session_count = 1};
    const struct flow_key ntp = key_of(UDP, A, 40000, B, 123), next = key_of(UDP, A, 40000, B, 124);

    (void)state;
    for (int without = 0; without < 2; without++) {
        config.without_services = without;
        struct numbering *numbering = numbering_new(&config, NULL, 0);
        struct plan *plan = plan_build(
            &(struct plan_input){.numbering = numbering,
                                 .session_up = (bool[]){true},
                                 .receivers = &(struct plan_receiver_state){.up = true}});
        assert_int_equal(plan_classify(plan, 0, EGRESS, &ntp).kind,
                         without ? VERDICT_UNMATCHED : VERDICT_MIRRORED);
        assert_int_equal(plan_classify(plan, 0, EGRESS, &next).kind, VERDICT_MIRRORED);
        plan_free(plan);
        numbering_free(numbering);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(ports),
                                       cmocka_unit_test(in_a_plan)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
