#include "../../engine/packet/decode.h"
#include "../../engine/plan/match_field.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct match_field *field_called(const char *name)
{
    const struct match_field *field = match_field_find(name);
    if (!field)
        fail_msg("no field %s", name);
    return field;
}

static void the_table_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        const struct match_field *field = &match_fields[i];
        assert_true(field->name && *field->name);
        assert_ptr_equal(match_field_find(field->name), field); /* no two with one name */
        assert_true(field->help && *field->help && field->hint && *field->hint);
        static const size_t sizes[] = {[MATCH_NAMED] = 1,
                                       [MATCH_RANGE] = 2,
                                       [MATCH_PREFIX] = 16,
                                       [MATCH_FLAGS] = 1,
                                       [MATCH_NEIGHBOUR] = 6};
        size_t size = sizes[field->kind];
        assert_true(field->key_offset + size <= sizeof(struct flow_key));
        assert_int_equal(field->kind == MATCH_NAMED || field->kind == MATCH_FLAGS,
                         field->names != NULL);
    }
    assert_null(match_field_find("port"));
    assert_null(match_field_find(""));
}

static void good_values_and_their_canonical_text(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"family", "ipv4", "ipv4"},
        {"family", "ipv6", "ipv6"},
        {"protocol", "tcp", "tcp"},
        {"protocol", "6", "tcp"},
        {"protocol", "017", "udp"},
        {"protocol", "icmpv6", "icmp6"},
        {"protocol", "ipv6-icmp", "icmp6"},
        {"protocol", "58", "icmp6"},
        {"protocol", "0", "0"},
        {"protocol", "255", "255"},
        {"protocol", "253", "253"},
        {"source", "10.0.0.0/24", "10.0.0.0/24"},
        {"source", "10.0.0.77/24", "10.0.0.0/24"},
        {"source", "10.0.0.77", "10.0.0.77/32"},
        {"source", "255.255.255.255/31", "255.255.255.254/31"},
        {"source", "255.255.255.255/0", "0.0.0.0/0"},
        {"source", "::/0", "::/0"},
        {"destination", "2001:DB8:0:0:0:0:0:1", "2001:db8::1/128"},
        {"destination", "2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"destination", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"},
        {"destination", "::ffff:10.0.0.1", "::ffff:10.0.0.1/128"},
        {"destination", "fe80::1/64", "fe80::/64"},
        {"source-port", "0", "0"},
        {"source-port", "65535", "65535"},
        {"destination-port", "80-90", "80-90"},
        {"destination-port", "80-80", "80"},
        {"destination-port", "0-65535", "0-65535"},
        {"tcp-flags", "syn", "syn"},
        {"tcp-flags", "!ack", "!ack"},
        {"tcp-flags", "!ack,syn", "syn,!ack"},
        {"tcp-flags", "urg,psh,rst,fin,ack,syn", "syn,ack,fin,rst,psh,urg"},
        {"tcp-flags", "!urg,!psh,!rst,!fin,!ack,!syn", "!syn,!ack,!fin,!rst,!psh,!urg"},
        {"tcp-flags", "fin,fin,!rst,!rst", "fin,!rst"},
        {"next-hop", "10.0.0.1", "10.0.0.1"},
        {"next-hop", "2001:DB8:0::1", "2001:db8::1"},
        {"dscp", "0", "cs0"},
        {"dscp", "be", "cs0"},
        {"dscp", "46", "ef"},
        {"dscp", "af43", "af43"},
        {"dscp", "63", "63"},
        {"vlan", "0", "0"},
        {"vlan", "1-4095", "1-4095"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct match_field *field = field_called(cases[i][0]);
        struct match_value value, again;
        char why[160] = "", text[MATCH_TEXT_MAX];
        if (!match_value_parse(field, cases[i][1], &value, why, sizeof why))
            fail_msg("%s %s: %s", cases[i][0], cases[i][1], why);
        match_value_print(field, &value, text);
        assert_string_equal(text, cases[i][2]);
        assert_true(match_value_parse(field, text, &again, why, sizeof why));
        assert_memory_equal(&again, &value, sizeof value);
    }
}

