/* One list in the order of time, from which the oldest of a kind is dropped: see entries.h. */
#include "entries.h"
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

static int kind_of(int priority)
{
    return priority > LOG_NOTICE;
}

/* There is a newer one of its kind, so it is not the last. */
static void drop_oldest(struct entries *entries, int kind)
{
    struct entry **at = &entries->first, *entry;

    while (kind_of((*at)->priority) != kind)
        at = &(*at)->next;
    entry = *at;
    *at = entry->next;
    if (entries->unwritten == entry)
        entries->unwritten = entry->next;
    entries->lost += !entry->written;
    entries->count[kind]--;
    free(entry);
}

void entries_add(struct entries *entries, int priority, time_t when, const char *text)
{
    size_t size = strlen(text) + 1;
    struct entry *entry = malloc(sizeof *entry + size);
    int kind = kind_of(priority);

    if (!entry) {
        entries->lost++;
        return;
    }
    *entry = (struct entry){.when = when, .priority = priority};
    memcpy(entry->text, text, size);
    if (entries->last)
        entries->last->next = entry;
    else
        entries->first = entry;
    entries->last = entry;
    if (!entries->unwritten)
        entries->unwritten = entry;
    if (++entries->count[kind] > ENTRIES_KEPT)
        drop_oldest(entries, kind);
}

void entries_take(struct entries *entries)
{
    entries->unwritten->written = true;
    entries->unwritten = entries->unwritten->next;
}

void entries_free(struct entries *entries)
{
    for (struct entry *entry = entries->first, *next; entry; entry = next) {
        next = entry->next;
        free(entry);
    }
    *entries = (struct entries){0};
}
