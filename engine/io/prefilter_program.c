/* Registers: R6 the context, R7 the frame's length, R8 its type (sent or received), and while rules
 * are tested R2 protocol, R3 and R4 ports; R1 and R5 for whatever is at hand. What is looked at of
 * the frame lies at the stack's end, so that its addresses are aligned.
 *
 * The program has a part for each family, and in it one for each direction: there match by match,
 * each condition of which goes to the next match when it does not hold; behind the last one the
 * exclusions' addresses, and then the packet is counted and left out. A condition on a field that
 * is not known here is taken to hold. */
#include "prefilter_program.h"

#include "../packet/protocol.h"
#include "../plan/exclusions.h"
#include "assembly.h"

#include <endian.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <string.h>

enum {
    FRAME = -62, /* of the frame's first byte, from the stack's end */
    FLAGS = -2,  /* of TCP's flags, or what else is read behind the ports */
    KEY = -68,   /* of the map's key */

    ETHERNET = ETHERNET_ADDRESSES + 2,
    HEAD_IPV4 = ETHERNET + IPV4_HEADER + 4, /* with the ports */
    HEAD_IPV6 = ETHERNET + IPV6_HEADER + 4,

    TYPE_AT = ETHERNET_ADDRESSES,
    NETWORK = ETHERNET,
    SIMPLE_IPV4 = 0x45, /* without options */
    FRAGMENT_BITS = 0x3fff,
    TCP_LENGTH = 12, /* offset in its header, of a byte whose upper half it is in words of four */
    VLAN_TAG = 4,
};

/* Where the program goes on. */
enum label {
    NOTHING, /* the frame is not taken, nor counted */
    WHOLE,   /* it is taken whole */
    PASS,    /* it is taken, of its direction so much as is kept */
    NEXT,    /* the next match, or what comes then */
    SENT,    /* matches of frames that are sent */
    OWN,     /* the exclusions' addresses */
    PLAIN,   /* to be left out; it is no super-frame */
    COUNT,   /* R9 packets of R7 bytes are left out */
    IPV6,
    LABELS
};
_Static_assert((int)LABELS <= ASSEMBLY_LABELS, "more labels than there is room for");

/* Offsets in the IP header. */
struct family {
    uint8_t version, header;
    uint8_t protocol, length, source, destination;
};
static const struct family families[] = {
    {4, IPV4_HEADER, 9, 2, 12, 16},
    {6, IPV6_HEADER, 6, 4, 8, 24},
};

/* A program in the making. */
struct making {
    struct prefilter_program *program;
    struct assembly assembly;
    const struct prefilter *prefilter;
    const struct family *family;
};

/* A member of the context, which all have 32 bits. */
#define LOAD_CONTEXT(to, reg, member)                                                              \
    load(to, reg, BPF_W, BPF_REG_6, (int)offsetof(struct __sk_buff, member))

/* Of the frame, as it lies there: */
static void load_frame(struct assembly *to, unsigned reg, unsigned size, int offset)
{
    load(to, reg, size, BPF_REG_10, FRAME + offset);
}

/* A number in it. */
static void load_u16(struct assembly *to, unsigned reg, int offset)
{
    load_frame(to, reg, BPF_H, offset);
    emit(to, BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, 16);
}

/* So many bytes of the frame from `from` on to the stack; what cannot be read is handed over. Takes
 * R0 to R5. */
static void read_frame(struct assembly *to, uint32_t from, int stack, uint32_t count)
{
    jump(to, BPF_JLT, BPF_REG_7, from + count, WHOLE);
    copy(to, BPF_REG_1, BPF_REG_6);
    set(to, BPF_REG_2, (int32_t)from);
    point(to, BPF_REG_3, stack);
    set(to, BPF_REG_4, (int32_t)count);
    call(to, BPF_FUNC_skb_load_bytes);
    jump(to, BPF_JNE, BPF_REG_0, 0, WHOLE);
}

/* ---- conditions: each goes on where it may hold, and else to NEXT ---- */

