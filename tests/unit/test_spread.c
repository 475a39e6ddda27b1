/* Which worker gets a packet: the program, run over frames as the kernel sees them. */
#include "bpf.h"

#include "../../engine/io/spread.h"

#include <stdlib.h>

enum { FRAME = 200, OUTGOING = 4, FLOWS = 4000 };

static struct capture_filter program;

struct flow {
    bool is6;
    uint8_t source[16], destination[16], protocol;
    uint16_t ports[2];
    unsigned tags;
    enum { WHOLE, FIRST, LATER } fragment;
};

static uint32_t state = 1;
static uint32_t any(void)
{
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

static struct flow any_flow(bool is6)
{
    static const uint8_t protocols[] = {6, 17, 132};
    struct flow flow = {.is6 = is6, .protocol = protocols[any() % 3]};
    for (int i = 0; i < 16; i++) {
        flow.source[i] = (uint8_t)any();
        flow.destination[i] = (uint8_t)any();
    }
    flow.ports[0] = (uint16_t)any();
    flow.ports[1] = (uint16_t)any();
    return flow;
}

static struct flow back(struct flow flow)
{
    struct flow other = flow;
    memcpy(other.source, flow.destination, sizeof flow.destination);
    memcpy(other.destination, flow.source, sizeof flow.source);
    other.ports[0] = flow.ports[1];
    other.ports[1] = flow.ports[0];
    return other;
}

static uint8_t *put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

/* With its link header; the length of what there is of it. */
static uint32_t write_frame(const struct flow *flow, uint8_t frame[static FRAME])
{
    memset(frame, 0, FRAME);
    uint8_t *at = frame + 12;
    for (unsigned i = 0; i < flow->tags; i++)
        at = put16(put16(at, i ? 0x8100 : 0x88a8), (uint16_t)(i + 5));
    at = put16(at, flow->is6 ? 0x86dd : 0x0800);
    if (flow->is6) {
        at[0] = 0x60;
        at[6] = flow->fragment ? 44 : flow->protocol;
        memcpy(at + 8, flow->source, 16);
        memcpy(at + 24, flow->destination, 16);
        at += 40;
        if (flow->fragment) {
            at[0] = flow->protocol;
            put16(at + 2, flow->fragment == FIRST ? 1 : 800);
            at += 8;
        }
    } else {
        at[0] = 0x46; /* with options */
        put16(at + 6, flow->fragment == FIRST ? 0x2000 : flow->fragment == LATER ? 100 : 0x4000);
        at[9] = flow->protocol;
        memcpy(at + 12, flow->source, 4);
        memcpy(at + 16, flow->destination, 4);
        at += 24;
    }
    if (flow->fragment != LATER)
        put16(put16(at, flow->ports[0]), flow->ports[1]);
    return (uint32_t)(at + 20 - frame);
}

/* As it is sent, and as it is received: without link header, and its type beside it. */
static uint32_t number_of(const uint8_t *frame, uint32_t length)
{
    struct bpf_packet sent = {.bytes = frame, .length = length, .type = OUTGOING};
    struct bpf_packet received = {.bytes = frame + 14,
                                  .length = length - 14,
                                  .protocol = (uint32_t)frame[12] << 8 | frame[13]};
    uint32_t number = bpf_run(program.code, program.length, &sent);
    assert_int_equal(bpf_run(program.code, program.length, &received), number);
    assert_true(sent.steps < 200);
    return number;
}

static uint32_t flow_number(struct flow flow)
{
    uint8_t frame[FRAME];
    uint32_t length = write_frame(&flow, frame);
    return number_of(frame, length);
}

static void test_both_directions_have_one_worker(void **unused)
{
    (void)unused;
    spread_program(&program, 3, 64);
    for (int i = 0; i < FLOWS; i++) {
        struct flow flow = any_flow(i % 2);
        uint32_t number = flow_number(flow);
        assert_in_range(number, 3, 66);
        assert_int_equal(flow_number(back(flow)), number);
        for (flow.tags = 1; flow.tags <= 2; flow.tags++) {
            assert_int_equal(flow_number(flow), number);
            assert_int_equal(flow_number(back(flow)), number);
        }
    }
}

static void test_fragments_have_one_worker(void **unused)
{
    (void)unused;
    spread_program(&program, 0, 64);
    for (int i = 0; i < FLOWS; i++) {
        struct flow flow = any_flow(i % 2);
        flow.fragment = FIRST;
        uint32_t number = flow_number(flow);
        flow.fragment = LATER;
        assert_int_equal(flow_number(flow), number);
        assert_int_equal(flow_number(back(flow)), number);
    }
}

/* Many flows between two hosts, and hosts that each speak to one like themselves. */
static void spreads(struct flow (*flow)(uint16_t))
{
    enum { WORKERS = 8 };
    uint32_t got[WORKERS] = {0};
    spread_program(&program, 0, WORKERS);
    for (int i = 0; i < FLOWS; i++)
        got[flow_number(flow((uint16_t)i))]++;
    for (int i = 0; i < WORKERS; i++)
        assert_in_range(got[i], FLOWS / WORKERS * 3 / 4, FLOWS / WORKERS * 5 / 4);
}

static struct flow of_ports(uint16_t i)
{
    return (struct flow){.protocol = 6,
                         .source = {10, 1, 0, 2},
                         .destination = {10, 1, 0, 1},
                         .ports = {(uint16_t)(1000 + i), 80}};
}

static struct flow of_pairs(uint16_t i)
{
    return (struct flow){.protocol = 6,
                         .source = {10, 1, (uint8_t)(i >> 8), (uint8_t)i},
                         .destination = {10, 2, (uint8_t)(i >> 8), (uint8_t)i},
                         .ports = {80, 80}};
}

static struct flow of_pairs6(uint16_t i)
{
    return (struct flow){.is6 = true,
                         .protocol = 17,
                         .source = {0xfd, 1, [14] = (uint8_t)(i >> 8), (uint8_t)i},
                         .destination = {0xfd, 2, [14] = (uint8_t)(i >> 8), (uint8_t)i}};
}

static void test_flows_are_spread(void **unused)
{
    (void)unused;
    spreads(of_ports);
    spreads(of_pairs);
    spreads(of_pairs6);
}

/* No load is beyond what there is: it would end the program with a worker that may be none. */
static void test_every_length(void **unused)
{
    (void)unused;
    spread_program(&program, 7, 2);
    for (int i = 0; i < 200; i++) {
        struct flow flow = any_flow(i % 2);
        uint8_t frame[FRAME];
        flow.tags = any() % 4;
        uint32_t length = write_frame(&flow, frame);
        for (uint32_t cut = 14; cut <= length; cut++)
            assert_in_range(number_of(frame, cut), 7, 8);
    }
    for (uint32_t length = 0; length < 14; length++) {
        uint8_t frame[FRAME] = {0};
        struct bpf_packet packet = {.bytes = frame, .length = length, .type = OUTGOING};
        assert_in_range(bpf_run(program.code, program.length, &packet), 7, 8);
    }
}

static void test_one_worker(void **unused)
{
    (void)unused;
    spread_program(&program, 5, 1);
    assert_int_equal(program.length, 1);
    assert_int_equal(flow_number(of_ports(1)), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_directions_have_one_worker),
        cmocka_unit_test(test_fragments_have_one_worker),
        cmocka_unit_test(test_flows_are_spread),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_one_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
