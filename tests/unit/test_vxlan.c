#include "../../engine/packet/vxlan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_header_of_rfc_7348(void **state)
{
    (void)state;
    static const struct {
        uint32_t vni;
        const char *bytes;
    } cases[] = {
        {0, "\x08\0\0\0\0\0\0"},
        {1, "\x08\0\0\0\0\0\1"},
        {0x123456, "\x08\0\0\0\x12\x34\x56"},
        {VXLAN_VNI_MAX, "\x08\0\0\0\xff\xff\xff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t header[VXLAN_HEADER + 1] = {[VXLAN_HEADER - 1] = 0xee, [VXLAN_HEADER] = 0xee};
        vxlan_write(header, cases[i].vni);
        assert_memory_equal(header, cases[i].bytes, 7);
        assert_int_equal(header[7], 0);
        assert_int_equal(header[8], 0xee);
    }
}

static void the_overhead_is_the_outer_headers(void **state)
{
    (void)state;
    assert_int_equal(VXLAN_OVERHEAD_IPV4, 20 + 8 + VXLAN_HEADER);
    assert_int_equal(VXLAN_OVERHEAD_IPV6, 40 + 8 + VXLAN_HEADER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_of_rfc_7348),
        cmocka_unit_test(the_overhead_is_the_outer_headers),
    };
    return cmocka_run_group_tests_name("vxlan", tests, NULL, NULL);
}
