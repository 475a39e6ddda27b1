/* help: what commands there are, and what one takes; all of it from the tables. */
#include "command_table.h"
#include "context.h"
#include "output.h"
#include <string.h>

/* Without a COMMAND, help tells those of the mode the console is in; with one, it finds those
 * of either. */
static void list_commands(const struct context *context)
{
    struct table table = {.columns = 2, .align = "ll"};
    const struct command *command;

    for (size_t i = 0; (command = command_at(i)); i++) {
        if (!(command->modes & context->mode) || (command->configures && !context->may_configure))
            continue;
        table_cell(&table, "%s", command->path);
        table_cell(&table, "%s", command->help);
    }
    table_print(&table, context->out);
}

static void add_argument(struct table *table, const struct argument *argument)
{
    switch (argument->kind) {
    case ARGUMENT_NUMBER:
        table_cell(table, "%s N", argument->name);
        table_cell(table, "%s (%ld-%ld)", argument->help, argument->minimum, argument->maximum);
        break;
    case ARGUMENT_INTEGER:
        table_cell(table, "%s", argument->name);
        table_cell(table, "%s (%ld-%ld)", argument->help, argument->minimum, argument->maximum);
        break;
    case ARGUMENT_KEYWORD:
    case ARGUMENT_NAME:
    case ARGUMENT_PATH:
    case ARGUMENT_COMMAND:
        table_cell(table, "%s", argument->name);
        table_cell(table, "%s", argument->help);
        break;
    }
}

static void explain_command(const struct command *command, FILE *out)
{
    struct table table = {.columns = 2, .align = "ll", .indent = "  "};
    char usage[200];

    command_usage(command, usage, sizeof usage);
    fprintf(out, "%s\n  %s\n", usage, command->help);
    for (size_t i = 0; i < ARGUMENTS_MAX && command->arguments[i].name; i++)
        add_argument(&table, &command->arguments[i]);
    table_print(&table, out);
}

/* All commands that begin with the words; how many. */
static size_t explain_in(const struct context *context, enum command_mode mode,
                         const struct command_walk *walk)
{
    const struct command *command;
    size_t explained = 0, length = 0;

    for (size_t i = 0; i < walk->depth; i++)
        length += strcspn(walk->prefix->path + length + (i > 0), " ") + (i > 0);
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (!(command->modes & mode) || (command->configures && !context->may_configure) ||
            strncmp(command->path, walk->prefix->path, length) != 0 ||
            (command->path[length] != '\0' && command->path[length] != ' '))
            continue;
        explain_command(command, context->out);
        explained++;
    }
    return explained;
}

/* Whether the words lead somewhere in a mode, to one command or to several; else *problem. */
static bool explain_words(const struct context *context, enum command_mode mode,
                          const struct arguments *arguments, struct problem *problem)
{
    struct command_walk walk;

    /* a walk that ends where a word is missing still is a place that can be explained */
    if (!command_walk(mode, arguments->words, arguments->count, &walk, problem) &&
        walk.depth < arguments->count)
        return false;
    if (walk.depth < arguments->count)
        return problem_at(problem, &arguments->words[walk.depth],
                          "unexpected word \"%s\", expected the end of the line",
                          arguments->words[walk.depth].text);
    return explain_in(context, mode, &walk) > 0 ||
           problem_at(problem, arguments->words,
                      "only root and members of the group mirrorsh may %s", walk.prefix->path);
}

static enum command_status run_help(struct context *context, const struct arguments *arguments)
{
    enum command_mode other =
        context->mode == MODE_OPERATIONAL ? MODE_CONFIGURATION : MODE_OPERATIONAL;
    struct problem elsewhere;

    if (arguments->count == 0)
        list_commands(context);
    else if (!explain_words(context, context->mode, arguments, context->problem) &&
             !explain_words(context, other, arguments, &elsewhere))
        return COMMAND_FAILED;
    return COMMAND_OK;
}

const struct command help_commands[] = {
    {.path = "help",
     .help = "What commands there are, and what one takes",
     .modes = MODE_OPERATIONAL | MODE_CONFIGURATION,
     .arguments = {{.name = "COMMAND", .help = "The command", .kind = ARGUMENT_COMMAND}},
     .run = run_help},
    {0},
};
