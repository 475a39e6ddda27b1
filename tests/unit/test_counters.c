#include "../../engine/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint32_t take_only(struct counter_names *names, enum counter_kind kind, const char *name,
                          bool expect_fresh)
{
    uint32_t slot;
    bool fresh;
    assert_true(counter_names_take(names, kind, name, strlen(name), &slot, &fresh));
    assert_int_equal(fresh, expect_fresh);
    return slot;
}

/* And counts by it. */
static uint32_t take(struct counter_names *names, enum counter_kind kind, const char *name,
                     bool expect_fresh)
{
    uint32_t slot = take_only(names, kind, name, expect_fresh);
    assert_int_equal(counter_names_begin(names, kind, slot), expect_fresh);
    return slot;
}

static void test_a_name_keeps_its_slot(void **state)
{
    (void)state;
    struct counter_names *names = counter_names_new();
    uint32_t a = take(names, COUNT_SESSION, "a", true);
    uint32_t b = take(names, COUNT_SESSION, "b", true);
    assert_int_not_equal(a, b);
    assert_int_equal(take(names, COUNT_SESSION, "a", false), a);
    counter_names_release(names, COUNT_SESSION, a); /* one of two users */
    assert_int_equal(take(names, COUNT_SESSION, "a", false), a);
    assert_int_equal(counter_names_capacity(names, COUNT_SESSION), 2);
    counter_names_free(names);
}

static void test_kinds_are_apart(void **state)
{
    (void)state;
    struct counter_names *names = counter_names_new();
    take(names, COUNT_SESSION, "a", true);
    take(names, COUNT_RULE, "a", true);
    assert_int_equal(counter_names_capacity(names, COUNT_RULE), 1);
    assert_int_equal(counter_names_capacity(names, COUNT_INTERFACE), 0);
    counter_names_free(names);
}

static void test_a_freed_slot_is_used_again(void **state)
{
    (void)state;
    struct counter_names *names = counter_names_new();
    uint32_t a = take(names, COUNT_SESSION, "a", true);
    take(names, COUNT_SESSION, "b", true);
    counter_names_release(names, COUNT_SESSION, a);
    assert_int_equal(take(names, COUNT_SESSION, "c", true), a);
    take(names, COUNT_SESSION, "a", true); /* as new as any */
    assert_int_equal(counter_names_capacity(names, COUNT_SESSION), 3);
    counter_names_free(names);
}

/* Two data planes may be made ready with the same new name: it begins with the one that is
 * published first, and is no new one for the other any more. */
static void test_counting_begins_once(void **state)
{
    (void)state;
    struct counter_names *names = counter_names_new();
    uint32_t a = take_only(names, COUNT_INTERFACE, "a", true);
    assert_int_equal(take_only(names, COUNT_INTERFACE, "a", true), a);
    assert_true(counter_names_begin(names, COUNT_INTERFACE, a));
    assert_false(counter_names_begin(names, COUNT_INTERFACE, a));
    assert_int_equal(take_only(names, COUNT_INTERFACE, "a", false), a);
    for (int i = 0; i < 3; i++)
        counter_names_release(names, COUNT_INTERFACE, a);
    assert_int_equal(take_only(names, COUNT_INTERFACE, "b", true), a);
    assert_true(counter_names_begin(names, COUNT_INTERFACE, a));
    counter_names_free(names);
}

static void test_many_names(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static uint32_t slots[MANY];
    struct counter_names *names = counter_names_new();
    char name[24];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "rule %d", i);
            slots[i] = take(names, COUNT_RULE, name, true);
        }
        for (int i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "rule %d", i);
            assert_int_equal(take(names, COUNT_RULE, name, false), slots[i]);
        }
        for (int i = 0; i < 2 * MANY; i++)
            counter_names_release(names, COUNT_RULE, slots[i % MANY]);
    }
    assert_int_equal(counter_names_capacity(names, COUNT_RULE), MANY);
    counter_names_free(names);
}

