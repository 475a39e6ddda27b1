/* links: engine/batch.c */
#include "../../engine/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POOL = 4, RECEIVERS = 2 };

struct fixture {
    struct batcher batcher;
    struct batch **table;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->table = batcher_table(RECEIVERS);
    if (!batcher_init(&fixture->batcher, POOL))
        return -1;
    batcher_aim(&fixture->batcher, fixture->table);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    batcher_destroy(&fixture->batcher);
    free(fixture->table);
    free(fixture);
    return 0;
}

static uint8_t *add(struct fixture *fixture, uint32_t receiver, uint32_t port, uint32_t length)
{
    uint8_t *place = batcher_add(&fixture->batcher, receiver, port, length,
                                 (struct batch_packet){.session = length, .kept = length - 8});
    if (place)
        memset(place, (int)length, length); /* the room is really there */
    return place;
}

/* The next batch has these; it is given back. */
static void expect(struct fixture *fixture, uint32_t port, uint32_t segment, uint32_t count,
                   uint32_t length)
{
    struct batch *batch = batcher_take(&fixture->batcher);
    assert_non_null(batch);
    assert_int_equal(batch->port, port);
    assert_int_equal(batch->segment, segment);
    assert_int_equal(batch->count, count);
    assert_int_equal(batch->length, length);
    batcher_give(&fixture->batcher, batch);
}

static void nothing_left(struct fixture *fixture)
{
    assert_null(batcher_take(&fixture->batcher));
    for (int i = 0; i < RECEIVERS * OUTER_PORTS; i++)
        assert_null(fixture->table[i]);
}

static void test_same_lengths_share(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *first = add(fixture, 0, 3, 100);
    assert_ptr_equal(add(fixture, 0, 3, 100), first + 100);
    assert_ptr_equal(add(fixture, 0, 3, 100), first + 200);
    expect(fixture, 3, 100, 3, 300);
    nothing_left(fixture);
}

static void test_a_shorter_one_is_the_last(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 0, 3, 100);
    add(fixture, 0, 3, 60);
    add(fixture, 0, 3, 60);
    add(fixture, 0, 3, 60);
    expect(fixture, 3, 100, 2, 160);
    expect(fixture, 3, 60, 2, 120);
    nothing_left(fixture);
}

static void test_a_longer_one_begins_anew(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 0, 3, 60);
    add(fixture, 0, 3, 100);
    add(fixture, 0, 3, 60);
    expect(fixture, 3, 60, 1, 60);
    expect(fixture, 3, 100, 2, 160);
    nothing_left(fixture);
}

static void test_ports_and_receivers_are_apart(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 0, 3, 60);
    add(fixture, 0, 4, 60);
    add(fixture, 1, 3, 60);
    add(fixture, 0, 3, 60);
    struct batch *batch = batcher_take(&fixture->batcher);
    assert_int_equal(batch->receiver, 0);
    assert_int_equal(batch->count, 2);
    batcher_give(&fixture->batcher, batch);
    expect(fixture, 4, 60, 1, 60);
    batch = batcher_take(&fixture->batcher);
    assert_int_equal(batch->receiver, 1);
    assert_int_equal(batch->packets[0].session, 60);
    assert_int_equal(batch->packets[0].kept, 52);
    batcher_give(&fixture->batcher, batch);
    nothing_left(fixture);
}

static void test_limits(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < BATCH_PACKETS + 1; i++)
        add(fixture, 0, 0, 10);
    expect(fixture, 0, 10, BATCH_PACKETS, BATCH_PACKETS * 10);
    expect(fixture, 0, 10, 1, 10);

    uint32_t length = BATCH_BYTES / 3; /* three fit, not four */
    for (int i = 0; i < 4; i++)
        add(fixture, 0, 0, length);
    expect(fixture, 0, length, 3, 3 * length);
    expect(fixture, 0, length, 1, length);

    add(fixture, 0, 0, BATCH_BUFFER); /* alone it may be longer than a batch of several */
    add(fixture, 0, 0, 8);
    expect(fixture, 0, BATCH_BUFFER, 1, BATCH_BUFFER);
    expect(fixture, 0, 8, 1, 8);
    nothing_left(fixture);
}

static void test_the_pool_runs_out(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t port = 0; port < POOL; port++)
        assert_non_null(add(fixture, 0, port, 60));
    assert_null(add(fixture, 0, POOL, 60));
    assert_non_null(add(fixture, 0, 0, 60)); /* those begun still take packets */
    expect(fixture, 0, 60, 2, 120);
    assert_non_null(add(fixture, 0, POOL, 60));
    for (uint32_t port = 1; port <= POOL; port++)
        expect(fixture, port, 60, 1, 60);
    nothing_left(fixture);
}

static void test_taken_takes_no_more(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 0, 3, 60);
    struct batch *taken = batcher_take(&fixture->batcher);
    add(fixture, 0, 3, 60);
    assert_int_equal(taken->count, 1);
    batcher_give(&fixture->batcher, taken);
    expect(fixture, 3, 60, 1, 60);
    nothing_left(fixture);
}

/* Any lengths: what one port was given comes out in the same order, each packet whole. */
static void test_order(void **state)
{
    struct fixture *fixture = *state;
    enum { PACKETS = 20000 };
    uint32_t given[OUTER_PORTS] = {0}, seen[OUTER_PORTS] = {0}, random = 1;
    for (int i = 0; i < PACKETS; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t port = random >> 29, length = 8 + (random >> 20 & 3);
        struct batch_packet packet = {.session = given[port]++, .kept = length};
        while (!batcher_add(&fixture->batcher, 1, port, length, packet)) {
            struct batch *batch = batcher_take(&fixture->batcher);
            uint32_t bytes = 0;
            for (uint32_t k = 0; k < batch->count; k++) {
                assert_int_equal(batch->packets[k].session, seen[batch->port]++);
                assert_true(k + 1 == batch->count || batch->packets[k].kept == batch->segment);
                bytes += batch->packets[k].kept;
            }
            assert_int_equal(bytes, batch->length);
            batcher_give(&fixture->batcher, batch);
        }
    }
    assert_true(seen[0] > 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_same_lengths_share),
        TEST(test_a_shorter_one_is_the_last),
        TEST(test_a_longer_one_begins_anew),
        TEST(test_ports_and_receivers_are_apart),
        TEST(test_limits),
        TEST(test_the_pool_runs_out),
        TEST(test_taken_takes_no_more),
        TEST(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
