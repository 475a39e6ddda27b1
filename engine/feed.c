/* A set of captures as one. */
#include "feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static void free_feed(struct feed *feed)
{
    for (unsigned i = 0; feed->captures && i < feed->workers; i++)
        capture_close(feed->captures[i]);
    free(feed->captures);
    free(feed);
}

static void *close_feed(void *feed)
{
    free_feed(feed);
    return NULL;
}

/* Each ring makes the kernel wait until no processor fills it any more: tens of milliseconds. */
void feed_close(struct feed *feed)
{
    pthread_t thread;
    if (!feed)
        return;
    if (pthread_create(&thread, NULL, close_feed, feed))
        free_feed(feed);
    else
        pthread_detach(thread);
}

/* One that was made in advance, or a new one. */
static int open_capture(struct reserve *reserve, const struct capture_options *options, int *fanout,
                        struct capture **opened)
{
    *opened = reserve_take(reserve, options->size, options->frame_size);
    int error = *opened ? 0 : capture_make(opened, options->size, options->frame_size);
    return error ? error : capture_bind(*opened, options, fanout);
}

int feed_open(struct feed **opened, const struct capture_options *options, unsigned workers,
              struct reserve *reserve)
{
    struct capture_options each = *options;
    int error = -ENOMEM, fanout = -1;
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return error;
    feed->workers = workers;
    feed->captures = calloc(workers, sizeof *feed->captures);
    each.spread = workers > 1;
    each.size /= workers;
    if (feed->captures)
        error = 0;
    for (unsigned i = 0; !error && i < workers; i++) {
        error = open_capture(reserve, &each, &fanout, &feed->captures[i]);
        if (!error)
            feed->size += feed->captures[i]->map_size;
    }
    if (!error)
        *opened = feed;
    else
        feed_close(feed);
    return error;
}

int feed_admit(const struct feed *feed, const struct capture_filter *filter)
{
    int error = 0;
    for (unsigned i = 0; !error && i < feed->workers; i++)
        error = capture_admit(feed->captures[i], filter);
    return error;
}

uint64_t feed_dropped(const struct feed *feed)
{
    uint64_t dropped = 0;
    for (unsigned i = 0; i < feed->workers; i++)
        dropped += capture_dropped(feed->captures[i]);
    return dropped;
}
