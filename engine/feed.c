/* Sets of captures as one.
 *
 * All captures of a feed are members of one group in the kernel, which asks a program for the
 * number of the member that gets a packet. Those to come join behind those that are, and one
 * exchange of the program is the moment at which they take over. When those before them are closed,
 * the numbers move: see close_before. They move too when the interface falls; those to come are
 * made last, not taken from the reserve, so that they stay behind. */
#include "feed.h"

#include "side_by_side.h"
#include "thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

static void close_captures(struct captures *captures, unsigned first, unsigned end)
{
    for (unsigned i = first; captures->at && i < end; i++)
        capture_close(captures->at[i]);
}

static void free_captures(struct captures *captures)
{
    close_captures(captures, 0, captures->count);
    free(captures->at);
    *captures = (struct captures){0};
}

static void join_closing(struct feed *feed)
{
    if (feed->is_closing)
        pthread_join(feed->closing, NULL);
    feed->is_closing = false;
}

static void free_feed(struct feed *feed)
{
    join_closing(feed);
    free_captures(&feed->last);
    free_captures(&feed->next);
    free_captures(&feed->now);
    feed_filter_free(&feed->filter);
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
    if (thread_start(&thread, close_feed, feed))
        free_feed(feed);
    else
        pthread_detach(thread);
}

struct opening {
    struct captures *captures;
    const struct capture_options *options; /* of each */
    struct ready_rings ready;              /* likewise */
    atomic_int error;
};

/* One that was made in advance, or a new one. */
static void open_capture(void *context, unsigned index)
{
    struct opening *opening = context;
    const struct capture_options *options = opening->options;
    struct capture **opened = &opening->captures->at[index];
    if (opening->error)
        return;
    *opened = reserve_take(opening->ready.reserve, options->size, opening->ready.least,
                           options->frame_size);
    int error = *opened ? 0 : capture_make(opened, options->size, options->frame_size);
    if (!error)
        error = capture_bind(*opened, options);
    if (error)
        opening->error = error;
}

static int by_serial(const void *a, const void *b)
{
    uint32_t left = (*(struct capture *const *)a)->serial;
    uint32_t right = (*(struct capture *const *)b)->serial;
    return left < right ? -1 : left > right;
}

static int join(struct feed *feed, struct capture *capture)
{
    int error = capture_join(capture, &feed->group);
    if (!error)
        feed->members[feed->member_count++] = capture;
    return error;
}

static int join_all(struct feed *feed, const struct captures *captures)
{
    int error = 0;
    for (unsigned i = 0; !error && i < captures->count; i++)
        error = join(feed, captures->at[i]);
    return error;
}

static int open_captures(struct captures *captures, const struct capture_options *options,
                         unsigned workers, struct ready_rings ready)
{
    struct capture_options each = *options;
    each.size /= workers;
    ready.least /= workers;
    captures->at = calloc(workers, sizeof(struct capture *));
    if (!captures->at)
        return -ENOMEM;
    captures->count = workers;
    captures->size = options->size;
    struct opening opening = {.captures = captures, .options = &each, .ready = ready};
    side_by_side(workers, open_capture, &opening);
    if (!opening.error)
        qsort(captures->at, workers, sizeof(struct capture *), by_serial);
    return opening.error;
}

/* Without a program the first of a group gets all, and a packet costs less. The kernel waits for
 * those on their way only where one program goes for another. */
static int spread(struct feed *feed, uint32_t first, uint32_t count)
{
    int error = feed->chooses ? 0 : capture_spread(feed->now.at[0], 0, 1);
    if (error)
        return error;
    feed->chooses = true;
    return capture_spread(feed->now.at[0], first, count);
}

int feed_open(struct feed **opened, const struct capture_options *options, unsigned workers,
              struct ready_rings ready)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return -ENOMEM;
    feed->group = -1;
    feed_filter_init(&feed->filter);
    int error = open_captures(&feed->now, options, workers, ready);
    if (!error)
        error = join_all(feed, &feed->now);
    /* One may stay alone: it takes what comes right after its interface has come up. */
    if (error == -EINVAL && feed->group < 0 && workers == 1)
        error = 0;
    if (!error && workers > 1)
        error = spread(feed, 0, workers);
    if (!error)
        *opened = feed;
    else
        feed_close(feed);
    return error;
}

unsigned feed_width(const struct feed *feed)
{
    return feed->now.count > feed->next.count ? feed->now.count : feed->next.count;
}

int feed_renew(struct feed *feed, const struct capture_options *options, unsigned workers)
{
    join_closing(feed);
    if (feed->last.count || feed->next.count)
        return -EBUSY;
    int error = feed->member_count ? 0 : join(feed, feed->now.at[0]);
    unsigned members = feed->member_count;
    if (!error)
        error = open_captures(&feed->next, options, workers, (struct ready_rings){0});
    if (!error)
        error = join_all(feed, &feed->next);
    if (error) {
        feed->member_count = members; /* those behind have not changed their numbers */
        free_captures(&feed->next);
    }
    return error;
}

int feed_switch(struct feed *feed)
{
    int error = spread(feed, feed->now.count, feed->next.count);
    if (error)
        return error;
    feed->last = feed->now;
    feed->now = feed->next;
    feed->next = (struct captures){0};
    feed->behind = feed->last.count;
    return 0;
}

