/* From a console's candidate to the running configuration: check, merge, prepare the engine,
 * save, apply; all of it or none of it. */
#ifndef MIRRORSH_RUNNING_COMMIT_H
#define MIRRORSH_RUNNING_COMMIT_H

#include "../../engine/engine.h"
#include "candidate.h"
#include "store.h"

struct saver;

/* What a commit that was not confirmed yet goes back to. */
struct before {
    struct revision *revision; /* NULL: all is confirmed */
    struct assignments assigned;
    int64_t due_ms; /* of clock.h */
};

/* The configuration that runs. One a box; the control thread's. */
struct running {
    struct revision *revision;
    struct assignments assigned;
    struct store *store;    /* borrowed */
    struct engine *engine;  /* borrowed; NULL: offline */
    struct edit *edits;     /* of all consoles */
    struct edit *exclusive; /* the one that edits alone; NULL: all may */
    struct commit *commits; /* that wait for their turn, in order; the first may be being saved */
    struct saver *saver;
    bool saving;   /* the first one: the disk has it */
    bool ending;   /* no more are begun */
    uint64_t seed; /* for VNIs that are drawn */
    struct before before;
    /* What all consoles are told; NULL: there are none. The text ends without a newline. */
    void (*tell)(void *context, const char *text);
    void *tell_context;
};

/* How a commit is asked for; or, in its place, what becomes of the rescue configuration. */
enum rescue { RESCUE_NONE, RESCUE_SAVE, RESCUE_DELETE };
struct commit_request {
    bool check_only;     /* whether it would succeed: COMMIT_DONE, never _UNCHANGED */
    unsigned minutes;    /* it goes back by itself unless it is confirmed by then; 0: it stays */
    const char *comment; /* copied; NULL: none */
    enum rescue rescue;  /* with what runs; the candidate is none of it */
};

enum { CONFIRM_MINUTES = 10, CONFIRM_MINUTES_MAX = 65535 };

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
/* Goes back from a commit that was not confirmed in time, once no commit is under way that may
 * confirm it; to be called about every second. */
void running_tick(struct running *running);
/* Minutes until then, begun ones counted; 0: nothing is to be confirmed. */
unsigned running_minutes_left(const struct running *running);
/* No more commits are begun. False while one is still being saved. */
bool running_end(struct running *running);

/* A console begins to edit what runs, and ends: its candidate goes, and so does a commit that still
 * waits for its turn; one that is being saved goes on. */
void edit_begin(struct edit *edit, struct running *running);
void edit_end(struct edit *edit);

/* One at a time for each edit, whose candidate is left alone until the result is there.
 * REFUSED: there is a
 * problem at least, and nothing has changed, except that clashes which were told are none any
 * more. DONE: it runs and is saved (with minutes: to be gone back from); all candidates without
 * changes follow. Without minutes it confirms what is to be, also where there are no changes.
 * RUNNING: *report is empty, and edit_commit_result tells, after a running_service. */
enum commit_result edit_commit(struct edit *edit, const struct commit_request *request,
                               struct commit_report *report);
enum commit_result edit_commit_result(struct edit *edit, struct commit_report *report);

#endif
