/* Other captures take over from those of sources that are open: see sources.h, and feed.c for how.
 */
#include "sources_internal.h"

#include "side_by_side.h"

#include <stdlib.h>

size_t share_size(const struct sources *sources, unsigned share)
{
    size_t size = sources->spread.bytes / SHARES * share;
    size_t least = (size_t)sources->spread.workers * CAPTURE_LEAST;
    return size > least ? size : least;
}

bool has_own_feed(const struct sources *sources, const struct source *source)
{
    return source->feed && source->feed != sources->shared;
}

bool captures_suit(const struct sources *sources, const struct feed *feed,
                   const struct captures *captures)
{
    for (unsigned i = 0; i < captures->count; i++)
        if (!capture_holds(captures->at[i], feed->frame_size))
            return false;
    return captures->count == sources->spread.workers &&
           captures->size == share_size(sources, feed->share);
}

/* Interfaces receive what is not addressed to them as long as the capture is there that asks. */
static void watch_anew(const struct sources *sources)
{
    for (const struct source *source = sources->first; source; source = source->next)
        if (source->feed == sources->shared)
            capture_watch(sources->shared->now.at[0], source->link.index);
}

/* Those to come may take over; else they are not wanted after all. */
static bool is_to_switch(const struct sources *sources, struct feed *feed)
{
    if (!feed->next.count || feed->last.count)
        return false;
    if (!captures_suit(sources, feed, &feed->now))
        return true;
    feed_forget(feed);
    return false;
}

static void switch_feed(void *feeds, unsigned index)
{
    feed_switch(((struct feed **)feeds)[index]);
}

void sources_switch(struct sources *sources)
{
    unsigned count = 1, switched = 0;
    for (const struct source *source = sources->first; source; source = source->next)
        count++;
    struct feed **feeds = calloc(count, sizeof(struct feed *));
    if (!feeds)
        return; /* until the next probe */
    for (struct source *source = sources->first; source; source = source->next)
        if (has_own_feed(sources, source) && is_to_switch(sources, source->feed))
            feeds[switched++] = source->feed;
    if (sources->shared && is_to_switch(sources, sources->shared))
        feeds[switched++] = sources->shared;
    side_by_side(switched, switch_feed, feeds);
    if (switched && feeds[switched - 1] == sources->shared && sources->shared->last.count)
        watch_anew(sources);
    free(feeds);
}

static bool is_settled(const struct sources *sources, const struct feed *feed)
{
    return !feed->next.count && !feed->last.count && captures_suit(sources, feed, &feed->now);
}

bool sources_are_settled(const struct sources *sources)
{
    for (const struct source *source = sources->first; source; source = source->next)
        if (has_own_feed(sources, source) && !source->lost && source->link.up &&
            !is_settled(sources, source->feed))
            return false;
    return !sources->shared || is_settled(sources, sources->shared);
}

unsigned sources_widest(const struct sources *sources)
{
    unsigned widest = 0;
    for (const struct source *source = sources->first; source; source = source->next)
        if (source->feed && feed_width(source->feed) > widest)
            widest = feed_width(source->feed);
    return widest;
}

void sources_trim(struct sources *sources)
{
    for (struct source *source = sources->first; source; source = source->next) {
        if (!has_own_feed(sources, source))
            continue;
        uint64_t dropped = feed_trim(source->feed);
        sources->dropped[source->slot] += dropped;
        sources->dropped_all += dropped;
    }
    uint64_t dropped = sources->shared ? feed_trim(sources->shared) : 0;
    sources->dropped_shared += dropped;
    sources->dropped_all += dropped;
}

void sources_memory(const struct sources *sources, unsigned *rings, size_t *bytes)
{
    *rings = sources->shared ? feed_rings(sources->shared) : 0;
    *bytes = sources->shared ? feed_memory(sources->shared) : 0;
    for (const struct source *source = sources->first; source; source = source->next) {
        if (!has_own_feed(sources, source))
            continue;
        *rings += feed_rings(source->feed);
        *bytes += feed_memory(source->feed);
    }
}
