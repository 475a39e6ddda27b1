/* The commit: from a candidate to what runs. See commit.h.
 *
 * Of a configuration there is the text on disk, the plan in the engine and the revision that
 * consoles see, and a commit changes all three or none. That rests on the order: everything that
 * can be refused comes before the one step that counts, and what comes behind it cannot fail.
 *
 * - merge (candidate.c): with what others have committed since the candidate began. A clash is
 *   refused; told once, it is settled in the candidate's favour.
 * - check (config/check.c): every problem of the whole tree, at once.
 * - prepare: config/compile.c gives VNIs, engine_prepare makes everything that the new plan needs,
 *   sockets, rings, memory. It stands beside the old one and takes no packet yet.
 * - save (store_save.c): vni.auto, the archive's new entry, then the rename onto startup.conf, and
 *   that is the commit. A crash before it starts with the old text, one behind it with the new.
 * - apply: engine_commit swaps the plans, pointers and numbers only.
 * - publish: the new revision is the running one; candidates without changes follow it.
 *
 * The disk may take seconds; consoles and monitors do not wait for it. Up to prepare all is done in
 * the control thread. saver.c then has the commit in a thread of its own (commit_save: it sees the
 * store_save, which has copied what it needs, and notes how that went), and running_service takes
 * it from there, in the control thread again, once the saver's descriptor says so. Meanwhile
 * candidates are edited and further commits queue; the next is merged and checked when this one has
 * ended, so that each is made from what runs then. What is refused, wherever, gives back what it
 * holds: the prepared plan, the texts, the tree (commit_let_go).
 *
 * A commit that is to be confirmed runs like any other, and startup.conf stays what it was
 * (store_save.c): to be killed is to go back. `before` has the revision to go back to, that of the
 * last commit without minutes; the next one of those confirms, what another one with minutes does
 * is to move the time. When that has come (confirm.c), the revision is applied first and the
 * disk hears of it then: what it says counts no more.
 *
 * A console that goes while its commit is saved has its commit all the same; one that goes while it
 * queues has none (forget). */
#include "commit.h"
#include "../config/check.h"
#include "../journal/journal.h"
#include "assigned_file.h"
#include "commit_internal.h"
#include "exclusive.h"
#include "file.h"
#include "interfaces.h"
#include "saver.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void commit_report_free(struct commit_report *report)
{
    problems_free(&report->problems);
    problems_free(&report->warnings);
}