static void bad_values_say_what_was_expected(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"family", "", "expected ipv4 or ipv6"},
        {"family", "ip", "expected ipv4 or ipv6"},
        {"family", "4", "expected ipv4 or ipv6"},
        {"protocol", "TCP", "expected icmp, igmp, "},
        {"protocol", "tcpx", "or a number 0-255"},
        {"protocol", "6x", "or a number 0-255"},
        {"protocol", "-1", "or a number 0-255"},
        {"protocol", "256", "256 is above 255"},
        {"protocol", "4294967302", "4294967302 is above 255"},
        {"source", "", "expected a prefix like"},
        {"source", "10.0.0", "expected a prefix like"},
        {"source", "10.0.0.0/", "expected a prefix like"},
        {"source", "10.0.0.0/2x", "expected a prefix like"},
        {"source", "10.0.0.0/-1", "expected a prefix like"},
        {"source", "10.0.0.256", "expected a prefix like"},
        {"source", "/8", "expected a prefix like"},
        {"source", "10.0.0.0/33", "the length of an IPv4 prefix is at most 32"},
        {"source", "::/129", "the length of an IPv6 prefix is at most 128"},
        {"source", "::/99999999999999999999999", "the length of an IPv6 prefix is at most 128"},
        {"source", "fe80::1%eth0", "expected a prefix like"},
        {"source", "1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9:1:2:3:4:5", "expected a prefix like"},
        {"source-port", "", "expected a number 0-65535 or a range like"},
        {"source-port", "http", "expected a number 0-65535 or a range like"},
        {"source-port", "80-", "expected a number 0-65535 or a range like"},
        {"source-port", "-80", "expected a number 0-65535 or a range like"},
        {"source-port", "80-90-100", "expected a number 0-65535 or a range like"},
        {"source-port", "80 ", "expected a number 0-65535 or a range like"},
        {"source-port", "80,90", "expected a number 0-65535 or a range like"},
        {"source-port", "65536", "65536 is above 65535"},
        {"source-port", "1-65536", "65536 is above 65535"},
        {"source-port", "4294967376", "4294967376 is above 65535"},
        {"source-port", "99999999999999999999999999", "the number is above 65535"},
        {"source-port", "90-80", "90 is above 80"},
        {"tcp-flags", "", "expected syn, ack, fin, rst, psh or urg, or more like syn,!ack"},
        {"tcp-flags", "SYN", "expected syn, ack, "},
        {"tcp-flags", "sy", "expected syn, ack, "},
        {"tcp-flags", "syn,", "expected syn, ack, "},
        {"tcp-flags", ",syn", "expected syn, ack, "},
        {"tcp-flags", "syn,,ack", "expected syn, ack, "},
        {"tcp-flags", "!", "expected syn, ack, "},
        {"tcp-flags", "!!syn", "expected syn, ack, "},
        {"tcp-flags", "syn ack", "expected syn, ack, "},
        {"tcp-flags", "syn,!syn", "syn cannot be set and not set"},
        {"tcp-flags", "!ack,fin,ack", "ack cannot be set and not set"},
        {"next-hop", "", "expected an address like 10.0.0.1 or 2001:db8::1"},
        {"next-hop", "10.0.0.1/32", "expected an address like"},
        {"next-hop", "router", "expected an address like"},
        {"next-hop", "10.0.0.256", "expected an address like"},
        {"dscp", "64", "64 is above 63"},
        {"dscp", "EF", "expected cs0, cs1, "},
        {"vlan", "4096", "4096 is above 4095"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct match_value value;
        char why[200] = "";
        if (match_value_parse(field_called(cases[i][0]), cases[i][1], &value, why, sizeof why))
            fail_msg("%s %s was taken", cases[i][0], cases[i][1]);
        if (!strstr(why, cases[i][2]))
            fail_msg("%s %s: %s", cases[i][0], cases[i][1], why);
    }
}

