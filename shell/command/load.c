/* load and save: whole configurations. The text is read and written by the console's own process,
 * with its rights, on its machine: the box asks it for that (protocol.h), and takes all of a text
 * or nothing. */
#include "load.h"
#include "../config/text.h"
#include "command_table.h"
#include <stdlib.h>
#include <string.h>

enum { PROBLEMS_TOLD = 20 };

enum load_mode { LOAD_MERGE, LOAD_OVERRIDE, LOAD_REPLACE, LOAD_SET };

/* A text that comes piece by piece. */
struct loading {
    enum load_mode mode;
    uint32_t column; /* of the file's name in the line */
    char *name;      /* of the file, for places; "terminal" */
    char *text;
    size_t length, capacity; /* length: also of what was not kept */
    bool failed;             /* out of memory */
};

static void loading_free(struct loading *loading)
{
    if (!loading)
        return;
    free(loading->name);
    free(loading->text);
    free(loading);
}

static enum command_status run_load(struct context *context, const struct arguments *arguments)
{
    static const char *const modes[] = {[LOAD_MERGE] = "load merge",
                                        [LOAD_OVERRIDE] = "load override",
                                        [LOAD_REPLACE] = "load replace",
                                        [LOAD_SET] = "load set"};
    const struct word *file = argument_words(arguments, FILE_OR_TERMINAL);
    bool terminal = !file->quoted && strcmp(file->text, "terminal") == 0;
    struct loading *loading = calloc(1, sizeof *loading);

    if (!loading || !(loading->name = strdup(file->text))) {
        loading_free(loading);
        problem_at(context->problem, NULL, "out of memory");
        return COMMAND_FAILED;
    }
    while (strcmp(modes[loading->mode], arguments->command->path) != 0)
        loading->mode++;
    loading->column = words_column(context->request.line, file->start);
    context->loading = loading;
    context_send(context, MESSAGE_READ, file->text, terminal ? 0 : strlen(file->text));
    return COMMAND_RUNNING;
}

void load_take(struct context *context, const void *data, size_t length)
{
    struct loading *loading = context->loading;
    size_t wanted = loading->length + length + 1;

    if (wanted - 1 <= LOAD_MAX && wanted > loading->capacity) {
        char *more = realloc(loading->text, 2 * wanted);
        if (more) {
            loading->text = more;
            loading->capacity = 2 * wanted;
        } else {
            loading->failed = true;
        }
    }
    if (wanted <= loading->capacity)
        memcpy(loading->text + loading->length, data, length);
    loading->length = wanted - 1;
}

/* Reads the text into a tree of what is there; false after at least one problem. */
static bool read_text(const struct loading *loading, struct node *tree, struct problems *problems)
{
    const char *text = loading->text ? loading->text : "";
    size_t length = loading->length;

    if (loading->mode == LOAD_SET)
        return text_load_commands(tree, text, length, problems);
    return text_has_lines(text, length)
               ? text_load(tree, text, length, problems)
               : text_load_braces(tree, text, length, loading->mode == LOAD_REPLACE, problems);
}

static void tell(struct context *context, const struct loading *loading,
                 const struct problems *problems)
{
    size_t told = problems->count < PROBLEMS_TOLD ? problems->count : PROBLEMS_TOLD;

    for (size_t i = 0; i < told; i++)
        context_problem(context, loading->column, "%s:%u:%u: %s", loading->name,
                        problems->at[i].line, problems->at[i].column, problems->at[i].text);
    if (told < problems->count)
        context_problem(context, loading->column, "%s: and %s%zu more problems", loading->name,
                        problems_full(problems) ? "at least " : "", problems->count - told);
}

/* The text becomes the candidate, or a part of it, as a whole. */
static void take_text(struct context *context, const struct loading *loading)
{
    static const char done[] = "load complete\n";
    struct edit *edit = &context->edit;
    bool override = loading->mode == LOAD_OVERRIDE, taken = false;
    struct node *tree = override ? tree_new() : tree_copy(edit_tree(edit));
    struct problems problems = {0};

    if (tree && !read_text(loading, tree, &problems)) {
        tell(context, loading, &problems);
    } else {
        taken = tree && (override ? edit_replace(edit, tree) : edit_take(edit, tree));
        if (!taken)
            context_problem(context, loading->column, "out of memory");
    }
    if (taken)
        context_output(context, done, strlen(done));
    else
        tree_free(tree);
    problems_free(&problems);
}

enum command_status load_end(struct context *context, const char *why)
{
    struct loading *loading = context->loading;

    if (why && *why)
        context_problem(context, loading->column, "%s: %s", loading->name, why);
    else if (loading->failed)
        context_problem(context, loading->column, "out of memory");
    else if (loading->length > LOAD_MAX)
        context_problem(context, loading->column, "%s: larger than %d MiB", loading->name,
                        LOAD_MAX >> 20);
    else
        take_text(context, loading);
    load_abandon(context);
    return context->request.failed ? COMMAND_FAILED : COMMAND_OK;
}

void load_abandon(struct context *context)
{
    loading_free(context->loading);
    context->loading = NULL;
}

/* The text is whole and there is room for it before the console empties the file. */
static enum command_status run_save(struct context *context, const struct arguments *arguments)
{
    const char *file = argument_text(arguments, "FILE");
    char *text = NULL;
    size_t size = 0, path = sizeof(struct message_header) + strlen(file);
    FILE *out = open_memstream(&text, &size);
    bool good = false;

    if (out)
        text_print_set(edit_tree(&context->edit), &(struct path){0}, out);
    if (!out || fclose(out) != 0) {
        problem_at(context->problem, NULL, "out of memory");
    } else if (context_queued(context) + path + size > ANSWER_MAX) {
        problem_at(context->problem, NULL, "the configuration has more than %d MiB as lines",
                   ANSWER_MAX >> 20);
    } else {
        good = true;
        context_send(context, MESSAGE_WRITE, file, strlen(file));
        context_output(context, text, size);
    }
    free(text);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

#define LOADED_FROM                                                                                \
    {                                                                                              \
        {                                                                                          \
            .name = FILE_OR_TERMINAL, .help = "A file of this console's machine",                  \
            .kind = ARGUMENT_FILE, .list = "terminal", .list_help = "What is typed, up to ^D",     \
            .required = true                                                                       \
        }                                                                                          \
    }

const struct command load_commands[] = {
    {.path = "load merge",
     .help = "Add a configuration to the candidate",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = LOADED_FROM,
     .run = run_load},
    {.path = "load override",
     .help = "Take a configuration as the whole candidate",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = LOADED_FROM,
     .run = run_load},
    {.path = "load replace",
     .help = "Add a configuration; what has replace: is replaced",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = LOADED_FROM,
     .run = run_load},
    {.path = "load set",
     .help = "Run lines of set, delete and the like",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = LOADED_FROM,
     .run = run_load},
    {.path = "save",
     .help = "Write the candidate to a file of this console's machine",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "FILE",
                    .help = "The file, which is overwritten",
                    .kind = ARGUMENT_FILE,
                    .required = true}},
     .run = run_save},
    {0},
};