static void test_range(struct assembly *to, unsigned reg, const struct match_value *value,
                       uint32_t most)
{
    if (value->low == value->high) {
        jump(to, BPF_JNE, reg, value->low, NEXT);
        return;
    }
    if (value->low > 0)
        jump(to, BPF_JLT, reg, value->low, NEXT);
    if (value->high < most)
        jump(to, BPF_JGT, reg, value->high, NEXT);
}

/* As many words as it has bits in. */
static void test_prefix(struct assembly *to, int offset, const struct match_value *value)
{
    for (unsigned word = 0; word * 32 < value->bits; word++) {
        unsigned bits = value->bits - word * 32;
        uint32_t wanted;
        memcpy(&wanted, value->address + word * 4, sizeof wanted);
        load_frame(to, BPF_REG_1, BPF_W, offset + (int)word * 4);
        if (bits < 32)
            calculate(to, BPF_AND, BPF_REG_1, htobe32(UINT32_MAX << (32 - bits)));
        jump(to, BPF_JNE, BPF_REG_1, wanted, NEXT);
    }
}

static void test_flags(struct assembly *to, const struct match_value *value)
{
    jump(to, BPF_JNE, BPF_REG_2, PROTOCOL_TCP, NEXT);
    load(to, BPF_REG_1, BPF_B, BPF_REG_10, FLAGS);
    calculate(to, BPF_AND, BPF_REG_1, value->set | value->clear);
    jump(to, BPF_JNE, BPF_REG_1, value->set, NEXT);
}

static void test_dscp(struct assembly *to, unsigned version, const struct match_value *value)
{
    if (version == 4) {
        load_frame(to, BPF_REG_1, BPF_B, NETWORK + 1);
        calculate(to, BPF_RSH, BPF_REG_1, 2);
    } else {
        load_u16(to, BPF_REG_1, NETWORK);
        calculate(to, BPF_RSH, BPF_REG_1, 6);
        calculate(to, BPF_AND, BPF_REG_1, 63);
    }
    test_range(to, BPF_REG_1, value, 63);
}

/* The tag that the kernel has taken off; a frame with one in its bytes is handed over before. */
static void test_vlan(struct assembly *to, const struct match_value *value)
{
    LOAD_CONTEXT(to, BPF_REG_1, vlan_present);
    jump(to, BPF_JEQ, BPF_REG_1, 0, NEXT);
    LOAD_CONTEXT(to, BPF_REG_1, vlan_tci);
    calculate(to, BPF_AND, BPF_REG_1, 4095);
    test_range(to, BPF_REG_1, value, 4095);
}

static void test_link(struct assembly *to, const struct match_value *value)
{
    uint16_t first;
    uint32_t rest;
    memcpy(&first, value->link, sizeof first);
    memcpy(&rest, value->link + sizeof first, sizeof rest);
    load_frame(to, BPF_REG_1, BPF_W, sizeof first);
    jump(to, BPF_JNE, BPF_REG_1, rest, NEXT);
    load_frame(to, BPF_REG_1, BPF_H, 0);
    jump(to, BPF_JNE, BPF_REG_1, first, NEXT);
}

static void test_field(struct making *making, unsigned field, const struct match_value *value)
{
    struct assembly *to = &making->assembly;
    switch (field) {
    case FIELD_PROTOCOL:
        test_range(to, BPF_REG_2, value, UINT8_MAX);
        return;
    case FIELD_SOURCE:
        test_prefix(to, NETWORK + making->family->source, value);
        return;
    case FIELD_DESTINATION:
        test_prefix(to, NETWORK + making->family->destination, value);
        return;
    case FIELD_SOURCE_PORT:
        test_range(to, BPF_REG_3, value, UINT16_MAX);
        return;
    case FIELD_DESTINATION_PORT:
        test_range(to, BPF_REG_4, value, UINT16_MAX);
        return;
    case FIELD_TCP_FLAGS:
        test_flags(to, value);
        return;
    case FIELD_DSCP:
        test_dscp(to, making->family->version, value);
        return;
    case FIELD_VLAN:
        test_vlan(to, value);
        return;
    case FIELD_NEXT_HOP:
        test_link(to, value);
        return;
    default: /* the family was looked at before */
        return;
    }
}

