/* Opening and closing feeds within the budget, and keeping the kernel's counts of drops, which it
 * forgets as they are read. */
#include "sources.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of rings. The shared feed's are beside those of single interfaces. The largest holds what
 * comes in a second at 20,000 packets of 1,400 bytes, though the kernel closes blocks when they are
 * half full or more. */
enum {
    RING_MOST = 56 << 20,
    RING_LEAST = 8 << 20,
    SHARED_RING = 56 << 20,
    BUDGET = 256 << 20,
    FEW = 2,
    LATER = 7,
};

static void cannot_open(struct source *source, int error)
{
    snprintf(source->reason, sizeof source->reason, "capture on %s: %s", source->link.name,
             strerror(-error));
}

/* ---- feeds of one interface ---- */

/* The kernel makes each wait for tens of milliseconds: they are opened side by side. */
struct opening {
    struct source *source;
    size_t size;
    const struct sources *sources;
    int error;
    bool threaded;
    pthread_t thread;
};

static void *open_own(void *argument)
{
    struct opening *opening = argument;
    const struct link *link = &opening->source->link;
    struct capture_options options = {
        .index = link->index,
        .loopback = link->loopback,
        .size = opening->size,
        .frame_size = link->frame_size,
    };
    struct capture_filter filter;
    struct feed *feed;
    opening->error =
        feed_open(&feed, &options, opening->sources->workers, opening->sources->reserve);
    if (opening->error)
        return NULL;
    capture_filter_everything(&filter);
    opening->error = feed_admit(feed, &filter);
    if (opening->error)
        feed_close(feed);
    else
        opening->source->feed = feed;
    return NULL;
}

/* What each of so many new sources may have of the budget; 0: they share. The first few get the
 * most there is, later ones leave room for still later ones. */
static size_t own_size(const struct sources *sources, size_t fresh)
{
    size_t left = BUDGET - SHARED_RING;
    left = left > sources->used ? left - sources->used : 0;
    size_t size = left / (fresh + (sources->used < FEW * RING_MOST ? 1 : LATER));
    if (size < RING_LEAST && left >= fresh * RING_LEAST)
        size = RING_LEAST;
    return size < RING_LEAST ? 0 : size < RING_MOST ? size : RING_MOST;
}

static void open_each(struct sources *sources, struct source **list, size_t count, size_t size)
{
    struct opening openings[BUDGET / RING_LEAST];
    for (size_t i = 0; i < count; i++) {
        openings[i] = (struct opening){list[i], size, sources, 0, false, 0};
        openings[i].threaded =
            count > 1 && !pthread_create(&openings[i].thread, NULL, open_own, &openings[i]);
        if (!openings[i].threaded)
            open_own(&openings[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (openings[i].threaded)
            pthread_join(openings[i].thread, NULL);
        if (openings[i].error) {
            cannot_open(list[i], openings[i].error);
            continue;
        }
        list[i]->feed->users = 1;
        sources->used += list[i]->feed->size;
    }
}

/* ---- the shared feed ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* The interfaces that share, ascending, each once. */
static size_t sharing(const struct sources *sources, uint32_t *interfaces, uint32_t *loopback)
{
    size_t count = 0, distinct = 0;
    for (const struct source *source = sources->first; source; source = source->next) {
        if (source->feed != sources->shared)
            continue;
        interfaces[count++] = (uint32_t)source->link.index;
        if (source->link.loopback)
            *loopback = (uint32_t)source->link.index;
    }
    if (count)
        qsort(interfaces, count, sizeof *interfaces, by_number);
    for (size_t i = 0; i < count; i++)
        if (!distinct || interfaces[distinct - 1] != interfaces[i])
            interfaces[distinct++] = interfaces[i];
    return distinct;
}

/* -ENOMEM tells of a limit on filters (net.core.optmem_max), which a shorter one keeps. */
static void settle_shared(struct sources *sources)
{
    struct capture_filter filter;
    uint32_t loopback = 0;
    uint32_t *interfaces = calloc(sources->shared->users, sizeof *interfaces);
    if (!interfaces)
        return;
    size_t count = sharing(sources, interfaces, &loopback);
    int error = -ENOMEM;
    for (size_t room = CAPTURE_FILTER_MAX; error == -ENOMEM && room >= CAPTURE_FILTER_LEAST;
         room /= 2) {
        capture_filter_interfaces(&filter, interfaces, count, loopback, room);
        error = feed_admit(sources->shared, &filter);
    }
    free(interfaces);
    sources->unsettled = error != 0;
}

static int open_shared(struct sources *sources, size_t frame_size)
{
    const struct capture_options options = {.size = SHARED_RING, .frame_size = frame_size};
    return sources->shared
               ? 0
               : feed_open(&sources->shared, &options, sources->workers, sources->reserve);
}

static void share(struct sources *sources, struct source **list, size_t count)
{
    size_t frame_size = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i]->link.frame_size > frame_size)
            frame_size = list[i]->link.frame_size;
    int opened = open_shared(sources, frame_size);
    for (size_t i = 0; i < count; i++) {
        int error = opened;
        if (!error)
            error = capture_watch(sources->shared->captures[0], list[i]->link.index);
        if (error) {
            cannot_open(list[i], error);
            continue;
        }
        list[i]->feed = sources->shared;
        list[i]->watched = false;
        sources->shared->users++;
        sources->unsettled = true;
    }
}

