/* Sources whose rings are to be others: what is made, refused, and kept, over captures that are
 * only said to be made.
 * links:
 * engine/sources.c
 * engine/turnover.c
 * engine/feed.c
 * engine/side_by_side.c
 * engine/thread.c
 * engine/io/capture_filter.c */
#include "../../engine/io/bpf.h"
#include "../../engine/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
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

/* As if blocks were as large as frames have to be, but not smaller than this. */
enum { BLOCK_LEAST = 128 << 10 };

int capture_make(struct capture **capture, size_t size, size_t frame_size)
{
    *capture = calloc(1, sizeof **capture);
    if (!*capture)
        return -ENOMEM;
    (*capture)->map_size = size;
    (*capture)->block_size = frame_size > BLOCK_LEAST ? (uint32_t)frame_size : BLOCK_LEAST;
    (*capture)->serial = (uint32_t)++made;
    meet();
    return 0;
}

bool capture_holds(const struct capture *capture, size_t frame_size)
{
    return capture->block_size >= frame_size;
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

/* What the captures have, the same for all; 0: everything. */
static _Thread_local int has_program;
static int admissions;

int capture_admit(const struct capture *capture, const struct capture_filter *filter)
{
    (void)capture, (void)filter;
    has_program = 0;
    return 0;
}

int capture_admit_program(const struct capture *capture, int program)
{
    (void)capture;
    has_program = program;
    admissions++;
    return 0;
}

static int load_refused; /* -errno */
static struct count left_out;

int bpf_counts_open(void)
{
    return load_refused ? load_refused : open("/dev/null", O_RDONLY);
}

bool bpf_counts_read(int counts, struct count *sum)
{
    (void)counts;
    *sum = left_out;
    return true;
}

int bpf_program_open(struct bpf_insn *code, uint32_t length, uint32_t map_at, int counts)
{
    (void)code, (void)length, (void)map_at, (void)counts;
    return load_refused ? load_refused : open("/dev/null", O_RDONLY);
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

struct capture *reserve_take(struct reserve *reserve, size_t size, size_t least, size_t frame_size)
{
    (void)reserve, (void)size, (void)least, (void)frame_size;
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
    free(sources->left_out);
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

/* Frames that a source is to have from now on, and the rings cannot hold: the same with the shared
 * one. */
static void test_larger_frames(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= 40; count += 39) {
        struct sources sources = {0};
        assert_true(sources_fresh(&sources, 0));
        open_sources(&sources, count, (struct spread){1, 16 * MEGABYTE});
        struct source *source = sources.first;
        struct link link = source->link;
        int before = made;
        link.frame_size = BLOCK_LEAST;
        source_look(&sources, source, &link);
        sources_settle(&sources);
        assert_true(sources_are_settled(&sources));
        assert_int_equal(made, before);
        link.frame_size = 4 * BLOCK_LEAST;
        source_look(&sources, source, &link);
        sources_settle(&sources);
        assert_int_equal(made, before + 1);
        turn_over(&sources);
        assert_true(sources_are_settled(&sources));
        assert_int_equal(source->feed->now.at[0]->block_size, 4 * BLOCK_LEAST);
        link.frame_size = BLOCK_LEAST; /* they hold these as well */
        source_look(&sources, source, &link);
        sources_settle(&sources);
        assert_true(sources_are_settled(&sources));
        assert_int_equal(made, before + 1);
        end(&sources);
    }
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

/* A plan with this program takes the place of another: whether everything goes through meanwhile.
 */
static bool change_program(struct feed *feed, const struct prefilter_program *program)
{
    feed_lift_filter(feed, program);
    bool lifted = !has_program;
    feed_set_filter(feed);
    return lifted;
}

/* What the kernel leaves out changes with the plan and not without; those to come leave out the
 * same; where it is refused everything goes through, until it is not. */
static void test_filters_change(void **state)
{
    static struct prefilter_program one, other;
    struct sources sources = {0};
    (void)state;
    one.length = other.length = 2;
    one.code[0].imm = 7;
    assert_true(sources_fresh(&sources, 3));
    open_sources(&sources, 1, (struct spread){1, 64 * MEGABYTE});
    struct feed *feed = sources.first->feed;
    load_refused = -EPERM;
    assert_true(change_program(feed, &one));
    assert_int_equal(feed->filter.refused, -EPERM);
    assert_false(has_program);
    load_refused = 0;
    change_program(feed, &one);
    assert_int_equal(feed->filter.refused, 0);
    assert_true(has_program);
    admissions = 0;
    assert_false(change_program(feed, &one));
    assert_int_equal(admissions, 0);
    assert_true(change_program(feed, &other));
    assert_int_equal(admissions, 1);
    open_sources(&sources, 0, (struct spread){2, 64 * MEGABYTE});
    assert_int_equal(admissions, 1 + 3);
    turn_over(&sources);
    assert_true(change_program(feed, NULL));
    assert_false(has_program);
    change_program(feed, &one);
    assert_int_equal(admissions, 4 + 2);
    end(&sources);
}

/* What is left out is counted once, for the name that the interface has then, and what was left out
 * before it goes. */
static void test_left_out(void **state)
{
    static struct prefilter_program program = {.length = 2};
    struct sources sources = {0};
    (void)state;
    assert_true(sources_fresh(&sources, 0) && sources_fresh(&sources, 40));
    left_out = (struct count){0};
    open_sources(&sources, 1, (struct spread){1, 64 * MEGABYTE});
    change_program(sources.first->feed, &program);
    left_out = (struct count){10, 1000};
    sources_count(&sources);
    sources_count(&sources);
    assert_int_equal(sources.left_out[0].packets, 10);
    left_out = (struct count){15, 1600};
    assert_non_null(sources_take(&sources, &sources.first->link, 40));
    left_out = (struct count){16, 1700};
    sources_release(&sources, sources.first);
    sources_release(&sources, sources.first);
    assert_int_equal(sources.left_out[0].packets, 15);
    assert_int_equal(sources.left_out[0].bytes, 1600);
    assert_int_equal(sources.left_out[40].packets, 1);
    assert_int_equal(sources.left_out_all.bytes, 1700);
    end(&sources);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_larger_and_more),
        cmocka_unit_test(test_alone),         cmocka_unit_test(test_held),
        cmocka_unit_test(test_larger_frames), cmocka_unit_test(test_room),
        cmocka_unit_test(test_program),       cmocka_unit_test(test_filters_change),
        cmocka_unit_test(test_side_by_side),  cmocka_unit_test(test_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
