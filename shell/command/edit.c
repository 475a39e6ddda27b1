/* The commands that change the candidate or move in it: set, delete, edit, up, top, rollback;
 * and run, which leaves it alone. `show` of the configuration is in show_configuration.c. */
#include "../server/peer.h"
#include "command_table.h"
#include "execute.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { UP_MAX = 100 };

/* The edit path with a line's words behind it, as tree_set takes them. The array is malloced,
 * the texts are the path's and the line's. */
static struct word *whole_path(const struct console *console, const struct word *words,
                               size_t count)
{
    size_t above = console->path.count;
    struct word *whole = calloc(above + count + 1, sizeof *whole);

    if (!whole)
        return NULL;
    for (size_t i = 0; i < above; i++)
        whole[i].text = console->path.words[i];
    if (count > 0)
        memcpy(whole + above, words, count * sizeof *words);
    return whole;
}

typedef bool change_fn(struct node *tree, const struct word *words, size_t count,
                       struct problem *problem);

static enum command_status change(struct console *console, change_fn *changes,
                                  const struct word *words, size_t count, struct problem *problem)
{
    size_t above = console->path.count;
    struct node *tree = edit_writable(&console->edit);
    struct word *whole = tree ? whole_path(console, words, count) : NULL;
    bool changed = false;

    if (whole)
        changed = changes(tree, whole, above + count, problem);
    else
        problem_at(problem, 0, "out of memory");
    if (!changed)
        problem->word = problem->word > above ? problem->word - above : 0;
    free(whole);
    return changed || problem->warning ? COMMAND_OK : COMMAND_FAILED;
}

static enum command_status run_set(struct console *console, const struct word *words, size_t count,
                                   FILE *out, struct problem *problem)
{
    (void)out;
    return change(console, tree_set, words, count, problem);
}

static enum command_status run_delete(struct console *console, const struct word *words,
                                      size_t count, FILE *out, struct problem *problem)
{
    (void)out;
    return change(console, tree_delete, words, count, problem);
}

/* A level that cannot be noted is only one that exit does not stop at. */
static void note_level(struct console *console, size_t path_count)
{
    size_t *more = realloc(console->levels, (console->level_count + 1) * sizeof *more);

    if (!more)
        return;
    console->levels = more;
    more[console->level_count++] = path_count;
}

static enum command_status run_edit(struct console *console, const struct word *words, size_t count,
                                    FILE *out, struct problem *problem)
{
    size_t above = console->path.count;
    struct word *whole = whole_path(console, words, count);
    struct path path = {0};
    bool found = false;

    (void)out;
    if (whole)
        found = tree_path(whole, above + count, &path, problem) && path_editable(&path, problem);
    else
        problem_at(problem, 0, "out of memory");
    free(whole);
    if (!found) {
        path_free(&path);
        problem->word = problem->word > above ? problem->word - above : 0;
        return COMMAND_FAILED;
    }
    path_free(&console->path);
    console->path = path;
    note_level(console, above);
    return COMMAND_OK;
}

/* The level that is the first `keep` words of the path, in its place; false: out of memory. */
static bool go_up(struct console *console, size_t keep)
{
    const struct path *was = &console->path;
    struct path path = {.words = calloc(keep + 1, sizeof *path.words)};
    size_t *levels = calloc(console->level_count + 1, sizeof *levels), level_count = 0;

    while (path.words && path.count < keep &&
           (path.words[path.count] = strdup(was->words[path.count])))
        path.count++;
    if (!path.words || !levels || path.count < keep) {
        path_free(&path);
        free(levels);
        return false;
    }
    while (level_count < console->level_count && console->levels[level_count] < keep) {
        levels[level_count] = console->levels[level_count];
        level_count++;
    }
    console->path = path;
    console->levels = levels;
    console->level_count = level_count;
    return true;
}

/* Goes up so many levels; a COMMAND is run there instead, and unless it goes to a level of its own
 * the one before is come back to. */
static enum command_status climb(struct console *console, unsigned long levels,
                                 const struct word *words, size_t count, FILE *out,
                                 struct problem *problem)
{
    const struct word *command = argument_words(&console->request.arguments, "COMMAND");
    struct path path = console->path;
    size_t *noted = console->levels, noted_count = console->level_count;
    enum command_status status = COMMAND_OK;

    if (!go_up(console, path_above(&path, levels))) {
        problem_at(problem, COMMAND_WORD, "out of memory");
        return COMMAND_FAILED;
    }
    size_t there = console->level_count;
    if (command) {
        size_t front = (size_t)(command - words);
        status = execute_words(console, MODE_LEVEL, command, count - front, out, problem);
        problem->word += front;
    }
    if (command && console->level_count == there) { /* else an edit came */
        console_top(console);
        console->path = path;
        console->levels = noted;
        console->level_count = noted_count;
    } else {
        path_free(&path);
        free(noted);
    }
    return status;
}

static enum command_status run_up(struct console *console, const struct word *words, size_t count,
                                  FILE *out, struct problem *problem)
{
    return climb(console, argument_number(&console->request.arguments, "N", 1), words, count, out,
                 problem);
}

static enum command_status run_top(struct console *console, const struct word *words, size_t count,
                                   FILE *out, struct problem *problem)
{
    return climb(console, ULONG_MAX, words, count, out, problem);
}

static enum command_status run_rollback(struct console *console, const struct word *words,
                                        size_t count, FILE *out, struct problem *problem)
{
    unsigned long back = argument_number(&console->request.arguments, "N", 0);
    char why[600];

    (void)words;
    (void)count;
    (void)out;
    if (back == 0) {
        edit_drop(&console->edit);
        return COMMAND_OK;
    }
    struct node *tree = store_archived(console->running->store, back, why, sizeof why);
    if (tree && edit_replace(&console->edit, tree))
        return COMMAND_OK;
    problem_at(problem, 0, "%s", tree ? "out of memory" : why);
    tree_free(tree);
    return COMMAND_FAILED;
}

static enum command_status run_run(struct console *console, const struct word *words, size_t count,
                                   FILE *out, struct problem *problem)
{
    return execute_words(console, MODE_RUN, words, count, out, problem);
}

/* Instead of going there. */
#define LEVEL_COMMAND                                                                              \
    {                                                                                              \
        .name = "COMMAND", .help = "Run only this there: set, delete, edit or show",               \
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
                    .minimum = 0,
                    .maximum = ARCHIVE_MAX}},
     .run = run_rollback},
    {0},
};
