/* Which receiver a packet gets: each its share, and only what went to one that fails moves. */
#include "../../engine/packet/vxlan.h"
#include "../../engine/plan/balance.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST = 3, MANY = 60, INTERFACES = 40 };

/* A target of some of the plan's receivers, from FIRST on, and interfaces tap0, tap1, ... */
static struct plan_receiver receivers[FIRST + MANY];
static uint32_t live[MANY];
static struct plan plan = {.receivers = receivers};
static struct plan_target target;
static char names[INTERFACES][INTERFACE_NAME_MAX];

static void bring_up(uint32_t receiver, bool up)
{
    receivers[FIRST + receiver].up = up;
    target.live_count = 0;
    for (uint32_t i = FIRST; i < FIRST + target.count; i++)
        if (receivers[i].up)
            live[target.live_count++] = i;
}

static void begin(enum balance balance, uint32_t count)
{
    target = (struct plan_target){.first = FIRST, .count = count, .live = live, .balance = balance};
    for (uint32_t i = 0; i < count; i++)
        bring_up(i, true);
    for (int i = 0; i < INTERFACES; i++)
        snprintf(names[i], sizeof names[i], "tap%d", i);
}

/* ---- by source interface ---- */

/* What balance_receiver says of each interface, whatever the flow. */
static void assign(const bool *used, uint32_t *chosen)
{
    uint32_t *by_interface = balance_interfaces(&plan, &target, names, used, INTERFACES);
    assert_non_null(by_interface);
    target.by_interface = by_interface;
    for (uint32_t i = 0; i < INTERFACES; i++) {
        chosen[i] = balance_receiver(&plan, &target, i, i * 2654435761u, NULL);
        assert_int_equal(balance_receiver(&plan, &target, i, 7, NULL), chosen[i]);
        if (used[i])
            assert_true(receivers[chosen[i]].up);
    }
    free(by_interface);
    target.by_interface = NULL;
}

static void interfaces_are_shared_out_evenly(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= MANY; count++) {
        for (uint32_t users = 0; users <= INTERFACES; users++) {
            bool used[INTERFACES] = {0};
            uint32_t chosen[INTERFACES], share[FIRST + MANY] = {0};
            begin(BALANCE_SOURCE_INTERFACE, count);
            for (uint32_t i = 0; i < users; i++)
                used[i * 7 % INTERFACES] = true;
            assign(used, chosen);
            for (uint32_t i = 0; i < INTERFACES; i++)
                share[chosen[i]] += used[i];
            for (uint32_t i = FIRST; i < FIRST + count; i++)
                assert_in_range(share[i], users / count, (users + count - 1) / count);
        }
    }
}

static void a_failure_moves_only_its_own_interfaces(void **state)
{
    (void)state;
    bool used[INTERFACES];
    uint32_t before[INTERFACES], after[INTERFACES];
    memset(used, true, sizeof used);
    begin(BALANCE_SOURCE_INTERFACE, 5);
    assign(used, before);
    for (uint32_t failed = 0; failed < 5; failed++) {
        uint32_t moved_to[FIRST + MANY] = {0}, targets = 0;
        bring_up(failed, false);
        assign(used, after);
        for (uint32_t i = 0; i < INTERFACES; i++) {
            if (before[i] == FIRST + failed)
                moved_to[after[i]]++;
            else
                assert_int_equal(after[i], before[i]);
        }
        for (uint32_t i = 0; i < FIRST + MANY; i++)
            targets += moved_to[i] > 0;
        assert_true(targets > 1); /* spread over the others */
        bring_up(failed, true);
        assign(used, after);
        assert_memory_equal(after, before, sizeof before);
    }
}

/* ---- by flow; the rest of it is in test_plan.c ---- */

