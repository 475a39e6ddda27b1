/* What commit.c (the queue, and the way of each) and confirm.c (what goes back by itself) share of
 * a commit. */
#ifndef MIRRORSH_COMMIT_INTERNAL_H
#define MIRRORSH_COMMIT_INTERNAL_H

#include "commit.h"

/* A commit that was asked for. Its edit owns it once it has a result. */
struct commit {
    struct edit *edit; /* NULL: the console has gone */
    bool check_only;
    enum store_step step;
    unsigned minutes; /* STORE_TRY */
    struct record record;
    enum commit_result result;
    struct commit_report report;
    struct commit *next;
    /* what is being saved: */
    struct revision *revision;
    struct assignments assigned;
    struct engine_change *change;
    struct store_save *save;
    char why[600]; /* it could not be */
    int error;
};

void commit_free(struct commit *commit);

/* Compiles a tree and has the engine prepare it; *assigned is brought up to it. Offline only the
 * VNIs are drawn. fits: what does not fit this machine is refused, which is for a commit; what was
 * committed before runs as far as it can. False after at least one problem. */
bool commit_prepare(struct running *running, const struct node *tree, struct assignments *assigned,
                    bool fits, struct engine_change **change, struct commit_report *report);
/* Without a change what runs is what is to run. */
void commit_apply(struct running *running, struct engine_change *change);
/* Hands the commit over to the disk: COMMIT_RUNNING, or _REFUSED after a problem. */
enum commit_result commit_start_saving(struct running *running, struct commit *commit);
/* Puts the commit's revision in the place of the running one, and lets the candidates without
 * changes follow. */
void commit_publish(struct running *running, struct commit *commit);
/* Gives up what a commit holds that is not to be, or that has come to be. */
void commit_let_go(struct running *running, struct commit *commit);
/* The first in the queue has a result. */
void commit_finish(struct running *running, enum commit_result result);
/* Says so in the journal. */
void commit_journal(const struct commit *commit);

/* A commit is on the disk: notes what it is to go back to, or that there is nothing to. Before it
 * is published, which takes away what runs. */
void before_note(struct running *running, const struct commit *commit);
void before_forget(struct running *running);
/* To every console, and to the journal. */
void running_tell(const struct running *running, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
