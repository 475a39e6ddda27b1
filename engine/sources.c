/* Opening and closing feeds within the budget, and keeping the kernel's counts of drops, which it
 * forgets as they are read. */
#include "sources_internal.h"

#include "grow.h"
#include "side_by_side.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rings in shares of the whole. The shared feed's are beside those of single interfaces. Of 256
 * MB the largest holds what comes in half a second at 20,000 packets of 1,400 bytes, even
 * where the kernel closes blocks that are half full, and a box with one
 * interface stays below 40 MB. */
enum {
    RING_MOST = 128,
    RING_LEAST = 32,
    SHARED_RING = 128,
    FEW = 4,
    LATER = 7,
};

/* Bytes of the feeds of one interface, when they are as is wanted now. */
static size_t used(const struct sources *sources)
{
    size_t size = 0;
    for (const struct source *source = sources->first; source; source = source->next)
        if (has_own_feed(sources, source))
            size += share_size(sources, source->feed->share);
    return size;
}

size_t sources_room(const struct sources *sources, struct spread spread)
{
    struct sources then = *sources;
    then.spread = spread;
    size_t least = share_size(&then, 0);
    size_t room = used(&then) + (then.shared ? share_size(&then, SHARED_RING) : 0);
    return room > least ? room : least;
}

static void cannot_open(struct source *source, int error)
{
    snprintf(source->reason, sizeof source->reason, "capture on %s: %s", source->link.name,
             strerror(-error));
}

/* ---- feeds of one interface ---- */

struct opening {
    struct source *source;
    const struct sources *sources;
    unsigned share;
    size_t least; /* bytes of rings that are ready */
    int error;
};

/* A feed, or other captures for the one that there is. */
static int open_captures(const struct opening *opening)
{
    struct source *source = opening->source;
    const struct sources *sources = opening->sources;
    struct capture_options options = {
        .index = source->link.index,
        .loopback = source->link.loopback,
        .size = share_size(sources, opening->share),
        .frame_size = source->link.frame_size,
    };
    unsigned workers = sources->spread.workers;
    struct feed *feed = source->feed;
    int error = feed ? feed_renew(feed, &options, workers)
                     : feed_open(&feed, &options, workers,
                                 (struct ready_rings){sources->reserve, opening->least});
    if (error)
        return error;
    feed->share = opening->share;
    feed->frame_size = options.frame_size;
    error = feed_admit_own(feed);
    if (!error)
        source->feed = feed;
    else if (source->feed)
        feed_forget(feed);
    else
        feed_close(feed);
    return error;
}

static void open_own(void *openings, unsigned index)
{
    struct opening *opening = (struct opening *)openings + index;
    opening->error = open_captures(opening);
}

/* The share of each of so many new sources; 0: they share one feed. The first few get the most
 * there is, later ones leave room for still later ones. */
static unsigned own_share(const struct sources *sources, size_t fresh)
{
    size_t most = share_size(sources, RING_MOST), least = share_size(sources, RING_LEAST);
    size_t whole = sources->spread.bytes;
    size_t taken = used(sources) + share_size(sources, SHARED_RING);
    size_t left = whole > taken ? whole - taken : 0;
    size_t size = left / (fresh + (used(sources) < FEW * most ? 1 : LATER));
    if (size < least)
        return left >= fresh * least ? RING_LEAST : 0;
    return size < most ? (unsigned)(size / (whole / SHARES)) : RING_MOST;
}

/* What each would have if as many came at once as the reserve has rings for; no more than its
 * share. */
static size_t least_ready(const struct sources *sources, unsigned share)
{
    unsigned least = own_share(sources, RESERVE_MOST);
    return share_size(sources, least && least < share ? least : share);
}

/* What cannot be opened is down; what cannot be renewed stays as it is. */
static void open_each(struct sources *sources, struct opening *openings, size_t count)
{
    side_by_side((unsigned)count, open_own, openings);
    for (size_t i = 0; i < count; i++) {
        struct source *source = openings[i].source;
        if (openings[i].error && source->feed)
            sources->refused = openings[i].error;
        else if (openings[i].error)
            cannot_open(source, openings[i].error);
        else
            source->feed->users = 1;
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
    const struct capture_options options = {
        .size = share_size(sources, SHARED_RING),
        .frame_size = frame_size,
    };
    int error = sources->shared ? 0
                                : feed_open(&sources->shared, &options, sources->spread.workers,
                                            (struct ready_rings){sources->reserve, options.size});
    if (!error)
        sources->shared->share = SHARED_RING;
    return error;
}

/* Of the largest frames of those that share it. */
static void renew_shared(struct sources *sources)
{
    struct capture_options options = {.size = share_size(sources, SHARED_RING)};
    for (const struct source *source = sources->first; source; source = source->next)
        if (source->feed == sources->shared && source->link.frame_size > options.frame_size)
            options.frame_size = source->link.frame_size;
    sources->shared->frame_size = options.frame_size;
    int error = feed_renew(sources->shared, &options, sources->spread.workers);
    if (error)
        sources->refused = error;
    else
        sources->unsettled = true;
}

/* The link says how large its frames may be now. */
static void expect_frames(const struct source *source)
{
    if (source->feed && source->feed->frame_size < source->link.frame_size)
        source->feed->frame_size = source->link.frame_size;
}

static void share_feed(struct sources *sources, struct source **list, size_t count)
{
    size_t frame_size = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i]->link.frame_size > frame_size)
            frame_size = list[i]->link.frame_size;
    int opened = open_shared(sources, frame_size);
    for (size_t i = 0; i < count; i++) {
        int error = opened;
        if (!error)
            error = capture_watch(sources->shared->now.at[0], list[i]->link.index);
        if (error) {
            cannot_open(list[i], error);
            continue;
        }
        list[i]->feed = sources->shared;
        list[i]->watched = false;
        expect_frames(list[i]);
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
    else if (sources->spread.workers > 1 && !source->link.up) /* a group may take no members */
        snprintf(source->reason, sizeof source->reason, "interface %s is down", source->link.name);
    return !source->reason[0];
}