/* One of very many up: the draws miss it, the weighing must not. */
static void the_last_of_many_is_found(void **state)
{
    (void)state;
    begin(BALANCE_FLOW, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        bring_up(i, i == 41);
    for (uint32_t flow = 0; flow < 20000; flow++)
        assert_int_equal(balance_receiver(&plan, &target, 0, flow * 2654435761u, NULL), FIRST + 41);
}

/* ---- evenly ---- */

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

/* Each worker counts for itself; packets come one by one or as super-frames of up to 45; a few
 * flows, or one. */
static void each_gets_its_share(uint32_t workers, uint32_t flows)
{
    enum { PACKETS = 30000, WORKERS = 4 };
    uint64_t given[WORKERS][FIRST + MANY] = {{0}};
    uint32_t random = 1;
    for (uint32_t packets = 0; packets < PACKETS;) {
        uint32_t worker = next_random(&random) % workers;
        uint32_t hash = next_random(&random) % flows * 2654435761u;
        uint32_t count = next_random(&random) % 4 ? 1 : 1 + next_random(&random) % 45;
        uint32_t chosen = balance_receiver(&plan, &target, 0, hash, given[worker]);
        assert_true(receivers[chosen].up);
        given[worker][chosen] += count;
        packets += count;
    }
    for (uint32_t i = 0; i < target.live_count; i++) {
        uint64_t got = 0, share = PACKETS / target.live_count;
        for (uint32_t worker = 0; worker < workers; worker++)
            got += given[worker][target.live[i]];
        assert_in_range(got, share - share / 100, share + share / 100 + 1);
    }
}

static void packets_are_even(void **state)
{
    (void)state;
    begin(BALANCE_EVEN, 3);
    each_gets_its_share(1, 1);
    each_gets_its_share(1, 1000);
    each_gets_its_share(4, 5);
    bring_up(1, false);
    each_gets_its_share(4, 1);
    bring_up(0, false);
    each_gets_its_share(2, 100);
    bring_up(2, false);
    assert_int_equal(balance_receiver(&plan, &target, 0, 1, NULL), NO_SLOT);
}

/* Counting begins anew with every plan: that must not be the same receiver's gain each time. */
static void new_plans_are_even_together(void **state)
{
    (void)state;
    uint32_t got[FIRST + MANY] = {0};
    begin(BALANCE_EVEN, 4);
    for (uint32_t i = 0; i < 4000; i++) {
        const uint64_t given[FIRST + MANY] = {0};
        got[balance_receiver(&plan, &target, 0, i * 2654435761u, given)]++;
    }
    for (uint32_t i = FIRST; i < FIRST + 4; i++)
        assert_in_range(got[i], 900, 1100);
}

/* ---- outer ports ---- */

/* Where a receiver is reached by several ways, what went by a dead one is spread over the others;
 * nothing else moves. */
static void only_flows_of_dead_ports_move(void **state)
{
    (void)state;
    enum { FLOWS = 20000 };
    struct plan_session session = {.target = 0, .packet_length = 96};
    plan.sessions = &session;
    plan.targets = &target;
    begin(BALANCE_FLOW, 1);
    for (uint32_t dead = 0; dead < (1u << OUTER_PORTS) - 1; dead = dead * 3 + 1) {
        uint32_t share[OUTER_PORTS] = {0};
        uint32_t good = OUTER_PORTS - (uint32_t)__builtin_popcount(dead);
        for (uint32_t flow = 0; flow < FLOWS; flow++) {
            uint32_t hash = flow * 2654435761u;
            receivers[FIRST].dead_ports = 0;
            uint32_t before = plan_forward(&plan, 0, 0, hash, NULL).port;
            receivers[FIRST].dead_ports = dead;
            uint32_t after = plan_forward(&plan, 0, 0, hash, NULL).port;
            assert_false(dead >> after & 1);
            if (!(dead >> before & 1))
                assert_int_equal(after, before);
            share[after]++;
        }
        for (uint32_t port = 0; port < OUTER_PORTS; port++)
            if (!(dead >> port & 1))
                assert_in_range(share[port], FLOWS / good * 8 / 10, FLOWS / good * 12 / 10);
    }
    receivers[FIRST].dead_ports = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interfaces_are_shared_out_evenly),
        cmocka_unit_test(a_failure_moves_only_its_own_interfaces),
        cmocka_unit_test(the_last_of_many_is_found),
        cmocka_unit_test(packets_are_even),
        cmocka_unit_test(new_plans_are_even_together),
        cmocka_unit_test(only_flows_of_dead_ports_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
