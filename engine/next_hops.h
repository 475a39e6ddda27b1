/* The neighbours that a configuration's rules name as next hops, as the kernel knows them now. The
 * control thread's only. */
#ifndef MIRRORSH_NEXT_HOPS_H
#define MIRRORSH_NEXT_HOPS_H

#include "io/neighbours.h"

/* Into *found, whose list is malloced. The kernel is asked only where there is such a rule.
 * -errno. */
int next_hops_read(struct links *links, const struct mirror_config *config,
                   struct neighbours *found);

/* Whether reading them now would give the same; so it is, too, when they cannot be read. */
bool next_hops_hold(struct links *links, const struct mirror_config *config,
                    const struct neighbours *before);

#endif