static void count_shared(struct sources *sources)
{
    uint64_t dropped = sources->shared ? feed_dropped(sources->shared) : 0;
    sources->dropped_shared += dropped;
    sources->dropped_all += dropped;
}

/* When none shares it any more. */
static void release_shared(struct sources *sources)
{
    if (!sources->shared || sources->shared->users)
        return;
    count_shared(sources);
    feed_close(sources->shared);
    sources->shared = NULL;
}

/* ---- sources ---- */

static bool can_open(const struct sources *sources, struct source *source)
{
    source->reason[0] = '\0';
    if (!source->link.ethernet)
        snprintf(source->reason, sizeof source->reason, "capture on %s: not an Ethernet interface",
                 source->link.name);
    else if (sources->workers > 1 && !source->link.up) /* only then a group takes members */
        snprintf(source->reason, sizeof source->reason, "interface %s is down", source->link.name);
    return !source->reason[0];
}

/* Interfaces come and go: the next is likely to want this. */
static void keep_reserve(const struct sources *sources)
{
    size_t size = own_size(sources, 1), least = own_size(sources, RESERVE_MOST);
    if (least)
        reserve_want(sources->reserve, size / sources->workers, least / sources->workers);
}

void sources_settle(struct sources *sources)
{
    size_t count = 0;
    for (struct source *source = sources->first; source; source = source->next)
        count += !source->feed && !source->lost && can_open(sources, source);
    struct source **list = calloc(count + 1, sizeof(struct source *));
    if (!list)
        return;
    count = 0;
    for (struct source *source = sources->first; source; source = source->next)
        if (!source->feed && !source->lost && can_open(sources, source))
            list[count++] = source;
    size_t size = own_size(sources, count);
    if (size)
        open_each(sources, list, count, size);
    else
        share(sources, list, count);
    free(list);
    release_shared(sources);
    if (sources->shared && sources->unsettled)
        settle_shared(sources);
    if (count)
        keep_reserve(sources);
}

static void count_own(struct sources *sources, const struct source *source)
{
    if (!source->feed || source->feed == sources->shared)
        return;
    uint64_t dropped = feed_dropped(source->feed);
    sources->dropped[source->slot] += dropped;
    sources->dropped_all += dropped;
}

/* A deleted interface takes the promiscuous mode with it that was asked of it. */
static void watch_again(const struct sources *sources, struct source *source)
{
    const struct capture *capture = sources->shared->captures[0];
    if (source->watched && !source->link.promiscuous) {
        capture_unwatch(capture, source->link.index);
        capture_watch(capture, source->link.index);
    }
    source->watched = source->link.promiscuous;
}

void source_look(const struct sources *sources, struct source *source, const struct link *link)
{
    if (link && link->index == source->link.index)
        source->link = *link;
    if (source->feed && source->feed == sources->shared)
        watch_again(sources, source);
    else if (source->feed && capture_is_deaf(source->feed->captures[0]))
        source->lost = true;
}

struct source *sources_take(struct sources *sources, const struct link *link, uint32_t slot)
{
    struct source *source;
    for (source = sources->first; source; source = source->next) {
        if (source->lost || source->link.index != link->index)
            continue;
        source_look(sources, source, link);
        if (source->lost)
            continue;
        if (source->slot != slot)
            count_own(sources, source);
        source->slot = slot;
        source->users++;
        return source;
    }
    source = calloc(1, sizeof *source);
    if (!source)
        return NULL;
    source->link = *link;
    source->slot = slot;
    source->users = 1;
    source->next = sources->first;
    sources->first = source;
    return source;
}

/* The shared feed goes on taking what was seen there until it is settled: nobody asks for it. */
static void release_feed(struct sources *sources, struct source *source)
{
    if (source->feed == sources->shared) {
        sources->shared->users--;
        sources->unsettled = true;
        capture_unwatch(sources->shared->captures[0], source->link.index);
        return;
    }
    sources->used -= source->feed->size;
    feed_close(source->feed);
}

void sources_release(struct sources *sources, struct source *source)
{
    if (--source->users)
        return;
    struct source **link = &sources->first;
    while (*link != source)
        link = &(*link)->next;
    *link = source->next;
    count_own(sources, source);
    if (source->feed)
        release_feed(sources, source);
    release_shared(sources);
    free(source);
}

void sources_count(struct sources *sources)
{
    for (struct source *source = sources->first; source; source = source->next)
        count_own(sources, source);
    count_shared(sources);
}

bool sources_fresh(struct sources *sources, uint32_t slot)
{
    if (slot >= sources->dropped_room) {
        uint32_t room = slot + 16;
        uint64_t *dropped = reallocarray(sources->dropped, room, sizeof *dropped);
        if (!dropped)
            return false;
        memset(dropped + sources->dropped_room, 0,
               (room - sources->dropped_room) * sizeof *dropped);
        sources->dropped = dropped;
        sources->dropped_room = room;
    }
    sources->dropped[slot] = 0;
    return true;
}
