/* The commands that change the candidate or move in it: set, delete, rename, what marks, edit, up,
 * top, rollback; and run, which leaves it alone. `show` of the configuration is in
 * show_configuration.c.
 */
#include "command_table.h"
#include "context.h"
#include "execute.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { UP_MAX = 100 };

typedef bool change_fn(struct node *tree, const struct word *words, size_t count,
                       struct problem *problem);

static enum command_status change(struct context *context, change_fn *changes,
                                  const struct arguments *arguments)
{
    size_t above = context->path.count;
    struct node *tree = edit_writable(&context->edit);
    struct word *whole =
        tree ? path_whole(&context->path, arguments->words, arguments->count) : NULL;
    struct problem *problem = context->problem;
    bool changed = false;

    if (whole)
        changed = changes(tree, whole, above + arguments->count, problem);
    else
        problem_at(problem, NULL, "out of memory");
    free(whole);
    return changed || problem->warning ? COMMAND_OK : COMMAND_FAILED;
}

static enum command_status run_set(struct context *context, const struct arguments *arguments)
{
    return change(context, tree_set, arguments);
}

static enum command_status run_delete(struct context *context, const struct arguments *arguments)
{
    return change(context, tree_delete, arguments);
}

static enum command_status run_deactivate(struct context *context,
                                          const struct arguments *arguments)
{
    return change(context, tree_deactivate, arguments);
}

static enum command_status run_activate(struct context *context, const struct arguments *arguments)
{
    return change(context, tree_activate, arguments);
}

static enum command_status run_annotate(struct context *context, const struct arguments *arguments)
{
    return change(context, tree_annotate, arguments);
}

static enum command_status run_rename(struct context *context, const struct arguments *arguments)
{
    return change(context, tree_rename, arguments);
}

static enum command_status run_copy(struct context *context, const struct arguments *arguments)
{
    return change(context, tree_duplicate, arguments);
}

/* A level that cannot be noted is only one that exit does not stop at. */
static void note_level(struct context *context, size_t path_count)
{
    size_t *more = realloc(context->levels, (context->level_count + 1) * sizeof *more);

    if (!more)
        return;
    context->levels = more;
    more[context->level_count++] = path_count;
}

static enum command_status run_edit(struct context *context, const struct arguments *arguments)
{
    size_t above = context->path.count;
    struct word *whole = path_whole(&context->path, arguments->words, arguments->count);
    struct problem *problem = context->problem;
    struct path path = {0};
    bool found = false;

    if (whole)
        found = tree_path(whole, above + arguments->count, &path, problem) &&
                path_editable(&path, whole, problem);
    else
        problem_at(problem, NULL, "out of memory");
    free(whole);
    if (!found) {
        path_free(&path);
        return COMMAND_FAILED;
    }
    path_free(&context->path);
    context->path = path;
    note_level(context, above);
    return COMMAND_OK;
}

/* The level that is the first `keep` words of the path, in its place; false: out of memory. */
static bool go_up(struct context *context, size_t keep)
{
    const struct path *was = &context->path;
    struct path path = {.words = calloc(keep + 1, sizeof *path.words)};
    size_t *levels = calloc(context->level_count + 1, sizeof *levels), level_count = 0;

    while (path.words && path.count < keep &&
           (path.words[path.count] = strdup(was->words[path.count])))
        path.count++;
    if (!path.words || !levels || path.count < keep) {
        path_free(&path);
        free(levels);
        return false;
    }
    while (level_count < context->level_count && context->levels[level_count] < keep) {
        levels[level_count] = context->levels[level_count];
        level_count++;
    }
    context->path = path;
    context->levels = levels;
    context->level_count = level_count;
    return true;
}

/* Goes up so many levels; a COMMAND is run there instead, and unless it goes to a level of its own
 * the one before is come back to. */
static enum command_status climb(struct context *context, unsigned long levels,
                                 const struct arguments *arguments)
{
    const struct word *command = argument_words(arguments, "COMMAND");
    struct path path = context->path;
    size_t *noted = context->levels, noted_count = context->level_count;
    enum command_status status = COMMAND_OK;

    if (!go_up(context, path_above(&path, levels))) {
        problem_at(context->problem, NULL, "out of memory");
        return COMMAND_FAILED;
    }
    size_t there = context->level_count;
    if (command) {
        size_t front = (size_t)(command - arguments->words);
        status = execute_words(context, MODE_LEVEL, command, arguments->count - front);
    }
    if (command && context->level_count == there) { /* else an edit came */
        context_top(context);
        context->path = path;
        context->levels = noted;
        context->level_count = noted_count;
    } else {
        path_free(&path);
        free(noted);
    }
    return status;
}

