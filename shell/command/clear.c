/* clear counters: of everything, or of one session. */
#include "../journal/journal.h"
#include "command_table.h"
#include "context.h"
#include "show.h"

static enum command_status run_clear(struct context *context, const struct arguments *arguments)
{
    const struct word *name = argument_words(arguments, "NAME");
    char author[AUTHOR_MAX];

    if (!engine_runs(context))
        return COMMAND_FAILED;
    if (engine_clear(context->running->engine, name ? name->text : NULL) < 0) {
        problem_at(context->problem, name, "there is no session \"%s\"", name ? name->text : "");
        return COMMAND_FAILED;
    }
    author_text(&context->edit.author, author);
    journal(LOG_NOTICE, "counters%s%s cleared by %s", name ? " of session " : "",
            name ? name->text : "", author);
    return COMMAND_OK;
}

const struct command clear_commands[] = {
    {.path = "clear counters",
     .help = "Set all counters to zero",
     .modes = MODE_OPERATIONAL,
     .configures = true,
     .run = run_clear},
    {.path = "clear counters session",
     .help = "Set the counters of one session to zero",
     .modes = MODE_OPERATIONAL,
     .configures = true,
     .arguments = {{.name = "NAME",
                    .help = "The session",
                    .kind = ARGUMENT_NAME,
                    .list = "session",
                    .required = true}},
     .run = run_clear},
    {0},
};
