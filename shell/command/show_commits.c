/* show system commit: what was committed, by whom and why; show rollback: what it was. */
#include "../config/diff.h"
#include "show.h"
#include <stdlib.h>

/* One commit: how far back it is. */
struct commit_row {
    size_t back;
    const struct record *record;
};

static void commit_columns(struct columns *columns, const void *item, const void *context)
{
    const struct commit_row *row = item;
    const struct author *author = &row->record->author;
    char shown[MOMENT_MAX], exact[MOMENT_MAX];

    (void)context;
    moment_shown(row->record->when, shown);
    moment_exact(row->record->when, exact);
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
        diff_print(runs, tree, &(const struct path){0}, context->out);
    else
        show_tree(context, tree);
    tree_free(tree);
    return COMMAND_OK;
}