/* Where interfaces come beside others the next is likely to want this. */
static void keep_reserve(const struct sources *sources)
{
    unsigned share = own_share(sources, 1), least = own_share(sources, RESERVE_MOST);
    unsigned workers = sources->spread.workers;
    if (least)
        reserve_want(sources->reserve, share_size(sources, share) / workers,
                     share_size(sources, least) / workers);
}

/* Its captures are, or those to come; of a commit that is prepared, whatever it has made. */
static bool suits(const struct sources *sources, const struct feed *feed)
{
    return sources->held || captures_suit(sources, feed, &feed->now) ||
           captures_suit(sources, feed, &feed->next);
}

static bool is_to_open(const struct sources *sources, struct source *source)
{
    return !source->feed && !source->lost && can_open(sources, source);
}

static bool is_to_renew(const struct sources *sources, const struct source *source)
{
    return has_own_feed(sources, source) && !source->lost && source->link.up &&
           !suits(sources, source->feed);
}

/* Those that are new, and those whose captures are to be others. */
static void open_own_feeds(struct sources *sources, struct source **fresh, size_t count,
                           unsigned share)
{
    size_t opened = 0, all = share ? count : 0;
    for (struct source *source = sources->first; source; source = source->next)
        all += is_to_renew(sources, source);
    struct opening *openings = calloc(all + 1, sizeof *openings);
    if (!openings)
        return;
    for (; share && opened < count; opened++)
        openings[opened] = (struct opening){.source = fresh[opened],
                                            .sources = sources,
                                            .share = share,
                                            .least = least_ready(sources, share)};
    for (struct source *source = sources->first; source; source = source->next)
        if (is_to_renew(sources, source))
            openings[opened++] = (struct opening){
                .source = source, .sources = sources, .share = source->feed->share};
    open_each(sources, openings, opened);
    free(openings);
}

void sources_settle(struct sources *sources)
{
    size_t count = 0;
    bool some = used(sources);
    sources->refused = 0;
    for (struct source *source = sources->first; source; source = source->next)
        count += is_to_open(sources, source);
    struct source **fresh = calloc(count + 1, sizeof(struct source *));
    if (!fresh)
        return;
    count = 0;
    for (struct source *source = sources->first; source; source = source->next)
        if (is_to_open(sources, source))
            fresh[count++] = source;
    unsigned share = count ? own_share(sources, count) : 0;
    open_own_feeds(sources, fresh, count, share);
    if (count && !share)
        share_feed(sources, fresh, count);
    free(fresh);
    release_shared(sources);
    if (sources->shared && !suits(sources, sources->shared))
        renew_shared(sources);
    if (sources->shared && sources->unsettled)
        settle_shared(sources);
    if (count && some)
        keep_reserve(sources);
}

/* ---- sources one by one ---- */

static void count_own(struct sources *sources, const struct source *source)
{
    if (!has_own_feed(sources, source))
        return;
    uint64_t dropped = feed_dropped(source->feed);
    struct count left_out = feed_filter_left_out(&source->feed->filter);
    sources->dropped[source->slot] += dropped;
    sources->dropped_all += dropped;
    count_add(&sources->left_out[source->slot], left_out);
    count_add(&sources->left_out_all, left_out);
}

/* A link that is down takes no more members into a group, and has nothing to lose: its captures are
 * opened anew. */
static bool is_stuck(const struct sources *sources, const struct source *source,
                     const struct link *link)
{
    return has_own_feed(sources, source) && !link->up && !suits(sources, source->feed);
}

/* A deleted interface takes the promiscuous mode with it that was asked of it. */
static void watch_again(const struct sources *sources, struct source *source)
{
    const struct capture *capture = sources->shared->now.at[0];
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
    expect_frames(source);
    if (source->feed && source->feed == sources->shared)
        watch_again(sources, source);
    else if (source->feed && capture_is_deaf(source->feed->now.at[0]))
        source->lost = true;
}

struct source *sources_take(struct sources *sources, const struct link *link, uint32_t slot)
{
    struct source *source;
    for (source = sources->first; source; source = source->next) {
        if (source->lost || source->link.index != link->index)
            continue;
        source_look(sources, source, link);
        if (source->lost || is_stuck(sources, source, link))
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
        capture_unwatch(sources->shared->now.at[0], source->link.index);
        return;
    }
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
        uint32_t dropped = sources->dropped_room, left_out = dropped, room = slot + 16;
        if (!grow(&sources->dropped, &dropped, room, sizeof *sources->dropped) ||
            !grow(&sources->left_out, &left_out, room, sizeof *sources->left_out))
            return false;
        sources->dropped_room = room;
    }
    sources->dropped[slot] = 0;
    sources->left_out[slot] = (struct count){0};
    return true;
}
