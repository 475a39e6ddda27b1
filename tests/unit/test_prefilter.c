/* Random sessions with random rules over real captures and frames made here: what the kernel's
 * program leaves out, no session takes and none of them is own, and is counted to the byte; of what
 * it cuts goes out what would go out of the whole frame. Where the kernel lets us, it says the same
 * itself. MIRRORSH_PREFILTER: so many plans; MIRRORSH_SEED: others than always. */
#include "ebpf.h"
#include "random_rules.h"

#include "../../engine/io/bpf.h"
#include "../../engine/packet/segment.h"
#include "../../engine/packet/vxlan.h"
#include "../../engine/plan/exclusions.h"

#include <sys/socket.h>
#include <unistd.h>

enum {
#ifdef __SANITIZE_THREAD__ /* there are none here, and it is ten times slower */
    PLANS = 600,
#else
    PLANS = 3000,
#endif
    FRAMES = 150, /* a plan */
    LONG = 1500,  /* frames with a payload */
    SESSIONS_ROOM = 4,
    FILTERS_ROOM = 4,
    LISTS_ROOM = 40,
    RECEIVERS_ROOM = 40,
    BYTES_ROOM = PACKET_ROOM,
};

/* ---- frames ---- */

/* As the box would have sent it to 203.0.113.1, VNI 5. */
static const uint8_t wrapped[] = {
    0x45, 0, 0, 100, 0,  0,   0, 0,  64, 17, 0, 0, 10, 0, 0, 1, 203, 0,
    113,  1, 1, 1,   18, 181, 0, 80, 0,  0,  8, 0, 0,  0, 0, 0, 5,   0,
};

/* Of what is plain IP behind Ethernet, and TCP's header, as senders write them. */
static void put_lengths(struct packet *packet)
{
    uint8_t *bytes = packet->bytes;
    bool ipv4 = bytes[12] == 8 && bytes[13] == 0, ipv6 = bytes[12] == 0x86 && bytes[13] == 0xdd;
    if (packet->length < 80 || (!ipv4 && !ipv6))
        return;
    uint32_t length = packet->length - (ipv4 ? 14 : 54);
    bytes[ipv4 ? 16 : 18] = (uint8_t)(length >> 8);
    bytes[ipv4 ? 17 : 19] = (uint8_t)length;
    bytes[ipv4 ? 46 : 66] = (uint8_t)((5 + below(4)) << 4);
}

/* With a payload, of which some is a mirror packet, as long as headers say or not. */
static void add_long_frames(void)
{
    static struct packet packet;
    for (int i = 0; i < LONG; i++) {
        make_frame(&packet);
        uint32_t payload = 1 + below(1400);
        uint8_t *at = packet_put(&packet, NULL, payload);
        for (uint32_t k = 0; k < payload; k++)
            at[k] = (uint8_t)below(256);
        if (below(4) == 0 && payload > sizeof wrapped + 300)
            memcpy(at + below(300), wrapped, sizeof wrapped);
        if (below(2))
            put_lengths(&packet);
        add_sample(packet.bytes, packet.length);
    }
    look_at_samples();
}

static int setup_long(void **state)
{
    setup(state);
    add_long_frames();
    return 0;
}

/* ---- plans ---- */

static struct list lists[LISTS_ROOM];
static size_t list_count;
static struct {
    struct mirror_config config;
    struct mirror_filter filters[FILTERS_ROOM];
    struct mirror_target target;
    struct mirror_receiver receivers[RECEIVERS_ROOM];
    struct mirror_session sessions[SESSIONS_ROOM];
    struct mirror_prefix prefixes[SESSIONS_ROOM][3];
    struct mirror_rule rules[FILTERS_ROOM][DIRECTIONS][LISTS_ROOM * RULES_MAX];
    struct plan_receiver_state states[RECEIVERS_ROOM];
    struct numbering *numbering;
    struct plan *plan;
} made;

static const uint8_t *random_address(uint8_t *family)
{
    for (;;) {
        const struct sample *sample = &samples[below((uint32_t)sample_count)];
        *family = sample->key.family;
        if (sample->key.parts & KEY_ADDRESSES)
            return below(2) ? sample->key.source : sample->key.destination;
    }
}

static void random_filter(struct mirror_filter *filter, size_t index, bool large)
{
    static char name[] = "f";
    *filter = (struct mirror_filter){.name = name};
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        filter->rules[direction] = made.rules[index][direction];
        for (unsigned left = large ? 1 + below(LISTS_ROOM / 2) : below(4) > 0;
             left-- && list_count < LISTS_ROOM;) {
            struct list *list = &lists[list_count++];
            random_list(list);
            for (size_t i = 0; i < list->count; i++)
                if (!large || list->rules[i].match.given) /* or it hides those behind it */
                    filter->rules[direction][filter->rule_count[direction]++] = list->rules[i];
        }
    }
}

