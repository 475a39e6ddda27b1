/* What the kernel leaves out of each interface that has a feed of its own, as the plan has it. A
 * shared feed's filter knows interfaces only (sources.c). */
#ifndef MIRRORSH_PREFILTERS_H
#define MIRRORSH_PREFILTERS_H

#include "dataplane.h"

/* Around the moment in which a data plane takes the place of another: where the kernel is to leave
 * out other packets from then on, it leaves out none between these two. */
void prefilters_lift(const struct sources *sources, const struct dataplane *next);
void prefilters_set(const struct sources *sources, const struct dataplane *next);

/* -errno: why the kernel leaves nothing out of some source; 0: it leaves out what it is to. */
int prefilters_refused(const struct sources *sources);

#endif
