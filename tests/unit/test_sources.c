/* Sources whose rings are to be others: what is made, refused, and kept, over captures that are
 * only said to be made.
 * links:
 * engine/sources.c
 * engine/turnover.c
 * engine/feed.c
 * engine/side_by_side.c
 * engine/io/capture_filter.c */
#include "../../engine/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { MEGABYTE = 1 << 20 };

static atomic_int made, closed;
static atomic_int spread_refused; /* -errno */
static atomic_int join_refused;   /* likewise */

static atomic_int spreads; /* programs given to groups */

/* The kernel makes each wait; they are to wait together, so many at least. */
static atomic_int meeting, waiting, met;

static void meet(void)
{
    int wanted = meeting;
    if (!wanted)
        return;
    waiting++;
    for (int i = 0; waiting < wanted && i < 60000; i++)
        usleep(1000);
    met += waiting >= wanted;
}

int capture_make(struct capture **capture, size_t size, size_t frame_size)
{
    (void)frame_size;
    *capture = calloc(1, sizeof **capture);
    if (!*capture)
        return -ENOMEM;
    (*capture)->map_size = size;
    (*capture)->serial = (uint32_t)++made;
    meet();
    return 0;
}

int capture_bind(struct capture *capture, const struct capture_options *options)
{
    capture->index = options->index;
    return 0;
}

int capture_join(const struct capture *capture, int *group)
{
    assert_non_null(capture);
    if (!join_refused)
        *group = 1;
    return join_refused;
}

int capture_spread(const struct capture *capture, uint32_t first, uint32_t count)
{
    (void)capture, (void)first, (void)count;
    spreads++;
    meet();
    return spread_refused;
}

int capture_admit(const struct capture *capture, const struct capture_filter *filter)
{
    (void)capture, (void)filter;
    return 0;
}

void capture_close(struct capture *capture)
{
    closed += capture != NULL;
    free(capture);
}

uint64_t capture_dropped(const struct capture *capture)
{
    (void)capture;
    return 0;
}

void capture_clear_error(struct capture *capture)
{
    (void)capture;
}

bool capture_is_deaf(const struct capture *capture)
{
    (void)capture;
    return false;
}

int capture_watch(const struct capture *capture, int index)
{
    (void)capture, (void)index;
    return 0;
}

void capture_unwatch(const struct capture *capture, int index)
{
    (void)capture, (void)index;
}

struct capture *reserve_take(struct reserve *reserve, size_t size, size_t frame_size)
{
    (void)reserve, (void)size, (void)frame_size;
    return NULL;
}

void reserve_want(struct reserve *reserve, size_t size, size_t least)
{
    (void)reserve, (void)size, (void)least;
}

/* So many sources more, of rings that are to be so many and so large. */
static void open_sources(struct sources *sources, unsigned count, struct spread spread)
{
    sources->spread = spread;
    for (unsigned i = 0; i < count; i++) {
        struct link link = {.index = made + (int)i + 1, .ethernet = true, .up = true};
        assert_non_null(sources_take(sources, &link, 0));
    }
    sources_settle(sources);
}

static void turn_over(struct sources *sources)
{
    sources_switch(sources);
    sources_trim(sources);
}

/* All of them are closed: nothing is left, and nothing was closed twice. */
static void end(struct sources *sources)
{
    while (sources->first)
        sources_release(sources, sources->first);
    for (int i = 0; closed < made && i < 60000; i++)
        usleep(1000);
    assert_int_equal(closed, made);
    free(sources->dropped);
}

/* As long as the kernel refuses those to come, those that are need their workers. */
static void test_refused(void **state)
{
    struct sources sources = {0};
    (void)state;
    assert_true(sources_fresh(&sources, 0));
    open_sources(&sources, 1, (struct spread){4, 64 * MEGABYTE});
    assert_int_equal(sources_widest(&sources), 4);
    open_sources(&sources, 0, (struct spread){1, 64 * MEGABYTE});
    spread_refused = -ENOMEM;
    turn_over(&sources);
    assert_int_equal(sources_widest(&sources), 4);
    assert_false(sources_are_settled(&sources));
    spread_refused = 0;
    turn_over(&sources);
    assert_int_equal(sources_widest(&sources), 1);
    assert_true(sources_are_settled(&sources));
    end(&sources);
}

static size_t whole(const struct sources *sources)
{
    unsigned rings;
    size_t bytes;
    sources_memory(sources, &rings, &bytes);
    return bytes;
}

