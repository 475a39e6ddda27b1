/* clear counters: of everything, or of one session. */
#include "../server/peer.h"
#include "command_table.h"
#include "show.h"

static enum command_status run_clear(struct console *console, const struct word *words,
                                     size_t count, FILE *out, struct problem *problem)
{
    const char *name = argument_text(&console->request.arguments, "NAME");

    (void)words;
    (void)count;
    (void)out;
    if (!engine_runs(console, problem))
        return COMMAND_FAILED;
    if (engine_clear(console->running->engine, name) < 0) {
        problem_at(problem, 0, "there is no session \"%s\"", name ? name : "");
        return COMMAND_FAILED;
    }
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
