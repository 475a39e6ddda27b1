/* mirrorsh --check FILE: a configuration file against the grammar and the rules of a whole
 * configuration, every problem with its place. Needs no box: see box.h. */
#include "../config/check.h"
#include "../config/text.h"
#include "box.h"
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many words of a line, behind its `set`, a problem's text begins with: its path. */
static size_t shared_words(const struct words *line, const char *text)
{
    size_t shared = 0;

    for (size_t i = 1; i < line->count; i++) {
        size_t length = strlen(line->at[i].text);

        if (strncmp(text, line->at[i].text, length) != 0 || !strchr(" :", text[length]))
            break;
        shared++;
        if (text[length] != ' ')
            break;
        text += length + 1;
    }
    return shared;
}

/* A problem of the whole configuration names a path: its place is the line that sets the most
 * of it, and the last word they share. */
static void find_place(const char *text, struct problem_line *problem)
{
    size_t best = 0;
    uint32_t number = 1;

    problem->line = problem->column = 1;
    for (const char *at = text; *at; number++) {
        size_t length = strcspn(at, "\n");
        char *line = strndup(at, length);
        struct words words = {0};
        struct problem unused;

        if (line && words_split(line, &words, &unused)) {
            size_t shared = shared_words(&words, problem->text);
            if (shared > best) {
                best = shared;
                problem->line = number;
                problem->column = words_column(line, words.at[shared].start);
            }
        }
        words_free(&words);
        free(line);
        at += length + (at[length] == '\n');
    }
}

static int check_text(const char *path, const char *text, size_t length)
{
    struct problems problems = {0};
    struct node *tree = tree_new();
    int result;

    if (!tree)
        return -ENOMEM;
    /* what could not be read is missing in the tree: checking it would only repeat that */
    if (text_load(tree, text, length, &problems))
        check(tree, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        struct problem_line *problem = &problems.at[i];

        if (problem->line == 0)
            find_place(text, problem);
        fprintf(stderr, "%s:%u:%u: error: %s\n", path, problem->line, problem->column,
                problem->text);
    }
    result = problems.count > 0;
    problems_free(&problems);
    tree_free(tree);
    return result;
}

int box_check_file(const char *path)
{
    size_t length = 0;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int result = fd < 0 ? -errno : file_read_all(fd, &text, &length);

    if (fd >= 0)
        close(fd);
    if (result == 0)
        result = check_text(path, text, length);
    free(text);
    return result;
}
