/* Texts that mean no good, taken as configurations: as lines and in braces. Built by libFuzzer
 * (make fuzz) it makes them from the coverage, otherwise from pieces, the same every time. */
#include "random_trees.h"

static bool load_lines(struct node *tree, const char *text, size_t length,
                       struct problems *problems)
{
    return text_load(tree, text, length, problems);
}

static bool load_commands(struct node *tree, const char *text, size_t length,
                          struct problems *problems)
{
    return text_load_commands(tree, text, length, problems);
}

static bool load_braces(struct node *tree, const char *text, size_t length,
                        struct problems *problems)
{
    return text_load_braces(tree, text, length, random_below(2) == 0, problems);
}

typedef bool load_fn(struct node *tree, const char *text, size_t length, struct problems *problems);

/* Takes a text as a configuration, whatever comes: the problems are printable, and what was taken
 * prints and loads. */
static void swallow_by(load_fn *load, const char *text, size_t length)
{
    struct node *tree = tree_new(), *again = tree_new();
    struct problems problems = {0};
    char *bytes = malloc(length + 1); /* of its own, so that a sanitizer sees its end */
    size_t size;

    memcpy(bytes, text, length);
    bool loaded = load(tree, bytes, length, &problems);
    assert_int_equal(loaded, problems.count == 0);
    free(bytes);
    for (size_t i = 0; i < problems.count; i++) {
        assert_in_range(problems.at[i].line, 1, length + 1);
        assert_in_range(problems.at[i].column, 1, length + 1);
        assert_in_range(strlen(problems.at[i].text), 1, sizeof((struct problem *)0)->text);
        for (const char *c = problems.at[i].text; *c != '\0'; c++)
            assert_true((unsigned char)*c >= ' ');
        struct words words; /* no half of a character, no control */
        struct problem problem;
        for (char *c = problems.at[i].text; *c != '\0'; c++)
            if (*c == '"')
                *c = '\'';
        assert_true(words_split(problems.at[i].text, &words, &problem));
        words_free(&words);
    }
    problems_free(&problems);
    is_well_formed(tree, true);
    char *printed = set_text(tree, &size);
    assert_true(text_load(again, printed, size, &problems));
    assert_true(tree_equal(tree, again));
    free(printed);
    tree_free(tree);
    tree_free(again);
}

static void swallow(const char *text, size_t length)
{
    swallow_by(load_lines, text, length);
    swallow_by(load_commands, text, length);
    swallow_by(load_braces, text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    swallow((const char *)data, size);
    return 0;
}

#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION

static unsigned rounds = 300;

static void hostile_bytes(void **state)
{
    static const char *const pieces[] = {"set ",
                                         "set session web\ndeactivate ",
                                         "annotate ",
                                         "session ",
                                         "filter ",
                                         "\"",
                                         "\\",
                                         "\n",
                                         " ",
                                         "web ",
                                         "\xff",
                                         "\xe4\xb8",
                                         "rule ",
                                         "10 ",
                                         "ingress ",
                                         "|",
                                         "#",
                                         "priority ",
                                         "interface ",
                                         "source ",
                                         "\t",
                                         "\r",
                                         "action a ",
                                         "vni ",
                                         "99999999999999999999 ",
                                         "receiver ",
                                         "target ",
                                         "[::1]:",
                                         "10.0.0.1",
                                         "\xc2\x80",
                                         "{",
                                         "} ",
                                         ";",
                                         "; ",
                                         "session web {",
                                         "filter f { ingress { rule 1 { action accept; ",
                                         "/* ",
                                         " */",
                                         "inactive: ",
                                         "replace: ",
                                         "[ ",
                                         " ]",
                                         "tag k v;",
                                         "rename session web to ",
                                         "delete ",
                                         NULL};
    (void)state;
    for (unsigned round = 0; round < 10 * rounds; round++) {
        char text[2000];
        size_t length = 0;
        while (length < 1000 && random_below(60) != 0) {
            if (random_below(10) == 0) {
                text[length++] = (char)random_below(256);
                continue;
            }
            const char *piece = one_of(pieces);
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        swallow(text, length);
    }
}

/* Bytes. Of threads, which there are none of here, a sanitizer makes it a hundred times slower. */
#ifdef __SANITIZE_THREAD__
enum { LONG = 1 << 15 };
#else
enum { LONG = 1 << 20 };
#endif

static void hostile_lengths(void **state)
{
    static const char *const repeated[] = {
        "x",           "\"",     "\\",  " ",      "|",     "a ",      "\n",
        "set\n",       "\xff\n", "#\n", "s\xe4 ", "\"\" ", "set s\n", "\xf0\x9f\x98\x80",
        "priority 1 ", "{",      "}",   ";",      "/*",    "/* */",   "session s { ",
        "inactive: ",  NULL};
    static const char *const fronts[] = {"",
                                         "set session ",
                                         "set session s description \"",
                                         "set session s source interface ",
                                         "set target t receiver ",
                                         "set session s ",
                                         NULL};
    char *text = malloc(LONG + 100);

    (void)state;
    for (size_t f = 0; fronts[f]; f++)
        for (size_t r = 0; repeated[r]; r++) {
            size_t length = strlen(fronts[f]), piece = strlen(repeated[r]);
            size_t enough = !strchr(repeated[r], '\n') ? LONG
                            : f == 0                   ? LONG / 10 * piece
                                                       : 100 * piece;
            memcpy(text, fronts[f], length);
            for (; length < enough; length += piece)
                memcpy(text + length, repeated[r], piece);
            swallow(text, length);
        }
    memset(text, 0, LONG);
    swallow(text, LONG);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_bytes),
        cmocka_unit_test(hostile_lengths),
    };

    rounds = random_begin(rounds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