static struct match_value parsed(const char *field, const char *text)
{
    struct match_value value;
    char why[160];
    if (!match_value_parse(field_called(field), text, &value, why, sizeof why))
        fail_msg("%s %s: %s", field, text, why);
    return value;
}

/* Whichever of the two comes first. */
static void what_two_values_have_in_common(void **state)
{
    (void)state;
    static const char *const cases[][4] = {
        {"family", "ipv4", "ipv4", "ipv4"},
        {"family", "ipv4", "ipv6", NULL},
        {"protocol", "tcp", "17", NULL},
        {"dscp", "ef", "46", "ef"},
        {"source-port", "80", "443", NULL},
        {"source-port", "80-90", "90-100", "90"},
        {"source-port", "80-90", "91-100", NULL},
        {"source-port", "0-65535", "1-65534", "1-65534"},
        {"vlan", "5-9", "7-20", "7-9"},
        {"source", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16"},
        {"source", "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"},
        {"source", "10.0.0.0/8", "11.0.0.0/16", NULL},
        {"source", "0.0.0.0/0", "192.0.2.1", "192.0.2.1/32"},
        {"source", "0.0.0.0/0", "::/0", NULL},
        {"source", "::/0", "2001:db8::/33", "2001:db8::/33"},
        {"source", "2001:db8:8000::/33", "2001:db8::1", NULL},
        {"next-hop", "10.0.0.1", "10.0.0.1", "10.0.0.1"},
        {"tcp-flags", "syn", "!ack", "syn,!ack"},
        {"tcp-flags", "syn,!ack", "syn,fin", "syn,!ack,fin"},
        {"tcp-flags", "syn,!ack", "ack", NULL},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const char *const *words = cases[i / 2];
        const struct match_field *field = field_called(words[0]);
        struct match_value value = parsed(words[0], words[1 + i % 2]);
        struct match_value by = parsed(words[0], words[2 - i % 2]);
        bool common = match_value_narrow(field, &value, &by);
        if (common != !!words[3])
            fail_msg("%s %s with %s", words[0], words[1], words[2]);
        if (!common)
            continue;
        struct match_value expected = parsed(words[0], words[3]);
        assert_memory_equal(&value, &expected, sizeof value);
    }
}

static void why_never_runs_over(void **state)
{
    (void)state;
    for (size_t size = 1; size < 200; size++) {
        struct match_value value;
        char why[200];
        memset(why, 'x', sizeof why);
        assert_false(match_value_parse(field_called("protocol"), "?", &value, why, size));
        assert_non_null(memchr(why, 0, size));
        if (size < sizeof why)
            assert_int_equal(why[size], 'x');
    }
}

static void every_protocol_and_prefix_length_comes_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= 255 + 33 + 129; i++) {
        const struct match_field *field = field_called(i < 256 ? "protocol" : "source");
        char typed[80], printed[MATCH_TEXT_MAX], why[160];
        struct match_value value, again;
        if (i < 256)
            snprintf(typed, sizeof typed, "%u", i);
        else if (i < 256 + 33)
            snprintf(typed, sizeof typed, "255.255.255.255/%u", i - 256);
        else
            snprintf(typed, sizeof typed, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/%u",
                     i - 256 - 33);
        assert_true(match_value_parse(field, typed, &value, why, sizeof why));
        match_value_print(field, &value, printed);
        assert_true(match_value_parse(field, printed, &again, why, sizeof why));
        assert_memory_equal(&value, &again, sizeof value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(good_values_and_their_canonical_text),
        cmocka_unit_test(bad_values_say_what_was_expected),
        cmocka_unit_test(what_two_values_have_in_common),
        cmocka_unit_test(why_never_runs_over),
        cmocka_unit_test(every_protocol_and_prefix_length_comes_back),
    };
    return cmocka_run_group_tests_name("match_field", tests, NULL, NULL);
}
