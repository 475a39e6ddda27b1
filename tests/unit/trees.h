/* What the tests of shell/config share: trees from lines, and texts of trees. */
#ifndef MIRRORSH_TESTS_TREES_H
#define MIRRORSH_TESTS_TREES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/config/tree.h"
#include "places.h"
#include <stdlib.h>
#include <string.h>

/* Runs tree_set or tree_delete on a line; "" or the problem as "WORD: TEXT" or "WORD: warning:
 * TEXT". */
typedef bool tree_command(struct node *, const struct word *, size_t, struct problem *);
static inline const char *run(tree_command *command, struct node *tree, const char *line)
{
    static char answer[500];
    struct problem problem = {.text = "no text"};
    struct words words;

    assert_true(words_split(line, &words, &problem));
    if (command(tree, words.at, words.count, &problem))
        answer[0] = '\0';
    else
        snprintf(answer, sizeof answer, "%zu: %s%s", problem_word(&problem, &words),
                 problem.warning ? "warning: " : "", problem.text);
    words_free(&words);
    return answer;
}

/* A tree of lines without their `set`, or of deactivate and annotate, separated by ; . */
static inline struct node *tree_of(const char *lines)
{
    struct node *tree = tree_new();
    char *copy = strdup(lines), *rest = copy, *line;

    assert_non_null(tree);
    while ((line = strsep(&rest, ";")))
        if (strncmp(line, "deactivate ", 11) == 0)
            assert_string_equal(run(tree_deactivate, tree, line + 11), "");
        else if (strncmp(line, "annotate ", 9) == 0)
            assert_string_equal(run(tree_annotate, tree, line + 9), "");
        else if (line[strspn(line, " ")] != '\0')
            assert_string_equal(run(tree_set, tree, line), "");
    free(copy);
    return tree;
}

static inline struct path path_of(const char *line)
{
    struct problem problem;
    struct words words;
    struct path path;

    assert_true(words_split(line, &words, &problem));
    assert_true(tree_path(words.at, words.count, &path, &problem));
    words_free(&words);
    return path;
}

/* What a printer writes; freed by assert_text. */
struct writer {
    FILE *file;
    char *text;
    size_t size;
};
static inline FILE *write_start(struct writer *writer)
{
    writer->file = open_memstream(&writer->text, &writer->size);
    assert_non_null(writer->file);
    return writer->file;
}
static inline void assert_text(struct writer *writer, const char *expected)
{
    fclose(writer->file);
    assert_string_equal(writer->text, expected);
    free(writer->text);
}

#endif
