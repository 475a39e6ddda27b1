/* The commit that is to be confirmed: when it goes back, and how. commit.c has the whole way of a
 * commit. */
#include "../clock.h"
#include "../journal/journal.h"
#include "commit_internal.h"
#include <stdarg.h>
#include <stdlib.h>

enum { RETRY_MS = 10000 };

void before_forget(struct running *running)
{
    revision_release(running->before.revision);
    assignments_free(&running->before.assigned);
    running->before = (struct before){0};
}

void running_tell(const struct running *running, int priority, const char *format, ...)
{
    va_list arguments;
    char text[600];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    journal(priority, "%s", text);
    if (running->tell)
        running->tell(running->tell_context, text);
}

void before_note(struct running *running, const struct commit *commit)
{
    struct before *before = &running->before;
    char author[AUTHOR_MAX];

    author_text(&commit->record.author, author);
    if (commit->step == STORE_TRY) {
        if (!before->revision) {
            assignments_copy(&running->assigned, &before->assigned); /* else they are drawn anew */
            before->revision = running->revision;
            before->revision->users++;
        }
        before->due_ms = clock_ms() + (int64_t)commit->minutes * 60000;
        running_tell(running, LOG_NOTICE,
                     "commit confirmed by %s: it goes back in %u minute%s unless a commit follows",
                     author, commit->minutes, commit->minutes == 1 ? "" : "s");
    } else if (before->revision) {
        before_forget(running);
        running_tell(running, LOG_NOTICE, "the commit is confirmed by %s", author);
    }
}

unsigned running_minutes_left(const struct running *running)
{
    int64_t left = running->before.due_ms - clock_ms();

    if (!running->before.revision)
        return 0;
    return left > 0 ? (unsigned)((left + 59999) / 60000) : 1;
}

/* In the place of what runs; false after it was told why it cannot be. */
static bool apply_before(struct running *running, struct commit *commit)
{
    struct before *before = &running->before;
    bool prepared = assignments_copy(&before->assigned, &commit->assigned) &&
                    commit_prepare(running, before->revision->tree, &commit->assigned, false,
                                   &commit->change, &commit->report);

    if (!prepared) {
        before->due_ms = clock_ms() + RETRY_MS;
        running_tell(running, LOG_ERR,
                     "A COMMIT IS NOT CONFIRMED AND CANNOT GO BACK: %s; tried again in %d seconds",
                     commit->report.problems.count ? commit->report.problems.at[0].text
                                                   : "out of memory",
                     RETRY_MS / 1000);
        return false;
    }
    commit->revision = before->revision;
    commit->revision->users++;
    commit_apply(running, commit->change);
    commit->change = NULL;
    return true;
}

static void go_back(struct running *running)
{
    struct commit *commit = calloc(1, sizeof *commit);
    char author[AUTHOR_MAX];

    if (!commit)
        return;
    *commit = (struct commit){.step = STORE_GO_BACK, .result = COMMIT_RUNNING};
    if (!apply_before(running, commit)) {
        commit_let_go(running, commit);
        commit_free(commit);
        return;
    }
    author_text(&running->revision->record.author, author);
    running_tell(running, LOG_WARNING,
                 "THE COMMIT OF %s WAS NOT CONFIRMED: RUNNING THE CONFIGURATION BEFORE IT", author);
    running->commits = commit;
    enum commit_result result = commit_start_saving(running, commit);
    commit_publish(running, commit);
    before_forget(running);
    if (result != COMMIT_RUNNING)
        commit_finish(running, result);
}

void running_tick(struct running *running)
{
    if (running->before.revision && !running->commits && !running->ending &&
        clock_ms() >= running->before.due_ms)
        go_back(running);
}
