/* What a console edits: its candidate, a copy of what ran when it began, until a commit makes it
 * what runs. */
#ifndef MIRRORSH_CANDIDATE_H
#define MIRRORSH_CANDIDATE_H

#include "../config/tree.h"
#include "record.h"

struct commit;
struct running; /* commit.h */

/* A tree that nobody changes any more: the running configuration, and what candidates that
 * began from it are compared with. Freed with its last user. */
struct revision {
    struct node *tree;
    struct active active; /* what takes part of it */
    unsigned users;
    struct record record; /* of its commit */
};

/* Takes over the tree; NULL: out of memory, and the tree is the caller's. */
struct revision *revision_new(struct node *tree);
/* One user less. NULL is fine. */
void revision_release(struct revision *revision);

/* One console's candidate. Without changes it is none: the console sees what runs. */
struct edit {
    struct running *running; /* commit.h's, as commit is: a candidate knows of what runs only */
    struct revision *const *runs; /* the running one, whichever that is */
    struct revision *base;        /* what the candidate began from; NULL: no changes */
    struct node *candidate;       /* NULL: no changes */
    struct author author;         /* is at the console; no user: nobody yet */
    char from[AUTHOR_PART_MAX];   /* where they logged in from; "": not known */
    time_t attached;              /* when the console came */
    struct commit *commit;        /* asked for, and its result not yet taken; NULL: none */
    bool editing;                 /* it is in the configuration mode: exclusive.h */
    time_t since;                 /* when it entered that */
    int64_t active_ms;            /* when it was used last, of clock.h */
    struct edit *next;
};

const struct node *edit_tree(const struct edit *edit);
/* To be changed: begins a candidate where there is none. NULL when memory runs out. */
struct node *edit_writable(struct edit *edit);
/* Takes the tree as the candidate, whole: it begins anew from what runs. False: out of memory. */
bool edit_replace(struct edit *edit, struct node *tree);
/* Takes the tree as the changed candidate, begun where the one before did. False: out of memory. */
bool edit_take(struct edit *edit, struct node *tree);
/* Gives the changes up. */
void edit_discard(struct edit *edit);
/* Whether it was touched, quickly; whether it differs from what it began from, exactly: a
 * candidate that does not is given up. */
bool edit_touched(const struct edit *edit);
bool edit_changed(struct edit *edit);

/* What a commit would make the running configuration: the candidate, merged with what others have
 * committed since it began. A path that both changed is added to *clashes, with both values, and
 * is as in the candidate. NULL when memory runs out. */
struct node *edit_merged(const struct edit *edit, struct problems *clashes);
/* The clashes are told: where they are, the candidate begins from what runs. */
void edit_settle(struct edit *edit);

#endif