void commit_free(struct commit *commit)
{
    if (!commit)
        return;
    commit_report_free(&commit->report);
    free(commit);
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

bool commit_prepare(struct running *running, const struct node *tree, struct assignments *assigned,
                    bool fits, struct engine_change **change, struct commit_report *report)
{
    struct problems *problems = &report->problems;
    struct mirror_config *config = compile(tree, assigned, running->seed++);
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
    if (error == 0)
        engine_warn(*change, add_engine_problem, &report->warnings);
    return error == 0;
}

void commit_apply(struct running *running, struct engine_change *change)
{
    if (change)
        engine_commit(running->engine, change);
}

static void abandon(struct running *running, struct engine_change *change)
{
    if (change)
        engine_abandon(running->engine, change);
}

/* ---- the start ---- */

/* store_accept_fn: what is checked and taken by the engine is what it then runs. */
static bool accept_tree(void *context, const struct node *tree, struct assignments *assigned,
                        char *why, size_t why_size)
{
    struct running *running = context;
    struct engine_change *change;
    struct commit_report report = {0};
    bool accepted = check(tree, &report.problems) &&
                    commit_prepare(running, tree, assigned, false, &change, &report);

    if (accepted)
        commit_apply(running, change);
    else
        snprintf(why, why_size, "%s%s", report.problems.at[0].text,
                 report.problems.count > 1 ? " (and more)" : "");
    commit_report_free(&report);
    return accepted;
}

int running_open(struct running *running, struct store *store, struct engine *engine, uint64_t seed)
{
    struct node *tree;

    *running = (struct running){.store = store, .engine = engine, .seed = seed};
    int error = saver_open(&running->saver);
    if (error < 0)
        return error;
    tree = store_load(store, accept_tree, running, &running->assigned);
    if (tree)
        running->revision = revision_new(tree);
    if (running->revision) {
        running->revision->record = *store_record(store, 0);
        return 0;
    }
    tree_free(tree);
    running_close(running);
    return -ENOMEM;
}

void running_close(struct running *running)
{
    if (!running_end(running))
        running_service(running);
    saver_close(running->saver);
    if (running->before.revision)
        journal(LOG_ERR,
                "a commit was not confirmed: the next start comes to the configuration before it");
    before_forget(running);
    revision_release(running->revision);
    assignments_free(&running->assigned);
    *running = (struct running){0};
}

int running_descriptor(const struct running *running)
{
    return running->saving ? saver_descriptor(running->saver) : -1;
}

bool running_end(struct running *running)
{
    running->ending = true;
    return !running->saving;
}

/* ---- the commit ---- */

/* The tree that is to be committed; NULL after at least one problem. */
static struct node *merged_tree(struct edit *edit, struct commit_report *report)
{
    struct node *tree = edit_merged(edit, &report->problems);

    if (!tree) {
        problems_add(&report->problems, 0, 0, "out of memory");
    } else if (report->problems.count > 0) {
        report->clashes = true;
        edit_settle(edit);
        tree_free(tree);
        tree = NULL;
    }
    return tree;
}

void commit_publish(struct running *running, struct commit *commit)
{
    if (commit->edit)
        edit_discard(commit->edit);
    for (struct edit *other = running->edits; other; other = other->next)
        edit_changed(other);
    revision_release(running->revision);
    running->revision = commit->revision;
    commit->revision = NULL;
    assignments_free(&running->assigned);
    running->assigned = commit->assigned;
    commit->assigned = (struct assignments){0};
}

void commit_let_go(struct running *running, struct commit *commit)
{
    abandon(running, commit->change);
    commit->change = NULL;
    store_save_end(commit->save);
    commit->save = NULL;
    revision_release(commit->revision);
    commit->revision = NULL;
    assignments_free(&commit->assigned);
}

/* saver_job_fn: in the saver's thread. */
static void commit_save(void *context)
{
    struct commit *commit = context;

    commit->error = store_save_run(commit->save, commit->why, sizeof commit->why);
}

enum commit_result commit_start_saving(struct running *running, struct commit *commit)
{
    const struct assignments *kept =
        running->before.revision ? &running->before.assigned : &running->assigned;
    int error =
        store_save_begin(running->store,
                         &(struct store_commit){commit->step, commit->revision->tree, kept,
                                                &commit->assigned, &commit->revision->record},
                         &commit->save);

    if (error == -EFBIG) {
        problems_add(&commit->report.problems, 0, 0, "the configuration is larger than %d MiB",
                     FILE_SIZE_MAX / (1024 * 1024));
        return COMMIT_REFUSED;
    }
    if (error == 0)
        error = saver_start(running->saver, commit_save, commit);
    if (error < 0) {
        problems_add(&commit->report.problems, 0, 0, "%s", strerror(-error));
        return COMMIT_REFUSED;
    }
    running->saving = true;
    return COMMIT_RUNNING;
}

/* Offline it is not known which machine the configuration is for. */
static void add_warnings(const struct running *running, const struct node *tree,
                         struct problems *warnings)
{
    struct interfaces interfaces = {0};

    if (running->engine)
        interfaces_read(&interfaces);
    check_warnings(tree, running->engine ? &interfaces : NULL, warnings);
    interfaces_free(&interfaces);
}

/* What runs already keeps its record, but for what is said of it now. */
static void write_record(const struct running *running, const struct commit *commit, bool same)
{
    struct record *record = &commit->revision->record;

    *record = commit->record;
    if (same && running->before.revision) {
        *record = running->revision->record;
        if (*commit->record.comment)
            memcpy(record->comment, commit->record.comment, sizeof record->comment);
    } else {
        record->when = time(NULL);
    }
    record->unconfirmed = commit->step == STORE_TRY;
}

/* A tree that has passed the check; owned. same: it is what runs, so the engine has it. */
static enum commit_result commit_tree(struct running *running, struct commit *commit,
                                      struct node *tree, bool same)
{
    commit->revision = revision_new(tree);
    if (commit->revision)
        write_record(running, commit, same);
    else
        tree_free(tree);
    if (!commit->revision || !assignments_copy(&running->assigned, &commit->assigned)) {
        problems_add(&commit->report.problems, 0, 0, "out of memory");
        return COMMIT_REFUSED;
    }
    if (!(same && running->before.revision && !commit->check_only) &&
        !commit_prepare(running, tree, &commit->assigned, true, &commit->change, &commit->report))
        return COMMIT_REFUSED;
    return commit->check_only ? COMMIT_DONE : commit_start_saving(running, commit);
}

/* Another console edits alone. */
static bool is_locked(const struct edit *edit, struct problems *problems)
{
    const struct edit *holder = exclusive_other(edit);
    char text[EDIT_TEXT_MAX];

    if (!holder)
        return false;
    edit_describe(holder, text);
    problems_add(problems, 0, 0, "the configuration is locked by %s", text);
    return true;
}

static enum commit_result begin(struct running *running, struct commit *commit)
{
    struct edit *edit = commit->edit;

    if (commit->step >= STORE_RESCUE) {
        commit->revision = running->revision;
        commit->revision->users++;
        if (assignments_copy(&running->assigned, &commit->assigned))
            return commit_start_saving(running, commit);
        problems_add(&commit->report.problems, 0, 0, "out of memory");
        return COMMIT_REFUSED;
    }
    if (!commit->check_only && is_locked(edit, &commit->report.problems))
        return COMMIT_REFUSED;
    struct node *tree = merged_tree(edit, &commit->report);

    if (!tree)
        return COMMIT_REFUSED;
    if (commit->step == STORE_TRY && !running->engine) {
        problems_add(&commit->report.problems, 0, 0,
                     "nothing runs offline (mirrorsh -n) that could go back, expected commit");
        tree_free(tree);
        return COMMIT_REFUSED;
    }
    if (!check(tree, &commit->report.problems)) {
        tree_free(tree);
        return COMMIT_REFUSED;
    }
    bool same = tree_equal(tree, running->revision->tree);
    /* what runs in the place of what is saved is worth saving as it is */
    if (!commit->check_only && same && !running->before.revision &&
        !store_fallback(running->store)) {
        tree_free(tree);
        edit_discard(edit);
        return COMMIT_UNCHANGED;
    }
    add_warnings(running, tree, &commit->report.warnings);
    return commit_tree(running, commit, tree, same);
}

void commit_finish(struct running *running, enum commit_result result)
{
    struct commit *commit = running->commits;

    running->commits = commit->next;
    commit_let_go(running, commit);
    commit->result = result;
    commit_journal(commit);
    if (!commit->edit)
        commit_free(commit);
}

/* Begins what queues, as far as nothing has to be waited for. */
static void advance(struct running *running)
{
    while (running->commits && !running->saving && !running->ending) {
        enum commit_result result = begin(running, running->commits);

        if (result != COMMIT_RUNNING)
            commit_finish(running, result);
    }
}

/* ---- the disk has it ---- */

void running_service(struct running *running)
{
    struct commit *commit = running->commits;
    enum commit_result result = COMMIT_REFUSED;

    if (!running->saving)
        return;
    saver_wait(running->saver);
    running->saving = false;
    if (commit->error == 0 && store_save_set_aside(commit->save))
        running_tell(running, LOG_ERR, "startup.conf was not what ran: kept as startup.conf.aside");
    if (commit->error < 0) {
        problems_add(&commit->report.problems, 0, 0, "%s", commit->why);
        if (commit->step == STORE_GO_BACK)
            running_tell(running, LOG_ERR, "what was gone back from is not archived: %s",
                         commit->why);
    } else if (commit->step >= STORE_RESCUE) {
        result = COMMIT_DONE;
    } else if (commit->step != STORE_GO_BACK) {
        before_note(running, commit);
        commit_apply(running, commit->change);
        commit->change = NULL;
        commit_publish(running, commit);
        result = COMMIT_DONE;
    }
    commit_finish(running, result);
    advance(running);
}

static enum store_step step_of(const struct commit_request *request)
{
    switch (request->rescue) {
    case RESCUE_SAVE:
        return STORE_RESCUE;
    case RESCUE_DELETE:
        return STORE_NO_RESCUE;
    case RESCUE_NONE:
        break;
    }
    return request->minutes ? STORE_TRY : STORE_COMMIT;
}

enum commit_result edit_commit(struct edit *edit, const struct commit_request *request,
                               struct commit_report *report)
{
    struct running *running = edit->running;
    struct commit **last = &running->commits;

    edit->commit = calloc(1, sizeof *edit->commit);
    if (!edit->commit) {
        problems_add(&report->problems, 0, 0, "out of memory");
        return COMMIT_REFUSED;
    }
    *edit->commit = (struct commit){.edit = edit,
                                    .check_only = request->check_only,
                                    .step = step_of(request),
                                    .minutes = request->minutes,
                                    .record = {.author = edit->author},
                                    .result = COMMIT_RUNNING};
    if (request->comment)
        snprintf(edit->commit->record.comment, COMMENT_SIZE, "%s", request->comment);
    while (*last)
        last = &(*last)->next;
    *last = edit->commit;
    advance(running);
    return edit_commit_result(edit, report);
}

enum commit_result edit_commit_result(struct edit *edit, struct commit_report *report)
{
    struct commit *commit = edit->commit;
    enum commit_result result = commit->result;

    if (result == COMMIT_RUNNING)
        return result;
    *report = commit->report;
    free(commit);
    edit->commit = NULL;
    return result;
}

void edit_begin(struct edit *edit, struct running *running)
{
    *edit = (struct edit){.running = running, .runs = &running->revision, .next = running->edits};
    running->edits = edit;
}

/* The commit that nobody takes the result of any more. */
static void forget(struct edit *edit)
{
    struct commit **at = &edit->running->commits, *commit = edit->commit;

    while (*at && *at != commit)
        at = &(*at)->next;
    if (*at && at == &edit->running->commits && edit->running->saving) {
        commit->edit = NULL; /* it goes on without its console */
    } else {
        if (*at)
            *at = commit->next;
        commit_free(commit);
    }
    edit->commit = NULL;
}

void edit_end(struct edit *edit)
{
    struct edit **at = &edit->running->edits;

    while (*at && *at != edit)
        at = &(*at)->next;
    if (*at)
        *at = edit->next;
    edit_leave(edit);
    forget(edit);
    edit_discard(edit);
}
