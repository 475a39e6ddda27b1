/* show system consoles: who is at the box, from where, for how long, and what they edit. */
#include "../clock.h"
#include "show.h"
#include <inttypes.h>
#include <stdlib.h>

static const char *idle_text(struct columns *columns, int64_t seconds)
{
    return columns_text(columns, "%02" PRId64 ":%02d:%02d", seconds / 3600,
                        (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static void console_columns(struct columns *columns, const void *item, const void *context)
{
    struct edit *edit = *(struct edit *const *)item;
    int64_t idle = (clock_ms() - edit->active_ms) / 1000;
    bool alone = edit->running->exclusive == edit, changed = edit_changed(edit);
    char shown[MOMENT_MAX], exact[MOMENT_MAX];

    moment_shown(edit->attached, shown);
    moment_exact(edit->attached, exact);
    const struct column table[] = {
        {"user", "User", TEXT(edit->author.user)},
        {"terminal", "Terminal", TEXT(edit->author.terminal)},
        {"from", "From", TEXT(edit->from)},
        {"mode", "Mode", TEXT(edit->editing ? "configuration" : "operational")},
        {NULL, "Idle", TEXT(idle_text(columns, idle))},
        {"idle_seconds", NUMBER((uint64_t)idle)},
        {NULL, "Since", TEXT(columns_text(columns, "%s", shown))},
        {"since", TEXT(columns_text(columns, "%s", exact))},
        {"exclusive", TRUTH(alone)},
        {"changed", TRUTH(changed)},
        {"own", TRUTH(edit == context)},
        {NULL, .note = true, TEXT(edit == context ? "this console" : "")},
        {NULL, .note = true, TEXT(alone ? "configures alone (exclusive)" : "")},
        {NULL, .note = true, TEXT(changed ? "uncommitted changes" : "")},
    };

    COLUMNS_ADD(columns, table);
}

/* The first to come first. */
enum command_status show_consoles(struct context *context, const struct arguments *arguments)
{
    struct edit **rows, *edit;
    size_t count = 0, at;

    (void)arguments;
    for (edit = context->running->edits; edit; edit = edit->next)
        count += edit->author.user[0] != '\0';
    rows = calloc(count + 1, sizeof *rows);
    if (!rows) {
        problem_at(context->problem, NULL, "out of memory");
        return COMMAND_FAILED;
    }
    at = count;
    for (edit = context->running->edits; edit; edit = edit->next)
        if (edit->author.user[0] != '\0')
            rows[--at] = edit;
    show_list(context, "consoles",
              &(struct listing){.items = rows,
                                .count = count,
                                .size = sizeof *rows,
                                .columns = console_columns,
                                .context = &context->edit});
    free(rows);
    return COMMAND_OK;
}
