/* The program (eBPF) that the kernel runs over every frame of an interface before it copies any: it
 * leaves out what the prefilter says that nobody is to get, counts that as the pipeline would have
 * (a struct count, the one value of a map, of each processor its own), and cuts the rest to what
 * is enough of it. What it cannot tell cheaply it hands over whole: whatever is not plain IPv4 or
 * IPv6 right behind Ethernet (a tag that the kernel took off is fine), fragments, extension
 * headers, and super-frames but those of TCP. Pure. */
#ifndef MIRRORSH_PREFILTER_PROGRAM_H
#define MIRRORSH_PREFILTER_PROGRAM_H

#include "../counts.h"
#include "../plan/prefilter.h"

#include <linux/bpf.h>

enum { PREFILTER_PROGRAM_MOST = 4000 };

struct prefilter_program {
    struct bpf_insn code[PREFILTER_PROGRAM_MOST];
    uint32_t length;
    uint32_t map_at; /* instruction whose imm is to be the map's descriptor; 0: it counts nothing */
};

void prefilter_program_make(struct prefilter_program *program, const struct prefilter *prefilter);

#endif
