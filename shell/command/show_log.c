/* show log: what the box has said of itself. */
#include "../journal/journal.h"
#include "show.h"
#include <stdlib.h>

static void log_columns(struct columns *columns, const void *item, const void *context)
{
    const struct journal_entry *entry = item;
    char shown[MOMENT_MAX], exact[MOMENT_MAX];

    (void)context;
    moment_shown(entry->when, shown);
    moment_exact(entry->when, exact);
    const struct column table[] = {
        {NULL, "Time", TEXT(columns_text(columns, "%s", shown))},
        {"time", TEXT(columns_text(columns, "%s", exact))},
        {"priority", "Priority", TEXT(journal_priority(entry->priority))},
        {"message", "Message", TEXT(entry->text)},
    };

    COLUMNS_ADD(columns, table);
}

enum command_status show_log(struct context *context, const struct arguments *arguments)
{
    size_t count, most = (size_t)argument_number(arguments, "last", JOURNAL_ENTRIES_MAX);
    struct journal_entry *entries = journal_entries(most, &count);

    if (!entries) {
        problem_at(context->problem, NULL, "out of memory");
        return COMMAND_FAILED;
    }
    show_list(context, "log",
              &(struct listing){.items = entries,
                                .count = count,
                                .size = sizeof *entries,
                                .columns = log_columns,
                                .empty = "nothing was said yet"});
    free(entries);
    return COMMAND_OK;
}
