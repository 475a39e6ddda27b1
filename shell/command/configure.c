/* The commands between the modes: configure, exit, quit. */
#include "command_table.h"
#include "context.h"
#include <stdlib.h>
#include <string.h>

static enum command_status run_configure(struct context *context, const struct arguments *arguments)
{
    (void)arguments;
    context->mode = MODE_CONFIGURATION;
    if (context->person && edit_changed(&context->edit))
        context_notice(context, "the candidate has uncommitted changes");
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
        context->mode = MODE_OPERATIONAL;
        context_top(context);
        if (edit_changed(&context->edit))
            context_notice(context, "warning: the candidate has uncommitted changes, kept");
    }
    return COMMAND_OK;
}

const struct command configure_commands[] = {
    {.path = "configure",
     .help = "Enter the configuration mode",
     .modes = MODE_OPERATIONAL,
     .configures = true,
     .moves = true,
     .run = run_configure},
    {.path = "exit",
     .help = "Leave an edit level, the mode or the console",
     .modes = MODE_OPERATIONAL | MODE_CONFIGURATION,
     .moves = true,
     .run = run_exit},
    {.path = "quit",
     .help = "The same as exit",
     .modes = MODE_OPERATIONAL | MODE_CONFIGURATION,
     .moves = true,
     .run = run_exit},
    {0},
};
