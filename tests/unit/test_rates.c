/* What receivers are sent in a second, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../engine/rates.h"

/* A receiver on slot 2. */
static uint32_t slots[] = {2};
static const struct numbering numbering = {
    .count = {[COUNT_RECEIVER] = 1},
    .slots = {[COUNT_RECEIVER] = slots},
};
static struct rates rates;
static struct counters *sum;

static int begin(void **state)
{
    const uint32_t capacity[COUNTER_KINDS] = {[COUNT_RECEIVER] = 3};
    (void)state;
    rates = (struct rates){0};
    sum = counters_new(capacity);
    return sum ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    rates_free(&rates);
    counters_free(sum);
    return 0;
}

/* So many were sent until then. */
static void look(uint64_t packets, uint64_t bytes, uint64_t ms)
{
    counters_receiver(sum, 2)->sent = (struct count){packets, bytes};
    rates_look(&rates, &numbering, sum, ms * 1000000);
}

static void is(uint64_t packets, uint64_t bytes)
{
    assert_int_equal(rates_of(&rates, 2).packets, packets);
    assert_int_equal(rates_of(&rates, 2).bytes, bytes);
}

static void test_rates(void **state)
{
    (void)state;
    is(0, 0);
    look(1000, 90000, 5000);
    is(0, 0); /* nobody knows in what time */
    look(1500, 140000, 6000);
    is(500, 50000);
    look(2500, 240000, 8000);
    is(500, 50000);
    look(2500, 240000, 9000);
    is(0, 0);
}

static void test_fresh(void **state)
{
    (void)state;
    look(1000, 90000, 5000);
    look(2000, 180000, 6000);
    rates_forget(&rates, 2);
    rates_forget(&rates, 99);
    is(0, 0);
    look(3000, 4000, 7000); /* of another receiver, from zero */
    is(3000, 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rates, begin, end),
        cmocka_unit_test_setup_teardown(test_fresh, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