/* ---- what is wanted ---- */

static bool is_of_family(const struct family *of, const struct match *match)
{
    const struct match_value *family = &match->value[FIELD_FAMILY];
    return !(match->given & 1u << FIELD_FAMILY) ||
           (family->low <= of->version && of->version <= family->high);
}

/* Those that hold go to the label. false: so does everything, and what is written behind would
 * never be reached, which the kernel refuses. */
static bool test_interest(struct making *making, const struct interest *interest, enum label label)
{
    struct assembly *to = &making->assembly;
    for (unsigned i = 0; i < interest->count; i++) {
        const struct match *match = &interest->matches[i];
        if (!is_of_family(making->family, match))
            continue;
        for (unsigned field = 0; field < MATCH_FIELD_COUNT; field++)
            if (match->given & 1u << field)
                test_field(making, field, &match->value[field]);
        go(to, label);
        if (!to->jump_count[NEXT])
            return false;
        place(to, NEXT);
    }
    return true;
}

static void write_direction(struct making *making, enum direction direction)
{
    struct assembly *to = &making->assembly;
    uint32_t keep = making->prefilter->keep[direction];
    if (test_interest(making, &making->prefilter->wanted[direction], PASS))
        go(to, OWN);
    if (!to->jump_count[PASS])
        return;
    place(to, PASS);
    if (keep < KEEP_WHOLE) {
        LOAD_CONTEXT(to, BPF_REG_1, gso_size);
        jump(to, BPF_JNE, BPF_REG_1, 0, WHOLE);
        give(to, (int32_t)keep);
    } else {
        go(to, WHOLE);
    }
}

/* ---- what is not ---- */

/* The packets of the wire that a super-frame of TCP is: the transport bytes of the packet, less
 * their header, in shares. One that is not as it says is handed over. */
static void write_super_frame(struct making *making)
{
    struct assembly *to = &making->assembly;
    const struct family *family = making->family;
    uint32_t transport = NETWORK + family->header,
             counted = family->version == 4 ? NETWORK : transport;
    jump(to, BPF_JNE, BPF_REG_2, PROTOCOL_TCP, WHOLE);
    read_frame(to, transport + TCP_LENGTH, FLAGS, 1);
    load(to, BPF_REG_5, BPF_B, BPF_REG_10, FLAGS);
    calculate(to, BPF_RSH, BPF_REG_5, 4);
    calculate(to, BPF_LSH, BPF_REG_5, 2);
    jump(to, BPF_JLT, BPF_REG_5, TCP_HEADER, WHOLE);
    copy(to, BPF_REG_4, BPF_REG_7);
    calculate(to, BPF_SUB, BPF_REG_4, counted);
    load_u16(to, BPF_REG_3, NETWORK + family->length);
    jump(to, BPF_JNE, BPF_REG_3, 0, NEXT);
    copy(to, BPF_REG_3, BPF_REG_4); /* BIG TCP */
    place(to, NEXT);
    jump_registers(to, BPF_JGT, BPF_REG_3, BPF_REG_4, WHOLE);
    calculate(to, BPF_SUB, BPF_REG_3, transport - counted);
    combine(to, BPF_SUB, BPF_REG_3, BPF_REG_5);
    jump(to, BPF_JSLE, BPF_REG_3, 0, WHOLE);
    LOAD_CONTEXT(to, BPF_REG_4, gso_size);
    copy(to, BPF_REG_9, BPF_REG_3);
    calculate(to, BPF_SUB, BPF_REG_9, 1);
    combine(to, BPF_DIV, BPF_REG_9, BPF_REG_4);
    calculate(to, BPF_ADD, BPF_REG_9, 1);
    calculate(to, BPF_ADD, BPF_REG_5, transport);
    LOAD_CONTEXT(to, BPF_REG_1, vlan_present);
    jump(to, BPF_JEQ, BPF_REG_1, 0, NEXT);
    calculate(to, BPF_ADD, BPF_REG_5, VLAN_TAG);
    place(to, NEXT);
    copy(to, BPF_REG_7, BPF_REG_9);
    combine(to, BPF_MUL, BPF_REG_7, BPF_REG_5);
    combine(to, BPF_ADD, BPF_REG_7, BPF_REG_3);
}

