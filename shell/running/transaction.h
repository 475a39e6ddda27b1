/* From a console's candidate to the running configuration: check, merge, prepare the engine,
 * save, apply; all of it or none of it. */
#ifndef MIRRORSH_TRANSACTION_H
#define MIRRORSH_TRANSACTION_H

#include "../../engine/engine.h"
#include "store.h"
#include <time.h>

enum { WHO_MAX = 128 };

/* A tree that nobody changes any more: the running configuration, and what candidates that
 * began from it are compared with. Freed with its last user. */
struct snapshot {
    struct node *tree;
    unsigned users;
    char who[WHO_MAX]; /* committed it; "": it is the start's */
    time_t when;
};

struct saver;

/* The configuration that runs. One a box; the control thread's. */
struct running {
    struct snapshot *snapshot;
    struct vni_book vnis;
    struct store *store;    /* borrowed */
    struct engine *engine;  /* borrowed; NULL: offline */
    struct edit *edits;     /* of all consoles */
    struct commit *commits; /* that wait for their turn, in order; the first may be being saved */
    struct saver *saver;
    bool saving;   /* the first one: the disk has it */
    bool ending;   /* no more are begun */
    uint64_t seed; /* for VNIs that are drawn */
};

/* One console's candidate. Without changes it is none: the console sees what runs. */
struct edit {
    struct running *running;
    struct snapshot *base;  /* what the candidate began from; NULL: no changes */
    struct node *candidate; /* NULL: no changes */
    char who[WHO_MAX];      /* is at the console */
    struct commit *commit;  /* asked for, and its result not yet taken; NULL: none */
    struct edit *next;
};

/* COMMIT_RUNNING: it waits for the disk, or for its turn behind another one that does. */
enum commit_result { COMMIT_DONE, COMMIT_UNCHANGED, COMMIT_REFUSED, COMMIT_RUNNING };

/* What there is to tell of a commit. */
struct commit_report {
    struct problems problems; /* why it was refused */
    bool clashes;             /* these: another commit puts the candidate's values through */
    struct problems warnings; /* what is committed, or would be, and is unlikely to be meant */
};
void commit_report_free(struct commit_report *report);

/* Loads the saved configuration (store_load) and applies it; -errno. */
int running_open(struct running *running, struct store *store, struct engine *engine,
                 uint64_t seed);
/* Waits for a commit that is being saved; before the engine is stopped. */
void running_close(struct running *running);

/* Readable when a commit has been saved, or has failed to be: running_service ends that commit
 * and begins the next ones. Called earlier, it waits. */
int running_descriptor(const struct running *running);
void running_service(struct running *running);
/* No more commits are begun. False while one is still being saved. */
bool running_end(struct running *running);

void edit_begin(struct edit *edit, struct running *running);
void edit_end(struct edit *edit);
const struct node *edit_tree(const struct edit *edit);
/* To be changed: begins a candidate where there is none. NULL when memory runs out. */
struct node *edit_writable(struct edit *edit);
/* Takes the tree as the candidate, whole: it begins anew from what runs. False: out of memory. */
bool edit_replace(struct edit *edit, struct node *tree);
/* Drops the changes. */
void edit_drop(struct edit *edit);
/* Whether it was touched, quickly; whether it differs from what it began from, exactly: a
 * candidate that does not is dropped. */
bool edit_touched(const struct edit *edit);
bool edit_changed(struct edit *edit);

/* What a commit would make the running configuration: the candidate, merged with what others have
 * committed since it began. A path that both changed is added to *clashes, with both values, and
 * is as in the candidate. NULL when memory runs out. */
struct node *edit_merged(const struct edit *edit, struct problems *clashes);

/* One at a time for each edit, whose candidate is left alone until the result is there.
 * check_only: whether a commit would succeed (COMMIT_DONE, never _UNCHANGED). REFUSED: there is a
 * problem at least, and nothing has changed, except that clashes which were told are none any
 * more. DONE: it runs and is saved; all candidates without
 * changes follow. RUNNING: *report is empty, and transaction_result tells, after a running_service;
 * when the edit ends before, a commit that is being saved goes on, one that waits does not. */
enum commit_result transaction_commit(struct edit *edit, bool check_only,
                                      struct commit_report *report);
enum commit_result transaction_result(struct edit *edit, struct commit_report *report);

#endif