static void random_session(struct mirror_session *session, size_t index)
{
    static char name[] = "s", source[][INTERFACE_NAME_MAX] = {"eth0"};
    uint32_t directions = 1 + below(3);
    *session = (struct mirror_session){
        .name = name,
        .priority = (uint16_t)(index + 1),
        .direction = {directions & 1, directions & 2},
        .sources = source,
        .source_count = 1,
        .filter = below(10) ? (int)below((uint32_t)made.config.filter_count) : NO_FILTER,
        .vni = 5,
        .packet_length = below(4) ? (uint16_t)(1 + below(600)) : PACKET_LENGTH_FULL,
    };
    if (below(3))
        return;
    session->prefixes = made.prefixes[index];
    session->prefix_count = 1 + below(3);
    for (size_t i = 0; i < session->prefix_count; i++) {
        struct match_value value = value_of(FIELD_SOURCE, random_plain());
        made.prefixes[index][i] =
            (struct mirror_prefix){.family = value.family, .bits = value.bits};
        memcpy(made.prefixes[index][i].address, value.address, 16);
    }
}

static void random_receivers(void)
{
    static const struct mirror_receiver first = {
        .family = 4, .address = {203, 0, 113, 1}, .port = VXLAN_PORT};
    made.target = (struct mirror_target){.name = made.filters[0].name, .receivers = made.receivers};
    made.target.receiver_count = below(8) ? 1 + below(3) : 1 + below(RECEIVERS_ROOM);
    for (size_t i = 0; i < made.target.receiver_count; i++) {
        struct mirror_receiver *receiver = &made.receivers[i];
        *receiver = first;
        if (i)
            memcpy(receiver->address, random_address(&receiver->family), 16);
        receiver->port = (uint16_t)(VXLAN_PORT + i);
        made.states[i] = (struct plan_receiver_state){.up = true, .mtu = below(2) ? 1500 : 9000};
    }
}

static void make_plan(bool large)
{
    static const bool up[SESSIONS_ROOM] = {true, true, true, true};
    list_count = 0;
    random_neighbours();
    made.config = (struct mirror_config){.filters = made.filters,
                                         .filter_count = large ? 1 + below(2) : 1 + below(3),
                                         .targets = &made.target,
                                         .target_count = 1,
                                         .sessions = made.sessions,
                                         .session_count = 1 + below(large ? 2 : SESSIONS_ROOM)};
    made.config.without_services = below(8) == 0;
    for (size_t i = 0; i < made.config.filter_count; i++)
        random_filter(&made.filters[i], i, large);
    for (size_t i = 0; i < made.config.session_count; i++)
        random_session(&made.sessions[i], i);
    random_receivers();
    made.numbering = numbering_new(&made.config, NULL, 0);
    for (uint32_t i = 0; i < made.numbering->count[COUNT_RULE]; i++)
        made.numbering->slots[COUNT_RULE][i] = i;
    made.plan = plan_build(&(struct plan_input){.numbering = made.numbering,
                                                .session_up = up,
                                                .receivers = made.states,
                                                .neighbours = neighbours});
    assert_non_null(made.plan);
}

static void free_plan(void)
{
    plan_free(made.plan);
    numbering_free(made.numbering);
}

/* ---- one frame ---- */

static struct {
    unsigned left_out, cut, unwanted, supers, kernel;
    unsigned simple_unwanted, simple_left_out; /* of plans that are kept as they are */
} totals;

static struct prefilter prefilter;
static struct prefilter_program program;
static struct ebpf machine;

/* The frame as the pipeline gets it, and as the kernel shows it to the program. */
struct shown {
    struct frame frame;
    const uint8_t *bytes;
    uint8_t without_tag[BYTES_ROOM];
};

/* A tag may have been taken off. */
static void show_frame(struct shown *shown, const struct sample *sample, bool metadata)
{
    const uint8_t *bytes = sample->bytes;
    shown->frame = (struct frame){.bytes = bytes,
                                  .captured = sample->length,
                                  .length = sample->length,
                                  .direction = metadata && below(3) == 0 ? EGRESS : INGRESS};
    shown->bytes = bytes;
    memset(&machine.context, 0, sizeof machine.context);
    memset(machine.value, 0, sizeof machine.value);
    machine.context.len = sample->length;
    machine.context.pkt_type = shown->frame.direction == EGRESS ? 4 : below(2);
    if (metadata && sample->length >= 18 && bytes[12] == 0x81 && bytes[13] == 0 && below(4)) {
        memcpy(shown->without_tag, bytes, 12);
        memcpy(shown->without_tag + 12, bytes + 16, sample->length - 16);
        machine.context.len -= 4;
        machine.context.vlan_present = 1;
        machine.context.vlan_tci = (uint32_t)(bytes[14] << 8 | bytes[15]);
        shown->bytes = shown->without_tag;
    }
    machine.bytes = shown->bytes;
}

