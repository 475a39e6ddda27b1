#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/config/words.h"
#include <stdlib.h>
#include <string.h>

/* Splits a line into "word|start-end" pieces, quoted ones with a trailing q. */
static void splits(const char *line, const char *expected)
{
    struct problem problem = {.text = ""};
    struct words words;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_true(words_split(line, &words, &problem));
    assert_false(words.open_quote);
    for (size_t i = 0; i < words.count; i++)
        fprintf(out, "%s<%s>%u-%u%s", i == 0 ? "" : " ", words.at[i].text, words.at[i].start,
                words.at[i].end, words.at[i].quoted ? "q" : "");
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    words_free(&words);
}

static void refuses(const char *line, uint32_t column, const char *text)
{
    struct problem problem = {.text = ""};
    struct words words;

    assert_false(words_split(line, &words, &problem));
    assert_string_equal(problem.text, text);
    assert_int_equal(words_column(line, problem.at), column);
    words_free(&words);
}

static void blanks_separate(void **state)
{
    (void)state;
    splits("", "");
    splits(" \t ", "");
    splits("set  a\tb ", "<set>0-3 <a>5-6 <b>7-8");
    splits("set a\r\n", "<set>0-3 <a>4-5");
}

static void quotes_and_escapes(void **state)
{
    (void)state;
    splits("a \"b c\" d", "<a>0-1 <b c>2-7q <d>8-9");
    splits("\"\"", "<>0-2q");
    splits("a\"b c\"d", "<ab cd>0-7q");
    splits("\"a\\\"b\\\\c\\d\"", "<a\"b\\c\\d>0-11q");
    splits("a\\\"b \\\\ \\x \\", "<a\"b>0-4 <\\>5-7 <\\x>8-10 <\\>11-12");
}

static void pipes_are_words(void **state)
{
    (void)state;
    splits("show|count", "<show>0-4 <|>4-5 <count>5-10");
    splits("a || b", "<a>0-1 <|>2-3 <|>3-4 <b>5-6");
    splits("a \"|\" b|\"c\"", "<a>0-1 <|>2-5q <b>6-7 <|>7-8 <c>8-11q");
}

static void comments_have_no_words(void **state)
{
    (void)state;
    splits("# set \"a", "");
    splits("  #\x01", "");
    splits("a #b", "<a>0-1 <#b>2-4");
    splits("\"#\" a", "<#>0-3q <a>4-5");
}

static void wrong_characters(void **state)
{
    (void)state;
    refuses("set \x01", 5, "control character 0x01");
    refuses("s\x7ft", 2, "control character 0x7f");
    refuses("\xc3\xa9\xc3\xa9 x\xc2\x85", 5, "control character 0x85");
    refuses("a \"b\nc\"", 5, "control character 0x0a");
    refuses("a b\xff", 4, "byte 0xff is not UTF-8");
    refuses("\xc0\xaf", 1, "byte 0xc0 is not UTF-8"); /* overlong */
    refuses("\xe0\x80\xaf", 1, "byte 0xe0 is not UTF-8");
    refuses("\xf0\x80\x80\xaf", 1, "byte 0xf0 is not UTF-8");
    refuses("\xed\xa0\x80", 1, "byte 0xed is not UTF-8");     /* a surrogate */
    refuses("\xf4\x90\x80\x80", 1, "byte 0xf4 is not UTF-8"); /* above U+10FFFF */
    refuses("x \xe4\xb8", 3, "byte 0xe4 is not UTF-8");       /* cut off */
}

static void open_quotes(void **state)
{
    struct problem problem;
    struct words words;

    (void)state;
    refuses("set \"web", 5, "the quote is not closed");
    refuses("a \"b\" c\"", 8, "the quote is not closed");
    assert_false(words_split("set filter \"we b", &words, &problem));
    assert_true(words.open_quote);
    assert_int_equal(words.count, 3);
    assert_string_equal(words.at[2].text, "we b");
    assert_int_equal(words.at[2].start, 11);
    assert_int_equal(words.at[2].end, 16);
    words_free(&words);
}

static void columns_count_characters(void **state)
{
    static const char line[] = "set \xe4\xb8\xad\xe6\x96\x87 x  ";
    struct problem problem;
    struct words words;

    (void)state;
    assert_int_equal(words_column(line, 0), 1);
    assert_int_equal(words_column(line, 11), 8);
    assert_int_equal(words_column("ab", 99), 3);
    assert_true(words_split(line, &words, &problem));
    words_free(&words);
}

static void the_end_is_a_place(void **state)
{
    struct problem problem;
    struct words words;

    (void)state;
    assert_true(words_split("set a  b | c  ", &words, &problem));
    assert_int_equal(words.at[5].start, 12); /* blanks at the end do not count */
    words_cut(&words, 3);
    assert_int_equal(words.count, 3);
    assert_int_equal(words.at[3].start, 8);
    assert_string_equal(words.at[3].text, "");
    assert_string_equal(words.at[4].text, "c"); /* what was cut off is still there */
    words_free(&words);
    for (const char *const *line = (const char *const[]){"", "  ", " # a", NULL}; *line; line++) {
        assert_true(words_split(*line, &words, &problem));
        assert_int_equal(words.count, 0);
        assert_int_equal(words.at[0].start, 0);
        words_free(&words);
    }
    assert_false(words_split("a \"b", &words, &problem));
    assert_int_equal(words.at[words.count].start, 4);
    words_free(&words);
}

static void a_printed_word_reads_back(void **state)
{
    static const char *const texts[] = {"",     "a",     "a b",    "\"", "\\",           "\\\"",
                                        "|",    "a|b",   "#",      "#a", "a#",           "\t",
                                        "a\\b", "a\\\\", "\\\\\"", " ",  "\xe4\xb8\xad", "\\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct problem problem;
        struct words words;
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        word_print(texts[i], out);
        fclose(out);
        assert_true(words_split(text, &words, &problem));
        assert_int_equal(words.count, 1);
        assert_string_equal(words.at[0].text, texts[i]);
        words_free(&words);
        free(text);
    }
}

static void a_megabyte_of_words(void **state)
{
    enum { SIZE = 1 << 20 };
    char *line = malloc(SIZE + 1);
    struct problem problem;
    struct words words;

    (void)state;
    memset(line, '|', SIZE);
    line[SIZE] = '\0';
    assert_true(words_split(line, &words, &problem));
    assert_int_equal(words.count, SIZE);
    assert_string_equal(words.at[SIZE - 1].text, "|");
    words_free(&words);
    memset(line, 'x', SIZE);
    assert_true(words_split(line, &words, &problem));
    assert_int_equal(words.count, 1);
    assert_int_equal(strlen(words.at[0].text), SIZE);
    words_free(&words);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_separate),           cmocka_unit_test(quotes_and_escapes),
        cmocka_unit_test(pipes_are_words),           cmocka_unit_test(comments_have_no_words),
        cmocka_unit_test(wrong_characters),          cmocka_unit_test(open_quotes),
        cmocka_unit_test(columns_count_characters),  cmocka_unit_test(the_end_is_a_place),
        cmocka_unit_test(a_printed_word_reads_back), cmocka_unit_test(a_megabyte_of_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
