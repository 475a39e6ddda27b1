/* The reserve of rings, over captures that are only said to be made.
 * links:
 * engine/reserve.c engine/thread.c */
#include "../../engine/reserve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static atomic_int made, closed;
static size_t room; /* bytes that a ring can have */

int capture_make(struct capture **capture, size_t size, size_t frame_size)
{
    (void)frame_size;
    made++;
    *capture = calloc(1, sizeof **capture);
    if (!*capture)
        return -1;
    (*capture)->map_size = size < room ? size : room;
    return 0;
}

bool capture_suits(const struct capture *capture, size_t size, size_t frame_size)
{
    (void)frame_size;
    return capture->map_size == size;
}

void capture_close(struct capture *capture)
{
    closed++;
    free(capture);
}

static struct reserve *begin(size_t ring, size_t wanted)
{
    made = closed = 0;
    room = ring;
    struct reserve *reserve = reserve_new();
    assert_non_null(reserve);
    reserve_want(reserve, wanted, wanted);
    return reserve;
}

static void test_kept_and_taken(void **state)
{
    (void)state;
    struct reserve *reserve = begin(1000, 1000);
    struct capture *capture = NULL;
    for (int i = 0; !capture && i < 60000; i++, usleep(1000))
        capture = reserve_take(reserve, 1000, 1000, 0);
    assert_non_null(capture);
    capture_close(capture);
    reserve_free(reserve);
    assert_int_equal(made, closed);
}

/* Those that are ready may be of other rings or workers than there are now. */
static void test_too_small(void **state)
{
    (void)state;
    struct reserve *reserve = begin(1000, 500);
    struct capture *capture = NULL;
    assert_null(reserve_take(reserve, 1, 1, 0)); /* more than one is wanted then, */
    reserve_want(reserve, 500, 500);             /* which it hears with this */
    for (int i = 0; made < 2 && i < 60000; i++)
        usleep(1000);
    assert_null(reserve_take(reserve, 1000, 1000, 0));
    for (int i = 0; !capture && i < 60000; i++, usleep(1000))
        capture = reserve_take(reserve, 1000, 500, 0);
    assert_non_null(capture);
    capture_close(capture);
    reserve_free(reserve);
    assert_int_equal(made, closed);
}

/* Memory is short: what is made is smaller than wanted, and is not made again and again. */
static void test_memory_is_short(void **state)
{
    (void)state;
    struct reserve *reserve = begin(10, 1000);
    usleep(100000);
    reserve_free(reserve);
    assert_true(made <= 1);
    assert_int_equal(made, closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_and_taken),
        cmocka_unit_test(test_too_small),
        cmocka_unit_test(test_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