static void make_super(struct shown *shown, const struct flow_key *key)
{
    struct frame *frame = &shown->frame;
    if (!(key->parts & KEY_TRANSPORT) || (key->protocol != 6 && key->protocol != 17) ||
        (key->parts & (KEY_FRAGMENT_FIRST | KEY_FRAGMENT_LATER)) || below(3))
        return;
    frame->super_frame = key->protocol == 17 ? SUPER_UDP
                         : key->family == 4  ? SUPER_TCP4
                                             : SUPER_TCP6;
    frame->segment_size = (uint16_t)(1 + below(300));
    frame->checksum_unfinished = true;
    frame->checksum_start = key->transport_offset;
    frame->checksum_offset = key->protocol == 6 ? 16 : 6;
    machine.context.gso_size = frame->segment_size;
}

/* The verdict of each of its packets. */
static bool is_unmatched(const struct frame *frame, const struct flow_key *key,
                         struct segments *segments)
{
    struct flow_key early;
    segments_open(segments, frame, key);
    return plan_classify(made.plan, 0, frame->direction, key).kind == VERDICT_UNMATCHED &&
           (!segments_early_key(segments, &early) ||
            plan_classify(made.plan, 0, frame->direction, &early).kind == VERDICT_UNMATCHED);
}

static void check_left_out(const struct shown *shown, const struct flow_key *key)
{
    struct segments segments;
    uint64_t bytes = 0;
    if (!is_unmatched(&shown->frame, key, &segments))
        fail_msg("it leaves out a packet that is not unmatched");
    for (uint32_t i = 0; i < segments.count; i++)
        bytes += segment_length(&segments, i);
    assert_int_equal(machine.value[0], segments.count);
    assert_int_equal(machine.value[1], bytes);
    totals.left_out++;
    totals.supers += segments.count > 1;
}

static void check_sent(const struct frame *whole, const struct flow_key *key, uint32_t captured)
{
    static uint8_t bytes[2][BYTES_ROOM];
    struct frame cut = *whole;
    struct flow_key plain_key, cut_key;
    struct segments segments[2];
    cut.captured = captured;
    decode(whole, &plain_key);
    decode(&cut, &cut_key);
    assert_memory_equal(&cut_key, &plain_key, sizeof cut_key);
    struct verdict verdict = plan_classify(made.plan, 0, whole->direction, key);
    if (verdict.kind != VERDICT_MIRRORED)
        return;
    assert_int_equal(exclusions_is_loop(made.plan->exclusions, whole->bytes, whole->captured),
                     exclusions_is_loop(made.plan->exclusions, cut.bytes, cut.captured));
    assert_int_equal(exclusions_is_about(made.plan->exclusions, &plain_key, whole),
                     exclusions_is_about(made.plan->exclusions, &cut_key, &cut));
    assert_int_equal(flow_hash(key, whole), flow_hash(key, &cut));
    segments_open(&segments[0], whole, key);
    segments_open(&segments[1], &cut, key);
    assert_int_equal(segments[0].count, segments[1].count);
    uint64_t given[RECEIVERS_ROOM] = {0};
    uint32_t keep = plan_forward(made.plan, verdict.session, 0, flow_hash(key, whole), given).keep;
    uint32_t kept[2];
    for (int i = 0; i < 2; i++) {
        uint32_t there = segment_captured(&segments[i], 0);
        kept[i] = keep < there ? keep : there;
        segment_write(&segments[i], 0, bytes[i], kept[i]);
    }
    assert_int_equal(kept[0], kept[1]);
    assert_memory_equal(bytes[0], bytes[1], kept[0]);
    totals.cut += captured < whole->length;
}

/* It could have been told at a glance. */
static bool is_simple(const struct shown *shown)
{
    const uint8_t *bytes = shown->bytes;
    if (machine.context.gso_size || machine.context.len < 68)
        return false;
    bool ipv4 = bytes[12] == 8 && bytes[13] == 0, ipv6 = bytes[12] == 0x86 && bytes[13] == 0xdd;
    return ipv4 ? bytes[14] == 0x45 && !((bytes[20] & 0x3f) | bytes[21])
                : ipv6 && bytes[14] >> 4 == 6 && !plain_is_extension(bytes[20]);
}

