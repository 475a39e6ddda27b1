/* The commands between the modes: configure, exit, quit. */
#include "../server/peer.h"
#include "command_table.h"
#include <stdlib.h>
#include <string.h>

static enum command_status run_configure(struct console *console, const struct word *words,
                                         size_t count, FILE *out, struct problem *problem)
{
    (void)words;
    (void)count;
    (void)out;
    (void)problem;
    console->mode = MODE_CONFIGURATION;
    if (console->hello.kind == CONSOLE_TERMINAL && edit_changed(&console->edit))
        console_notice(console, "the candidate has uncommitted changes");
    return COMMAND_OK;
}

/* Out of the innermost `edit`. */
static void leave_level(struct console *console)
{
    size_t keep = console->levels[--console->level_count];

    while (console->path.count > keep)
        free(console->path.words[--console->path.count]);
}

static enum command_status run_exit(struct console *console, const struct word *words, size_t count,
                                    FILE *out, struct problem *problem)
{
    (void)words;
    (void)count;
    (void)out;
    (void)problem;
    if (console->mode == MODE_OPERATIONAL) {
        console->logged_out = true;
    } else if (console->level_count > 0) {
        leave_level(console);
    } else {
        console->mode = MODE_OPERATIONAL;
        console_top(console);
        if (edit_changed(&console->edit))
            console_notice(console, "warning: the candidate has uncommitted changes, kept");
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
