/* The commands between the modes: configure, exit, quit. */
#include "configure.h"
#include "../clock.h"
#include "../running/exclusive.h"
#include "command_table.h"
#include "show.h"
#include <stdlib.h>
#include <string.h>

enum { LOCK_WAIT_MS = 10000 };

/* A script is not told what only people look at. */
static void enter(struct context *context)
{
    const struct edit *other = NULL;
    char text[EDIT_TEXT_MAX];

    context->mode = MODE_CONFIGURATION;
    if (!context->person)
        return;
    while ((other = edit_next_other(&context->edit, other))) {
        edit_describe(other, text);
        context_notice(context, "also in the configuration mode: %s", text);
    }
    if (edit_changed(&context->edit))
        context_notice(context, "the candidate has uncommitted changes");
}

static enum command_status run_configure(struct context *context, const struct arguments *arguments)
{
    bool exclusive = argument_given(arguments, "exclusive");
    char text[EDIT_TEXT_MAX];

    if (edit_enter(&context->edit, exclusive)) {
        enter(context);
        return COMMAND_OK;
    }
    edit_describe(exclusive_other(&context->edit), text);
    if (!exclusive) {
        problem_at(context->problem, NULL, "the configuration is locked by %s", text);
        return COMMAND_FAILED;
    }
    context->lock_until_ms = clock_ms() + LOCK_WAIT_MS;
    if (context->person)
        context_notice(context, "waiting for %s", text);
    return COMMAND_RUNNING;
}

int64_t configure_due(const struct context *context, int64_t now_ms)
{
    int64_t left = context->lock_until_ms - now_ms;

    return left <= 0 || !exclusive_other(&context->edit) ? 0 : left;
}

enum command_status configure_resume(struct context *context, bool give_up)
{
    bool entered = !give_up && edit_enter(&context->edit, true);
    char text[EDIT_TEXT_MAX];

    if (!entered && !give_up && clock_ms() < context->lock_until_ms)
        return COMMAND_RUNNING;
    context->lock_until_ms = 0;
    if (entered) {
        enter(context);
    } else if (!give_up) {
        edit_describe(exclusive_other(&context->edit), text);
        context_problem(context, context->request.column, "the configuration is locked by %s",
                        text);
    }
    return entered ? COMMAND_OK : COMMAND_FAILED;
}

/* A line for each console that edits, this one too. */
static enum command_status run_status(struct context *context, const struct arguments *arguments)
{
    char text[EDIT_TEXT_MAX], when[MOMENT_MAX];

    (void)arguments;
    for (struct edit *edit = context->running->edits; edit; edit = edit->next) {
        if (!edit->editing)
            continue;
        edit_describe(edit, text);
        moment_shown(edit->since, when);
        fprintf(context->out, "%s, since %s, %s%s\n", text, when,
                edit_changed(edit) ? "uncommitted changes" : "no changes",
                edit == &context->edit ? " (this console)" : "");
    }
    return COMMAND_OK;
}

/* Out of the innermost `edit`. */
static void leave_level(struct context *context)
{
    size_t keep = context->levels[--context->level_count];

    while (context->path.count > keep)
        free(context->path.words[--context->path.count]);
}

static enum command_status run_exit(struct context *context, const struct arguments *arguments)
{
    (void)arguments;
    if (context->mode == MODE_OPERATIONAL) {
        context->logged_out = true;
    } else if (context->level_count > 0) {
        leave_level(context);
    } else {
        context_leave(context);
    }
    return COMMAND_OK;
}

const struct command configure_commands[] = {
    {.path = "configure",
     .help = "Enter the configuration mode",
     .modes = MODE_OPERATIONAL,
     .configures = true,
     .moves = true,
     .arguments = {{.name = "exclusive",
                    .help = "Alone: nobody else enters it or commits",
                    .kind = ARGUMENT_KEYWORD}},
     .run = run_configure},
    {.path = "exit",
     .help = "Leave an edit level, the mode or the console",
     .modes = MODE_OPERATIONAL | MODE_CONFIGURATION,
     .moves = true,
     .run = run_exit},
    {.path = "status",
     .help = "Who edits the configuration, and since when",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .run = run_status},
    {.path = "quit",
     .help = "The same as exit",
     .modes = MODE_OPERATIONAL | MODE_CONFIGURATION,
     .moves = true,
     .run = run_exit},
    {0},
};
