/* Addresses and ports are taken in pairs, by operations for which it does not matter which of a
 * pair is the source. Fragments have no ports that all of a datagram know, so they go by their
 * addresses; what is not IP goes by nothing, to the first.
 *
 * A load beyond the packet would end the program with the number 0, which may be a capture that is
 * about to go: the length is asked before each. */
#include "spread.h"

enum {
    /* A packet begins with its link header when it is seen as sent, else behind that. */
    OUTGOING = 4,
    LINK_HEADER = 14,
    VLAN_TAG = 4,
    TAGS = 2,
    IPV4 = 20,
    IPV6 = 40,
    PORTS = 4,
    EXITS = 16,
    ADD_CONSTANT = BPF_ALU + BPF_ADD + BPF_K,
};

/* Words of the program's memory. */
enum { HASH, PLACE, ONE, OTHER, SUM };

struct spread {
    struct capture_filter *program;
    uint16_t exits[EXITS]; /* jumps to the end */
    unsigned exit_count;
};

static uint16_t emit(struct spread *spread, uint16_t code, uint32_t value)
{
    struct capture_filter *program = spread->program;
    program->code[program->length] = (struct sock_filter){.code = code, .k = value};
    return program->length++;
}

/* The jump at `from` goes to what is emitted next, when its condition is as said; else it falls
 * through. */
static void lands(struct spread *spread, uint16_t from, bool condition)
{
    struct sock_filter *jump = &spread->program->code[from];
    uint8_t distance = (uint8_t)(spread->program->length - from - 1);
    if (condition)
        jump->jt = distance;
    else
        jump->jf = distance;
}

/* Ends with what is hashed so far unless A compares so. */
static void require(struct spread *spread, uint16_t comparison, uint32_t value)
{
    spread->exits[spread->exit_count++] = emit(spread, BPF_JMP | comparison, value);
}

/* PLACE moves on to A; then X is PLACE too, and so many bytes are there. */
static void move_to(struct spread *spread, uint32_t bytes)
{
    emit(spread, BPF_ST, PLACE);
    emit(spread, ADD_CONSTANT, bytes);
    emit(spread, BPF_MISC | BPF_TAX, 0);
    emit(spread, BPF_LD | BPF_W | BPF_LEN, 0);
    require(spread, BPF_JGE | BPF_X, 0);
    emit(spread, BPF_LDX | BPF_MEM, PLACE);
}

/* A and the word ONE, in either order. */
static void hash_pair(struct spread *spread)
{
    emit(spread, BPF_ST, OTHER);
    emit(spread, BPF_LDX | BPF_MEM, ONE);
    emit(spread, BPF_ALU | BPF_XOR | BPF_X, 0);
    emit(spread, BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1);
    emit(spread, BPF_ST, SUM);
    emit(spread, BPF_LD | BPF_MEM, OTHER);
    emit(spread, BPF_ALU | BPF_ADD | BPF_X, 0);
    emit(spread, BPF_ALU | BPF_MUL | BPF_K, 0x85ebca77);
    emit(spread, BPF_LDX | BPF_MEM, SUM);
    emit(spread, BPF_ALU | BPF_ADD | BPF_X, 0);
    emit(spread, BPF_LDX | BPF_MEM, HASH);
    emit(spread, BPF_ALU | BPF_ADD | BPF_X, 0);
    emit(spread, BPF_ALU | BPF_MUL | BPF_K, 0xc2b2ae3d);
    emit(spread, BPF_ST, HASH);
}

/* The ports of a protocol (A) that has them, where the header of it is as far from PLACE as A is
 * after `distance`, which begins with X = PLACE. */
static void hash_ports(struct spread *spread, void distance(struct spread *spread))
{
    uint16_t tcp = emit(spread, BPF_JMP | BPF_JEQ | BPF_K, 6);
    uint16_t udp = emit(spread, BPF_JMP | BPF_JEQ | BPF_K, 17);
    require(spread, BPF_JEQ | BPF_K, 132);
    lands(spread, tcp, true);
    lands(spread, udp, true);
    distance(spread);
    emit(spread, BPF_ALU | BPF_ADD | BPF_X, 0);
    move_to(spread, PORTS);
    emit(spread, BPF_LD | BPF_H | BPF_IND, 0);
    emit(spread, BPF_ST, ONE);
    emit(spread, BPF_LD | BPF_H | BPF_IND, 2);
    hash_pair(spread);
}

static void ipv4_header(struct spread *spread)
{
    emit(spread, BPF_LD | BPF_B | BPF_IND, 0);
    emit(spread, BPF_ALU | BPF_AND | BPF_K, 0x0f);
    emit(spread, BPF_ALU | BPF_LSH | BPF_K, 2);
}

static void hash_ipv4(struct spread *spread)
{
    emit(spread, BPF_LD | BPF_MEM, PLACE);
    move_to(spread, IPV4);
    emit(spread, BPF_LD | BPF_W | BPF_IND, 12);
    emit(spread, BPF_ST, ONE);
    emit(spread, BPF_LD | BPF_W | BPF_IND, 16);
    hash_pair(spread);
    emit(spread, BPF_LDX | BPF_MEM, PLACE);
    emit(spread, BPF_LD | BPF_H | BPF_IND, 6);
    emit(spread, BPF_ALU | BPF_AND | BPF_K, 0x3fff); /* more to come, or behind others */
    require(spread, BPF_JEQ | BPF_K, 0);
    emit(spread, BPF_LD | BPF_B | BPF_IND, 9);
    hash_ports(spread, ipv4_header);
}

