#include "../../engine/packet/checksum.h"
#include "packets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_fast_sum_is_the_plain_one(void **state)
{
    (void)state;
    uint8_t bytes[600];
    uint32_t noise = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        noise = noise * 1664525 + 1013904223;
        bytes[i] = i < 300 ? 0xff : (uint8_t)(noise >> 24); /* carries everywhere first */
    }
    for (size_t start = 0; start < 9; start++) {
        for (size_t length = 0; start + length <= sizeof bytes; length++) {
            unsigned plain = 0xffff - plain_sum(0, bytes + start, length);
            assert_int_equal(checksum_finish(checksum_add(0, bytes + start, length)), plain);
            assert_int_equal(checksum_finish(checksum_add_anywhere(0, bytes + start, length)),
                             plain);
            size_t half = length / 4 * 2;
            uint64_t sum = checksum_add(0, bytes + start, half);
            sum = checksum_add(sum, bytes + start + half, length - half);
            assert_int_equal(checksum_finish(sum), plain);
        }
    }
}

/* Random lengths at random places, each in memory of its own length. */
static void long_sums_are_the_plain_ones(void **state)
{
    (void)state;
    enum { LONGEST = 70000, ROUNDS = 300 };
    uint32_t noise = 7;
    for (int round = 0; round < ROUNDS; round++) {
        noise = noise * 1664525 + 1013904223;
        size_t start = noise >> 27, length = (noise >> 8) % LONGEST;
        uint8_t *bytes = malloc(start + length + 1);
        for (size_t i = 0; i < start + length; i++) {
            noise = noise * 1664525 + 1013904223;
            bytes[i] = round & 1 ? 0xff : (uint8_t)(noise >> 24);
        }
        unsigned plain = 0xffff - plain_sum(0, bytes + start, length);
        assert_int_equal(checksum_finish(checksum_add(0, bytes + start, length)), plain);
        assert_int_equal(checksum_finish(checksum_add_anywhere(0, bytes + start, length)), plain);
        free(bytes);
    }
}

static void crc32c_has_its_check_value(void **state)
{
    (void)state;
    assert_int_equal(checksum_crc32c(0, (const uint8_t *)"123456789", 9), 0xe3069283);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fast_sum_is_the_plain_one),
        cmocka_unit_test(long_sums_are_the_plain_ones),
        cmocka_unit_test(crc32c_has_its_check_value),
    };
    return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
