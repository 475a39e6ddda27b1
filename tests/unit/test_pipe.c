/* links: shell/command/pipe.c shell/config/words.c shell/config/utf8.c shell/config/problem.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/command/pipe.h"
#include <stdlib.h>
#include <string.h>

static const char lines[] = "alpha 1\nbeta 2\ngamma 3\nalpha 4\ndelta";

/* Puts `text` through the pipe `line`, `piece` bytes at a time. */
static void gives_pieces(const char *line, const char *text, size_t piece, const char *expected)
{
    struct problem problem = {.text = ""};
    struct words words;
    struct pipe pipe;
    char *got;
    size_t size;
    FILE *out = open_memstream(&got, &size);

    assert_true(words_split(line, &words, &problem));
    assert_true(pipe_parse(words.at, words.count, &pipe, &problem));
    for (size_t at = 0; at < strlen(text); at += piece) {
        size_t left = strlen(text) - at;
        pipe_feed(&pipe, text + at, left < piece ? left : piece, out);
    }
    pipe_finish(&pipe, out);
    fclose(out);
    assert_string_equal(got, expected);
    free(got);
    pipe_close(&pipe);
    words_free(&words);
}

static void gives(const char *line, const char *expected)
{
    gives_pieces(line, lines, 1, expected);
    gives_pieces(line, lines, 5, expected);
    gives_pieces(line, lines, sizeof lines, expected);
}

static void refuses(const char *line, size_t word, const char *text)
{
    struct problem problem = {.text = ""};
    struct words words;
    struct pipe pipe;

    assert_true(words_split(line, &words, &problem));
    assert_false(pipe_parse(words.at, words.count, &pipe, &problem));
    assert_int_equal(problem.word, word);
    assert_non_null(strstr(problem.text, text));
    words_free(&words);
}

static void test_filters(void **state)
{
    (void)state;
    gives("| match alpha", "alpha 1\nalpha 4\n");
    gives("| match ^.e", "beta 2\ndelta\n");
    gives("| match \"a [24]\"", "beta 2\nalpha 4\n");
    gives("| except a.*[0-9]", "delta\n");
    gives("| find gamma", "gamma 3\nalpha 4\ndelta\n");
    gives("| find nothing", "");
    gives("| last 2", "alpha 4\ndelta\n");
    gives("| last", "alpha 1\nbeta 2\ngamma 3\nalpha 4\ndelta\n");
    gives("| count", "Count: 5 lines\n");
}

static void test_chains(void **state)
{
    (void)state;
    gives("| match alpha | count", "Count: 2 lines\n");
    gives("| match alpha | last 1", "alpha 4\n");
    gives("| last 2 | count", "Count: 2 lines\n");
    gives("| find beta | except 3 | last 2 | match al", "alpha 4\n");
    gives("| count | count", "Count: 1 lines\n");
    gives("| exc alpha | cou", "Count: 3 lines\n");
}

static void test_no_filter(void **state)
{
    struct problem problem;
    struct words words;
    struct pipe pipe;

    (void)state;
    gives_pieces("", lines, 3, lines);
    gives_pieces("| no-more", lines, 3, lines);
    gives_pieces("| count", "", 1, "Count: 0 lines\n");
    assert_true(words_split("| display json | no-more", &words, &problem));
    assert_true(pipe_parse(words.at, words.count, &pipe, &problem));
    assert_int_equal(pipe.display, DISPLAY_JSON);
    assert_true(pipe.no_more);
    assert_false(pipe_filters(&pipe));
    pipe_close(&pipe);
    words_free(&words);
}

static void test_compare(void **state)
{
    struct problem problem;
    struct words words;
    struct pipe pipe;

    (void)state;
    assert_true(words_split("| compare rollback 3 | match x", &words, &problem));
    assert_true(pipe_parse(words.at, words.count, &pipe, &problem));
    assert_int_equal(pipe.display, DISPLAY_COMPARE);
    assert_int_equal(pipe.rollback, 3);
    assert_true(pipe_filters(&pipe));
    pipe_close(&pipe);
    words_free(&words);
}

static void test_places(void **state)
{
    (void)state;
    refuses("|", 1, "pipe is missing");
    refuses("| bogus", 1, "unknown pipe \"bogus\"");
    refuses("| c", 1, "ambiguous pipe");
    refuses("| match", 2, "missing");
    refuses("| match x | except", 5, "missing");
    refuses("| match | count", 2, "missing");
    refuses("| | count", 1, "missing");
    refuses("| match [", 2, "not a regular expression");
    refuses("| last 0", 2, "1-100000");
    refuses("| last x", 2, "1-100000");
    refuses("| count 5", 2, "unexpected");
    refuses("| display", 2, "expected one of: set, json");
    refuses("| display xml", 2, "expected one of: set, json");
    refuses("| match x | display json", 4, "first");
    refuses("| compare to", 2, "expected one of: rollback");
    refuses("| compare rollback", 3, "missing");
    refuses("| compare rollback 51", 3, "0-50");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),   cmocka_unit_test(test_chains),
        cmocka_unit_test(test_no_filter), cmocka_unit_test(test_compare),
        cmocka_unit_test(test_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
