/* show system commit: what was committed, by whom and why; show rollback: what it was. */
#include "../config/diff.h"
#include "show.h"
#include <stdlib.h>

void commit_time(const struct record *record, const char *format, char text[static COMMIT_TIME_MAX])
{
    struct tm when;

    if (record->when == 0 || !localtime_r(&record->when, &when) ||
        strftime(text, COMMIT_TIME_MAX, format, &when) == 0)
        text[0] = '\0';
}

/* One commit: how far back it is. */
struct commit_row {
    size_t back;
    const struct record *record;
};

static void commit_columns(struct columns *columns, const void *item, const void *context)
{
    const struct commit_row *row = item;
    const struct author *author = &row->record->author;
    char shown[COMMIT_TIME_MAX], exact[COMMIT_TIME_MAX];

    (void)context;
    commit_time(row->record, "%Y-%m-%d %H:%M:%S", shown);
    commit_time(row->record, "%Y-%m-%dT%H:%M:%S%z", exact);
    const struct column table[] = {
        {"number", "Rollback", NUMBER(row->back)},
        {NULL, "Time", TEXT(columns_text(columns, "%s", *shown ? shown : "-"))},
        {"time", TEXT(columns_text(columns, "%s", exact))},
        {"user", "User", TEXT(author->user)},
        {"console", "Console", TEXT(author->terminal)},
        {"confirmed", TRUTH(!row->record->unconfirmed)},
        {NULL, .note = true, TEXT(row->record->unconfirmed ? "not confirmed" : "")},
        {"comment", .note = true, TEXT(row->record->comment)},
    };

    COLUMNS_ADD(columns, table);
}

enum command_status show_commits(struct context *context, const struct arguments *arguments)
{
    const struct store *store = context->running->store;
    size_t count = 1 + store_archive_count(store);
    struct commit_row *rows = calloc(count, sizeof *rows);

    (void)arguments;
    if (!rows) {
        problem_at(context->problem, NULL, "out of memory");
        return COMMAND_FAILED;
    }
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct commit_row){i, store_record(store, i)};
    show_list(context, "commits",
              &(struct listing){
                  .items = rows, .count = count, .size = sizeof *rows, .columns = commit_columns});
    free(rows);
    return COMMAND_OK;
}

/* With `compare` the changes that going back to it would make. */
enum command_status show_rollback(struct context *context, const struct arguments *arguments)
{
    const struct node *runs = context->running->revision->tree;
    unsigned long back = argument_number(arguments, "N", 0);
    bool compare = argument_given(arguments, "compare");
    char why[600];

    if (compare && context->request.pipe.word) {
        problem_at(context->problem, context->request.pipe.word,
                   "the changes are displayed as text only");
        return COMMAND_FAILED;
    }
    struct node *tree = back == 0 ? tree_copy(runs)
                                  : store_archived(context->running->store, back, why, sizeof why);

    if (!tree) {
        problem_at(context->problem, argument_words(arguments, "N"), "%s",
                   back == 0 ? "out of memory" : why);
        return COMMAND_FAILED;
    }
    if (compare)
        diff_print(runs, tree, context->out);
    else
        show_tree(context, tree);
    tree_free(tree);
    return COMMAND_OK;
}
