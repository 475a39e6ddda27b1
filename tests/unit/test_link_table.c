#include "../../engine/plan/link_table.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_empty(void **state)
{
    (void)state;
    struct link_table table;
    assert_true(link_table_init(&table, 0));
    assert_int_equal(link_table_find(&table, 0), NO_INTERFACE);
    assert_int_equal(link_table_find(&table, 7), NO_INTERFACE);
    link_table_free(&table);
}

/* Also those that begin at the same place, whatever the stride. */
static void test_each_is_found(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    for (uint32_t stride = 1; stride <= 4096; stride *= 4) {
        struct link_table table;
        assert_true(link_table_init(&table, COUNT));
        for (uint32_t i = 0; i < COUNT; i++)
            link_table_add(&table, 2 + i * stride, i);
        for (uint32_t i = 0; i < COUNT; i++)
            assert_int_equal(link_table_find(&table, 2 + i * stride), i);
        assert_int_equal(link_table_find(&table, 1), NO_INTERFACE);
        assert_int_equal(link_table_find(&table, 2 + COUNT * stride), NO_INTERFACE);
        link_table_free(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_each_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
