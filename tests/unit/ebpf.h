/* The kernel's interpreter of eBPF, as far as the programs of engine/io go: socket filters with one
 * map of one value. What the verifier would refuse, a read beside the stack or the value, or beyond
 * the context, fails the test. */
#ifndef MIRRORSH_TESTS_EBPF_H
#define MIRRORSH_TESTS_EBPF_H

#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { EBPF_STACK = 512 };

struct ebpf {
    struct __sk_buff context;
    const uint8_t *bytes; /* of the frame, context.len */
    uint64_t value[2];    /* of the map */
    unsigned steps;

    uint64_t reg[11];
    uint8_t stack[EBPF_STACK];
};

/* So many bytes, which have to be the program's. */
static inline void *ebpf_memory(struct ebpf *machine, uint64_t address, size_t size)
{
    const struct {
        void *at;
        size_t size;
    } places[] = {{&machine->context, sizeof machine->context},
                  {machine->stack, sizeof machine->stack},
                  {machine->value, sizeof machine->value}};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint64_t from = (uintptr_t)places[i].at;
        if (address >= from && address + size <= from + places[i].size && address % size == 0)
            return (uint8_t *)places[i].at + (address - from);
    }
    fail_msg("%zu bytes at no place of the program's", size);
    return NULL;
}

static inline size_t ebpf_size(uint8_t code)
{
    static const size_t sizes[] = {
        [BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8};
    return sizes[BPF_SIZE(code) >> 3];
}

static inline uint64_t ebpf_get(struct ebpf *machine, uint64_t address, size_t size)
{
    uint64_t value = 0;
    const uint8_t *at = ebpf_memory(machine, address, size);
    uint16_t half;
    uint32_t word;
    switch (size) {
    case 1:
        return *at;
    case 2:
        memcpy(&half, at, 2);
        return half;
    case 4:
        memcpy(&word, at, 4);
        return word;
    default:
        memcpy(&value, at, 8);
        return value;
    }
}

static inline void ebpf_put(struct ebpf *machine, uint64_t address, size_t size, uint64_t value)
{
    uint8_t *at = ebpf_memory(machine, address, size);
    uint8_t byte = (uint8_t)value;
    uint16_t half = (uint16_t)value;
    uint32_t word = (uint32_t)value;
    memcpy(at,
           size == 1   ? &byte
           : size == 2 ? (void *)&half
           : size == 4 ? (void *)&word
                       : &value,
           size);
}

static inline uint64_t ebpf_calculate(uint8_t operation, uint64_t a, uint64_t b)
{
    switch (operation) {
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_DIV:
        return b ? a / b : 0;
    case BPF_AND:
        return a & b;
    case BPF_LSH:
        return a << b;
    case BPF_RSH:
        return a >> b;
    case BPF_MOV:
        return b;
    default:
        fail_msg("operation %u", operation);
        return 0;
    }
}

static inline bool ebpf_holds(uint8_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_JEQ:
        return a == b;
    case BPF_JNE:
        return a != b;
    case BPF_JSET:
        return a & b;
    case BPF_JLT:
        return a < b;
    case BPF_JLE:
        return a <= b;
    case BPF_JGT:
        return a > b;
    case BPF_JSLE:
        return (int32_t)a <= (int32_t)b;
    default:
        fail_msg("comparison %u", operation);
        return false;
    }
}

static inline void ebpf_call(struct ebpf *machine, int32_t function)
{
    uint64_t *reg = machine->reg;
    uint64_t result = 0;
    if (function == BPF_FUNC_map_lookup_elem) {
        assert_int_equal(ebpf_get(machine, reg[2], 4), 0);
        result = (uintptr_t)machine->value;
    } else if (function == BPF_FUNC_skb_load_bytes) {
        assert_true(reg[1] == (uintptr_t)&machine->context && reg[4] > 0);
        uint8_t *to = NULL;
        for (uint64_t i = 0; i < reg[4]; i++)
            to = ebpf_memory(machine, reg[3] + reg[4] - 1 - i, 1);
        if (reg[2] + reg[4] > machine->context.len)
            result = (uint64_t)-EFAULT;
        else
            memcpy(to, machine->bytes + reg[2], reg[4]);
    } else {
        fail_msg("function %d", function);
    }
    for (unsigned i = 1; i <= 5; i++)
        reg[i] = 0xbadbadbadbadbadb;
    reg[0] = result;
}

