/* Who edits, and who does so alone: see exclusive.h. */
#include "exclusive.h"
#include "../clock.h"
#include "commit.h"
#include <inttypes.h>
#include <stdio.h>

const struct edit *exclusive_other(const struct edit *edit)
{
    const struct edit *holder = edit->running->exclusive;

    return holder != edit ? holder : NULL;
}

bool edit_enter(struct edit *edit, bool exclusive)
{
    if (exclusive_other(edit))
        return false;
    if (!edit->editing)
        edit->since = time(NULL);
    edit->editing = true;
    if (exclusive)
        edit->running->exclusive = edit;
    return true;
}

void edit_leave(struct edit *edit)
{
    edit->editing = false;
    if (edit->running->exclusive == edit)
        edit->running->exclusive = NULL;
}

const struct edit *edit_next_other(const struct edit *edit, const struct edit *before)
{
    const struct edit *other = before ? before->next : edit->running->edits;

    while (other && (other == edit || !other->editing))
        other = other->next;
    return other;
}

void edit_describe(const struct edit *edit, char text[static EDIT_TEXT_MAX])
{
    int64_t idle = (clock_ms() - edit->active_ms) / 1000;
    const char *unit = idle < 60 ? "second" : "minute";
    char author[AUTHOR_MAX];

    author_text(&edit->author, author);
    idle = idle < 60 ? idle : idle / 60;
    snprintf(text, EDIT_TEXT_MAX, "%s, idle for %" PRId64 " %s%s", author, idle, unit,
             idle == 1 ? "" : "s");
}
