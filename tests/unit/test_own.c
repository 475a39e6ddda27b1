/* links: engine/plan/own.c */
#include "../../engine/plan/own.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct flow_key key_between(uint16_t parts, uint8_t family, const char *source,
                                   const char *destination)
{
    struct flow_key key = {.parts = parts, .family = family};
    memcpy(key.source, source, family == 6 ? 16 : 4);
    memcpy(key.destination, destination, family == 6 ? 16 : 4);
    return key;
}

#define V6(last) "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0" last

static void either_end_in_either_family(void **state)
{
    (void)state;
    struct own_addresses *own = own_new(2);
    uint8_t address[16] = "\x0a\2\0\2 what follow";
    own_add(own, 4, address);
    memcpy(address, V6("\2"), 16);
    own_add(own, 6, address);
    own_add(own, 6, address);
    static const struct {
        uint16_t parts;
        uint8_t family;
        const char *source, *destination;
        bool has;
    } cases[] = {
        {KEY_ADDRESSES, 4, "\x0a\2\0\2", "\x0a\2\0\3", true},
        {KEY_ADDRESSES, 4, "\x0a\2\0\3", "\x0a\2\0\2", true},
        {KEY_ADDRESSES, 4, "\x0a\2\0\3", "\x0a\2\0\1", false},
        {KEY_ADDRESSES, 4, "\0\0\0\0", "\0\0\0\0", false},
        {KEY_ADDRESSES, 6, V6("\1"), V6("\2"), true},
        {KEY_ADDRESSES, 6, V6("\2"), V6("\1"), true},
        {KEY_ADDRESSES, 6, V6("\1"), V6("\3"), false},
        {KEY_ADDRESSES, 6, "\x0a\2\0\2\0\0\0\0\0\0\0\0\0\0\0", V6("\3"), false},
        {KEY_ARP, 0, "\x0a\2\0\1", "\x0a\2\0\2", true},
        {KEY_ARP, 0, "\x0a\2\0\1", "\x0a\2\0\3", false},
        {0, 4, "\x0a\2\0\2", "\x0a\2\0\2", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct flow_key key =
            key_between(cases[i].parts, cases[i].family, cases[i].source, cases[i].destination);
        assert_int_equal(own_has(own, &key), cases[i].has);
    }
    own_free(own);
}

static void the_empty_set_has_nothing(void **state)
{
    (void)state;
    struct own_addresses *own = own_new(0);
    struct flow_key key = {.parts = KEY_ADDRESSES, .family = 4};
    assert_false(own_has(own, &key));
    own_free(own);
    own_free(NULL);
}

static void many_addresses(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct own_addresses *own = own_new(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t address[16] = {10, (uint8_t)(i >> 8), (uint8_t)i, 1};
        own_add(own, 4, address);
    }
    for (uint32_t i = 0; i < 2 * COUNT; i++) {
        struct flow_key key = {.parts = KEY_ADDRESSES, .family = 4};
        uint8_t address[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 1};
        memcpy(key.destination, address, 4);
        assert_int_equal(own_has(own, &key), i < COUNT);
        key.destination[3] = 2;
        assert_false(own_has(own, &key));
    }
    own_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_end_in_either_family),
        cmocka_unit_test(the_empty_set_has_nothing),
        cmocka_unit_test(many_addresses),
    };
    return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
