/* What TAB inserts for the choices of the box, and how `?` lists them. */
#include "../../shell/client/choices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* wanted: NULL when there is nothing to be inserted. */
static void inserts(const char *offered, const char *typed, const char *wanted)
{
    struct choices choices;
    char *text;

    assert_true(choices_parse(&choices, strdup(offered)));
    text = choices_insertion(&choices, typed);
    if (wanted) {
        assert_non_null(text);
        assert_string_equal(text, wanted);
    } else {
        assert_null(text);
    }
    free(text);
    choices_free(&choices);
}

static void test_insertion(void **state)
{
    (void)state;
    inserts("W\tsession\thelp\n", "se", "session");
    inserts("W\tsession\thelp\n", "session", "session");
    inserts("W\tsession\t\nW\tsessions\t\n", "se", "session");
    inserts("W\tsession\t\nW\tsessions\t\n", "session", NULL);
    inserts("W\tsession\t\nW\tset\t\nW\tx\t\n", "", NULL);
    inserts("H\t<1-5>\ta number\n", "", NULL);
    inserts("H\t<1-5>\ta number\nW\tauto\t\n", "", "auto");
    inserts("", "x", NULL);
    /* characters are not cut: ø and ö begin with the same byte */
    inserts("W\ts\303\270k\t\nW\ts\303\266k\t\n", "", "s");
}

static void test_quotes(void **state)
{
    (void)state;
    inserts("W\ttwo words\t\n", "two", "\"two words\"");
    inserts("W\ttwo words\t\nW\ttwo worlds\t\n", "t", "\"two wor");
    inserts("W\tweb\t\n", "\"w", "\"web\"");
    inserts("W\tweb1\t\nW\tweb2\t\n", "\"w", "\"web");
    inserts("W\tsay \"x\"\t\n", "", "\"say \\\"x\\\"\"");
    inserts("S\t]\t\nH\tNAME\t\n", "]", "]");
    inserts("W\t]\t\n", "", "\"]\"");
    inserts("S\t]\t\nW\tweb\t\n", "", NULL);
}

static void test_list(void **state)
{
    struct choices choices;
    char *text;

    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    assert_true(
        choices_parse(&choices, strdup("W\ts\303\270k\thelp\nH\t<1-5>\ta number\nW\tx\t\n")));
    assert_int_equal(choices.count, 3);
    assert_int_equal(choices.words, 2);
    text = choices_list(&choices);
    assert_string_equal(text, "Possible completions:\n"
                              "  s\303\270k    help\n"
                              "  <1-5>  a number\n"
                              "  x\n");
    free(text);
    choices_free(&choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_insertion),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
