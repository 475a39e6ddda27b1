/* What a session's pacing outlasts: plans, and other sessions in its slot. */
#include "../../engine/paces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct pacing tenth = {.sample = 10}, slow = {.sample = 1, .rate = 1000};

static void test_a_session_keeps_its_pace(void **state)
{
    struct paces paces = {.workers = 2};
    (void)state;
    struct pace *pace = paces_take(&paces, 3, &slow);
    assert_non_null(pace);
    assert_true(pacer_admits(pace->pacers[0], 5000000000, 100));
    assert_true(pace->spent_ns > 0);
    /* another plan of the same session */
    assert_ptr_equal(paces_take(&paces, 3, &slow), pace);
    paces_release(&paces, pace);
    assert_ptr_equal(pace->pacers[1]->spent_ns, &pace->spent_ns);
    assert_ptr_equal(paces_take(&paces, 3, &slow), pace);
    paces_release(&paces, pace);
    paces_release(&paces, pace);
    /* a new session in its slot begins anew */
    pace = paces_take(&paces, 3, &slow);
    assert_int_equal(pace->spent_ns, 0);
    paces_release(&paces, pace);
    paces_free(&paces);
}

static void test_what_changes_is_another(void **state)
{
    struct paces paces = {.workers = 1};
    (void)state;
    struct pace *before = paces_take(&paces, 0, &tenth);
    struct pace *beside = paces_take(&paces, 100, &tenth);
    struct pace *after = paces_take(&paces, 0, &slow);
    assert_ptr_not_equal(before, after);
    assert_ptr_not_equal(before, beside);
    assert_ptr_equal(paces_take(&paces, 0, &tenth), before);
    paces_release(&paces, before);
    paces_release(&paces, before);
    assert_ptr_equal(paces_take(&paces, 0, &slow), after);
    paces_release(&paces, after);
    paces_release(&paces, after);
    paces_release(&paces, beside);
    paces_free(&paces);
}

/* Workers that come share what the others have spent; those that stay keep what they have. */
static void test_workers_come_and_go(void **state)
{
    struct paces paces = {.workers = 1};
    (void)state;
    struct pace *pace = paces_take(&paces, 2, &slow);
    struct pacer *first = pace->pacers[0];
    assert_null(pace->pacers[1]);
    assert_true(paces_serve(&paces, 3));
    assert_ptr_equal(pace->pacers[0], first);
    assert_ptr_equal(pace->pacers[2]->spent_ns, &pace->spent_ns);
    assert_null(pace->pacers[3]);
    assert_true(paces_serve(&paces, 2));
    assert_non_null(pace->pacers[2]);
    paces_trim(&paces);
    assert_non_null(pace->pacers[1]);
    assert_null(pace->pacers[2]);
    paces_release(&paces, pace);
    paces_free(&paces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_keeps_its_pace),
        cmocka_unit_test(test_what_changes_is_another),
        cmocka_unit_test(test_workers_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
