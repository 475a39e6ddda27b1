/* commit: the candidate becomes the running configuration, or every reason why not is told. */
#include "commit.h"
#include "command_table.h"
#include <stdlib.h>
#include <time.h>

/* One problem message each, all at the place of the word commit. */
static void report(struct console *console, const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        console_problem(console, console->request.column, "%s", problems->at[i].text);
}

/* A warning is of no word of the line. */
static void report_warnings(struct console *console, const struct problems *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        console_warning(console, 0, "%s", warnings->at[i].text);
}

/* Both values were told; this is the way out. */
static void report_way_out(struct console *console)
{
    const struct snapshot *runs = console->running->snapshot;
    struct tm when;
    char clock[32] = "";

    if (localtime_r(&runs->when, &when))
        strftime(clock, sizeof clock, "%H:%M:%S", &when);
    console_notice(console,
                   "last commit: %s at %s; commit again to put the values of this candidate "
                   "through, rollback to give its changes up",
                   runs->who, clock);
}

/* How it went; what it tells is freed. */
static enum command_status tell(struct console *console, enum commit_result result,
                                struct commit_report *told, FILE *out)
{
    const struct committing *asked = &console->committing;

    switch (result) {
    case COMMIT_RUNNING:
        return COMMAND_RUNNING;
    case COMMIT_DONE:
        report_warnings(console, &told->warnings);
        fputs(asked->check_only ? "configuration check succeeds\n" : "commit complete\n", out);
        break;
    case COMMIT_UNCHANGED:
        fputs("no changes\n", out);
        break;
    case COMMIT_REFUSED:
        report(console, &told->problems);
        if (told->clashes)
            report_way_out(console);
        break;
    }
    commit_report_free(told);
    if (asked->and_quit && result != COMMIT_REFUSED) {
        console->mode = MODE_OPERATIONAL;
        console_top(console);
    }
    return result == COMMIT_REFUSED ? COMMAND_FAILED : COMMAND_OK;
}

static enum command_status run_commit(struct console *console, const struct word *words,
                                      size_t count, FILE *out, struct problem *problem)
{
    const struct arguments *arguments = &console->request.arguments;
    struct commit_report told = {0};

    (void)words;
    (void)count;
    (void)problem;
    console->committing = (struct committing){.check_only = argument_given(arguments, "check"),
                                              .and_quit = argument_given(arguments, "and-quit")};
    enum commit_result result =
        transaction_commit(&console->edit, console->committing.check_only, &told);
    console->committing.running = result == COMMIT_RUNNING;
    return tell(console, result, &told, out);
}

enum command_status commit_resume(struct console *console)
{
    struct commit_report told = {0};
    enum commit_result result = transaction_result(&console->edit, &told);
    size_t size = 0;
    char *text = NULL;
    FILE *out;

    if (result == COMMIT_RUNNING)
        return COMMAND_RUNNING;
    console->committing.running = false;
    out = open_memstream(&text, &size);
    if (!out) {
        commit_report_free(&told);
        console->channel.broken = true;
        return COMMAND_FAILED;
    }
    enum command_status status = tell(console, result, &told, out);
    fclose(out);
    console_output(console, text, size);
    free(text);
    return status;
}

const struct command commit_commands[] = {
    {.path = "commit",
     .help = "Make the candidate the running configuration",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "check",
                    .help = "Only say whether it would succeed",
                    .kind = ARGUMENT_KEYWORD},
                   {.name = "and-quit",
                    .help = "Then leave the configuration mode",
                    .kind = ARGUMENT_KEYWORD}},
     .run = run_commit},
    {0},
};
