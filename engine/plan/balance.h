/* Which of a target's receivers gets a packet. Pure. */
#ifndef MIRRORSH_BALANCE_H
#define MIRRORSH_BALANCE_H

#include "plan.h"

/* The index in plan->receivers; NO_SLOT when none of the target's is up. hash: of the flow. given:
 * packets that each of plan->receivers has been given so far, for BALANCE_EVEN. */
uint32_t balance_receiver(const struct plan *plan, const struct plan_target *target,
                          uint32_t interface, uint32_t hash, const uint64_t *given);

/* For BALANCE_SOURCE_INTERFACE: the receivers of `count` interfaces, whose names these are,
 * malloced; NULL when memory runs out. Those that are `used` with the target are shared out evenly.
 */
uint32_t *balance_interfaces(const struct plan *plan, const struct plan_target *target,
                             char (*names)[INTERFACE_NAME_MAX], const bool *used, uint32_t count);

#endif
