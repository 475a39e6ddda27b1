/* The source interfaces that are open: for each, one capture a worker. They outlast plans, so
 * that a commit which keeps an interface loses none of its packets. One that is deleted and
 * created anew, or renamed, is another source. The control thread's only. */
#ifndef MIRRORSH_SOURCES_H
#define MIRRORSH_SOURCES_H

#include "io/capture.h"
#include "io/links.h"

enum { SOURCE_REASON_MAX = 96 };

struct source {
    char name[INTERFACE_NAME_MAX];
    int index;
    uint32_t slot;             /* of the interface's counters */
    struct capture **captures; /* one a worker; NULL: could not be opened, see reason */
    char reason[SOURCE_REASON_MAX];
    unsigned users;
    struct source *next;
};

struct sources {
    struct source *first;
    unsigned workers;
    uint64_t *dropped; /* by slot: what the rings had no room for */
    uint32_t dropped_room;
};

/* One more user: a source that is open already, or a new one; when its captures cannot be
 * opened it has none. NULL when memory runs out. */
struct source *sources_take(struct sources *sources, const struct link *link, uint32_t slot);
/* The last one's going closes the captures. No worker may use them any more. */
void sources_drop(struct sources *sources, struct source *source);

/* Tries again to open what could not be opened. */
void source_retry(struct sources *sources, struct source *source, const struct link *link);

/* Adds what the kernel has dropped since the last call to `dropped`. */
void sources_count(struct sources *sources);
/* A slot begins at zero. false: memory ran out. */
bool sources_fresh(struct sources *sources, uint32_t slot);

#endif
