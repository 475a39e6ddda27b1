/* A tap gives back what was put in, in its order and whole, however full it is and whoever is
 * slower; what it had no room for it has counted. */
#include "../../engine/tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

/* A packet that says of itself which it is. false: no room. */
static bool put(struct tap *tap, uint32_t number, uint32_t kept, struct tap **list)
{
    struct tap_packet *packet = tap_add(tap, kept, list);
    if (!packet)
        return false;
    packet->length = number;
    memset(packet->bytes, (int)(number & 0xff), kept);
    return true;
}

static uint64_t filled(const struct tap *tap)
{
    return atomic_load(&tap->filled);
}

/* The packet at *position, which is gone behind; its number, -1: none. */
static int64_t take(struct tap *tap, uint64_t *position)
{
    const struct tap_packet *packet = tap_next(tap, position, filled(tap));
    if (!packet)
        return -1;
    for (uint32_t i = 0; i < packet->kept; i++)
        assert_int_equal(packet->bytes[i], packet->length & 0xff);
    uint32_t number = packet->length;
    *position += packet->size;
    atomic_store(&tap->taken, *position);
    return number;
}

static void test_shown_when_published(void **state)
{
    struct tap *tap = tap_new(1), *list = NULL;
    uint64_t position = 0;
    (void)state;
    assert_true(put(tap, 1, 100, &list));
    assert_true(put(tap, 2, 0, &list));
    assert_ptr_equal(list, tap);
    assert_int_equal(take(tap, &position), -1);
    tap_publish(&list);
    assert_null(list);
    assert_int_equal(take(tap, &position), 1);
    assert_int_equal(take(tap, &position), 2);
    assert_int_equal(take(tap, &position), -1);
    tap_free(tap);
}

static void test_what_was_not_sent(void **state)
{
    struct tap *tap = tap_new(1), *list = NULL;
    uint64_t position = 0;
    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        struct tap_packet *packet = tap_add(tap, i, &list);
        packet->length = i;
        memset(packet->bytes, (int)i, i);
        packet->sent = i % 3 == 1;
    }
    tap_publish(&list);
    assert_int_equal(take(tap, &position), 1);
    assert_int_equal(take(tap, &position), 4);
    assert_int_equal(take(tap, &position), -1);
    assert_int_equal(atomic_load(&tap->missed), 0);
    tap_free(tap);
}

/* Taps of several sessions that are written to in one block. */
static void test_several(void **state)
{
    struct tap *taps[3], *list = NULL;
    (void)state;
    for (int i = 0; i < 3; i++)
        taps[i] = tap_new(1);
    for (uint32_t i = 0; i < 30; i++)
        assert_true(put(taps[i % 3], i, 9, &list));
    tap_publish(&list);
    for (uint32_t t = 0; t < 3; t++) {
        uint64_t position = 0;
        for (uint32_t i = t; i < 30; i += 3)
            assert_int_equal(take(taps[t], &position), i);
        assert_int_equal(take(taps[t], &position), -1);
        tap_free(taps[t]);
    }
}

/* Full, it takes nothing more, and everything again when it was read; around its end many times. */
static void test_full(void **state)
{
    struct tap *tap = tap_new(1), *list = NULL;
    uint64_t position = 0, lost = 0;
    uint32_t next = 0, expected = 0;
    (void)state;
    for (int round = 0; round < 5; round++) {
        uint32_t first = next;
        while (put(tap, next, 20000 + next % 7 * 1000, &list))
            next++;
        lost++;
        assert_true(next - first > TAPS_SIZE / 27000 && next - first <= TAPS_SIZE / 20000);
        assert_false(put(tap, next, 60000, &list));
        lost++;
        tap_publish(&list);
        assert_int_equal(atomic_load(&tap->missed), lost);
        while (expected < next)
            assert_int_equal(take(tap, &position), expected++);
        assert_int_equal(take(tap, &position), -1);
    }
    tap_free(tap);
}

/* Those of many workers are smaller, but each has room for some packets. */
static void test_sizes(void **state)
{
    static const struct {
        unsigned workers;
        size_t size;
    } cases[] = {{1, TAPS_SIZE}, {2, TAPS_SIZE / 2}, {3, TAPS_SIZE / 3 / 8 * 8}, {64, TAP_LEAST}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tap *tap = tap_new(cases[i].workers), *list = NULL;
        uint64_t position = 0;
        uint32_t next = 0, expected = 0;
        assert_int_equal(tap->size, cases[i].size);
        for (int round = 0; round < 3; round++) {
            while (put(tap, next, 60000, &list))
                next++;
            tap_publish(&list);
            assert_true(position + tap->size - atomic_load(&tap->filled) < 2 * 61000);
            while (expected < next)
                assert_int_equal(take(tap, &position), expected++);
        }
        tap_free(tap);
    }
}

/* Its memory is there before anybody writes to it: a worker waits for none. First of the tests,
 * since memory that has been used is there in any case. */
static void test_memory_is_there(void **state)
{
    enum { PAGE = 4096, PAGES = TAPS_SIZE / PAGE - 1 };
    struct tap *tap = tap_new(1);
    uint8_t *first = tap->ring + (PAGE - (uintptr_t)tap->ring % PAGE) % PAGE;
    static unsigned char is_there[PAGES];
    size_t count = 0;
    (void)state;
    assert_int_equal(mincore(first, (size_t)PAGES * PAGE, is_there), 0);
    for (size_t i = 0; i < PAGES; i++)
        count += is_there[i] & 1;
    assert_true(count > PAGES / 2);
    tap_free(tap);
}

/* ---- a worker and a reader at once ---- */

enum { PACKETS = 60000, BLOCK = 50 };

static void *write_packets(void *argument)
{
    struct tap *tap = argument, *list = NULL;
    for (uint32_t i = 0; i < PACKETS; i++) {
        put(tap, i, i * 37 % 1500, &list);
        if (i % BLOCK == BLOCK - 1) {
            tap_publish(&list);
            sched_yield();
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct tap *tap = tap_new(1);
    uint64_t position = 0, got = 0;
    int64_t before = -1;
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, write_packets, tap), 0);
    while (before != PACKETS - 1 && got + atomic_load(&tap->missed) < PACKETS) {
        int64_t number = take(tap, &position);
        if (number < 0) {
            sched_yield();
            continue;
        }
        assert_true(number > before);
        before = number;
        got++;
    }
    pthread_join(thread, NULL);
    while (take(tap, &position) >= 0)
        got++;
    assert_true(got > 0);
    assert_int_equal(got + atomic_load(&tap->missed), PACKETS);
    tap_free(tap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_there),
        cmocka_unit_test(test_shown_when_published),
        cmocka_unit_test(test_what_was_not_sent),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
