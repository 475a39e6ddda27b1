/* Samples and token buckets, in a time that the test makes. */
#include "../../engine/packet/vxlan.h"
#include "../../engine/plan/pacing.h"
#include "../../engine/plan/plan.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint64_t second = 1000000000, start = 5000000000;

/* ---- samples ---- */

static void test_of_each_run_of_packets_one(void **state)
{
    static const uint32_t samples[] = {1, 2, 3, 10, 1000, 65535};
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct pacing pacing = {.sample = samples[i]};
        struct pacer pacer;
        uint64_t moved = 0, before = 0;
        pacer_init(&pacer, &pacing, NULL, 7);
        for (unsigned run = 0; run < 100; run++) {
            uint64_t taken = 0, at = 0;
            for (uint32_t packet = 0; packet < samples[i]; packet++) {
                if (!pacer_samples(&pacer, 0))
                    continue;
                taken++;
                at = packet;
            }
            assert_int_equal(taken, 1);
            moved += at != before;
            before = at;
        }
        assert_true(samples[i] == 1 || moved > 20); /* not in step with anything */
    }
}

/* Every packet of a run has the same chance. */
static void test_any_packet_may_be_the_one(void **state)
{
    enum { SAMPLE = 8, RUNS = 8000 };
    struct pacing pacing = {.sample = SAMPLE};
    unsigned times[SAMPLE] = {0};
    struct pacer pacer;
    (void)state;
    pacer_init(&pacer, &pacing, NULL, 1);
    for (unsigned packet = 0; packet < SAMPLE * RUNS; packet++)
        times[packet % SAMPLE] += pacer_samples(&pacer, 0);
    for (unsigned i = 0; i < SAMPLE; i++)
        assert_in_range(times[i], RUNS / SAMPLE * 8 / 10, RUNS / SAMPLE * 12 / 10);
}

static void test_pacers_draw_apart(void **state)
{
    struct pacing pacing = {.sample = 1000};
    struct pacer a, b;
    unsigned both = 0;
    (void)state;
    pacer_init(&a, &pacing, NULL, 1);
    pacer_init(&b, &pacing, NULL, 2);
    for (unsigned packet = 0; packet < 1000000; packet++)
        both += pacer_samples(&a, 0) & pacer_samples(&b, 0);
    assert_in_range(both, 0, 10);
}

/* flow_hash gives any 32 bits. */
static uint32_t hash_of(uint32_t flow)
{
    uint64_t value = (flow + 1) * 0x9e3779b97f4a7c15;
    return (uint32_t)((value ^ value >> 29) * 0xbf58476d1ce4e5b9 >> 32);
}

static void test_flows_are_whole(void **state)
{
    enum { FLOWS = 200000 };
    static const uint32_t samples[] = {2, 10, 100};
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct pacing pacing = {.sample = samples[i], .sample_flows = true};
        struct pacer one, other;
        unsigned taken = 0;
        pacer_init(&one, &pacing, NULL, 1);
        pacer_init(&other, &pacing, NULL, 2);
        for (uint32_t flow = 0; flow < FLOWS; flow++) {
            bool is = pacer_samples(&one, hash_of(flow));
            for (int again = 0; again < 3; again++) {
                assert_int_equal(pacer_samples(&one, hash_of(flow)), is);
                assert_int_equal(pacer_samples(&other, hash_of(flow)), is);
            }
            taken += is;
        }
        assert_in_range(taken, FLOWS / samples[i] * 9 / 10, FLOWS / samples[i] * 11 / 10);
    }
}

/* Of the flows of a sample, as of all, each receiver and each outer port has its share. */
static void test_a_sample_spreads_as_all_flows(void **state)
{
    enum { RECEIVERS = 4, SAMPLE = 4, FLOWS = 1 << 22, EACH = FLOWS / SAMPLE };
    struct mirror_receiver addresses[RECEIVERS];
    struct mirror_target target = {.receivers = addresses, .receiver_count = RECEIVERS};
    struct mirror_session session = {.name = (char[]){"s"}, .filter = NO_FILTER};
    const struct mirror_config config = {
        .targets = &target, .target_count = 1, .sessions = &session, .session_count = 1};
    const struct plan_receiver_state up[RECEIVERS] = {
        {.up = true}, {.up = true}, {.up = true}, {.up = true}};
    const struct pacing pacing = {.sample = SAMPLE, .sample_flows = true};
    unsigned receivers[RECEIVERS] = {0}, ports[OUTER_PORTS] = {0};
    struct pacer pacer;
    (void)state;
    for (unsigned i = 0; i < RECEIVERS; i++)
        addresses[i] = (struct mirror_receiver){.family = 4, .address = {10, 0, 0, (uint8_t)i}};
    struct numbering *numbering = numbering_new(&config, NULL, 0);
    struct plan *plan = plan_build(
        &(struct plan_input){.numbering = numbering, .session_up = &up[0].up, .receivers = up});
    assert_non_null(plan);
    pacer_init(&pacer, &pacing, NULL, 1);
    for (uint32_t flow = 0; flow < FLOWS; flow++) {
        if (!pacer_samples(&pacer, hash_of(flow)))
            continue;
        struct forwarding way = plan_forward(plan, 0, 0, hash_of(flow), NULL);
        receivers[way.receiver]++;
        ports[way.port]++;
    }
    for (unsigned i = 0; i < RECEIVERS; i++)
        assert_in_range(receivers[i], EACH / RECEIVERS * 95 / 100, EACH / RECEIVERS * 105 / 100);
    for (unsigned i = 0; i < OUTER_PORTS; i++)
        assert_in_range(ports[i], EACH / OUTER_PORTS * 9 / 10, EACH / OUTER_PORTS * 11 / 10);
    plan_free(plan);
    numbering_free(numbering);
}

