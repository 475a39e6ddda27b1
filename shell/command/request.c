/* request: what is asked of the box beside its configuration, the rescue configuration. */
#include "command_table.h"
#include "commit.h"

static enum command_status run_save(struct context *context, const struct arguments *arguments)
{
    (void)arguments;
    return commit_begin(context, &(struct commit_request){.rescue = RESCUE_SAVE},
                        &(struct committing){.done = "rescue configuration saved\n"});
}

static enum command_status run_delete(struct context *context, const struct arguments *arguments)
{
    (void)arguments;
    return commit_begin(context, &(struct commit_request){.rescue = RESCUE_DELETE},
                        &(struct committing){.done = "rescue configuration deleted\n"});
}

const struct command request_commands[] = {
    {.path = "request rescue save",
     .help = "Save what runs as the rescue configuration",
     .modes = MODE_OPERATIONAL,
     .configures = true,
     .run = run_save},
    {.path = "request rescue delete",
     .help = "Delete the rescue configuration",
     .modes = MODE_OPERATIONAL,
     .configures = true,
     .run = run_delete},
    {0},
};