void feed_forget(struct feed *feed)
{
    feed->last = feed->next;
    feed->next = (struct captures){0};
}

/* What has become of the numbers when the interface has fallen. */
static void number_members(struct feed *feed)
{
    bool fell = false;
    for (unsigned i = 0; i < feed->member_count; i++) {
        capture_clear_error(feed->members[i]);
        fell |= atomic_exchange(&feed->members[i]->fell, false);
    }
    if (fell)
        qsort(feed->members, feed->member_count, sizeof(struct capture *), by_serial);
}

static void close_member(struct feed *feed, unsigned number)
{
    capture_close(feed->members[number]);
    feed->members[number] = feed->members[--feed->member_count];
}

static bool has(const struct captures *captures, const struct capture *capture)
{
    for (unsigned i = 0; i < captures->count; i++)
        if (captures->at[i] == capture)
            return true;
    return false;
}

static void close_one(void *captures, unsigned index)
{
    capture_close(((struct capture **)captures)[index]);
}

/* All members that do not serve now, in whatever order. */
static void close_others(struct feed *feed)
{
    struct capture *others[sizeof feed->members / sizeof feed->members[0]];
    unsigned count = 0, kept = 0;
    for (unsigned i = 0; i < feed->member_count; i++)
        if (has(&feed->now, feed->members[i]))
            feed->members[kept++] = feed->members[i];
        else
            others[count++] = feed->members[i];
    feed->member_count = kept;
    side_by_side(count, close_one, others);
}

/* Those before are closed in the order of their numbers. Each gives its number to the last of the
 * group, which is one of those that stay as long as there are such behind; the kernel takes numbers
 * modulo the members, so that all the program says is one of those that stay. When all of them have
 * moved to the front, or nothing is left before them, the program says their new numbers, and the
 * rest can go, as can those that were behind from the beginning. */
static void *close_before(void *argument)
{
    struct feed *feed = argument;
    unsigned moving = feed->behind < feed->now.count ? feed->behind : feed->now.count;
    number_members(feed);
    for (unsigned number = 0; number < moving; number++)
        close_member(feed, number);
    if (feed->behind)
        spread(feed, 0, feed->now.count);
    close_others(feed);
    feed->behind = 0;
    return NULL;
}

static uint64_t dropped_of(const struct captures *captures)
{
    uint64_t dropped = 0;
    for (unsigned i = 0; i < captures->count; i++)
        dropped += capture_dropped(captures->at[i]);
    return dropped;
}

uint64_t feed_trim(struct feed *feed)
{
    uint64_t dropped = dropped_of(&feed->last);
    if (!feed->last.count)
        return 0;
    join_closing(feed);
    free(feed->last.at); /* they are among the members */
    feed->last = (struct captures){0};
    feed->is_closing = !thread_start(&feed->closing, close_before, feed);
    if (!feed->is_closing)
        close_before(feed);
    return dropped;
}

static int admit(const struct captures *captures, const struct capture_filter *filter)
{
    int error = 0;
    for (unsigned i = 0; !error && i < captures->count; i++)
        error = capture_admit(captures->at[i], filter);
    return error;
}

int feed_admit(const struct feed *feed, const struct capture_filter *filter)
{
    int error = admit(&feed->now, filter);
    return error ? error : admit(&feed->next, filter);
}

static int admit_program(const struct captures *captures, int program)
{
    int error = 0;
    for (unsigned i = 0; !error && i < captures->count; i++)
        error = capture_admit_program(captures->at[i], program);
    return error;
}

int feed_admit_own(const struct feed *feed)
{
    struct capture_filter everything;
    int program = feed->filter.program;
    if (program >= 0) {
        int error = admit_program(&feed->now, program);
        return error ? error : admit_program(&feed->next, program);
    }
    capture_filter_everything(&everything);
    return feed_admit(feed, &everything);
}

void feed_lift_filter(struct feed *feed, const struct prefilter_program *next)
{
    if (!feed_filter_exchange(&feed->filter, next) || feed->filter.program < 0)
        return;
    feed_filter_unload(&feed->filter);
    feed_admit_own(feed);
}

/* Where the kernel has no room for the program, everything goes through. */
void feed_set_filter(struct feed *feed)
{
    if (!feed_filter_load(&feed->filter))
        return;
    int error = feed_admit_own(feed);
    if (!error)
        return;
    feed_filter_unload(&feed->filter);
    feed->filter.refused = error;
    feed_admit_own(feed);
}

uint64_t feed_dropped(const struct feed *feed)
{
    return dropped_of(&feed->now) + dropped_of(&feed->next) + dropped_of(&feed->last);
}

static size_t memory_of(const struct captures *captures)
{
    size_t size = 0;
    for (unsigned i = 0; i < captures->count; i++)
        size += captures->at[i]->map_size;
    return size;
}

size_t feed_memory(const struct feed *feed)
{
    return memory_of(&feed->now) + memory_of(&feed->next) + memory_of(&feed->last);
}

unsigned feed_rings(const struct feed *feed)
{
    return feed->now.count + feed->next.count + feed->last.count;
}
