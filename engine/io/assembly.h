/* Writing eBPF: an instruction a call, and jumps forward to labels that are placed later. A label
 * that has been placed may be used anew. Pure. */
#ifndef MIRRORSH_ASSEMBLY_H
#define MIRRORSH_ASSEMBLY_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ASSEMBLY_LABELS = 16,
    ASSEMBLY_JUMPS = 256, /* to one label that is not placed yet */
};

struct assembly {
    struct bpf_insn *code; /* with room for what is written */
    uint32_t length;
    uint16_t jumps[ASSEMBLY_LABELS][ASSEMBLY_JUMPS]; /* instructions that are to jump there */
    unsigned jump_count[ASSEMBLY_LABELS];
};

static inline void emit(struct assembly *to, unsigned code, unsigned target, unsigned source,
                        int offset, int32_t value)
{
    to->code[to->length++] = (struct bpf_insn){.code = (uint8_t)code,
                                               .dst_reg = target & 15u,
                                               .src_reg = source & 15u,
                                               .off = (int16_t)offset,
                                               .imm = value};
}

static inline void set(struct assembly *to, unsigned reg, int32_t value)
{
    emit(to, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value);
}

static inline void copy(struct assembly *to, unsigned reg, unsigned from)
{
    emit(to, BPF_ALU64 | BPF_MOV | BPF_X, reg, from, 0, 0);
}

/* R10, the end of the stack, less so much. */
static inline void point(struct assembly *to, unsigned reg, int32_t offset)
{
    copy(to, reg, BPF_REG_10);
    emit(to, BPF_ALU64 | BPF_K, reg, 0, 0, offset); /* BPF_ADD is 0 */
}

/* Numbers of 32 bits: with a value, and with another register. */
static inline void calculate(struct assembly *to, unsigned operation, unsigned reg, uint32_t value)
{
    emit(to, BPF_ALU | BPF_K | operation, reg, 0, 0, (int32_t)value);
}

static inline void combine(struct assembly *to, unsigned operation, unsigned reg, unsigned with)
{
    emit(to, BPF_ALU | BPF_X | operation, reg, with, 0, 0);
}

static inline void load(struct assembly *to, unsigned reg, unsigned size, unsigned base, int offset)
{
    emit(to, BPF_LDX | BPF_MEM | size, reg, base, offset, 0);
}

/* Notes that the next instruction is to jump there. */
static inline void note(struct assembly *to, unsigned label)
{
    to->jumps[label][to->jump_count[label]++] = (uint16_t)to->length;
}

static inline void go(struct assembly *to, unsigned label)
{
    note(to, label);
    emit(to, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

/* Numbers of 32 bits, without a sign unless the comparison says so. */
static inline void jump(struct assembly *to, unsigned comparison, unsigned reg, uint32_t value,
                        unsigned label)
{
    note(to, label);
    emit(to, BPF_JMP32 | BPF_K | comparison, reg, 0, 0, (int32_t)value);
}

static inline void jump_registers(struct assembly *to, unsigned comparison, unsigned reg,
                                  unsigned other, unsigned label)
{
    note(to, label);
    emit(to, BPF_JMP32 | BPF_X | comparison, reg, other, 0, 0);
}

/* What has jumped to the label comes here. */
static inline void place(struct assembly *to, unsigned label)
{
    for (unsigned i = 0; i < to->jump_count[label]; i++) {
        uint16_t from = to->jumps[label][i];
        to->code[from].off = (int16_t)(to->length - from - 1);
    }
    to->jump_count[label] = 0;
}

static inline void call(struct assembly *to, int32_t function)
{
    emit(to, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

static inline void give(struct assembly *to, int32_t value)
{
    set(to, BPF_REG_0, value);
    emit(to, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

#endif
