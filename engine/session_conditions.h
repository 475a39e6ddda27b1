/* Which sessions of a data plane are up, and why the others are not. The control thread's only;
 * with dataplane_check and dataplane_warn of dataplane.h. */
#ifndef MIRRORSH_SESSION_CONDITIONS_H
#define MIRRORSH_SESSION_CONDITIONS_H

#include "dataplane.h"

/* Fills dataplane->sessions by the conditions of its interfaces and receivers. */
void sessions_judge(struct dataplane *dataplane, const struct links *links);

/* Into `reason` why an interface, by its number, delivers nothing; "": it does, or nobody asks. */
void interface_judge(const struct dataplane *dataplane, uint32_t index,
                     char reason[static REASON_MAX]);

/* Whether the addresses of this machine are still in the way of the same sessions. */
bool sessions_conflicts_hold(struct dataplane *dataplane, const struct links *links);

#endif
