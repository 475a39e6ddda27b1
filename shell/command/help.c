/* help: what commands there are, what one takes, and what the profiles do; all of it from the
 * tables. */
#include "../config/profile.h"
#include "command_table.h"
#include "explain.h"
#include "output.h"
#include "test_packet.h"
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
    table_print(&table, context_width(context), context->out);
}

static void add_argument(struct table *table, const struct argument *argument)
{
    const struct packet_word *word;

    switch (argument->kind) {
    case ARGUMENT_NUMBER:
        table_cell(table, "%s N", argument->name);
        table_cell(table, "%s (%ld-%ld)", argument->help, argument->minimum, argument->maximum);
        break;
    case ARGUMENT_OPTION:
        table_cell(table, "%s [N]", argument->name);
        table_cell(table, "%s (%ld-%ld)", argument->help, argument->minimum, argument->maximum);
        break;
    case ARGUMENT_TEXT:
        table_cell(table, "%s %s", argument->name, argument_hint(argument));
        table_cell(table, "%s", argument->help);
        break;
    case ARGUMENT_INTEGER:
        table_cell(table, "%s", argument->name);
        table_cell(table, "%s (%ld-%ld)", argument->help, argument->minimum, argument->maximum);
        break;
    case ARGUMENT_PACKET:
        for (size_t i = 0; (word = packet_word_at(i)); i++) {
            table_cell(table, "%s", word->name);
            table_cell(table, "%s", word->help);
        }
        break;
    case ARGUMENT_FILE:
        table_cell(table, "%.*s", (int)strcspn(argument->name, "|"), argument->name);
        table_cell(table, "%s", argument->help);
        if (argument->list_help) {
            table_cell(table, "%s", argument->list);
            table_cell(table, "%s", argument->list_help);
        }
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
    table_print(&table, 0, out);
}

/* All commands of a mode that begin with a path; how many. */
static size_t explain_all(const struct context *context, enum command_mode mode, const char *path)
{
    const struct command *command;
    size_t explained = 0, length = strlen(path);

    for (size_t i = 0; (command = command_at(i)); i++) {
        if (!(command->modes & mode) || (command->configures && !context->may_configure) ||
            strncmp(command->path, path, length) != 0 ||
            (command->path[length] != '\0' && command->path[length] != ' '))
            continue;
        explain_command(command, context->out);
        explained++;
    }
    return explained;
}

/* Whether the words lead somewhere in a mode, to one command or to several; else *problem. */
static bool explain_in(const struct context *context, enum command_mode mode,
                       const struct arguments *arguments, struct problem *problem)
{
    struct reach reach =
        dispatch_look_up(context->dispatch, mode, arguments->words, arguments->count);

    if (reach.words < arguments->count)
        return explain_word(context, &reach, arguments->words, arguments->count, problem);
    return explain_all(context, mode, reach.path) > 0 ||
           problem_at(problem, arguments->words,
                      "only root and members of the group mirrorsh may %s", reach.path);
}

static enum command_status run_help(struct context *context, const struct arguments *arguments)
{
    enum command_mode other =
        context->mode == MODE_OPERATIONAL ? MODE_CONFIGURATION : MODE_OPERATIONAL;
    struct problem elsewhere;

    if (arguments->count == 0)
        list_commands(context);
    else if (!explain_in(context, context->mode, arguments, context->problem) &&
             !explain_in(context, other, arguments, &elsewhere))
        return COMMAND_FAILED;
    return COMMAND_OK;
}

/* The table of profile.h, and what its words stand for. */
static enum command_status run_help_profile(struct context *context,
                                            const struct arguments *arguments)
{
    struct table table = {.columns = 1 + PROFILES, .align = "lllll"};
    const struct profile_rule *rule;
    char text[PROFILE_TEXT_SIZE];

    (void)arguments;
    table_cell(&table, "system profile");
    for (int profile = 0; profile < PROFILES; profile++)
        table_cell(&table, "%s", profile_name((enum profile)profile));
    for (size_t i = 0; (rule = profile_rule(i)); i++) {
        table_cell(&table, "%s", rule->name);
        for (int profile = 0; profile < PROFILES; profile++)
            table_cell(&table, "%s", profile_text(rule, (enum profile)profile, text));
    }
    table_print(&table, context_width(context), context->out);
    putc('\n', context->out);
    for (size_t i = 0; (rule = profile_rule(i)); i++)
        if (rule->note)
            fprintf(context->out, "%s\n", rule->note);
    fprintf(context->out, "This box is %s.\n",
            profile_name(profile_of(context->running->revision->active.tree)));
    return COMMAND_OK;
}

const struct command help_commands[] = {
    {.path = "help",
     .help = "What commands there are, and what one takes",
     .modes = MODE_OPERATIONAL | MODE_CONFIGURATION,
     .arguments = {{.name = "COMMAND", .help = "The command", .kind = ARGUMENT_COMMAND}},
     .run = run_help},
    {.path = "help profile",
     .help = "Limits and defaults of each system profile",
     .modes = MODE_OPERATIONAL | MODE_CONFIGURATION,
     .run = run_help_profile},
    {0},
};
