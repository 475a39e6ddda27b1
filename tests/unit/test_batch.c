#include "../../engine/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POOL = 4, QUEUES = 8 };

struct fixture {
    struct batcher batcher;
    struct batch_queue queues[QUEUES];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (!batcher_init(&fixture->batcher, POOL))
        return -1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    batcher_destroy(&fixture->batcher);
    free(fixture);
    return 0;
}

static uint8_t *add_of(struct fixture *fixture, uint32_t flow, uint32_t queue, uint32_t length)
{
    struct batch_packet *packet =
        batcher_add(&fixture->batcher, &fixture->queues[queue], flow, length, length);
    if (!packet)
        return NULL;
    packet->session = length;
    packet->kept = length - 8;
    return memset(packet->head, (int)length, length); /* the room is really there */
}

/* Of the same flow. */
static uint8_t *add(struct fixture *fixture, uint32_t queue, uint32_t length)
{
    return add_of(fixture, 0, queue, length);
}

/* The first batch of the queue has these; it is ended. */
static void expect(struct fixture *fixture, uint32_t queue, uint32_t segment, uint32_t count,
                   uint32_t length)
{
    struct batch *batch = fixture->queues[queue].first;
    assert_non_null(batch);
    assert_ptr_equal(batch->queue, &fixture->queues[queue]);
    assert_int_equal(batch->segment, segment);
    assert_int_equal(batch->count, count);
    assert_int_equal(batch->length, length);
    batcher_end(&fixture->batcher, &fixture->queues[queue]);
}

/* All queues are empty, and so many were filled. */
static void nothing_left(struct fixture *fixture, uint32_t filled)
{
    for (uint32_t i = 0; i < QUEUES; i++)
        assert_null(fixture->queues[i].first);
    for (struct batch_queue *queue = batcher_filled(&fixture->batcher); queue; queue = queue->next)
        filled--;
    assert_int_equal(filled, 0);
    assert_null(batcher_filled(&fixture->batcher));
}

static void test_same_lengths_share(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *first = add(fixture, 3, 100);
    assert_ptr_equal(add(fixture, 3, 100), first + 100);
    assert_ptr_equal(add(fixture, 3, 100), first + 200);
    expect(fixture, 3, 100, 3, 300);
    nothing_left(fixture, 1);
}

static void test_a_shorter_one_is_the_last(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 3, 100);
    add(fixture, 3, 60);
    add(fixture, 3, 60);
    add(fixture, 3, 60);
    expect(fixture, 3, 100, 2, 160);
    expect(fixture, 3, 60, 2, 120);
    nothing_left(fixture, 1);
}

static void test_a_longer_one_begins_anew(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 3, 60);
    add(fixture, 3, 100);
    add(fixture, 3, 60);
    expect(fixture, 3, 60, 1, 60);
    expect(fixture, 3, 100, 2, 160);
    nothing_left(fixture, 1);
}

/* What other flows give does not end a batch, and may pass what is longer. */
static void test_lengths_of_flows_mix(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t flow = 0; flow < 20; flow++) {
        add_of(fixture, 2 * flow, 3, 100);
        add_of(fixture, 2 * flow + 1, 3, 60);
    }
    expect(fixture, 3, 100, 20, 2000);
    expect(fixture, 3, 60, 20, 1200);
    nothing_left(fixture, 1);
}

/* A packet goes into no batch before that of the one before it. */
static void test_a_flow_does_not_pass_itself(void **state)
{
    struct fixture *fixture = *state;
    add_of(fixture, 1, 3, 100);
    add_of(fixture, 2, 3, 60);
    add_of(fixture, 2, 3, 100); /* not into the first */
    add_of(fixture, 3, 3, 60);  /* into the second, */
    add_of(fixture, 3, 3, 100); /* and into the third */
    add_of(fixture, 4, 3, 100); /* into the first */
    expect(fixture, 3, 100, 2, 200);
    expect(fixture, 3, 60, 2, 120);
    expect(fixture, 3, 100, 2, 200);
    nothing_left(fixture, 1);
}

/* Room is taken by what is copied alone. */
static void test_a_part_is_copied(void **state)
{
    struct fixture *fixture = *state;
    struct batch_queue *queue = &fixture->queues[0];
    uint8_t *first = batcher_add(&fixture->batcher, queue, 0, 1000, 50)->head;
    assert_ptr_equal(batcher_add(&fixture->batcher, queue, 0, 1000, 50)->head, first + 50);
    assert_ptr_equal(batcher_add(&fixture->batcher, queue, 0, 40, 8)->head, first + 100);
    const struct batch *batch = queue->first;
    assert_int_equal(batch->copied, 108);
    assert_int_equal(batch_packet_length(batch, 0), 1000);
    assert_int_equal(batch_packet_length(batch, 1), 1000);
    assert_int_equal(batch_packet_length(batch, 2), 40);
    assert_int_equal(batch->packets[2].copied, 8);
    expect(fixture, 0, 1000, 3, 2040);
    nothing_left(fixture, 1);
}

static void test_queues_are_apart(void **state)
{
    struct fixture *fixture = *state;
    add(fixture, 3, 60);
    add(fixture, 4, 60);
    add(fixture, 3, 60);
    assert_int_equal(fixture->queues[3].first->packets[1].session, 60);
    assert_int_equal(fixture->queues[3].first->packets[1].kept, 52);
    expect(fixture, 3, 60, 2, 120);
    expect(fixture, 4, 60, 1, 60);
    nothing_left(fixture, 2);
}

