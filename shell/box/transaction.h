/* From a console's candidate to the running configuration: check, merge, prepare the engine,
 * save, apply; all of it or none of it. */
#ifndef MIRRORSH_TRANSACTION_H
#define MIRRORSH_TRANSACTION_H

#include "../../engine/engine.h"
#include "store.h"

/* A tree that nobody changes any more: the running configuration, and what candidates that
 * began from it are compared with. Freed with its last user. */
struct snapshot {
    struct node *tree;
    unsigned users;
};

/* The configuration that runs. One a box; the control thread's. */
struct running {
    struct snapshot *snapshot;
    struct vni_book vnis;
    struct store *store;   /* borrowed */
    struct engine *engine; /* borrowed; NULL: offline */
    struct edit *edits;    /* of all consoles */
    uint64_t seed;         /* for VNIs that are drawn */
};

/* One console's candidate. Without changes it is none: the console sees what runs. */
struct edit {
    struct running *running;
    struct snapshot *base;  /* what the candidate began from; NULL: no changes */
    struct node *candidate; /* NULL: no changes */
    struct edit *next;
};

enum commit_result { COMMIT_DONE, COMMIT_UNCHANGED, COMMIT_REFUSED };

/* Loads the saved configuration (store_load) and applies it; -ENOMEM. */
int running_open(struct running *running, struct store *store, struct engine *engine,
                 uint64_t seed);
void running_close(struct running *running);

void edit_begin(struct edit *edit, struct running *running);
void edit_end(struct edit *edit);
const struct node *edit_tree(const struct edit *edit);
/* To be changed: begins a candidate where there is none. NULL when memory runs out. */
struct node *edit_writable(struct edit *edit);
/* Takes the tree as the candidate. */
bool edit_replace(struct edit *edit, struct node *tree);
/* Drops the changes. */
void edit_drop(struct edit *edit);
/* Whether it was touched, quickly; whether it differs from what it began from, exactly: a
 * candidate that does not is dropped. */
bool edit_touched(const struct edit *edit);
bool edit_changed(struct edit *edit);

/* check_only: whether a commit would succeed (COMMIT_DONE, never _UNCHANGED). REFUSED: at least
 * one problem was added, and nothing has changed. After DONE all candidates without changes
 * follow. What is committed or would be, and is unlikely to be meant, is added to *warnings. */
enum commit_result transaction_commit(struct edit *edit, bool check_only, struct problems *problems,
                                      struct problems *warnings);

#endif
