/* Opening and closing captures, and keeping the kernel's counts of drops, which it forgets
 * as they are read. */
#include "sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void count_drops(struct sources *sources, const struct source *source)
{
    for (unsigned i = 0; source->captures && i < sources->workers; i++)
        if (source->captures[i])
            sources->dropped[source->slot] += capture_dropped(source->captures[i]);
}

static void close_captures(struct sources *sources, struct source *source)
{
    for (unsigned i = 0; source->captures && i < sources->workers; i++)
        capture_close(source->captures[i]);
    free(source->captures);
    source->captures = NULL;
}

static void open_captures(struct sources *sources, struct source *source, const struct link *link)
{
    struct capture_options options = {
        .interface = source->name,
        .index = source->index,
        .loopback = link->loopback,
        .shared = sources->workers > 1,
    };
    source->reason[0] = '\0';
    if (!link->ethernet) {
        snprintf(source->reason, sizeof(source->reason), "capture on %s: not an Ethernet interface",
                 source->name);
        return;
    }
    if (options.shared && !link->up) { /* a group of captures takes members only while it is up */
        snprintf(source->reason, sizeof(source->reason), "interface %s is down", source->name);
        return;
    }
    source->captures = calloc(sources->workers, sizeof(*source->captures));
    int error = source->captures ? 0 : -1;
    int fanout = -1;
    for (unsigned i = 0; !error && i < sources->workers; i++)
        error = capture_open(&source->captures[i], &options, &fanout, source->reason,
                             sizeof(source->reason));
    if (error) {
        close_captures(sources, source);
        return;
    }
    for (unsigned i = 0; options.shared && i < sources->workers; i++)
        capture_admit(source->captures[i]);
}

struct source *sources_take(struct sources *sources, const struct link *link, uint32_t slot)
{
    struct source *source;
    for (source = sources->first; source; source = source->next) {
        if (source->index == link->index && !strcmp(source->name, link->name)) {
            source->users++;
            return source;
        }
    }
    source = calloc(1, sizeof(*source));
    if (!source)
        return NULL;
    memcpy(source->name, link->name, sizeof(source->name));
    source->index = link->index;
    source->slot = slot;
    source->users = 1;
    source->next = sources->first;
    sources->first = source;
    open_captures(sources, source, link);
    return source;
}

void sources_drop(struct sources *sources, struct source *source)
{
    if (--source->users)
        return;
    struct source **link = &sources->first;
    while (*link != source)
        link = &(*link)->next;
    *link = source->next;
    count_drops(sources, source);
    close_captures(sources, source);
    free(source);
}

void source_retry(struct sources *sources, struct source *source, const struct link *link)
{
    if (!source->captures)
        open_captures(sources, source, link);
}

void sources_count(struct sources *sources)
{
    for (struct source *source = sources->first; source; source = source->next)
        count_drops(sources, source);
}

bool sources_fresh(struct sources *sources, uint32_t slot)
{
    if (slot >= sources->dropped_room) {
        uint32_t room = slot + 16;
        uint64_t *dropped = reallocarray(sources->dropped, room, sizeof(*dropped));
        if (!dropped)
            return false;
        memset(dropped + sources->dropped_room, 0,
               (room - sources->dropped_room) * sizeof(*dropped));
        sources->dropped = dropped;
        sources->dropped_room = room;
    }
    sources->dropped[slot] = 0;
    return true;
}
