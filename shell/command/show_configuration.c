/* show of a tree: the running one, the candidate, and the candidate's differences. */
#include "../config/diff.h"
#include "../config/text.h"
#include "show.h"
#include <stdlib.h>
#include <string.h>

/* The canonical path of the edit level with a line's words behind it, all of it there. */
static bool find_path(const struct node *tree, const struct path *above,
                      const struct arguments *arguments, struct path *path, struct problem *problem)
{
    size_t count = arguments->count;
    struct word *whole = path_whole(above, arguments->words, count);
    bool found = false;

    if (!whole)
        return problem_at(problem, NULL, "out of memory");
    /* a level that is still empty is no error, a path that was typed is */
    if (count == 0 || tree_find(tree, whole, above->count + count, problem))
        found = tree_path(whole, above->count + count, path, problem);
    free(whole);
    return found;
}

static void print_part(struct context *context, const struct node *tree, const struct path *path)
{
    switch (context->request.pipe.display) {
    case DISPLAY_SET:
        text_print_set(tree, path, context->out);
        break;
    case DISPLAY_JSON:
        text_print_json(tree, path, context->out);
        break;
    case DISPLAY_TEXT:
    case DISPLAY_COMPARE:
    case DISPLAY_PROMETHEUS:
        text_print_braces(tree, path, context->out);
        break;
    }
}

void show_tree(struct context *context, const struct node *tree)
{
    print_part(context, tree, &(const struct path){0});
}

static enum command_status show_part(struct context *context, const struct node *tree,
                                     const struct path *above, const struct arguments *arguments)
{
    struct path path = {0};

    if (!find_path(tree, above, arguments, &path, context->problem))
        return COMMAND_FAILED;
    print_part(context, tree, &path);
    path_free(&path);
    return COMMAND_OK;
}

/* `| compare` shows all of a tree's changes, whatever the level, or those of a path, which has to
 * be in one of the two. */
static enum command_status compare_trees(struct context *context, const struct node *old,
                                         const struct node *new, const struct path *above,
                                         const struct arguments *arguments)
{
    struct path path = {0};
    struct problem gone;

    if (arguments->count > 0 && !find_path(old, above, arguments, &path, &gone) &&
        !find_path(new, above, arguments, &path, context->problem))
        return COMMAND_FAILED;
    diff_print(old, new, &path, context->out);
    path_free(&path);
    return COMMAND_OK;
}

static enum command_status compare(struct context *context, const struct node *tree,
                                   const struct path *above, const struct arguments *arguments)
{
    long back = context->request.pipe.rollback;
    struct node *archived = NULL;
    char why[600];

    if (back > 0) {
        archived = store_archived(context->running->store, (unsigned long)back, why, sizeof why);
        if (!archived) {
            problem_at(context->problem, context->request.pipe.back, "%s", why);
            return COMMAND_FAILED;
        }
    }
    enum command_status status = compare_trees(
        context, archived ? archived : context->running->revision->tree, tree, above, arguments);
    tree_free(archived);
    return status;
}

enum command_status show_configuration(struct context *context, const struct arguments *arguments)
{
    const struct node *tree = context->running->revision->tree;
    const struct path top = {0};

    if (context->request.pipe.display == DISPLAY_COMPARE)
        return compare(context, tree, &top, arguments);
    return show_part(context, tree, &top, arguments);
}

/* What a commit would do; one that it would be refused for is a warning. */
static enum command_status compare_candidate(struct context *context,
                                             const struct arguments *arguments)
{
    struct problems clashes = {0};
    struct node *tree = edit_merged(&context->edit, &clashes);
    enum command_status status = COMMAND_FAILED;

    if (tree)
        status = compare(context, tree, &context->path, arguments);
    else
        problem_at(context->problem, NULL, "out of memory");
    if (status == COMMAND_OK)
        context_list(context, context_warning, 0, &clashes, "warnings");
    problems_free(&clashes);
    tree_free(tree);
    return status;
}

enum command_status show_candidate(struct context *context, const struct arguments *arguments)
{
    if (context->request.pipe.display == DISPLAY_COMPARE)
        return compare_candidate(context, arguments);
    return show_part(context, edit_tree(&context->edit), &context->path, arguments);
}