/* An address becomes the word `to`. */
static void fold(struct spread *spread, uint32_t at, uint32_t to)
{
    static const uint32_t factors[] = {0x27d4eb2f, 0x165667b1, 0x9e3779b1, 1};
    for (uint32_t i = 0; i < 4; i++) {
        emit(spread, BPF_LDX | BPF_MEM, PLACE);
        emit(spread, BPF_LD | BPF_W | BPF_IND, at + 4 * i);
        emit(spread, BPF_ALU | BPF_MUL | BPF_K, factors[i]);
        if (i) {
            emit(spread, BPF_LDX | BPF_MEM, to);
            emit(spread, BPF_ALU | BPF_ADD | BPF_X, 0);
        }
        emit(spread, BPF_ST, to);
    }
}

static void ipv6_header(struct spread *spread)
{
    emit(spread, BPF_LD | BPF_IMM, IPV6);
}

static void hash_ipv6(struct spread *spread)
{
    emit(spread, BPF_LD | BPF_MEM, PLACE);
    move_to(spread, IPV6);
    fold(spread, 8, ONE);
    fold(spread, 24, OTHER);
    hash_pair(spread);
    emit(spread, BPF_LDX | BPF_MEM, PLACE);
    emit(spread, BPF_LD | BPF_B | BPF_IND, 6);
    hash_ports(spread, ipv6_header);
}

/* A is the type of what is at PLACE, behind all tags but those that the kernel has taken off. */
static void find_network(struct spread *spread)
{
    emit(spread, BPF_LD | BPF_IMM, 0);
    emit(spread, BPF_ST, HASH);
    emit(spread, BPF_ST, PLACE);
    emit(spread, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
    uint16_t received = emit(spread, BPF_JMP | BPF_JEQ | BPF_K, OUTGOING);
    emit(spread, BPF_LD | BPF_IMM, LINK_HEADER);
    move_to(spread, 0);
    emit(spread, BPF_LD | BPF_H | BPF_ABS, LINK_HEADER - 2);
    uint16_t typed = emit(spread, BPF_JMP | BPF_JA, 0);
    lands(spread, received, false);
    emit(spread, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
    spread->program->code[typed].k = (uint32_t)(spread->program->length - typed - 1);
    for (int tag = 0; tag < TAGS; tag++) {
        uint16_t customer = emit(spread, BPF_JMP | BPF_JEQ | BPF_K, 0x8100);
        uint16_t none = emit(spread, BPF_JMP | BPF_JEQ | BPF_K, 0x88a8);
        lands(spread, customer, true);
        emit(spread, BPF_LD | BPF_MEM, PLACE);
        move_to(spread, VLAN_TAG);
        emit(spread, BPF_LD | BPF_H | BPF_IND, 2);
        emit(spread, BPF_ST, ONE);
        emit(spread, BPF_LD | BPF_IMM, VLAN_TAG);
        emit(spread, BPF_ALU | BPF_ADD | BPF_X, 0);
        emit(spread, BPF_ST, PLACE);
        emit(spread, BPF_LD | BPF_MEM, ONE);
        lands(spread, none, false);
    }
}

/* Few bits of a flow may differ from another's: all of them decide. */
static void choose(struct spread *spread, uint32_t first, uint32_t count)
{
    static const uint32_t factors[] = {0x85ebca6b, 0xc2b2ae35};
    emit(spread, BPF_LD | BPF_MEM, HASH);
    for (uint32_t i = 0; i < 2; i++) {
        emit(spread, BPF_MISC | BPF_TAX, 0);
        emit(spread, BPF_ALU | BPF_RSH | BPF_K, 16 - 3 * i);
        emit(spread, BPF_ALU | BPF_XOR | BPF_X, 0);
        emit(spread, BPF_ALU | BPF_MUL | BPF_K, factors[i]);
    }
    emit(spread, BPF_ALU | BPF_RSH | BPF_K, 8);
    emit(spread, BPF_ALU | BPF_MOD | BPF_K, count);
    emit(spread, ADD_CONSTANT, first);
    emit(spread, BPF_RET | BPF_A, 0);
}

void spread_program(struct capture_filter *program, uint32_t first, uint32_t count)
{
    struct spread spread = {.program = program};
    program->length = 0;
    if (count == 1) {
        emit(&spread, BPF_RET | BPF_K, first);
        return;
    }
    find_network(&spread);
    uint16_t is4 = emit(&spread, BPF_JMP | BPF_JEQ | BPF_K, 0x0800);
    require(&spread, BPF_JEQ | BPF_K, 0x86dd);
    hash_ipv6(&spread);
    uint16_t done = emit(&spread, BPF_JMP | BPF_JA, 0);
    lands(&spread, is4, true);
    hash_ipv4(&spread);
    program->code[done].k = (uint32_t)(program->length - done - 1);
    for (unsigned i = 0; i < spread.exit_count; i++)
        lands(&spread, spread.exits[i], false);
    choose(&spread, first, count);
}