/* A commit that makes the rings larger and adds sources: what is there takes more then. */
static void test_larger_and_more(void **state)
{
    struct sources sources = {0};
    (void)state;
    assert_true(sources_fresh(&sources, 0));
    open_sources(&sources, 20, (struct spread){1, 256 * MEGABYTE});
    assert_true(whole(&sources) <= 256 * MEGABYTE);
    open_sources(&sources, 4, (struct spread){1, 1024ul * MEGABYTE});
    turn_over(&sources);
    assert_true(sources_are_settled(&sources));
    assert_true(whole(&sources) <= 1024ul * MEGABYTE);
    assert_true(whole(&sources) > 512 * MEGABYTE);
    end(&sources);
}

/* One that is alone, since its interface was down as it was opened, joins when it can. */
static void test_alone(void **state)
{
    struct sources sources = {0};
    (void)state;
    assert_true(sources_fresh(&sources, 0));
    join_refused = -EINVAL;
    open_sources(&sources, 1, (struct spread){1, 64 * MEGABYTE});
    open_sources(&sources, 0, (struct spread){2, 64 * MEGABYTE});
    assert_int_equal(sources.refused, -EINVAL);
    assert_int_equal(sources_widest(&sources), 1);
    join_refused = 0;
    sources_settle(&sources);
    assert_int_equal(sources.refused, 0);
    turn_over(&sources);
    assert_int_equal(sources_widest(&sources), 2);
    end(&sources);
}

/* What a commit has made for itself stays while it is prepared, whatever else is settled. */
static void test_held(void **state)
{
    struct sources sources = {0};
    (void)state;
    assert_true(sources_fresh(&sources, 0));
    open_sources(&sources, 1, (struct spread){1, 64 * MEGABYTE});
    open_sources(&sources, 1, (struct spread){2, 64 * MEGABYTE});
    int before = made;
    sources.held = true;
    open_sources(&sources, 0, (struct spread){1, 64 * MEGABYTE});
    assert_int_equal(made, before);
    sources.held = false;
    sources.spread.workers = 2;
    turn_over(&sources);
    assert_true(sources_are_settled(&sources));
    assert_int_equal(made, before);
    end(&sources);
}

/* A ring has its least, whatever its part of the whole. */
static void test_room(void **state)
{
    struct sources sources = {0};
    struct spread wide = {64, 256 * MEGABYTE};
    (void)state;
    assert_true(sources_fresh(&sources, 0));
    assert_int_equal(sources_room(&sources, wide), 64 * MEGABYTE);
    open_sources(&sources, 20, (struct spread){1, 256 * MEGABYTE});
    assert_true(sources_room(&sources, sources.spread) <= sources.spread.bytes);
    assert_int_equal(sources_room(&sources, wide), 20 * 64 * MEGABYTE);
    end(&sources);
}

/* A single ring's group has no program, which costs each packet; the first that is exchanged has
 * one before it that says the same as none. */
static void test_program(void **state)
{
    struct sources sources = {0};
    (void)state;
    assert_true(sources_fresh(&sources, 0));
    spreads = 0;
    open_sources(&sources, 1, (struct spread){1, 64 * MEGABYTE});
    assert_int_equal(spreads, 0);
    open_sources(&sources, 0, (struct spread){2, 64 * MEGABYTE});
    sources_switch(&sources);
    assert_int_equal(spreads, 2);
    sources_trim(&sources);
    end(&sources);
}

/* Rings are opened, and exchanged, side by side, over workers as well as over sources. */
static void test_side_by_side(void **state)
{
    struct sources sources = {0};
    (void)state;
    assert_true(sources_fresh(&sources, 0));
    met = waiting = 0;
    meeting = 4;
    open_sources(&sources, 1, (struct spread){4, 64 * MEGABYTE});
    assert_int_equal(met, 4 + 2);
    meeting = 0;
    open_sources(&sources, 3, (struct spread){4, 64 * MEGABYTE});
    open_sources(&sources, 0, (struct spread){1, 64 * MEGABYTE});
    met = waiting = 0;
    meeting = 4;
    sources_switch(&sources);
    assert_int_equal(met, 4);
    meeting = 0;
    sources_trim(&sources);
    assert_true(sources_are_settled(&sources));
    end(&sources);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_larger_and_more),
        cmocka_unit_test(test_alone),        cmocka_unit_test(test_held),
        cmocka_unit_test(test_room),         cmocka_unit_test(test_program),
        cmocka_unit_test(test_side_by_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
