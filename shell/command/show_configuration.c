/* show of a tree: the running one, the candidate, and the candidate's differences. */
#include "../config/diff.h"
#include "../config/text.h"
#include "show.h"
#include <stdlib.h>
#include <string.h>

/* The canonical path of the edit level with a line's words behind it, all of it there. */
static bool find_path(const struct node *tree, const struct path *above, const struct word *words,
                      size_t count, struct path *path, struct problem *problem)
{
    struct word *whole = calloc(above->count + count + 1, sizeof *whole);
    bool found = false;

    if (!whole)
        return problem_at(problem, 0, "out of memory");
    for (size_t i = 0; i < above->count; i++)
        whole[i].text = above->words[i];
    if (count > 0)
        memcpy(whole + above->count, words, count * sizeof *words);
    /* a level that is still empty is no error, a path that was typed is */
    if (count == 0 || tree_find(tree, whole, above->count + count, problem))
        found = tree_path(whole, above->count + count, path, problem);
    if (!found)
        problem->word = problem->word > above->count ? problem->word - above->count : 0;
    free(whole);
    return found;
}

static enum command_status show_tree(struct console *console, const struct node *tree,
                                     const struct path *above, const struct word *words,
                                     size_t count, FILE *out, struct problem *problem)
{
    struct path path = {0};

    if (!find_path(tree, above, words, count, &path, problem))
        return COMMAND_FAILED;
    switch (console->request.pipe.display) {
    case DISPLAY_SET:
        text_print_set(tree, &path, out);
        break;
    case DISPLAY_JSON:
        text_print_json(tree, &path, out);
        break;
    case DISPLAY_TEXT:
    case DISPLAY_COMPARE:
        text_print_braces(tree, &path, out);
        break;
    }
    path_free(&path);
    return COMMAND_OK;
}

/* `| compare` shows all of a tree's changes, whatever the level. */
static enum command_status compare(struct console *console, const struct node *tree, size_t count,
                                   FILE *out, struct problem *problem)
{
    long back = console->request.pipe.rollback;
    struct node *archived = NULL;
    char why[600];

    if (count > 0) {
        problem_at(problem, 0, "compare shows the whole configuration, expected no path");
        return COMMAND_FAILED;
    }
    if (back > 0) {
        archived = store_archived(console->running->store, (unsigned long)back, why, sizeof why);
        if (!archived) {
            /* the number behind `| compare rollback` */
            problem_at(problem, count + console->request.pipe.word + 2, "%s", why);
            return COMMAND_FAILED;
        }
    }
    diff_print(archived ? archived : console->running->snapshot->tree, tree, out);
    tree_free(archived);
    return COMMAND_OK;
}

enum command_status show_configuration(struct console *console, const struct word *words,
                                       size_t count, FILE *out, struct problem *problem)
{
    const struct node *tree = console->running->snapshot->tree;
    const struct path top = {0};

    if (console->request.pipe.display == DISPLAY_COMPARE)
        return compare(console, tree, count, out, problem);
    return show_tree(console, tree, &top, words, count, out, problem);
}

/* What a commit would do; one that it would be refused for is a warning. */
static enum command_status compare_candidate(struct console *console, size_t count, FILE *out,
                                             struct problem *problem)
{
    struct problems clashes = {0};
    struct node *tree = edit_merged(&console->edit, &clashes);
    enum command_status status = COMMAND_FAILED;

    if (tree)
        status = compare(console, tree, count, out, problem);
    else
        problem_at(problem, 0, "out of memory");
    for (size_t i = 0; i < clashes.count && status == COMMAND_OK; i++)
        console_warning(console, 0, "%s", clashes.at[i].text);
    problems_free(&clashes);
    tree_free(tree);
    return status;
}

enum command_status show_candidate(struct console *console, const struct word *words, size_t count,
                                   FILE *out, struct problem *problem)
{
    if (console->request.pipe.display == DISPLAY_COMPARE)
        return compare_candidate(console, count, out, problem);
    return show_tree(console, edit_tree(&console->edit), &console->path, words, count, out,
                     problem);
}
