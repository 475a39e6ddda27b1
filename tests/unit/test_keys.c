#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/client/keys.h"
#include <stdio.h>
#include <string.h>

/* What comes of typed bytes, all at once; expected: control characters as ^X. */
static void types(const char *typed, const char *expected)
{
    struct keys keys = {.state = KEYS_PLAIN};
    char got[200] = "";

    for (const unsigned char *at = (const unsigned char *)typed; *at; at++)
        for (const wchar_t *text = keys_take(&keys, (wchar_t)*at, 0); *text; text++)
            snprintf(got + strlen(got), sizeof got - strlen(got), *text < ' ' ? "^%c" : "%c",
                     *text < ' ' ? (int)*text + '@' : (int)*text);
    if (strcmp(got, expected) != 0)
        fail_msg("\\e%s: got '%s', not '%s'", typed + 1, got, expected);
    assert_int_equal(keys.state, KEYS_PLAIN);
}

static void each_is(const char *const *sequences, const char *expected)
{
    for (; *sequences; sequences++) {
        char typed[40], around[60];

        snprintf(typed, sizeof typed, "%sx", *sequences); /* and nothing of it is left */
        snprintf(around, sizeof around, "%sx", expected);
        types(typed, around);
    }
}

static void keys_of_usual_terminals(void **state)
{
    const char *const home[] = {"\033[H", "\033OH", "\033[1~", "\033[7~", "\033[1;2H", NULL};
    const char *const end[] = {"\033[F", "\033OF", "\033[4~", "\033[8~", "\033[1;5F", NULL};
    const char *const delete[] = {"\033[3~", "\033[3;2~", "\033[3$",
                                  "\x9b"
                                  "3~",
                                  NULL};
    const char *const delete_word[] = {"\033[3;5~", "\033[3^", "\033[3@", NULL};
    const char *const right[] = {"\033[C", "\033OC", "\033[1;2C", "\033[c", NULL};
    const char *const left[] = {"\033[D", "\033OD",
                                "\x8f"
                                "D",
                                NULL};
    const char *const word_right[] = {"\033[1;5C", "\033[5C", "\033Oc",    "\033O5C",
                                      "\033[1;3C", "\033f",   "\033[1;7C", NULL};
    const char *const word_left[] = {"\033[1;5D", "\033[5D", "\033Od", "\033O5D", "\033b", NULL};
    const char *const up[] = {"\033[A", "\033OA", "\033[1;5A", NULL};
    const char *const down[] = {"\033[B", "\033OB", "\033\033[B", NULL};

    (void)state;
    each_is(home, "^A");
    each_is(end, "^E");
    each_is(delete, "^[[3~");
    each_is(delete_word, "^[d");
    each_is(right, "^F");
    each_is(left, "^B");
    each_is(word_right, "^[f");
    each_is(word_left, "^[b");
    each_is(up, "^P");
    each_is(down, "^N");
}

static void what_means_nothing_here(void **state)
{
    const char *const swallowed[] = {"\033[2~",
                                     "\033[5~",
                                     "\033[6~",
                                     "\033[15~",
                                     "\033[24;2~",
                                     "\033[[A",
                                     "\033[[E",
                                     "\033OP",
                                     "\033OS",
                                     "\033[Z",
                                     "\033[I",
                                     "\033[200~",
                                     "\033[97;5u",
                                     "\033[?1;2c",
                                     "\033[>0;1c",
                                     "\033[E",
                                     "\033[;5R",
                                     "\033[1;2;3;4m",
                                     "\033[99999999999999999999~",
                                     "\x85",
                                     NULL};

    (void)state;
    each_is(swallowed, "");
}

static void characters(void **state)
{
    (void)state;
    types("set x", "set x");
    types("\001\t\r", "^A^I^M");
    types("\033Mx", "^[Mx"); /* Meta */
    types("\033OM\033Oj\033Op\033Oy", "^M*09");
    types("\033[1\003x", "^Cx"); /* a control character ends a sequence */
    types("\033[1\033[Hx", "^Ax");
}

/* An escape by hand, and much later a bracket: that is a bracket. */
static void late_brackets(void **state)
{
    struct keys keys = {.state = KEYS_PLAIN};

    (void)state;
    assert_int_equal(keys_take(&keys, 033, 1000)[0], 0);
    assert_int_equal(wcscmp(keys_take(&keys, L'[', 3000), L"["), 0);
    assert_int_equal(wcscmp(keys_take(&keys, L'H', 3001), L"H"), 0);
    assert_int_equal(keys_take(&keys, 033, 5000)[0], 0);
    assert_int_equal(wcscmp(keys_take(&keys, L'b', 9000), L"\033b"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_usual_terminals),
        cmocka_unit_test(what_means_nothing_here),
        cmocka_unit_test(characters),
        cmocka_unit_test(late_brackets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