static inline void ebpf_alu(struct ebpf *machine, const struct bpf_insn *i)
{
    uint64_t *reg = machine->reg, a = reg[i->dst_reg];
    uint64_t b = BPF_SRC(i->code) == BPF_X ? reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
    if (BPF_OP(i->code) == BPF_END) {
        assert_true(i->imm == 16 && BPF_SRC(i->code) == BPF_TO_BE);
        reg[i->dst_reg] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16((uint16_t)a)
                                                                    : (uint16_t)a;
        return;
    }
    if (BPF_CLASS(i->code) == BPF_ALU64)
        reg[i->dst_reg] = ebpf_calculate(BPF_OP(i->code), a, b);
    else
        reg[i->dst_reg] = (uint32_t)ebpf_calculate(BPF_OP(i->code), (uint32_t)a, (uint32_t)b);
}

/* How far a jump goes. */
static inline int ebpf_jump(const struct ebpf *machine, const struct bpf_insn *i)
{
    const uint64_t *reg = machine->reg;
    if (BPF_OP(i->code) == BPF_JA)
        return i->off;
    if (BPF_CLASS(i->code) == BPF_JMP) { /* of a pointer */
        assert_true(BPF_OP(i->code) == BPF_JEQ && BPF_SRC(i->code) == BPF_K);
        return reg[i->dst_reg] == (uint64_t)(int64_t)i->imm ? i->off : 0;
    }
    uint32_t b = BPF_SRC(i->code) == BPF_X ? (uint32_t)reg[i->src_reg] : (uint32_t)i->imm;
    return ebpf_holds(BPF_OP(i->code), (uint32_t)reg[i->dst_reg], b) ? i->off : 0;
}

/* What the program says of the frame: bytes, 0: it is left out. */
static inline uint32_t ebpf_run(const struct bpf_insn *code, uint32_t length, struct ebpf *machine)
{
    uint64_t *reg = machine->reg;
    reg[1] = (uintptr_t)&machine->context;
    reg[10] = (uintptr_t)machine->stack + EBPF_STACK;
    machine->steps = 0;
    for (uint32_t at = 0;; at++) {
        assert_true(at < length);
        const struct bpf_insn *i = &code[at];
        machine->steps++;
        switch (BPF_CLASS(i->code)) {
        case BPF_ALU:
        case BPF_ALU64:
            ebpf_alu(machine, i);
            break;
        case BPF_LDX:
            reg[i->dst_reg] =
                ebpf_get(machine, reg[i->src_reg] + (uint64_t)(int64_t)i->off, ebpf_size(i->code));
            break;
        case BPF_ST:
            ebpf_put(machine, reg[i->dst_reg] + (uint64_t)(int64_t)i->off, ebpf_size(i->code),
                     (uint32_t)i->imm);
            break;
        case BPF_STX:
            ebpf_put(machine, reg[i->dst_reg] + (uint64_t)(int64_t)i->off, ebpf_size(i->code),
                     reg[i->src_reg]);
            break;
        case BPF_LD: /* the map */
            reg[i->dst_reg] = 0;
            at++;
            break;
        default:
            if (BPF_OP(i->code) == BPF_EXIT)
                return (uint32_t)reg[0];
            if (BPF_OP(i->code) == BPF_CALL)
                ebpf_call(machine, i->imm);
            else
                at += (uint32_t)ebpf_jump(machine, i);
            break;
        }
    }
}

#endif