static void test_rows(void **state)
{
    (void)state;
    const uint32_t small[COUNTER_KINDS] = {2, 2, 2, 2}, large[COUNTER_KINDS] = {4, 2, 3, 9};
    struct counters *worker = counters_new(small), *sum = counters_new(large);
    struct counters *cleared = counters_new(large);
    counters_session(worker, 1)->matched.packets = 7;
    counters_session(worker, 1)->dropped.backlog = 2;
    counters_interface(worker, 0)->own = 5;
    counters_rule(worker, 1)->hits.bytes = 11;
    counters_receiver(worker, 1)->errors = 3;
    counters_add(sum, worker);
    counters_add(sum, worker);
    assert_int_equal(counters_session(sum, 1)->matched.packets, 14);
    assert_int_equal(counters_session(sum, 1)->dropped.backlog, 4);
    assert_int_equal(counters_interface(sum, 0)->own, 10);
    assert_int_equal(counters_rule(sum, 1)->hits.bytes, 22);
    assert_int_equal(counters_receiver(sum, 1)->errors, 6);
    assert_int_equal(counters_session(sum, 0)->matched.packets, 0);
    assert_int_equal(counters_session(sum, 3)->matched.packets, 0);

    counters_copy_slot(cleared, sum, COUNT_SESSION, 1);
    counters_subtract(sum, cleared);
    assert_int_equal(counters_session(sum, 1)->matched.packets, 0);
    assert_int_equal(counters_session(sum, 1)->dropped.backlog, 0);
    assert_int_equal(counters_interface(sum, 0)->own, 10);

    counters_zero_slot(worker, COUNT_INTERFACE, 0);
    assert_int_equal(counters_interface(worker, 0)->own, 0);
    assert_int_equal(counters_rule(worker, 1)->hits.bytes, 11);
    counters_free(worker);
    counters_free(sum);
    counters_free(cleared);
}

/* Whatever happens to names and capacities, totals have everything. */
static void test_totals(void **state)
{
    (void)state;
    const uint32_t small[COUNTER_KINDS] = {2, 2, 2, 2}, large[COUNTER_KINDS] = {4, 2, 3, 9};
    struct counters *worker = counters_new(small), *grown = counters_new(large);
    counters_session(worker, 0)->matched.packets = 7;
    counters_session(worker, 1)->dropped.backlog = 2;
    counters_interface(worker, 1)->mirrored = 5;
    counters_retire_slot(worker, COUNT_SESSION, 0);
    assert_int_equal(counters_session(worker, 0)->matched.packets, 0);
    counters_session(worker, 0)->matched.packets = 1;
    counters_retire_slot(worker, COUNT_SESSION, 0);
    counters_add(grown, worker);
    counters_interface(grown, 8)->mirrored = 30;
    struct totals totals = counters_totals(grown), before = counters_totals(worker);
    assert_int_equal(totals.sessions.matched.packets, 8);
    assert_int_equal(totals.sessions.dropped.backlog, 2);
    assert_int_equal(totals.interfaces.mirrored, 35);
    totals_add(&totals, &totals);
    totals_subtract(&totals, &before);
    assert_int_equal(totals.sessions.matched.packets, 8);
    assert_int_equal(totals.interfaces.mirrored, 65);
    counters_free(worker);
    counters_free(grown);
}

static void test_no_slots_at_all(void **state)
{
    (void)state;
    const uint32_t none[COUNTER_KINDS] = {0};
    struct counters *a = counters_new(none), *b = counters_new(none);
    assert_non_null(a);
    counters_add(a, b);
    counters_free(a);
    counters_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_keeps_its_slot),
        cmocka_unit_test(test_kinds_are_apart),
        cmocka_unit_test(test_a_freed_slot_is_used_again),
        cmocka_unit_test(test_counting_begins_once),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_no_slots_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
