/* The candidates of the consoles, each beside the snapshot that it began from: see candidate.h. */
#include "candidate.h"
#include "../config/diff.h"
#include "commit.h"
#include <stdlib.h>

struct snapshot *snapshot_new(struct node *tree)
{
    struct snapshot *snapshot = malloc(sizeof *snapshot);

    if (snapshot)
        *snapshot = (struct snapshot){.tree = tree, .users = 1};
    return snapshot;
}

void snapshot_release(struct snapshot *snapshot)
{
    if (snapshot && --snapshot->users == 0) {
        tree_free(snapshot->tree);
        free(snapshot);
    }
}

void edit_begin(struct edit *edit, struct running *running)
{
    *edit = (struct edit){.running = running, .next = running->edits};
    running->edits = edit;
}

void edit_end(struct edit *edit)
{
    struct edit **at = &edit->running->edits;

    while (*at && *at != edit)
        at = &(*at)->next;
    if (*at)
        *at = edit->next;
    commit_forget(edit);
    edit_drop(edit);
}

const struct node *edit_tree(const struct edit *edit)
{
    return edit->candidate ? edit->candidate : edit->running->snapshot->tree;
}

static bool edit_take(struct edit *edit, struct node *tree)
{
    if (!tree)
        return false;
    if (!edit->base) {
        edit->base = edit->running->snapshot;
        edit->base->users++;
    }
    tree_free(edit->candidate);
    edit->candidate = tree;
    return true;
}

struct node *edit_writable(struct edit *edit)
{
    if (!edit->candidate)
        edit_take(edit, tree_copy(edit->running->snapshot->tree));
    return edit->candidate;
}

bool edit_replace(struct edit *edit, struct node *tree)
{
    if (tree)
        edit_drop(edit);
    return edit_take(edit, tree);
}

void edit_drop(struct edit *edit)
{
    tree_free(edit->candidate);
    snapshot_release(edit->base);
    edit->candidate = NULL;
    edit->base = NULL;
}

bool edit_touched(const struct edit *edit)
{
    return edit->candidate;
}

bool edit_changed(struct edit *edit)
{
    if (edit->candidate && tree_equal(edit->candidate, edit->base->tree))
        edit_drop(edit);
    return edit->candidate;
}

struct node *edit_merged(const struct edit *edit, struct problems *clashes)
{
    const struct snapshot *runs = edit->running->snapshot;

    if (!edit->candidate || edit->base == runs)
        return tree_copy(edit_tree(edit));
    return diff_merge(edit->base->tree, edit->candidate, runs->tree, clashes);
}

void edit_settle(struct edit *edit)
{
    struct node *tree =
        diff_settle(edit->base->tree, edit->candidate, edit->running->snapshot->tree);
    struct snapshot *base = tree ? snapshot_new(tree) : NULL;

    if (base) {
        snapshot_release(edit->base);
        edit->base = base;
    } else { /* they will be told again */
        tree_free(tree);
    }
}