static enum command_status run_up(struct context *context, const struct arguments *arguments)
{
    return climb(context, argument_number(arguments, "N", 1), arguments);
}

static enum command_status run_top(struct context *context, const struct arguments *arguments)
{
    return climb(context, ULONG_MAX, arguments);
}

static enum command_status run_rollback(struct context *context, const struct arguments *arguments)
{
    unsigned long back = argument_number(arguments, "N", 0);
    char why[600];

    if (back == 0) {
        edit_discard(&context->edit);
        return COMMAND_OK;
    }
    struct node *tree = store_archived(context->running->store, back, why, sizeof why);
    if (tree && edit_replace(&context->edit, tree))
        return COMMAND_OK;
    problem_at(context->problem, argument_words(arguments, "N"), "%s",
               tree ? "out of memory" : why);
    tree_free(tree);
    return COMMAND_FAILED;
}

static enum command_status run_rollback_rescue(struct context *context,
                                               const struct arguments *arguments)
{
    char why[700];
    struct node *tree = store_rescue(context->running->store, why, sizeof why);

    (void)arguments;
    if (tree && edit_replace(&context->edit, tree))
        return COMMAND_OK;
    problem_at(context->problem, NULL, "%s", tree ? "out of memory" : why);
    tree_free(tree);
    return COMMAND_FAILED;
}

static enum command_status run_run(struct context *context, const struct arguments *arguments)
{
    return execute_words(context, MODE_RUN, arguments->words, arguments->count);
}

/* Instead of going there. */
#define LEVEL_COMMAND                                                                              \
    {                                                                                              \
        .name = "COMMAND", .help = "Run only this there, a command that takes a path",             \
        .kind = ARGUMENT_COMMAND, .mode = MODE_LEVEL                                               \
    }

const struct command edit_commands[] = {
    {.path = "set",
     .help = "Set values of the candidate configuration",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "What to set",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_SET,
                    .required = true}},
     .run = run_set},
    {.path = "delete",
     .help = "Delete a part of the candidate configuration",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "What to delete",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_DELETE,
                    .required = true}},
     .run = run_delete},
    {.path = "deactivate",
     .help = "Keep a part of the candidate, but do not let it run",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "What to deactivate",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_MARK,
                    .required = true}},
     .run = run_deactivate},
    {.path = "activate",
     .help = "Let a deactivated part of the candidate run again",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "What to activate",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_MARK,
                    .required = true}},
     .run = run_activate},
    {.path = "annotate",
     .help = "Put a comment on a part of the candidate configuration",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "What it is about, and the comment in quotes",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_ANNOTATE,
                    .required = true}},
     .run = run_annotate},
    {.path = "rename",
     .help = "Rename a part of the candidate, and what refers to it",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "What to rename, to, and its new name",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_RENAME,
                    .required = true}},
     .run = run_rename},
    {.path = "copy",
     .help = "Copy a part of the candidate under another name",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "What to copy, to, and the name of the copy",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_RENAME,
                    .required = true}},
     .run = run_copy},
    {.path = "edit",
     .help = "Go down to a part of the configuration",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "PATH",
                    .help = "Where to go",
                    .kind = ARGUMENT_PATH,
                    .purpose = PATH_EDIT,
                    .required = true}},
     .run = run_edit},
    {.path = "up",
     .help = "Go up one level, or several",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .displays = DISPLAY_SET | DISPLAY_JSON | DISPLAY_COMPARE, /* as far as the command has them */
     .arguments = {{.name = "N",
                    .help = "How many levels",
                    .kind = ARGUMENT_INTEGER,
                    .minimum = 1,
                    .maximum = UP_MAX},
                   LEVEL_COMMAND},
     .run = run_up},
    {.path = "top",
     .help = "Go up to the top level",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .displays = DISPLAY_SET | DISPLAY_JSON | DISPLAY_COMPARE, /* as far as the command has them */
     .arguments = {LEVEL_COMMAND},
     .run = run_top},
    {.path = "run",
     .help = "Run an operational command",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .displays = DISPLAY_SET | DISPLAY_JSON | DISPLAY_COMPARE, /* as far as the command has them */
     .arguments = {{.name = "COMMAND",
                    .help = "The command",
                    .kind = ARGUMENT_COMMAND,
                    .mode = MODE_RUN,
                    .required = true}},
     .run = run_run},
    {.path = "rollback",
     .help = "Take an archived configuration as the candidate",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "N",
                    .help = "How many commits back; 0, the running one, unless given",
                    .kind = ARGUMENT_INTEGER,
                    .list = "commit",
                    .minimum = 0,
                    .maximum = ARCHIVE_MAX}},
     .run = run_rollback},
    {.path = "rollback rescue",
     .help = "Take the rescue configuration as the candidate",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .run = run_rollback_rescue},
    {0},
};
