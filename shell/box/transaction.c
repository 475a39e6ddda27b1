/* The commit, in the order that leaves the old configuration or the new one at every instant:
 * see transaction.h and store.h. */
#include "transaction.h"
#include "../config/check.h"
#include "../config/diff.h"
#include "live_values.h"
#include "vni_file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct snapshot *snapshot_new(struct node *tree)
{
    struct snapshot *snapshot = malloc(sizeof *snapshot);

    if (snapshot)
        *snapshot = (struct snapshot){.tree = tree, .users = 1};
    return snapshot;
}

static void snapshot_release(struct snapshot *snapshot)
{
    if (snapshot && --snapshot->users == 0) {
        tree_free(snapshot->tree);
        free(snapshot);
    }
}

/* ---- candidates ---- */

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

/* ---- the engine's part ---- */

static void add_engine_problem(void *context, const char *session, const char *text)
{
    struct problems *problems = context;

    if (session && *session)
        problems_add(problems, 0, 0, "session %s %s", session, text);
    else
        problems_add(problems, 0, 0, "%s", text);
}

/* Compiles a tree and has the engine prepare it; *book is brought up to it. Offline only the
 * VNIs are drawn. fits: what does not fit this machine is refused, which is for a commit; what was
 * committed before runs as far as it can. False after at least one problem. */
static bool prepare(struct running *running, const struct node *tree, struct vni_book *book,
                    bool fits, struct engine_change **change, struct problems *problems)
{
    struct mirror_config *config = compile(tree, book, running->seed++);
    char why[300] = "";

    *change = NULL;
    if (!config) {
        problems_add(problems, 0, 0, "out of memory");
        return false;
    }
    if (!running->engine) {
        mirror_config_free(config);
        return true;
    }
    int error = engine_prepare(running->engine, config, change, fits ? add_engine_problem : NULL,
                               problems, why, sizeof why);
    if (error < 0 && (error != -EINVAL || problems->count == 0))
        problems_add(problems, 0, 0, "%s", *why ? why : strerror(-error));
    return error == 0;
}

static void apply(struct running *running, struct engine_change *change)
{
    if (running->engine)
        engine_commit(running->engine, change);
}

static void abandon(struct running *running, struct engine_change *change)
{
    if (running->engine && change)
        engine_abandon(running->engine, change);
}

/* After a save that failed: the engine goes back to what runs as far as anybody was told. */
static void apply_running_again(struct running *running, struct problems *problems)
{
    struct engine_change *change;
    struct problems more = {0};

    if (prepare(running, running->snapshot->tree, &running->vnis, false, &change, &more))
        apply(running, change);
    else
        problems_add(problems, 0, 0, "the engine still runs the refused configuration: %s",
                     more.at[0].text);
    problems_free(&more);
}

/* ---- the start ---- */

/* store_accept_fn: what is checked and taken by the engine is what it then runs. */
static bool accept_tree(void *context, const struct node *tree, struct vni_book *book, char *why,
                        size_t why_size)
{
    struct running *running = context;
    struct engine_change *change;
    struct problems problems = {0};
    bool accepted =
        check(tree, &problems) && prepare(running, tree, book, false, &change, &problems);

    if (accepted)
        apply(running, change);
    else
        snprintf(why, why_size, "%s%s", problems.at[0].text,
                 problems.count > 1 ? " (and more)" : "");
    problems_free(&problems);
    return accepted;
}

int running_open(struct running *running, struct store *store, struct engine *engine, uint64_t seed)
{
    struct node *tree;

    *running = (struct running){.store = store, .engine = engine, .seed = seed};
    tree = store_load(store, accept_tree, running, &running->vnis);
    if (tree)
        running->snapshot = snapshot_new(tree);
    if (running->snapshot)
        return 0;
    tree_free(tree);
    vni_book_free(&running->vnis);
    return -ENOMEM;
}

void running_close(struct running *running)
{
    snapshot_release(running->snapshot);
    vni_book_free(&running->vnis);
}

/* ---- the commit ---- */

/* What the candidate comes to now that the running configuration may have moved on. */
static struct node *merged_tree(const struct edit *edit, struct problems *problems)
{
    const struct node *runs = edit->running->snapshot->tree;
    struct node *tree;

    if (!edit->candidate || edit->base == edit->running->snapshot)
        tree = tree_copy(edit_tree(edit));
    else
        tree = diff_merge(edit->base->tree, edit->candidate, runs, problems);
    if (!tree && problems->count == 0)
        problems_add(problems, 0, 0, "out of memory");
    return tree;
}

/* Everything from the engine's commit on: cannot fail half. */
static bool save_and_apply(struct running *running, const struct node *tree,
                           const struct vni_book *book, struct engine_change *change,
                           struct problems *problems)
{
    char why[600];

    if (store_stage(running->store, tree, &running->vnis, book, why, sizeof why) < 0) {
        abandon(running, change);
        problems_add(problems, 0, 0, "%s", why);
        return false;
    }
    apply(running, change);
    if (store_finish(running->store, why, sizeof why) < 0) {
        problems_add(problems, 0, 0, "%s", why);
        apply_running_again(running, problems);
        return false;
    }
    return true;
}

/* Puts the tree in the place of the running one, and lets the candidates without changes
 * follow. */
static void publish(struct edit *edit, struct snapshot *snapshot, struct vni_book *book)
{
    struct running *running = edit->running;

    edit_drop(edit);
    for (struct edit *other = running->edits; other; other = other->next)
        edit_changed(other);
    snapshot_release(running->snapshot);
    running->snapshot = snapshot;
    vni_book_free(&running->vnis);
    running->vnis = *book;
}

/* A tree that differs from the running one and has passed the check; owned. */
static enum commit_result commit_tree(struct edit *edit, struct node *tree, bool check_only,
                                      struct problems *problems)
{
    struct running *running = edit->running;
    struct snapshot *snapshot = snapshot_new(tree);
    struct engine_change *change = NULL;
    struct vni_book book = {0};

    if (!snapshot || !vni_book_copy(&running->vnis, &book)) {
        problems_add(problems, 0, 0, "out of memory");
    } else if (prepare(running, tree, &book, true, &change, problems)) {
        if (check_only) {
            abandon(running, change);
        } else if (save_and_apply(running, tree, &book, change, problems)) {
            publish(edit, snapshot, &book);
            return COMMIT_DONE;
        }
    }
    vni_book_free(&book);
    if (snapshot)
        snapshot_release(snapshot);
    else
        tree_free(tree);
    return problems->count > 0 ? COMMIT_REFUSED : COMMIT_DONE;
}

/* Offline it is not known which machine the configuration is for. */
static void add_warnings(const struct running *running, const struct node *tree,
                         struct problems *warnings)
{
    struct live_values live = {0};

    if (running->engine)
        live_values_read(&live);
    check_warnings(tree, running->engine ? &live : NULL, warnings);
    live_values_free(&live);
}

enum commit_result transaction_commit(struct edit *edit, bool check_only, struct problems *problems,
                                      struct problems *warnings)
{
    struct node *tree = merged_tree(edit, problems);

    if (!tree)
        return COMMIT_REFUSED;
    if (!check(tree, problems)) {
        tree_free(tree);
        return COMMIT_REFUSED;
    }
    if (!check_only && tree_equal(tree, edit->running->snapshot->tree)) {
        tree_free(tree);
        edit_drop(edit);
        return COMMIT_UNCHANGED;
    }
    add_warnings(edit->running, tree, warnings);
    return commit_tree(edit, tree, check_only, problems);
}
