/* mirrorsh --check FILE: a configuration file against the grammar and the rules of a whole
 * configuration, every problem with its place; of a file without any, what is unlikely to be
 * meant. Needs no box, and does not know the machine that the file is for: see check_file.h. */
#include "check_file.h"
#include "../config/check.h"
#include "../config/text.h"
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int by_place(const void *a, const void *b)
{
    const struct problem_line *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* In the order of the file; what is of no line (nothing is, yet) stands at its beginning. */
static void print(const char *path, const char *what, struct problems *problems)
{
    if (problems->count > 0)
        qsort(problems->at, problems->count, sizeof *problems->at, by_place);
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem_line *problem = &problems->at[i];

        fprintf(stderr, "%s:%u:%u: %s: %s\n", path, problem->line ? problem->line : 1,
                problem->column ? problem->column : 1, what, problem->text);
    }
}

static int check_text(const char *path, const char *text, size_t length)
{
    struct problems problems = {.all = true}, warnings = {.all = true};
    struct node *tree = tree_new();
    int result;

    if (!tree)
        return -ENOMEM;
    if (text_examine(tree, text, length, &problems) && check(tree, &problems) &&
        problems.count == 0)
        check_warnings(tree, NULL, &warnings);
    print(path, "error", &problems);
    print(path, "warning", &warnings);
    result = problems.count > 0;
    problems_free(&problems);
    problems_free(&warnings);
    tree_free(tree);
    return result;
}

int check_file(const char *path)
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
