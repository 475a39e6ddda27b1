#include "bpf.h"

#include "../../engine/io/capture_filter.h"
#include "../../engine/plan/exclusions.h"

#include <stdlib.h>

static uint32_t run(const struct capture_filter *filter, struct bpf_packet *seen)
{
    return bpf_run(filter->code, filter->length, seen);
}

static bool takes(const struct capture_filter *filter, uint32_t interface, uint32_t type)
{
    struct bpf_packet seen = {.interface = interface, .type = type};
    return run(filter, &seen) == UINT32_MAX;
}

static struct capture_filter filter;

static void test_everything(void **state)
{
    (void)state;
    capture_filter_everything(&filter);
    assert_true(takes(&filter, 1, 0));
}

static void test_nothing_that_the_box_has_sent(void **state)
{
    (void)state;
    const uint32_t interface = 5;
    for (int which = 0; which < 2; which++) {
        if (which)
            capture_filter_interfaces(&filter, &interface, 1, 0, CAPTURE_FILTER_MAX);
        else
            capture_filter_everything(&filter);
        struct bpf_packet seen = {.interface = interface, .mark = MIRROR_MARK};
        assert_int_equal(run(&filter, &seen), 0);
        for (unsigned bit = 0; bit < 32; bit++) { /* as a whole */
            seen.mark = MIRROR_MARK ^ 1u << bit;
            assert_int_equal(run(&filter, &seen), UINT32_MAX);
        }
    }
}

/* Every second, third... interface up to `count` of them: exactly these. */
static void check_exactly(size_t count, uint32_t stride)
{
    uint32_t *interfaces = calloc(count + 1, sizeof *interfaces);
    for (size_t i = 0; i < count; i++)
        interfaces[i] = 5 + (uint32_t)i * stride;
    capture_filter_interfaces(&filter, interfaces, count, 0, CAPTURE_FILTER_MAX);
    assert_true(filter.length <= CAPTURE_FILTER_MAX);
    for (uint32_t i = 1; i < 10 + count * stride; i++) {
        bool wanted = i >= 5 && (i - 5) % stride == 0 && (i - 5) / stride < count;
        assert_int_equal(takes(&filter, i, 0), wanted);
    }
    free(interfaces);
}

static void test_exactly_these(void **state)
{
    (void)state;
    for (size_t count = 0; count < 40; count++)
        for (uint32_t stride = 1; stride < 4; stride++)
            check_exactly(count, stride);
    check_exactly(129, 2);
    check_exactly(257, 2);
    check_exactly(1000, 2);
    check_exactly(1000, 1);
    check_exactly(1020, 3);
}

static void test_a_thousand_cost_few_instructions(void **state)
{
    (void)state;
    uint32_t interfaces[1000];
    for (uint32_t i = 0; i < 1000; i++)
        interfaces[i] = 3 + 2 * i;
    capture_filter_interfaces(&filter, interfaces, 1000, 0, CAPTURE_FILTER_MAX);
    for (uint32_t i = 1; i < 2010; i++) {
        struct bpf_packet seen = {.interface = i};
        run(&filter, &seen);
        assert_true(seen.steps <= 24);
    }
}

static void test_in_little_room_at_least_these(void **state)
{
    (void)state;
    uint32_t interfaces[5000];
    for (uint32_t i = 0; i < 5000; i++)
        interfaces[i] = 10 + i * 2 + (i % 7 == 0);
    for (size_t room = CAPTURE_FILTER_LEAST; room <= CAPTURE_FILTER_MAX; room *= 2) {
        capture_filter_interfaces(&filter, interfaces, 5000, 0, room);
        assert_true(filter.length <= room);
        for (uint32_t i = 0; i < 5000; i++)
            assert_true(takes(&filter, interfaces[i], 0));
        assert_false(takes(&filter, 9, 0));
        assert_false(takes(&filter, 20000, 0));
    }
}

static void test_of_loopback_what_it_receives(void **state)
{
    (void)state;
    const uint32_t interfaces[] = {1, 7};
    capture_filter_interfaces(&filter, interfaces, 2, 1, CAPTURE_FILTER_MAX);
    assert_true(takes(&filter, 1, 0));
    assert_false(takes(&filter, 1, 4));
    assert_true(takes(&filter, 7, 0));
    assert_true(takes(&filter, 7, 4));
    assert_false(takes(&filter, 2, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_nothing_that_the_box_has_sent),
        cmocka_unit_test(test_exactly_these),
        cmocka_unit_test(test_a_thousand_cost_few_instructions),
        cmocka_unit_test(test_in_little_room_at_least_these),
        cmocka_unit_test(test_of_loopback_what_it_receives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
