/* The counter slots of everything that a configuration numbers: taken when it is numbered, released
 * when nobody uses that numbering any more. The control thread's only. */
#ifndef MIRRORSH_COUNTER_SLOTS_H
#define MIRRORSH_COUNTER_SLOTS_H

#include "counters.h"
#include "plan/numbering.h"

/* Fills numbering->slots. `fresh` has room for all of them and gets those whose names nobody else
 * has. false: memory ran out, and some may be taken. */
bool counter_slots_take(struct numbering *numbering, struct counter_names *names,
                        struct counter_slot *fresh, size_t *fresh_count);
/* Those that were taken. */
void counter_slots_release(const struct numbering *numbering, struct counter_names *names);

#endif