static uint32_t check_frame(struct shown *shown, const struct flow_key *key)
{
    uint32_t tag = shown->frame.length - machine.context.len;
    uint32_t taken = ebpf_run(program.code, program.length, &machine);
    struct segments segments;
    bool unmatched = is_unmatched(&shown->frame, key, &segments);
    bool exact =
        !prefilter.wanted[INGRESS].grain && !prefilter.wanted[EGRESS].grain && !prefilter.own.grain;
    totals.unwanted += unmatched;
    if (exact && unmatched && is_simple(shown)) {
        totals.simple_unwanted++;
        totals.simple_left_out += taken == 0;
    }
    if (!taken)
        check_left_out(shown, key);
    else
        check_sent(&shown->frame, key,
                   (taken < machine.context.len ? taken : machine.context.len) + tag);
    return taken;
}

/* ---- the kernel ---- */

static int counts = -1;

/* A datagram of a socket pair goes through the filter of the other end, which may lose it silently.
 */
static void ask_kernel(const int pair[2], const struct sample *sample)
{
    static struct shown shown;
    static uint8_t got[BYTES_ROOM];
    show_frame(&shown, sample, false);
    machine.context.pkt_type = 0;
    uint32_t taken = check_frame(&shown, &sample->key);
    struct count before, after;
    bool read = bpf_counts_read(counts, &before);
    assert_int_equal(send(pair[0], sample->bytes, sample->length, MSG_DONTWAIT), sample->length);
    read &= bpf_counts_read(counts, &after);
    assert_true(read);
    assert_int_equal(after.packets - before.packets, machine.value[0]);
    assert_int_equal(after.bytes - before.bytes, machine.value[1]);
    ssize_t size = recv(pair[1], got, sizeof got, MSG_DONTWAIT);
    if (taken)
        assert_int_equal(size, taken < sample->length ? taken : sample->length);
    else
        assert_int_equal(size, -1);
    totals.kernel++;
}

static void compare_with_kernel(void)
{
    int pair[2], loaded = bpf_program_open(program.code, program.length, program.map_at, counts);
    assert_true(loaded >= 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_BPF, &loaded, sizeof loaded), 0);
    for (int i = 0; i < FRAMES / 4; i++) {
        const struct sample *sample = &samples[below((uint32_t)sample_count)];
        if (sample->length)
            ask_kernel(pair, sample);
    }
    close(loaded);
    close(pair[0]);
    close(pair[1]);
}

/* ---- the tests ---- */

static void compare_plan(bool large, bool kernel)
{
    static struct shown shown;
    make_plan(large);
    assert_true(prefilter_make(&prefilter, made.plan, 0));
    prefilter_program_make(&program, &prefilter);
    assert_true(program.length <= PREFILTER_PROGRAM_MOST);
    for (int i = 0; i < FRAMES; i++) {
        const struct sample *sample = &samples[below((uint32_t)sample_count)];
        show_frame(&shown, sample, true);
        make_super(&shown, &sample->key);
        check_frame(&shown, &sample->key);
    }
    if (kernel)
        compare_with_kernel();
    prefilter_free(&prefilter);
    free_plan();
}

static void nothing_is_missed(void **state)
{
    (void)state;
    const char *wanted = getenv("MIRRORSH_PREFILTER");
    unsigned plans = wanted ? (unsigned)strtoul(wanted, NULL, 10) : PLANS;
    counts = bpf_counts_open();
    if (counts < 0)
        print_message("# the kernel takes no programs of ours: %s\n", strerror(-counts));
    for (unsigned i = 0; i < plans; i++)
        compare_plan(i % 4 == 3, counts >= 0 && i % 16 >= 14);
    if (counts >= 0)
        close(counts);
    print_message("# %zu frames, %u plans: %u of %u unwanted were left out (%u of %u where all can "
                  "be), %u of them super-frames, %u cut; the kernel was asked %u times\n",
                  sample_count, plans, totals.left_out, totals.unwanted, totals.simple_left_out,
                  totals.simple_unwanted, totals.supers, totals.cut, totals.kernel);
    assert_true(totals.simple_unwanted > plans);
    assert_true(totals.simple_left_out > totals.simple_unwanted / 5 * 4);
    assert_true(totals.supers > plans / 10 && totals.cut > plans / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_missed),
    };
    return cmocka_run_group_tests_name("prefilter", tests, setup_long, teardown);
}
