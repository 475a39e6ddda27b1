/* The kernel's side of a prefilter's program: its map of counts, and the program loaded, by
 * descriptors that are the caller's to close. All of it needs CAP_BPF. */
#ifndef MIRRORSH_BPF_H
#define MIRRORSH_BPF_H

#include "prefilter_program.h"

/* Counts at zero; -errno. */
int bpf_counts_open(void);
/* What has been counted since they were opened. false: they cannot be read now. */
bool bpf_counts_read(int counts, struct count *sum);

/* A program (prefilter_program.h), loaded; -errno. Its instruction at map_at gets the map: it
 * counts in `counts` for as long as it is attached somewhere. */
int bpf_program_open(struct bpf_insn *code, uint32_t length, uint32_t map_at, int counts);

#endif