static void test_limits(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < BATCH_PACKETS + 1; i++)
        add(fixture, 0, 10);
    expect(fixture, 0, 10, BATCH_PACKETS, BATCH_PACKETS * 10);
    expect(fixture, 0, 10, 1, 10);
    nothing_left(fixture, 1);

    uint32_t length = BATCH_BYTES / 3; /* three fit, not four */
    for (int i = 0; i < 4; i++)
        add(fixture, 0, length);
    expect(fixture, 0, length, 3, 3 * length);
    expect(fixture, 0, length, 1, length);
    nothing_left(fixture, 1);

    add(fixture, 0, BATCH_BUFFER); /* alone it may be longer than a batch of several */
    add(fixture, 0, 8);
    expect(fixture, 0, BATCH_BUFFER, 1, BATCH_BUFFER);
    expect(fixture, 0, 8, 1, 8);
    nothing_left(fixture, 1);
}

static void test_the_pool_runs_out(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t queue = 0; queue < POOL; queue++)
        assert_non_null(add(fixture, queue, 60));
    assert_null(add(fixture, POOL, 60));
    assert_null(fixture->queues[POOL].first);
    assert_non_null(add(fixture, 0, 60)); /* those begun still take packets */
    expect(fixture, 0, 60, 2, 120);
    for (uint32_t queue = 1; queue < POOL; queue++)
        expect(fixture, queue, 60, 1, 60);
    nothing_left(fixture, POOL);
    assert_non_null(add(fixture, POOL, 60));
    expect(fixture, POOL, 60, 1, 60);
    nothing_left(fixture, 1);
}

/* An emptied queue is filled anew, and is in the list again. */
static void test_again(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++) {
        add(fixture, 3, 100);
        add(fixture, 3, 60);
        add(fixture, 3, 60);
        expect(fixture, 3, 100, 2, 160);
        expect(fixture, 3, 60, 1, 60);
        nothing_left(fixture, 1);
    }
}

enum { FLOWS = 100 };

static struct batch_queue *queue_of(struct fixture *fixture, uint32_t flow)
{
    return &fixture->queues[flow * QUEUES / FLOWS];
}

/* Takes the batches of each filled queue out; the packets of a flow were given one after the other.
 * How many batches they are. */
static uint32_t empty(struct fixture *fixture, uint32_t seen[static FLOWS])
{
    uint32_t batches = 0;
    struct batch_queue *queue = batcher_filled(&fixture->batcher);
    for (; queue; queue = queue->next) {
        for (struct batch *batch; (batch = queue->first); batcher_end(&fixture->batcher, queue)) {
            uint32_t bytes = 0;
            for (uint32_t k = 0; k < batch->count; k++) {
                const struct batch_packet *packet = &batch->packets[k];
                assert_ptr_equal(queue_of(fixture, packet->flow), queue);
                assert_int_equal(packet->session, seen[packet->flow]++);
                assert_true(k + 1 == batch->count || packet->kept == batch->segment);
                assert_int_equal(batch_packet_length(batch, k), packet->kept);
                bytes += packet->kept;
            }
            assert_int_equal(bytes, batch->length);
            batches++;
        }
    }
    return batches;
}

/* Any lengths: what a flow gives comes out in the same order, each packet whole. Half of the
 * packets are of a few flows. */
static void test_order(void **state)
{
    struct fixture *fixture = *state;
    enum { PACKETS = 20000, BATCHES = 64 };
    batcher_destroy(&fixture->batcher);
    assert_true(batcher_init(&fixture->batcher, BATCHES));
    fixture->batcher.begun = UINT32_MAX - 200; /* numbers wrap on the way */
    uint32_t given[FLOWS] = {0}, seen[FLOWS] = {0}, random = 1, batches = 0;
    for (int i = 0; i < PACKETS; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t flow = (random >> 8) % (random >> 30 & 1 ? 5 : FLOWS);
        uint32_t length = 8 + (random >> 20 & 3);
        struct batch_queue *queue = queue_of(fixture, flow);
        struct batch_packet *packet = batcher_add(&fixture->batcher, queue, flow, length, length);
        if (!packet) {
            batches += empty(fixture, seen);
            packet = batcher_add(&fixture->batcher, queue, flow, length, length);
            assert_non_null(packet);
        }
        packet->session = given[flow]++;
        packet->kept = length;
    }
    batches += empty(fixture, seen);
    assert_memory_equal(seen, given, sizeof seen);
    assert_true(seen[FLOWS - 1] > 50 && seen[0] > 1000);
    assert_in_range(batches, PACKETS / BATCH_PACKETS, PACKETS / 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_same_lengths_share),
        TEST(test_a_shorter_one_is_the_last),
        TEST(test_a_longer_one_begins_anew),
        TEST(test_lengths_of_flows_mix),
        TEST(test_a_flow_does_not_pass_itself),
        TEST(test_a_part_is_copied),
        TEST(test_queues_are_apart),
        TEST(test_limits),
        TEST(test_the_pool_runs_out),
        TEST(test_again),
        TEST(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
