/* How much the journal says of one thing. What comes and goes many times a minute, a session, a
 * receiver, a script that logs in, is told a few times and then every twelve seconds: what it is by
 * then, and how often it was something else meanwhile. All things together are bounded too, so that
 * a thousand sessions that go down at once take their time. Nothing is told that is not so any more
 * and nothing is left untold that is: the last word on each thing always comes. */
#ifndef MIRRORSH_JOURNAL_SUBJECTS_H
#define MIRRORSH_JOURNAL_SUBJECTS_H

#include <stdint.h>

enum {
    SUBJECT_AT_ONCE = 5, /* lines about one thing, then one every */
    SUBJECT_EVERY_MS = 12000,
    ALL_AT_ONCE = 200, /* lines about all of them, then one every */
    ALL_EVERY_MS = 50
};

/* So many lines at once, and one more for each period that passes. */
struct pace {
    unsigned left;
    int64_t since_ms; /* when it was brought up to date */
};

struct subject {
    char *name;
    struct pace pace;
    char *text; /* the last word, when that is not told yet; else NULL */
    int priority;
    unsigned untold; /* before it */
    struct subject *next;
};

/* All zero: none yet. */
struct subjects {
    void *by_name; /* tsearch(3) */
    struct subject *first, **end;
    struct pace all;
};

/* A text that is told; untold: how many before it were not. */
typedef void subject_fn(void *context, int priority, const char *text, unsigned untold);

/* Tells it now, or keeps it in the place of what was to be told. */
void subjects_say(struct subjects *subjects, const char *name, int priority, const char *text,
                  int64_t now_ms, subject_fn *tell, void *context);
/* Tells what can be told by now, and forgets what has been quiet; to be called about every second.
 */
void subjects_tick(struct subjects *subjects, int64_t now_ms, subject_fn *tell, void *context);
void subjects_free(struct subjects *subjects);

#endif
