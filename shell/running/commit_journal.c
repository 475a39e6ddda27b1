/* What the journal says of a commit that has its result: who, from where, why. What goes back, or
 * is confirmed, every console is told, and the journal with them (confirm.c). */
#include "../journal/journal.h"
#include "commit_internal.h"

static void say_done(const struct commit *commit, const char *who)
{
    const char *comment = commit->record.comment;

    switch (commit->step) {
    case STORE_COMMIT:
    case STORE_TRY:
        journal(LOG_NOTICE, "commit by %s%s%s%s", who,
                commit->step == STORE_TRY ? ", to be confirmed" : "", *comment ? ": " : "",
                comment);
        break;
    case STORE_RESCUE:
        journal(LOG_NOTICE, "rescue configuration saved by %s", who);
        break;
    case STORE_NO_RESCUE:
        journal(LOG_NOTICE, "rescue configuration deleted by %s", who);
        break;
    case STORE_GO_BACK:
        break;
    }
}

static void say_refused(const struct commit *commit, const char *who)
{
    const struct problems *problems = &commit->report.problems;
    char more[40] = "";

    if (problems->count > 1)
        snprintf(more, sizeof more, " (and %zu more)", problems->count - 1);
    if (problems->count > 0 && commit->step != STORE_GO_BACK)
        journal(commit->error < 0 ? LOG_ERR : LOG_NOTICE, "commit by %s refused: %s%s", who,
                problems->at[0].text, more);
}

void commit_journal(const struct commit *commit)
{
    const char *from = commit->edit ? commit->edit->from : ""; /* the console may have gone */
    char author[AUTHOR_MAX], who[AUTHOR_MAX + AUTHOR_PART_MAX + 8];

    author_text(&commit->record.author, author);
    snprintf(who, sizeof who, "%s%s%s", author, *from ? " from " : "", from);
    if (commit->check_only)
        return;
    if (commit->result == COMMIT_DONE)
        say_done(commit, who);
    else if (commit->result == COMMIT_REFUSED)
        say_refused(commit, who);
}
