/* When an idle console is warned and closed, minute by minute of a clock that the test has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/server/idle.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* The moments at which a box does so that looks whenever something is due; -1: never. */
static void steps(struct idle *idle, int64_t active, int64_t timeout, int64_t from, int64_t until,
                  int64_t *warned, int64_t *closed)
{
    *warned = *closed = -1;
    for (int64_t now = from; now <= until && *closed < 0;) {
        int64_t due = idle_due(idle, active, timeout, now);

        if (due > 0) {
            assert_int_equal(idle_step(idle, active, timeout, now + due - 1), IDLE_NOTHING);
            now += due;
            continue;
        }
        assert_int_equal(due, 0);
        switch (idle_step(idle, active, timeout, now)) {
        case IDLE_WARN:
            assert_int_equal(*warned, -1); /* once */
            *warned = now;
            break;
        case IDLE_CLOSE:
            *closed = now;
            break;
        case IDLE_NOTHING:
            fail_msg("something was due at %lld", (long long)now);
        }
    }
}

static void test_warned_then_closed(void **state)
{
    static const struct {
        int64_t timeout, warned, closed;
    } cases[] = {
        {10 * MINUTE, 9 * MINUTE, 10 * MINUTE},
        {2 * MINUTE, MINUTE, 2 * MINUTE},
        {MINUTE, 30 * SECOND, MINUTE},
        {65535LL * MINUTE, 65534LL * MINUTE, 65535LL * MINUTE},
    };
    const int64_t start = 123456789;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct idle idle = {0};
        int64_t warned, closed;

        steps(&idle, start, cases[i].timeout, start, INT64_MAX - 1, &warned, &closed);
        assert_int_equal(warned - start, cases[i].warned);
        assert_int_equal(closed - start, cases[i].closed);
    }
}

static void test_used_again(void **state)
{
    struct idle idle = {0};

    (void)state;
    assert_int_equal(idle_step(&idle, 0, 10 * MINUTE, 9 * MINUTE), IDLE_WARN);
    /* a key: the minutes begin anew, and so does the warning */
    int64_t active = 9 * MINUTE + SECOND;
    assert_int_equal(idle_due(&idle, active, 10 * MINUTE, active), 9 * MINUTE);
    assert_int_equal(idle_step(&idle, active, 10 * MINUTE, 10 * MINUTE), IDLE_NOTHING);
    assert_int_equal(idle_step(&idle, active, 10 * MINUTE, active + 9 * MINUTE), IDLE_WARN);
    assert_int_equal(idle_step(&idle, active, 10 * MINUTE, active + 10 * MINUTE), IDLE_CLOSE);
}

/* The time-out is committed while somebody is away, or the box itself was stopped. */
static void test_never_without_a_warning(void **state)
{
    struct idle idle = {0};

    (void)state;
    assert_int_equal(idle_step(&idle, 0, 5 * MINUTE, 300 * MINUTE), IDLE_WARN);
    assert_int_equal(idle_due(&idle, 0, 5 * MINUTE, 300 * MINUTE), MINUTE);
    assert_int_equal(idle_step(&idle, 0, 5 * MINUTE, 301 * MINUTE - 1), IDLE_NOTHING);
    assert_int_equal(idle_step(&idle, 0, 5 * MINUTE, 301 * MINUTE), IDLE_CLOSE);
}

static void test_changed(void **state)
{
    struct idle idle = {0};

    (void)state;
    /* none */
    assert_int_equal(idle_due(&idle, 0, 0, 1000LL * MINUTE), -1);
    assert_int_equal(idle_step(&idle, 0, 0, 1000LL * MINUTE), IDLE_NOTHING);
    /* taken away, and made longer, behind the warning */
    assert_int_equal(idle_step(&idle, 0, 5 * MINUTE, 4 * MINUTE), IDLE_WARN);
    assert_int_equal(idle_step(&idle, 0, 0, 6 * MINUTE), IDLE_NOTHING);
    assert_int_equal(idle_step(&idle, 0, 5 * MINUTE, 7 * MINUTE), IDLE_WARN);
    assert_int_equal(idle_due(&idle, 0, 60 * MINUTE, 8 * MINUTE), 51 * MINUTE);
    assert_int_equal(idle_step(&idle, 0, 60 * MINUTE, 8 * MINUTE), IDLE_NOTHING);
    assert_int_equal(idle_step(&idle, 0, 60 * MINUTE, 59 * MINUTE), IDLE_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_warned_then_closed),
        cmocka_unit_test(test_used_again),
        cmocka_unit_test(test_never_without_a_warning),
        cmocka_unit_test(test_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
