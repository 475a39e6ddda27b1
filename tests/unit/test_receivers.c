/* Which receivers the kernel is asked about, and when, over tables that are only said to be its.
 * links:
 * engine/receivers.c
 * engine/clock.c
 * engine/io/destination.c
 * engine/io/socket_address.c */
#include "../../engine/receivers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the kernel ---- */

static unsigned asked; /* ways */
static uint32_t mtu;

bool links_route(struct links *links, const struct destination *to, uint16_t port,
                 struct route *route)
{
    (void)links, (void)port;
    asked++;
    *route = (struct route){.index = 1, .hop_family = 4, .mtu = mtu, .carrier = true};
    memcpy(route->hop, to->receiver.address, 4);
    memcpy(route->link, "eth0", sizeof "eth0");
    return true;
}

bool links_route_is_multipath(struct links *links, const struct destination *to)
{
    (void)links, (void)to;
    return false;
}

enum neighbour_state links_neighbour(struct links *links, const struct route *route)
{
    (void)links, (void)route;
    return NEIGHBOUR_RESOLVED;
}

int links_resolve(struct links *links, const struct route *route)
{
    (void)links, (void)route;
    return 0;
}

const struct link *links_find(const struct links *links, const char *name)
{
    (void)links, (void)name;
    return NULL;
}

bool links_have(const struct links *links, uint8_t family, const uint8_t *address)
{
    (void)links, (void)family, (void)address;
    return false;
}

struct destination links_destination(const struct links *links, const struct mirror_target *target,
                                     const struct mirror_receiver *receiver)
{
    (void)links, (void)target;
    return (struct destination){.receiver = *receiver};
}

int sender_open(struct sender **sender, const struct destination *to,
                const struct outer_ports *ports, struct socket_set **sets, char *why,
                size_t why_size)
{
    (void)ports, (void)sets;
    *sender = calloc(1, sizeof **sender);
    if (*sender)
        (*sender)->address = destination_address(to);
    else
        snprintf(why, why_size, "no memory");
    return *sender ? 0 : -1;
}

void sender_close(struct sender *sender, struct socket_set **sets)
{
    (void)sets;
    free(sender);
}

void sender_ask(const struct sender *sender, uint32_t port)
{
    (void)sender, (void)port;
}

/* What has come to the sockets of the first worker's senders, once. */
static const struct network_answer *told;

void socket_sets_hear(const struct socket_set *sets, network_answer_fn *heard, void *context)
{
    (void)sets;
    if (told)
        heard(context, told);
    told = NULL;
}

bool outer_ports_hear(const struct outer_ports *ports, network_answer_fn *heard, void *context)
{
    (void)ports, (void)heard, (void)context;
    return false;
}

/* ---- receivers ---- */

enum { MANY = 10000, FEW = 50, ROUNDS = 40 /* within which all are asked about */ };

static struct receivers receivers;
static struct receiver *all[MANY];

static void open_receivers(unsigned count)
{
    struct mirror_target target = {0};
    struct outer_ports ports = {0};
    receivers = (struct receivers){.workers = 1, .ports = &ports};
    mtu = 1500;
    for (unsigned i = 0; i < count; i++) {
        struct mirror_receiver receiver = {.family = 4, .port = 4789};
        memcpy(receiver.address, (uint8_t[]){10, 0, (uint8_t)(i >> 8), (uint8_t)i}, 4);
        all[i] = receivers_take(&receivers, &target, &receiver);
        assert_non_null(all[i]);
    }
    asked = 0;
    receivers_settle(&receivers, 0);
    assert_int_equal(asked, count);
}

static void close_receivers(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        receivers_release(&receivers, all[i]);
    assert_int_equal(receivers.count, 0);
}

static unsigned probe(bool alarmed)
{
    asked = 0;
    receivers_probe(&receivers, alarmed, 1);
    return asked;
}

/* Each is asked about within a while, in rounds of which none has much to do. */
static void test_many(void **state)
{
    (void)state;
    open_receivers(MANY);
    mtu = 1400;
    for (unsigned i = 0; i < ROUNDS; i++)
        assert_in_range(probe(false), 1, MANY / ROUNDS + 1);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(all[i]->health.mtu, 1400);
    close_receivers(MANY);
}

static void test_few(void **state)
{
    (void)state;
    open_receivers(FEW);
    assert_int_equal(probe(false), FEW);
    assert_int_equal(probe(false), FEW);
    close_receivers(FEW);
}

static void test_news(void **state)
{
    (void)state;
    open_receivers(MANY);
    unsigned usual = probe(false), least = MANY / ROUNDS;
    assert_true(usual < 2 * least);
    receivers.stirred = true;
    assert_int_equal(probe(false), MANY);
    assert_true(probe(false) < 2 * least);
    close_receivers(MANY);
}

/* One that is not due in this round, whatever happens to the others. */
static struct receiver *another(void)
{
    return all[(receivers.round / ROUNDS + 1) * ROUNDS + 1 - receivers.round % ROUNDS];
}

static void test_neighbour(void **state)
{
    (void)state;
    open_receivers(MANY);
    struct receiver *one = another();
    mtu = 1300;
    receivers_hear_neighbour(&receivers, 2, 4, one->hop.address);
    probe(false);
    assert_int_equal(one->health.mtu, 1500);
    one = another();
    receivers_hear_neighbour(&receivers, 1, 4, one->hop.address);
    assert_in_range(probe(false), 2, MANY / ROUNDS + 1);
    assert_int_equal(one->health.mtu, 1300);
    close_receivers(MANY);
}

/* Sends that have failed make one asked about when they call. */
static void test_alarm(void **state)
{
    (void)state;
    open_receivers(MANY);
    struct receiver *one = another();
    mtu = 1300;
    atomic_store(&one->senders[0]->failing, true);
    probe(true);
    assert_int_equal(one->health.mtu, 1300);
    assert_false(one->senders[0]->failing);
    close_receivers(MANY);
}

/* Nobody waits at the senders' sockets: a probe finds what the network has answered there. */
static void test_answer(void **state)
{
    (void)state;
    open_receivers(FEW);
    const struct network_answer answer = {.to = all[7]->senders[0]->address,
                                          .refusal = REFUSAL_PORT};
    told = &answer;
    probe(false);
    for (unsigned i = 0; i < FEW; i++)
        assert_int_equal(all[i]->health.up, i != 7);
    assert_string_equal(all[7]->health.reason, "port 4789 is closed (port unreachable)");
    close_receivers(FEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),  cmocka_unit_test(test_few),
        cmocka_unit_test(test_news),  cmocka_unit_test(test_neighbour),
        cmocka_unit_test(test_alarm), cmocka_unit_test(test_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