/* ---- rates ---- */

/* Offers packets of so many bytes, so many in each of a second's steps; how many go. */
static uint64_t offer(struct pacer *pacer, uint64_t from_ns, uint64_t steps, uint64_t step_ns,
                      unsigned packets, uint32_t bytes)
{
    uint64_t gone = 0;
    for (uint64_t i = 0; i < steps; i++)
        for (unsigned packet = 0; packet < packets; packet++)
            gone += pacer_admits(pacer, from_ns + i * step_ns, bytes);
    return gone;
}

/* What is owed is paid in the gaps, however long: what stays below the rate goes. */
static void test_a_trickle_below_the_rate_goes(void **state)
{
    static const struct {
        uint64_t rate, step_ns;
        uint32_t bytes;
    } trickles[] = {{64000, 200000000, 1500}, {8000, 2000000000, 1500}, {1, 10000000000, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof trickles / sizeof *trickles; i++) {
        struct pacing pacing = {.rate = trickles[i].rate, .unit = RATE_BITS};
        _Atomic uint64_t spent = 0;
        struct pacer pacer;
        pacer_init(&pacer, &pacing, &spent, 1);
        assert_int_equal(offer(&pacer, start, 200, trickles[i].step_ns, 1, trickles[i].bytes), 200);
    }
}

static void test_no_limit(void **state)
{
    struct pacing pacing = {.sample = 1};
    struct pacer pacer;
    (void)state;
    pacer_init(&pacer, &pacing, NULL, 1);
    assert_false(pacing_is_wanted(&pacing));
    assert_int_equal(offer(&pacer, start, 10, 0, 1000, 1500), 10000);
}

/* What goes in ten seconds of four times as much is the rate's, and the bucket at the beginning. */
static void test_packets_a_second(void **state)
{
    static const uint64_t rates[] = {1, 3, 10, 249, 250, 1000, 12345, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct pacing pacing = {.sample = 1, .rate = rates[i]};
        _Atomic uint64_t spent_ns = 0;
        struct pacer pacer;
        pacer_init(&pacer, &pacing, &spent_ns, 1);
        unsigned packets = (unsigned)(rates[i] * 4 / 1000 + 1);
        uint64_t gone = offer(&pacer, start, 10000, second / 1000, packets, 100);
        uint64_t burst = rates[i] / 10 > 1 ? rates[i] / 10 : 1;
        assert_in_range(gone, rates[i] * 10 + burst - rates[i] / 500 - 1,
                        rates[i] * 10 + burst + 1);
    }
}

static void test_bits_a_second(void **state)
{
    static const uint64_t rates[] = {8000, 1000000, 99999999, 40000000000};
    static const uint32_t sizes[] = {96, 1500, 65535};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            if (rates[i] / 8 / sizes[k] > 4000000)
                continue; /* for the test's sake */
            struct pacing pacing = {.sample = 1, .rate = rates[i], .unit = RATE_BITS};
            _Atomic uint64_t spent_ns = 0;
            struct pacer pacer;
            pacer_init(&pacer, &pacing, &spent_ns, 1);
            uint64_t bits = sizes[k] * 8u, seconds = rates[i] / bits < 10000 ? 100 : 1;
            unsigned packets = (unsigned)(rates[i] / bits / 50 + 1);
            uint64_t gone = offer(&pacer, start, seconds * 100, second / 100, packets, sizes[k]);
            /* the bucket, and one packet that is owed */
            assert_in_range(gone * bits, rates[i] * seconds - rates[i] / 50 - bits,
                            rates[i] * seconds + rates[i] / 10 + bits);
        }
    }
}

