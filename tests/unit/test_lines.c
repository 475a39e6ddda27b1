/* A batch's bytes become lines with the right numbers, however they arrive. */
#include "../../shell/client/lines.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* The next line has this kind, number and text (of a command; NULL: any). */
static void next(struct lines *lines, enum line_kind kind, uint32_t number, const char *wanted)
{
    const char *text = NULL;
    size_t length = 0;
    uint32_t column;

    assert_int_equal(lines_next(lines, &text, &length, &column), kind);
    if (number)
        assert_int_equal(lines->number, number);
    if (wanted) {
        assert_string_equal(text, wanted);
        assert_int_equal(length, strlen(wanted));
    }
}

static void add(struct lines *lines, const char *text)
{
    assert_true(lines_add(lines, text, strlen(text)));
}

static void test_kinds(void **state)
{
    struct lines lines = {0};

    (void)state;
    add(&lines, "one\n\n \t\n  # comment\n  two \r\n\r\nthree");
    next(&lines, LINE_COMMAND, 1, "one");
    next(&lines, LINE_NOTHING, 2, NULL);
    next(&lines, LINE_NOTHING, 3, NULL);
    next(&lines, LINE_NOTHING, 4, NULL);
    next(&lines, LINE_COMMAND, 5, "  two ");
    next(&lines, LINE_NOTHING, 6, NULL);
    next(&lines, LINE_WAIT, 0, NULL);
    lines.finished = true;
    next(&lines, LINE_COMMAND, 7, "three");
    next(&lines, LINE_LAST, 0, NULL);
    next(&lines, LINE_LAST, 0, NULL);
    lines_free(&lines);
}

static void test_empty(void **state)
{
    struct lines lines = {.finished = true};

    (void)state;
    next(&lines, LINE_LAST, 0, NULL);
    lines_free(&lines);
}

/* Byte by byte is the same as all at once. */
static void test_pieces(void **state)
{
    static const char text[] = "configure\nset system host-name box\n\ncommit\n";
    struct lines lines = {0};
    size_t commands = 0;

    (void)state;
    for (const char *at = text; *at; at++) {
        const char *line;
        size_t length;
        uint32_t column;

        assert_true(lines_add(&lines, at, 1));
        commands += lines_next(&lines, &line, &length, &column) == LINE_COMMAND;
    }
    assert_int_equal(commands, 3);
    assert_int_equal(lines.number, 4);
    lines_free(&lines);
}

static void test_nul(void **state)
{
    struct lines lines = {0};
    const char *text;
    size_t length;
    uint32_t column;

    (void)state;
    assert_true(lines_add(&lines, "s\303\270k\0x\nnext\n", 12));
    assert_int_equal(lines_next(&lines, &text, &length, &column), LINE_BAD);
    assert_int_equal(column, 4);
    next(&lines, LINE_COMMAND, 2, "next");
    lines_free(&lines);
}

static void test_too_long(void **state)
{
    struct lines lines = {0};
    char *much = malloc(LINE_LENGTH_MAX);
    const char *text;
    size_t length;
    uint32_t column;

    (void)state;
    assert_non_null(much);
    memset(much, 'x', LINE_LENGTH_MAX);
    assert_true(lines_add(&lines, much, LINE_LENGTH_MAX));
    next(&lines, LINE_WAIT, 0, NULL);
    add(&lines, "\n");
    next(&lines, LINE_COMMAND, 1, NULL);
    assert_true(lines_add(&lines, much, LINE_LENGTH_MAX));
    add(&lines, "y");
    assert_int_equal(lines_next(&lines, &text, &length, &column), LINE_BAD);
    assert_int_equal(column, LINE_LENGTH_MAX + 1);
    /* Its rest is passed over, in as many pieces as it comes. */
    next(&lines, LINE_WAIT, 2, NULL);
    assert_true(lines_add(&lines, much, LINE_LENGTH_MAX));
    next(&lines, LINE_WAIT, 2, NULL);
    add(&lines, "end\nnext\n");
    next(&lines, LINE_NOTHING, 2, NULL);
    next(&lines, LINE_COMMAND, 3, "next");
    free(much);
    lines_free(&lines);
}

static void test_first_column(void **state)
{
    (void)state;
    assert_int_equal(lines_first_column("commit"), 1);
    assert_int_equal(lines_first_column("  \tcommit"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),    cmocka_unit_test(test_empty),
        cmocka_unit_test(test_pieces),   cmocka_unit_test(test_nul),
        cmocka_unit_test(test_too_long), cmocka_unit_test(test_first_column),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