static void write_rejection(struct making *making)
{
    struct assembly *to = &making->assembly;
    place(to, OWN);
    if (!test_interest(making, &making->prefilter->own, WHOLE))
        return;
    LOAD_CONTEXT(to, BPF_REG_1, gso_size);
    jump(to, BPF_JEQ, BPF_REG_1, 0, PLAIN);
    write_super_frame(making);
    go(to, COUNT);
    place(to, PLAIN);
    set(to, BPF_REG_9, 1);
    LOAD_CONTEXT(to, BPF_REG_1, vlan_present);
    jump(to, BPF_JEQ, BPF_REG_1, 0, NEXT);
    calculate(to, BPF_ADD, BPF_REG_7, VLAN_TAG);
    place(to, NEXT);
    go(to, COUNT);
}

static void add_to_count(struct assembly *to, unsigned reg, size_t offset)
{
    load(to, BPF_REG_1, BPF_DW, BPF_REG_0, (int)offset);
    emit(to, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, reg, 0, 0);
    emit(to, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, (int16_t)offset, 0);
}

static void write_count(struct making *making)
{
    struct assembly *to = &making->assembly;
    place(to, COUNT);
    emit(to, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, KEY, 0);
    point(to, BPF_REG_2, KEY);
    making->program->map_at = to->length;
    emit(to, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, 0);
    emit(to, 0, 0, 0, 0, 0); /* its second half */
    call(to, BPF_FUNC_map_lookup_elem);
    note(to, WHOLE); /* there is one: the verifier wants to see that it is asked */
    emit(to, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 0);
    add_to_count(to, BPF_REG_9, offsetof(struct count, packets));
    add_to_count(to, BPF_REG_7, offsetof(struct count, bytes));
    go(to, NOTHING);
}

/* ---- the whole ---- */

static bool is_asked(const struct making *making, uint32_t fields)
{
    for (int seen = 0; seen < DIRECTIONS; seen++)
        for (unsigned i = 0; i < making->prefilter->wanted[seen].count; i++)
            if (making->prefilter->wanted[seen].matches[i].given & fields)
                return true;
    return false;
}

/* Of what is not TCP they are not looked at, but have to be something. A super-frame has two kinds
 * of packets, one with and one without some of them. */
static void read_flags(struct making *making)
{
    struct assembly *to = &making->assembly;
    emit(to, BPF_ST | BPF_MEM | BPF_B, BPF_REG_10, 0, FLAGS, 0);
    load_frame(to, BPF_REG_2, BPF_B, NETWORK + making->family->protocol);
    jump(to, BPF_JNE, BPF_REG_2, PROTOCOL_TCP, NEXT);
    LOAD_CONTEXT(to, BPF_REG_2, gso_size);
    jump(to, BPF_JNE, BPF_REG_2, 0, WHOLE);
    read_frame(to, NETWORK + making->family->header + TCP_FLAGS, FLAGS, 1);
    place(to, NEXT);
}

static void look_at_ipv4(struct assembly *to)
{
    load_frame(to, BPF_REG_2, BPF_B, NETWORK);
    jump(to, BPF_JNE, BPF_REG_2, SIMPLE_IPV4, WHOLE);
    load_frame(to, BPF_REG_2, BPF_H, NETWORK + 6);
    jump(to, BPF_JSET, BPF_REG_2, htobe16(FRAGMENT_BITS), WHOLE);
}

