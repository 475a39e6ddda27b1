/* The candidates of the consoles, each beside the revision that it began from: see candidate.h. */
#include "candidate.h"
#include "../config/diff.h"
#include <stdlib.h>

struct revision *revision_new(struct node *tree)
{
    struct revision *revision = malloc(sizeof *revision);

    if (!revision)
        return NULL;
    *revision = (struct revision){.tree = tree, .active = tree_active(tree), .users = 1};
    if (revision->active.tree)
        return revision;
    free(revision);
    return NULL;
}

void revision_release(struct revision *revision)
{
    if (revision && --revision->users == 0) {
        tree_free(revision->active.copy);
        tree_free(revision->tree);
        free(revision);
    }
}

static struct revision *edit_runs(const struct edit *edit)
{
    return *edit->runs;
}

const struct node *edit_tree(const struct edit *edit)
{
    return edit->candidate ? edit->candidate : edit_runs(edit)->tree;
}

bool edit_take(struct edit *edit, struct node *tree)
{
    if (!tree)
        return false;
    if (!edit->base) {
        edit->base = edit_runs(edit);
        edit->base->users++;
    }
    tree_free(edit->candidate);
    edit->candidate = tree;
    return true;
}

struct node *edit_writable(struct edit *edit)
{
    if (!edit->candidate)
        edit_take(edit, tree_copy(edit_runs(edit)->tree));
    return edit->candidate;
}

bool edit_replace(struct edit *edit, struct node *tree)
{
    if (tree)
        edit_discard(edit);
    return edit_take(edit, tree);
}

void edit_discard(struct edit *edit)
{
    tree_free(edit->candidate);
    revision_release(edit->base);
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
        edit_discard(edit);
    return edit->candidate;
}

struct node *edit_merged(const struct edit *edit, struct problems *clashes)
{
    const struct revision *runs = edit_runs(edit);

    if (!edit->candidate || edit->base == runs)
        return tree_copy(edit_tree(edit));
    return diff_merge(edit->base->tree, edit->candidate, runs->tree, clashes);
}

void edit_settle(struct edit *edit)
{
    struct node *tree = diff_settle(edit->base->tree, edit->candidate, edit_runs(edit)->tree);
    struct revision *base = tree ? revision_new(tree) : NULL;

    if (base) {
        revision_release(edit->base);
        edit->base = base;
    } else { /* they will be told again */
        tree_free(tree);
    }
}
