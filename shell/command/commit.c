/* commit: the candidate becomes the running configuration, or every reason why not is told. */
#include "commit.h"
#include "command_table.h"
#include <string.h>
#include <time.h>

/* Both values were told; this is the way out. */
static void report_way_out(struct context *context)
{
    const struct revision *runs = context->running->revision;
    struct tm when;
    char clock[32] = "", author[AUTHOR_MAX];

    author_text(&runs->record.author, author);
    if (localtime_r(&runs->record.when, &when))
        strftime(clock, sizeof clock, "%H:%M:%S", &when);
    context_notice(context,
                   "last commit: %s at %s; commit again to put the values of this candidate "
                   "through, rollback to give its changes up",
                   author, clock);
}

/* At once, for its command may have returned long ago. */
static void say(struct context *context, const char *text)
{
    context_output(context, text, strlen(text));
}

/* How it went; what it tells is freed. */
static enum command_status tell(struct context *context, enum commit_result result,
                                struct commit_report *told)
{
    const struct committing *asked = &context->committing;

    switch (result) {
    case COMMIT_RUNNING:
        return COMMAND_RUNNING;
    case COMMIT_DONE:
        /* of no word of the line */
        context_list(context, context_warning, 0, &told->warnings, "warnings");
        say(context, asked->done);
        break;
    case COMMIT_UNCHANGED:
        say(context, "no changes\n");
        break;
    case COMMIT_REFUSED:
        context_list(context, context_problem, context->request.column, &told->problems,
                     "problems");
        if (told->clashes)
            report_way_out(context);
        break;
    }
    commit_report_free(told);
    if (asked->and_quit && result != COMMIT_REFUSED)
        context_leave(context);
    return result == COMMIT_REFUSED ? COMMAND_FAILED : COMMAND_OK;
}

enum command_status commit_begin(struct context *context, const struct commit_request *request,
                                 const struct committing *committing)
{
    struct commit_report told = {0};

    context->committing = *committing;
    enum commit_result result = edit_commit(&context->edit, request, &told);
    context->committing.running = result == COMMIT_RUNNING;
    return tell(context, result, &told);
}

static enum command_status run_commit(struct context *context, const struct arguments *arguments)
{
    const struct word *confirmed = argument_words(arguments, "confirmed");
    bool check = argument_given(arguments, "check");

    if (confirmed && check) {
        problem_at(context->problem, confirmed, "check changes nothing that could be confirmed");
        return COMMAND_FAILED;
    }
    return commit_begin(
        context,
        &(struct commit_request){
            .check_only = check,
            .minutes =
                confirmed ? (unsigned)argument_number(arguments, "confirmed", CONFIRM_MINUTES) : 0,
            .comment = argument_text(arguments, "comment")},
        &(struct committing){.done = check ? "configuration check succeeds\n" : "commit complete\n",
                             .and_quit = argument_given(arguments, "and-quit")});
}

enum command_status commit_resume(struct context *context)
{
    struct commit_report told = {0};
    enum commit_result result = edit_commit_result(&context->edit, &told);

    if (result == COMMIT_RUNNING)
        return COMMAND_RUNNING;
    context->committing.running = false;
    return tell(context, result, &told);
}

const struct command commit_commands[] = {
    {.path = "commit",
     .help = "Make the candidate the running configuration",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .arguments = {{.name = "check",
                    .help = "Only say whether it would succeed",
                    .kind = ARGUMENT_KEYWORD,
                    .without = "confirmed"},
                   {.name = "confirmed",
                    .help = "Go back in 10 minutes, or N, unless a commit follows",
                    .kind = ARGUMENT_OPTION,
                    .minimum = 1,
                    .maximum = CONFIRM_MINUTES_MAX,
                    .without = "check"},
                   {.name = "comment",
                    .help = "Why, for show system commit",
                    .kind = ARGUMENT_TEXT,
                    .maximum = COMMENT_MAX},
                   {.name = "and-quit",
                    .help = "Then leave the configuration mode",
                    .kind = ARGUMENT_KEYWORD}},
     .run = run_commit},
    {0},
};