/* The highest rate that can be configured, and after a year. */
static void test_the_highest_rate(void **state)
{
    struct pacing pacing = {.sample = 1, .rate = RATE_MAX, .unit = RATE_BITS};
    _Atomic uint64_t spent_ns = 0;
    struct pacer pacer;
    (void)state;
    pacer_init(&pacer, &pacing, &spent_ns, 1);
    for (uint64_t now = start; now < 100000000 * second; now += 30000000 * second) {
        uint64_t gone = offer(&pacer, now, 1000, second / 1000, 3000, 65535);
        assert_in_range(gone * 65535 * 8, RATE_MAX - RATE_MAX / 100, RATE_MAX + RATE_MAX / 9);
    }
}

/* A session that was quiet for long has a bucket, not a reservoir. */
static void test_the_bucket_does_not_fill_for_ever(void **state)
{
    struct pacing pacing = {.sample = 1, .rate = 1000};
    _Atomic uint64_t spent_ns = 0;
    struct pacer pacer;
    (void)state;
    pacer_init(&pacer, &pacing, &spent_ns, 1);
    assert_int_equal(offer(&pacer, start, 1, 0, 5000, 100), 100);
    assert_int_equal(offer(&pacer, start, 1, 0, 5000, 100), 0); /* the time stands still */
    assert_int_equal(offer(&pacer, start + 10 * second, 1, 0, 5000, 100), 100);
    assert_int_equal(offer(&pacer, start + 10 * second + second / 1000, 1, 0, 5000, 100), 1);
}

/* The rate is the session's, by whichever of its workers packets come. */
static void test_workers_share(void **state)
{
    enum { WORKERS = 8, RATE = 10000 };
    struct pacing pacing = {.sample = 1, .rate = RATE};
    _Atomic uint64_t spent_ns = 0;
    struct pacer pacers[WORKERS];
    uint64_t gone = 0;
    (void)state;
    for (unsigned i = 0; i < WORKERS; i++)
        pacer_init(&pacers[i], &pacing, &spent_ns, i);
    for (uint64_t ms = 0; ms < 10000; ms++)
        for (unsigned i = 0; i < WORKERS; i++) /* whose clocks are not quite the same */
            gone += offer(&pacers[i], start + ms * 1000000 + i * 1000 % 3000, 1, 0, 10, 100);
    uint64_t lots = WORKERS * (RATE / LOTS_PER_S + 1);
    assert_in_range(gone, RATE * 10 + RATE / 10 - lots, RATE * 10 + RATE / 10 + lots);
}

/* ---- at the same time ---- */

enum { THREADS = 4, MILLISECONDS = 2000, THREAD_RATE = 100000 };

struct thread {
    pthread_t id;
    struct pacer pacer;
    _Atomic uint64_t *now_ns;
    uint64_t gone;
};

static void *spend(void *context)
{
    struct thread *thread = context;
    uint64_t now;
    do {
        now = atomic_load(thread->now_ns);
        thread->gone += pacer_admits(&thread->pacer, now, 100);
    } while (now < start + MILLISECONDS * second / 1000);
    return NULL;
}

static void test_threads_share(void **state)
{
    struct pacing pacing = {.sample = 1, .rate = THREAD_RATE};
    _Atomic uint64_t spent_ns = 0, now_ns = start;
    struct thread threads[THREADS];
    uint64_t gone = 0;
    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){.now_ns = &now_ns};
        pacer_init(&threads[i].pacer, &pacing, &spent_ns, i);
        assert_int_equal(pthread_create(&threads[i].id, NULL, spend, &threads[i]), 0);
    }
    for (unsigned ms = 0; ms < MILLISECONDS; ms++)
        atomic_fetch_add(&now_ns, second / 1000);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i].id, NULL);
        gone += threads[i].gone;
    }
    /* the test's time may go faster than threads can spend, never are there more tokens */
    assert_in_range(gone, 1, THREAD_RATE * (MILLISECONDS + BURST_MS) / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_each_run_of_packets_one),
        cmocka_unit_test(test_any_packet_may_be_the_one),
        cmocka_unit_test(test_pacers_draw_apart),
        cmocka_unit_test(test_flows_are_whole),
        cmocka_unit_test(test_a_sample_spreads_as_all_flows),
        cmocka_unit_test(test_a_trickle_below_the_rate_goes),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_packets_a_second),
        cmocka_unit_test(test_bits_a_second),
        cmocka_unit_test(test_the_highest_rate),
        cmocka_unit_test(test_the_bucket_does_not_fill_for_ever),
        cmocka_unit_test(test_workers_share),
        cmocka_unit_test(test_threads_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
