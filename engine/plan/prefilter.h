/* What the kernel may leave out of the packets of an interface, and of how much of the others it
 * may hand over less than all, so that nothing which anybody is to get is missed: from the plan,
 * for the program that is made of it (io/prefilter_program.h). Pure. */
#ifndef MIRRORSH_PREFILTER_H
#define MIRRORSH_PREFILTER_H

#include "interest.h"
#include "plan.h"

enum { KEEP_WHOLE = UINT16_MAX }; /* longer ones too */

/* By the direction in which packets are seen. */
struct prefilter {
    struct interest wanted[DIRECTIONS]; /* a packet that is not: no rule decides it */
    uint32_t keep[DIRECTIONS];          /* bytes that are enough of it, KEEP_WHOLE: all */
    struct interest own;                /* a packet that is not: it is none of the exclusions' */
};

/* What is to be known of the packets that are seen on an interface. false: memory ran out. In
 * either case freed with prefilter_free. */
bool prefilter_make(struct prefilter *prefilter, const struct plan *plan, uint32_t interface);
void prefilter_free(struct prefilter *prefilter);

/* It leaves nothing out and cuts nothing. */
bool prefilter_is_idle(const struct prefilter *prefilter);

#endif