static void look_at_ipv6(struct making *making)
{
    struct assembly *to = &making->assembly;
    static const uint8_t extensions[] = {PROTOCOL_HOP_BY_HOP, PROTOCOL_ROUTING, PROTOCOL_FRAGMENT,
                                         PROTOCOL_AUTHENTICATION, PROTOCOL_DESTINATION_OPTIONS};
    read_frame(to, HEAD_IPV4, FRAME + HEAD_IPV4, HEAD_IPV6 - HEAD_IPV4);
    load_frame(to, BPF_REG_2, BPF_B, NETWORK);
    calculate(to, BPF_RSH, BPF_REG_2, 4);
    jump(to, BPF_JNE, BPF_REG_2, 6, WHOLE);
    load_frame(to, BPF_REG_2, BPF_B, NETWORK + making->family->protocol);
    for (unsigned i = 0; i < sizeof extensions; i++)
        jump(to, BPF_JEQ, BPF_REG_2, extensions[i], WHOLE);
}

static void write_family(struct making *making, const struct family *family)
{
    struct assembly *to = &making->assembly;
    making->family = family;
    if (family->version == 4)
        look_at_ipv4(to);
    else
        look_at_ipv6(making);
    if (is_asked(making, 1u << FIELD_TCP_FLAGS))
        read_flags(making);
    load_frame(to, BPF_REG_2, BPF_B, NETWORK + family->protocol);
    if (is_asked(making, 1u << FIELD_SOURCE_PORT | 1u << FIELD_DESTINATION_PORT)) {
        load_u16(to, BPF_REG_3, NETWORK + family->header);
        load_u16(to, BPF_REG_4, NETWORK + family->header + 2);
    }
    jump(to, BPF_JEQ, BPF_REG_8, PACKET_OUTGOING, SENT);
    write_direction(making, INGRESS);
    place(to, SENT);
    write_direction(making, EGRESS);
    if (to->jump_count[OWN])
        write_rejection(making);
}

/* What needs no look into the frame. */
static void begin(struct assembly *to, const struct prefilter *prefilter)
{
    const uint32_t *keep = prefilter->keep;
    bool all[DIRECTIONS];
    copy(to, BPF_REG_6, BPF_REG_1);
    LOAD_CONTEXT(to, BPF_REG_2, mark);
    jump(to, BPF_JEQ, BPF_REG_2, MIRROR_MARK, NOTHING);
    LOAD_CONTEXT(to, BPF_REG_7, len);
    LOAD_CONTEXT(to, BPF_REG_8, pkt_type);
    for (int seen = 0; seen < DIRECTIONS; seen++) {
        all[seen] = interest_is_all(&prefilter->wanted[seen]);
        if (all[seen] && keep[seen] == KEEP_WHOLE)
            jump(to, seen == EGRESS ? BPF_JEQ : BPF_JNE, BPF_REG_8, PACKET_OUTGOING, WHOLE);
    }
    if (all[INGRESS] && all[EGRESS])
        jump(to, BPF_JLE, BPF_REG_7, keep[INGRESS] < keep[EGRESS] ? keep[INGRESS] : keep[EGRESS],
             WHOLE);
}

void prefilter_program_make(struct prefilter_program *program, const struct prefilter *prefilter)
{
    struct making all = {
        .program = program, .assembly.code = program->code, .prefilter = prefilter};
    struct making *making = &all;
    struct assembly *to = &all.assembly;
    program->map_at = 0;
    begin(to, prefilter);
    read_frame(to, 0, FRAME, HEAD_IPV4);
    load_frame(to, BPF_REG_2, BPF_H, TYPE_AT);
    jump(to, BPF_JEQ, BPF_REG_2, htobe16(ETHERTYPE_IPV6), IPV6);
    jump(to, BPF_JNE, BPF_REG_2, htobe16(ETHERTYPE_IPV4), WHOLE);
    write_family(making, &families[0]);
    place(to, IPV6);
    write_family(making, &families[1]);
    if (to->jump_count[COUNT])
        write_count(making);
    place(to, WHOLE);
    give(to, -1);
    place(to, NOTHING);
    give(to, 0);
    program->length = to->length;
}
