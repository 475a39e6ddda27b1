/* The entries that the journal keeps. Those that matter, of priority notice and worse, and the
 * others each have room of their own, so that a script that logs in every second does not push out
 * why a session is down. What writes them down takes them from here. */
#ifndef MIRRORSH_JOURNAL_ENTRIES_H
#define MIRRORSH_JOURNAL_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { ENTRIES_KEPT = 2000 }; /* of either kind; journal.h tells of both */

struct entry {
    time_t when;
    int priority; /* of <syslog.h> */
    bool written;
    struct entry *next;
    char text[];
};

/* All zero: none yet. */
struct entries {
    struct entry *first, *last; /* in the order in which they were said */
    struct entry *unwritten;    /* the first of those that are not; NULL: all are written */
    size_t count[2];            /* of those that matter, and of the others */
    uint64_t lost;              /* dropped before they were written */
};

/* The newest. The oldest of its kind goes where there are too many; where memory is out, it. */
void entries_add(struct entries *entries, int priority, time_t when, const char *text);
/* The first that is not written has been. */
void entries_take(struct entries *entries);
void entries_free(struct entries *entries);

#endif
