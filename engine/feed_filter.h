/* What the kernel leaves out of a feed of one interface: the program that its captures have, and
 * the counts of that, which outlast programs. The control thread's only. */
#ifndef MIRRORSH_FEED_FILTER_H
#define MIRRORSH_FEED_FILTER_H

#include "io/prefilter_program.h"

struct feed_filter {
    int program;           /* that captures have; -1: none, everything goes through */
    int counts;            /* map; -1: none yet */
    struct bpf_insn *code; /* of the program that they have or are to have; NULL: none */
    uint32_t length, map_at;
    struct count read; /* up to here feed_filter_left_out has said them */
    int refused;       /* -errno: why the kernel took no program at last; 0: it did */
};

void feed_filter_init(struct feed_filter *filter);
void feed_filter_free(struct feed_filter *filter);

/* Another program is to be the filter's (NULL: none). false: it is the one already. */
bool feed_filter_exchange(struct feed_filter *filter, const struct prefilter_program *next);
/* Captures are to have none. */
void feed_filter_unload(struct feed_filter *filter);
/* true: there is a program now that captures do not have yet. */
bool feed_filter_load(struct feed_filter *filter);

/* What has been left out since the last call. */
struct count feed_filter_left_out(struct feed_filter *filter);

#endif
