/* commit: the candidate becomes the running configuration, or every reason why not is told. */
#include "../box/console.h"
#include "command_table.h"

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

static enum command_status run_commit(struct console *console, const struct word *words,
                                      size_t count, FILE *out, struct problem *problem)
{
    bool check_only = argument_given(&console->request.arguments, "check");
    bool and_quit = argument_given(&console->request.arguments, "and-quit");
    struct problems problems = {0}, warnings = {0};
    enum command_status status = COMMAND_OK;

    (void)words;
    (void)count;
    (void)problem;
    switch (transaction_commit(&console->edit, check_only, &problems, &warnings)) {
    case COMMIT_DONE:
        report_warnings(console, &warnings);
        fputs(check_only ? "configuration check succeeds\n" : "commit complete\n", out);
        break;
    case COMMIT_UNCHANGED:
        fputs("no changes\n", out);
        break;
    case COMMIT_REFUSED:
        report(console, &problems);
        status = COMMAND_FAILED;
        break;
    }
    problems_free(&problems);
    problems_free(&warnings);
    if (and_quit && status == COMMAND_OK) {
        console->mode = MODE_OPERATIONAL;
        console_top(console);
    }
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
