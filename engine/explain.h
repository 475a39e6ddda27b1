/* Why a packet is mirrored, or not: asked of the plan, and of what packets are classified with.
 * Pure.
 */
#ifndef MIRRORSH_ENGINE_EXPLAIN_H
#define MIRRORSH_ENGINE_EXPLAIN_H

#include "engine.h"
#include "plan/plan.h"

struct explain_input {
    const struct plan *plan;
    const struct numbering *numbering;
    const struct neighbours *neighbours; /* that the plan was built with */
    const char *const *down; /* of each session why it takes no part; "" where it does */
    const char *fault;       /* why the interface delivers nothing; "": it does */
};

/* NULL when memory runs out. Points into the numbering's configuration. */
struct explanation *explain(const struct explain_input *input,
                            const struct packet_question *question);

#endif
