#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/client/pipe.h"
#include "places.h"
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
    size_t size, kept;
    FILE *out = open_memstream(&got, &size);

    assert_true(words_split(line, &words, &problem));
    assert_true(pipe_parse(words.at, words.count, &pipe, &kept, &problem));
    assert_int_equal(kept, 0);
    for (size_t at = 0; at < strlen(text); at += piece) {
        size_t left = strlen(text) - at;
        assert_true(pipe_feed(&pipe, text + at, left < piece ? left : piece, out));
    }
    assert_true(pipe_finish(&pipe, out));
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
    size_t kept;

    assert_true(words_split(line, &words, &problem));
    assert_false(pipe_parse(words.at, words.count, &pipe, &kept, &problem));
    assert_int_equal(problem_word(&problem, &words), word);
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
    (void)state;
    gives_pieces("", lines, 3, lines);
    gives_pieces("| no-more", lines, 3, lines);
    gives_pieces("| count", "", 1, "Count: 0 lines\n");
}

/* What the box is sent of a line: `kept` words. */
static void keeps(const char *line, size_t kept, bool filters)
{
    struct problem problem;
    struct words words;
    struct pipe pipe;
    size_t got;

    assert_true(words_split(line, &words, &problem));
    assert_true(pipe_parse(words.at, words.count, &pipe, &got, &problem));
    assert_int_equal(got, kept);
    assert_int_equal(pipe_filters(&pipe), filters);
    pipe_close(&pipe);
    words_free(&words);
}

static void test_kept(void **state)
{
    (void)state;
    keeps("", 0, false);
    keeps("show sessions", 2, false);
    keeps("show sessions | match x", 2, true);
    keeps("show sessions | no-more", 2, false);
    keeps("show sessions | display json", 5, false);
    keeps("show sessions | disp xml nonsense | no-more | match x", 6, true);
    keeps("show | compare rollback 3 | match x", 5, true);
    keeps("set session web description \"|\" | count", 5, true);
}

/* The last line that came out is the pattern's last; then the pipe says what is wrong. */
static void gives_up(const char *line, const char *text, const char *why)
{
    struct problem problem;
    struct words words;
    struct pipe pipe;
    char *got;
    size_t kept, size;
    FILE *out = open_memstream(&got, &size);

    assert_true(words_split(line, &words, &problem));
    assert_true(pipe_parse(words.at, words.count, &pipe, &kept, &problem));
    assert_false(pipe_feed(&pipe, text, strlen(text), out));
    fclose(out);
    assert_int_equal(problem_word(&pipe.problem, &words), 2);
    assert_non_null(strstr(pipe.problem.text, why));
    pipe_close(&pipe);
    words_free(&words);
    free(got);
}

static bool stops(void)
{
    return true;
}

/* Patterns that killed or stalled the box that compiled them, and lines of many pipes. */
static void test_bounds(void **state)
{
    enum { LENGTH = 40000 };
    char *text = malloc(LENGTH * 20 + 100);
    struct problem problem;
    struct words words;
    struct pipe pipe = {.stopped = stops};
    size_t kept;

    (void)state;
    strcpy(text, "| match \"");
    memset(text + 9, '(', 20000);
    strcpy(text + 20009, "\"");
    refuses(text, 2, "longer than 1000 bytes");
    refuses("| match (((((((((((((((((((((((((((((((((((((((((((((((((((((x", 2, "parentheses");
    refuses("| match ((((a{1,120}){1,120}){1,120}){1,120})", 2, "too large");
    text[0] = '\0';
    for (size_t i = 0; i < 80000; i++)
        strcpy(text + 8 * i, "| count ");
    refuses(text, 2 * PIPE_STAGES_MAX, "more than 32 pipes");

    memset(text, 'a', LENGTH);
    strcpy(text + LENGTH, "b\nnever\n");
    gives_up("| match (a+)+$", text, "takes too long: given up at line 1");
    gives_up("| match \"(a|aa)+$\"", text, "takes too long: given up at line 1");

    assert_true(words_split("| find x", &words, &problem));
    assert_true(pipe_parse(words.at, words.count, &pipe, &kept, &problem));
    pipe.stopped = stops;
    assert_false(pipe_feed(&pipe, "y\n", 2, stdout));
    pipe_close(&pipe);
    words_free(&words);
    free(text);
}

/* choices: what the box says. */
static char *completed(const char *front, const char *choices)
{
    char *got;
    size_t size;
    FILE *out = open_memstream(&got, &size);

    pipe_complete(front, choices, out);
    fclose(out);
    return got;
}

static void completes(const char *front, const char *expected)
{
    char *got = completed(front, "");

    assert_non_null(strstr(got, expected));
    assert_true(*expected || !*got);
    free(got);
}

/* Whether another pipe may stand there. */
static void goes_on(const char *front, const char *choices, bool expected)
{
    char *got = completed(front, choices);

    assert_non_null(strstr(got, choices));
    assert_int_equal(!!strstr(got, "H\t|\t"), expected);
    free(got);
}

static void test_completion(void **state)
{
    (void)state;
    completes("show sess", "");
    completes("show sessions | c", "W\tcount\t");
    completes("show sessions |", "W\tmatch\t");
    completes("show sessions | match ", "H\tRE\t");
    completes("show sessions | match x ", "H\t<enter>\t");
    completes("show sessions | display ", "");
    completes("show sessions | nothing ", "");
    completes("show sessions | count | last ", "H\t<1-100000>\t");
    completes("show sessions | sa", "W\tsave\t");
    completes("show sessions | count | save ", "H\t<file>\t");
    completes("show sessions | save f ", "H\t<enter>\t");
    completes("set session web description \"a | ", "");
    goes_on("show ", "W\tengine\thelp\n", false);
    goes_on("show engine ", "H\t<enter>\thelp\n", true);
    goes_on("show engine | display json ", "H\t<enter>\thelp\n", true);
    goes_on("show engine | match ", "", false);
    goes_on("show engine | match x ", "", true);
    goes_on("show engine | last ", "", true);
    goes_on("show engine | last 5", "", false);
    goes_on("show engine | save f ", "", false);
}

static void test_places(void **state)
{
    (void)state;
    refuses("|", 1, "pipe is missing");
    refuses("| bogus", 1, "unknown pipe \"bogus\"");
    refuses("| c", 1, "ambiguous pipe \"c\", expected one of: count, compare");
    refuses("| match", 2, "missing");
    refuses("| match x | except", 5, "missing");
    refuses("| match | count", 2, "missing");
    refuses("| | count", 1, "missing");
    refuses("| match [", 2, "not a regular expression");
    refuses("| match \"b(\"", 2, "at character 3");
    refuses("| last 0", 2, "1-100000");
    refuses("| last x", 2, "1-100000");
    refuses("| count 5", 2, "unexpected");
    refuses("| save", 2, "a file name is missing");
    refuses("| save \"\"", 2, "a file name is missing");
    refuses("| save | count", 2, "a file name is missing");
    refuses("| save f | count", 3, "save has to be the last pipe");
    refuses("| match x | display json", 4, "first");
    refuses("show sessions | match x | compare", 6, "first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),   cmocka_unit_test(test_chains),
        cmocka_unit_test(test_no_filter), cmocka_unit_test(test_kept),
        cmocka_unit_test(test_bounds),    cmocka_unit_test(test_completion),
        cmocka_unit_test(test_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
