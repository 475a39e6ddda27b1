/* Each thing has its pace, and all have one together: see subjects.h. */
#include "subjects.h"
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Brings it up to date; a new one may do all at once. */
static void pace_refill(struct pace *pace, unsigned most, int64_t every_ms, int64_t now_ms)
{
    int64_t more = pace->since_ms ? (now_ms - pace->since_ms) / every_ms : most;

    if (pace->left + more >= most) {
        pace->left = most;
        pace->since_ms = now_ms;
    } else {
        pace->left += (unsigned)more;
        pace->since_ms += more * every_ms;
    }
}

static void refill(struct subjects *subjects, struct subject *subject, int64_t now_ms)
{
    pace_refill(&subjects->all, ALL_AT_ONCE, ALL_EVERY_MS, now_ms);
    pace_refill(&subject->pace, SUBJECT_AT_ONCE, SUBJECT_EVERY_MS, now_ms);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct subject *)a)->name, ((const struct subject *)b)->name);
}

/* NULL when memory runs out. */
static struct subject *find(struct subjects *subjects, const char *name)
{
    char *copy = strdup(name);
    struct subject *subject = calloc(1, sizeof *subject);

    if (copy && subject) {
        subject->name = copy;
        struct subject **found = tsearch(subject, &subjects->by_name, compare);
        if (found && *found == subject) {
            if (!subjects->end)
                subjects->end = &subjects->first;
            *subjects->end = subject;
            subjects->end = &subject->next;
            return subject;
        }
        free(copy);
        free(subject);
        return found ? *found : NULL;
    }
    free(copy);
    free(subject);
    return NULL;
}

/* The last word on it, if it is its turn. */
static void tell_last(struct subjects *subjects, struct subject *subject, subject_fn *tell,
                      void *context)
{
    if (!subject->text || subject->pace.left == 0 || subjects->all.left == 0)
        return;
    subject->pace.left--;
    subjects->all.left--;
    tell(context, subject->priority, subject->text, subject->untold);
    free(subject->text);
    subject->text = NULL;
    subject->untold = 0;
}

void subjects_say(struct subjects *subjects, const char *name, int priority, const char *text,
                  int64_t now_ms, subject_fn *tell, void *context)
{
    struct subject *subject = find(subjects, name);
    char *copy = subject ? strdup(text) : NULL;

    if (!copy) {
        tell(context, priority, text, 0);
        return;
    }
    subject->untold += subject->text != NULL;
    free(subject->text);
    subject->text = copy;
    subject->priority = priority;
    refill(subjects, subject, now_ms);
    tell_last(subjects, subject, tell, context);
}

static void forget(struct subjects *subjects, struct subject *subject)
{
    tdelete(subject, &subjects->by_name, compare);
    free(subject->text);
    free(subject->name);
    free(subject);
}

void subjects_tick(struct subjects *subjects, int64_t now_ms, subject_fn *tell, void *context)
{
    struct subject **at = &subjects->first, *subject;

    while ((subject = *at)) {
        refill(subjects, subject, now_ms);
        tell_last(subjects, subject, tell, context);
        if (subject->text || subject->pace.left < SUBJECT_AT_ONCE) {
            at = &subject->next;
        } else {
            *at = subject->next;
            forget(subjects, subject);
        }
    }
    subjects->end = at;
}

void subjects_free(struct subjects *subjects)
{
    for (struct subject *subject = subjects->first, *next; subject; subject = next) {
        next = subject->next;
        forget(subjects, subject);
    }
    *subjects = (struct subjects){0};
}
