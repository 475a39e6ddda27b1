/* The pipe that a command hears of: how its answer is displayed. */
#include "../../shell/command/display.h"
#include "places.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

/* *word: where the problem is, if there is one. */
static bool parse(const char *line, struct display_pipe *pipe, struct problem *problem,
                  size_t *word)
{
    struct words words;
    bool parsed;

    assert_true(words_split(line, &words, problem));
    parsed = display_parse(words.at, words.count, pipe, problem);
    *word = parsed ? SIZE_MAX : problem_word(problem, &words);
    words_free(&words);
    return parsed;
}

static void is(const char *line, enum display display, long rollback)
{
    struct display_pipe pipe;
    struct problem problem;
    size_t word;

    assert_true(parse(line, &pipe, &problem, &word));
    assert_int_equal(pipe.display, display);
    assert_int_equal(pipe.rollback, rollback);
}

static void refuses(const char *line, size_t word, const char *text)
{
    struct display_pipe pipe;
    struct problem problem = {.text = ""};
    size_t at;

    assert_false(parse(line, &pipe, &problem, &at));
    assert_int_equal(at, word);
    assert_non_null(strstr(problem.text, text));
}

static void test_forms(void **state)
{
    (void)state;
    is("", DISPLAY_TEXT, 0);
    is("| display json", DISPLAY_JSON, 0);
    is("| disp s", DISPLAY_SET, 0);
    is("| display prometheus", DISPLAY_PROMETHEUS, 0);
    is("| disp p", DISPLAY_PROMETHEUS, 0);
    is("| compare", DISPLAY_COMPARE, 0);
    is("| comp roll 50", DISPLAY_COMPARE, 50);
}

static void test_places(void **state)
{
    (void)state;
    refuses("|", 1, "pipe is missing");
    refuses("| match x", 1, "expected one of: display, compare");
    refuses("| display", 2, "display is missing, expected one of: set, json, prometheus");
    refuses("| display xml", 2, "expected one of: set, json, prometheus");
    refuses("| display json json", 3, "end of the line");
    refuses("| display json | count", 3, "end of the line");
    refuses("| compare to", 2, "expected one of: rollback");
    refuses("| compare rollback", 3, "missing");
    refuses("| compare rollback 51", 3, "0-50");
    refuses("| compare rollback -1", 3, "0-50");
}

static void test_possible(void **state)
{
    static const struct command version = {.path = "show version", .displays = DISPLAY_JSON},
                                tree = {.path = "show", .displays = DISPLAY_SET | DISPLAY_JSON},
                                top = {.path = "top"};
    static char form[] = "prometheus";
    const struct word word = {.text = form, .start = 17};
    struct display_pipe pipe = {.display = DISPLAY_PROMETHEUS, .word = &word};
    struct problem problem = {.text = ""};

    (void)state;
    assert_false(display_possible(&version, &pipe, &problem));
    assert_string_equal(problem.text, "show version cannot be displayed as prometheus, "
                                      "expected one of: json");
    assert_int_equal(problem.at, 17);
    assert_false(display_possible(&tree, &pipe, &problem));
    assert_string_equal(problem.text, "show cannot be displayed as prometheus, "
                                      "expected one of: set, json");
    assert_false(display_possible(&top, &pipe, &problem));
    assert_string_equal(problem.text, "top cannot be displayed as prometheus");
    pipe.display = DISPLAY_JSON;
    assert_true(display_possible(&version, &pipe, &problem));
    pipe.display = DISPLAY_TEXT;
    assert_true(display_possible(&top, &pipe, &problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_possible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
