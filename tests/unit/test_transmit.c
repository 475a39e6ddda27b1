/* What batches become on the wire: packets in one part or two, all of them in one segmented message
 * or one by one, byte for byte, over loopback; and what they were made of may be forgotten when
 * they are accounted for. */
#include "../../engine/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { BATCHES = 4, LONGEST = 1464, BLOCK = BATCH_PACKETS * LONGEST };

struct fixture {
    int receiver;
    struct socket_set sockets;
    struct sender sender;
    struct batcher batcher;
    uint8_t block[BLOCK];                     /* what rests are parts of */
    uint8_t expected[BATCH_PACKETS][LONGEST]; /* of the batch that is filled */
    uint32_t lengths[BATCH_PACKETS];
    uint32_t noise;
};

static int set_up(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);
    const uint8_t loopback[16] = {127, 0, 0, 1};
    struct socket_address at = socket_address(4, loopback, 0);
    socklen_t size = at.size;
    const int buffer = 1 << 20;
    const struct timeval most = {.tv_sec = 60};
    fixture->receiver = socket(AF_INET, SOCK_DGRAM, 0);
    fixture->sockets.at[0] = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(fixture->receiver, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(fixture->receiver, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    if (fixture->receiver < 0 || fixture->sockets.at[0] < 0 ||
        bind(fixture->receiver, &at.any, at.size) || getsockname(fixture->receiver, &at.any, &size))
        return -1;
    fixture->sender.address = at;
    fixture->sender.sockets = &fixture->sockets;
    fixture->sender.queues[0].sender = &fixture->sender;
    fixture->noise = 1;
    for (uint32_t i = 0; i < BLOCK; i++)
        fixture->block[i] = (uint8_t)(i * 7 + (i >> 8));
    *state = fixture;
    return batcher_init(&fixture->batcher, BATCHES) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    batcher_destroy(&fixture->batcher);
    close(fixture->receiver);
    close(fixture->sockets.at[0]);
    test_free(fixture);
    return 0;
}

static uint32_t draw(struct fixture *fixture, uint32_t below)
{
    fixture->noise = fixture->noise * 1664525u + 1013904223u;
    return (fixture->noise >> 8) % below;
}

/* What is copied of it is made, the rest is from the block. */
static void make(struct fixture *fixture, uint32_t index, uint32_t length,
                 struct batch_packet *packet)
{
    uint8_t *expected = fixture->expected[index];
    assert_non_null(packet);
    packet->rest = fixture->block + draw(fixture, BLOCK - (length - packet->copied) + 1);
    packet->shown = NULL;
    packet->session = packet->receiver = 0;
    packet->kept = length - VXLAN_HEADER;
    packet->truncated = false;
    for (uint32_t i = 0; i < packet->copied; i++)
        packet->head[i] = expected[i] = (uint8_t)draw(fixture, 256);
    memcpy(expected + packet->copied, packet->rest, length - packet->copied);
    fixture->lengths[index] = length;
}

static void add(struct fixture *fixture, uint32_t index, uint32_t length, uint32_t copied)
{
    make(fixture, index, length,
         batcher_add(&fixture->batcher, &fixture->sender.queues[0], 0, length, copied));
}

/* A batch of `count` packets, the last of which may be shorter; of some of them all is copied. */
static const struct batch *fill(struct fixture *fixture, uint32_t count)
{
    enum { SHORTEST = 64, HEADERS = 128 };
    uint32_t length = SHORTEST + draw(fixture, LONGEST - SHORTEST + 1);
    if (count * length > BATCH_BYTES)
        length = BATCH_BYTES / count;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && i + 1 == count)
            length -= draw(fixture, length - VXLAN_HEADER);
        uint32_t part = VXLAN_HEADER + draw(fixture, HEADERS);
        add(fixture, i, length, part < length && draw(fixture, 3) ? part : length);
    }
    assert_null(fixture->sender.queues[0].first->next);
    assert_int_equal(fixture->sender.queues[0].first->count, count);
    return fixture->sender.queues[0].first;
}

/* All of them have come, in their order. */
static void expect(struct fixture *fixture, uint32_t count)
{
    uint8_t got[BATCH_BUFFER];
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(recv(fixture->receiver, got, sizeof got, 0), fixture->lengths[i]);
        assert_memory_equal(got, fixture->expected[i], fixture->lengths[i]);
    }
    assert_int_equal(recv(fixture->receiver, got, sizeof got, MSG_DONTWAIT), -1);
}

static void done(struct fixture *fixture)
{
    batcher_filled(&fixture->batcher);
    batcher_end(&fixture->batcher, &fixture->sender.queues[0]);
}

static void test_in_one_message(void **state)
{
    struct fixture *fixture = *state;
    struct message message;
    for (int round = 0; round < 200; round++) {
        uint32_t count = 1 + draw(fixture, BATCH_PACKETS);
        const struct batch *batch = fill(fixture, count);
        message_fill(&message, batch);
        assert_int_equal(sendmsg(fixture->sockets.at[0], &message.header, 0), batch->length);
        expect(fixture, count);
        done(fixture);
    }
}

static void test_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    int results[BATCH_PACKETS];
    for (int round = 0; round < 200; round++) {
        uint32_t count = 1 + draw(fixture, BATCH_PACKETS);
        send_singly(fill(fixture, count), results);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(results[i], 0);
        expect(fixture, count);
        done(fixture);
    }
}

/* What is in the block when the outbox has been flushed is not what is sent any more. */
static void through_the_outbox(struct fixture *fixture)
{
    enum { PACKETS = 40, ROUNDS = 20 };
    const uint32_t slots[COUNTER_KINDS] = {1, 1, 1, 1};
    struct outbox outbox = {.alarm = -1, .counters = counters_new(slots)};
    char why[128];
    assert_true(outbox.counters && outbox_init(&outbox));
    if (outbox_open(&outbox, why, sizeof why))
        skip();
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < PACKETS; i++) {
            uint32_t length = i % 8 ? LONGEST : 64 + draw(fixture, LONGEST - 64);
            make(fixture, i, length,
                 outbox_add(&outbox, &fixture->sender, 0, 0, length, i % 3 ? 50 : length));
        }
        outbox_flush(&outbox);
        for (uint32_t i = 0; i < BLOCK; i++)
            fixture->block[i] ^= 0xff;
        expect(fixture, PACKETS);
    }
    assert_int_equal(counters_session(outbox.counters, 0)->sent.packets, PACKETS * ROUNDS);
    outbox_close(&outbox);
    outbox_destroy(&outbox);
    counters_free(outbox.counters);
}

static void test_a_block_is_free_after_a_flush(void **state)
{
    through_the_outbox(*state);
}

static void test_and_when_they_went_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->sender.splits, true);
    through_the_outbox(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_one_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_block_is_free_after_a_flush, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_and_when_they_went_one_by_one, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("transmit", tests, NULL, NULL);
}
