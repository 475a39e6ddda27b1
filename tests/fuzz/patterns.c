/* Regular expressions that nobody would type, over texts that are not quite text: each is
 * refused with a reason, or answers, or gives up by PCRE2's own bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/client/pattern.h"
#include "../../shell/client/pipe.h"
#include "../unit/places.h"
#include "random.h"
#include <string.h>

static unsigned rounds;

static const char *const pieces[] = {
    "a",           "b",           "x",         "\xc3\xa9",
    ".",           "\\d",         "\\w",       "\\b",
    "\\s",         "[ab]",        "[^a]",      "[a-",
    "[[:alpha:]]", "(",           "(",         ")",
    ")",           "(?:",         "(?=",       "(?!",
    "(?<=",        "(?<!",        "(?>",       "(?R)",
    "(?1)",        "(?<n>",       "\\k<n>",    "\\1",
    "\\2",         "*",           "+",         "?",
    "{2,}",        "{1,120}",     "{0,60000}", "{,3}",
    "|",           "^",           "$",         "\\",
    "(?i)",        "(?x)",        "(*COMMIT)", "(*LIMIT_MATCH=4000000000)",
    "(*UTF)",      "\\C",         "\\X",       "\\R",
    "\\p{L}",      "\\x{10ffff}", "\\x{d800}", "\\Q",
    "\\E",         "\\K",         "(?C1)",     "(?(1)a|b)",
    "(?#",         "\xff",        "\xe4\xb8",  "\xf0\x9f\x98\x80",
    NULL};

static const char *const texts[] = {"a", "a",        "a",    "b", "ab", "x",
                                    " ", "\xc3\xa9", "\xff", "9", NULL};

/* Pieces up to `limit` bytes; the length. */
static size_t compose(char *text, size_t limit, const char *const *from)
{
    size_t length = 0;

    for (;;) {
        const char *piece = one_of(from);
        size_t more = strlen(piece);

        if (length + more >= limit)
            break;
        memcpy(text + length, piece, more);
        length += more;
    }
    text[length] = '\0';
    return length;
}

static void random_patterns(void **state)
{
    unsigned compiled = 0, found = 0, costly = 0;
    char text[1100], line[5000], why[200];

    (void)state;
    for (unsigned round = 0; round < 8 * rounds; round++) {
        size_t most = random_below(20) == 0 ? 1050 : 1 + random_below(40);
        struct pattern *pattern;

        compose(text, most + 1, pieces);
        why[0] = '\0';
        pattern = pattern_compile(text, why, sizeof why);
        if (!pattern) {
            assert_true(*why);
            continue;
        }
        compiled++;
        for (int i = 0; i < 3; i++) {
            size_t length = compose(line, i == 2 ? sizeof line : 60, texts);
            enum pattern_verdict verdict = pattern_search(pattern, line, length);

            assert_true(verdict == PATTERN_ABSENT || verdict == PATTERN_FOUND ||
                        verdict == PATTERN_COSTLY);
            found += verdict == PATTERN_FOUND;
            costly += verdict == PATTERN_COSTLY;
        }
        pattern_free(pattern);
    }
    printf("# %u patterns, %u found, %u too costly\n", compiled, found, costly);
    assert_true(compiled > rounds / 2 && found > rounds / 2);
}

/* Those that take for ever are stopped by their steps or their memory, wherever they stand. */
static void costly_patterns(void **state)
{
    static const char *const costly[] = {"(a+)+$",
                                         "(a|aa)+$",
                                         "(a*)*b$|c$",
                                         "^(([a-z])+.)+[A-Z]([a-z])+$",
                                         "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[x-y]z",
                                         "(?:a?){30}a{30}$",
                                         "(x?a?)*\\1$",
                                         "(a(?1)?a?)+z?$",
                                         "((?=a+b)a*?)*$",
                                         "(?:a{60000}b|)*c?$",
                                         NULL};
    static char line[200000];
    unsigned stopped = 0;

    (void)state;
    memset(line, 'a', sizeof line);
    line[sizeof line - 1] = 'b';
    for (size_t i = 0; costly[i]; i++) {
        char why[200];
        struct pattern *pattern = pattern_compile(costly[i], why, sizeof why);

        assert_non_null(pattern);
        stopped += pattern_search(pattern, line, sizeof line) == PATTERN_COSTLY;
        /* a short line is none of its business */
        assert_int_not_equal(pattern_search(pattern, "ab", 2), PATTERN_COSTLY);
        pattern_free(pattern);
    }
    assert_true(stopped >= 6);
}

/* Lines of pipes: parsed or refused at a word that is there, and fed whatever comes. */
static void random_pipes(void **state)
{
    static const char *const words_of[] = {
        "| ",       "| ",    "match ", "except ", "find ",   "count ", "last ",   "no-more ",
        "display ", "json ", "a ",     "[ab]+ ",  "5 ",      "0 ",     "100001 ", "\"a b\" ",
        "compare ", "c ",    "show ",  "\"|\" ",  "(a+)+$ ", NULL};
    char line[300], text[3000], *got;
    unsigned ran = 0;

    (void)state;
    for (unsigned round = 0; round < 4 * rounds; round++) {
        struct problem problem = {.text = ""};
        struct words words;
        struct pipe pipe;
        size_t kept, size, length = 5;

        memcpy(line, "show ", 6);
        length += compose(line + length, 2 + random_below(120), words_of);
        assert_true(words_split(line, &words, &problem));
        if (!pipe_parse(words.at, words.count, &pipe, &kept, &problem)) {
            assert_true(problem_word(&problem, &words) <= words.count && *problem.text);
            words_free(&words);
            continue;
        }
        ran++;
        assert_true(kept <= words.count);
        FILE *out = open_memstream(&got, &size);
        bool good = true;
        for (int i = 0; i < 5 && good; i++) {
            length = compose(text, sizeof text, texts);
            for (size_t at = 0; at < length; at++)
                text[at] = random_below(30) == 0 ? '\n' : text[at];
            good = pipe_feed(&pipe, text, length, out);
        }
        good = good && pipe_finish(&pipe, out);
        assert_true(good || *pipe.problem.text);
        fclose(out);
        free(got);
        pipe_close(&pipe);
        words_free(&words);
    }
    assert_true(ran > rounds / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_patterns),
        cmocka_unit_test(costly_patterns),
        cmocka_unit_test(random_pipes),
    };

    rounds = random_begin(300);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
