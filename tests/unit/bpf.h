/* The kernel's interpreter of classic BPF, as far as the programs of engine/io go. A load beyond
 * the packet, which would end the program, fails the test. */
#include <linux/filter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct bpf_packet {
    const uint8_t *bytes;
    uint32_t length;
    uint32_t interface, type, mark, protocol;
    unsigned steps; /* instructions that it took */
};

static uint32_t bpf_load(const struct bpf_packet *packet, uint32_t at, unsigned size)
{
    uint32_t value = 0;
    switch (at) {
    case (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX):
        return packet->interface;
    case (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE):
        return packet->type;
    case (uint32_t)(SKF_AD_OFF + SKF_AD_MARK):
        return packet->mark;
    case (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL):
        return packet->protocol;
    default:
        break;
    }
    if (at > packet->length || packet->length - at < size)
        fail_msg("a load of %u bytes at %u of %u", size, at, packet->length);
    while (size-- > 0)
        value = value << 8 | packet->bytes[at++];
    return value;
}

static inline uint32_t bpf_calculate(const struct sock_filter *i, uint32_t a, uint32_t x)
{
    uint32_t b = BPF_SRC(i->code) == BPF_X ? x : i->k;
    switch (BPF_OP(i->code)) {
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_AND:
        return a & b;
    case BPF_OR:
        return a | b;
    case BPF_XOR:
        return a ^ b;
    case BPF_LSH:
        return a << b;
    case BPF_RSH:
        return a >> b;
    case BPF_MOD:
        assert_int_not_equal(b, 0);
        return a % b;
    default:
        fail_msg("operation %u", i->code);
        return 0;
    }
}

static inline bool bpf_holds(const struct sock_filter *i, uint32_t a, uint32_t x)
{
    uint32_t b = BPF_SRC(i->code) == BPF_X ? x : i->k;
    switch (BPF_OP(i->code)) {
    case BPF_JEQ:
        return a == b;
    case BPF_JGE:
        return a >= b;
    case BPF_JGT:
        return a > b;
    case BPF_JSET:
        return a & b;
    default:
        fail_msg("comparison %u", i->code);
        return false;
    }
}

static inline uint32_t bpf_loaded(const struct sock_filter *i, const struct bpf_packet *packet,
                                  uint32_t x, const uint32_t memory[static BPF_MEMWORDS])
{
    static const unsigned sizes[] = {[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1};
    switch (BPF_MODE(i->code)) {
    case BPF_IMM:
        return i->k;
    case BPF_LEN:
        return packet->length;
    case BPF_MEM:
        return memory[i->k];
    case BPF_ABS:
        return bpf_load(packet, i->k, sizes[BPF_SIZE(i->code) >> 3]);
    case BPF_IND:
        return bpf_load(packet, i->k + x, sizes[BPF_SIZE(i->code) >> 3]);
    case BPF_MSH:
        return 4 * (bpf_load(packet, i->k, 1) & 0x0f);
    default:
        fail_msg("load %u", i->code);
        return 0;
    }
}

static inline uint32_t bpf_run(const struct sock_filter *code, uint16_t length,
                               struct bpf_packet *packet)
{
    uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};
    packet->steps = 0;
    for (uint32_t at = 0;; at++) {
        packet->steps++;
        assert_true(at < length);
        const struct sock_filter *i = &code[at];
        switch (BPF_CLASS(i->code)) {
        case BPF_RET:
            return BPF_RVAL(i->code) == BPF_A ? a : i->k;
        case BPF_LD:
            a = bpf_loaded(i, packet, x, memory);
            break;
        case BPF_LDX:
            x = bpf_loaded(i, packet, x, memory);
            break;
        case BPF_ST:
            memory[i->k] = a;
            break;
        case BPF_STX:
            memory[i->k] = x;
            break;
        case BPF_ALU:
            a = bpf_calculate(i, a, x);
            break;
        case BPF_MISC:
            if (BPF_MISCOP(i->code) == BPF_TAX)
                x = a;
            else
                a = x;
            break;
        case BPF_JMP:
            if (BPF_OP(i->code) == BPF_JA)
                at += i->k;
            else
                at += bpf_holds(i, a, x) ? i->jt : i->jf;
            break;
        }
    }
}
