/* The kernel's tables of neighbours (rtnetlink), looked up when asked for. The control thread's
 * only. */
#ifndef MIRRORSH_NEIGHBOURS_H
#define MIRRORSH_NEIGHBOURS_H

#include "../plan/rule.h"
#include "links.h"

typedef bool neighbour_wanted_fn(const void *context, const struct neighbour *neighbour);

/* Those with a link address of Ethernet's that are wanted, into *found, whose list is malloced.
 * -errno. */
int neighbours_read(struct links *links, neighbour_wanted_fn *wanted, const void *context,
                    struct neighbours *found);

#endif
