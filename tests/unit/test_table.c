/* Tables for people: columns below each other, folded to the width of a screen. */
#include "../../shell/command/output.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void is(const char *align, const char *indent, const char *const *cells, size_t width,
               const char *wanted)
{
    struct table table = {.columns = strlen(align), .align = align, .indent = indent};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (; *cells; cells++) {
        if (**cells == '!')
            table_note(&table, *cells + 1);
        else
            table_cell(&table, "%s", *cells);
    }
    table_print(&table, width, out);
    fclose(out);
    assert_string_equal(text, wanted);
    free(text);
}

static const char *const targets[] = {
    "Target",    "Receiver", "State",          "Sent",      /**/ "网络", "10.2.0.2:4789",
    "up",        "65536",    "pair",           "192.0.2.7", "down",      "",
    "!no route", /**/ "",    "[fd02::2]:4790", "",          "1",         NULL};

static void test_whole(void **state)
{
    static const char whole[] = "Target  Receiver        State   Sent\n"
                                "网络    10.2.0.2:4789   up     65536\n"
                                "pair    192.0.2.7       down\n"
                                "    no route\n"
                                "        [fd02::2]:4790             1\n";

    (void)state;
    is("lllr", NULL, targets, 0, whole);
    is("lllr", NULL, targets, 36, whole);
}

/* Titles and rows are folded alike; a part of a row without anything in it is left out. */
static void test_folded(void **state)
{
    (void)state;
    is("lllr", NULL, targets, 35,
       "Target  Receiver        State\n"
       "     Sent\n"
       "网络    10.2.0.2:4789   up\n"
       "    65536\n"
       "pair    192.0.2.7       down\n"
       "    no route\n"
       "        [fd02::2]:4790\n"
       "        1\n");
    is("lllr", NULL, targets, 10,
       "Target\n"
       "    Receiver\n"
       "    State\n"
       "     Sent\n"
       "网络\n"
       "    10.2.0.2:4789\n"
       "    up\n"
       "    65536\n"
       "pair\n"
       "    192.0.2.7\n"
       "    down\n"
       "    no route\n"
       "    [fd02::2]:4790\n"
       "        1\n");
}

static const char *const rules[] = {"Rule", "Match", "10",
                                    "protocol tcp source 2001:db8:1111:2222::/64 vlan 5", NULL};

static void test_words(void **state)
{
    (void)state;
    is("rl", "  ", rules, 40,
       "  Rule  Match\n"
       "    10  protocol tcp source\n"
       "        2001:db8:1111:2222::/64 vlan 5\n");
    /* a word that is wider than the room is cut */
    is("rl", "  ", rules, 24,
       "  Rule  Match\n"
       "    10  protocol tcp\n"
       "        source\n"
       "        2001:db8:1111:22\n"
       "        22::/64 vlan 5\n");
    /* with less room they go below */
    is("rl", "  ", rules, 21,
       "  Rule\n"
       "      Match\n"
       "    10\n"
       "      protocol tcp\n"
       "      source\n"
       "      2001:db8:1111:2\n"
       "      222::/64 vlan 5\n");
    is("rl", "  ", rules, 1,
       "  Rule\n      Match\n    10\n      protocol tcp source "
       "2001:db8:1111:2222::/64 vlan 5\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_folded),
                                       cmocka_unit_test(test_words)};

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
