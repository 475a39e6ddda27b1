/* A configuration with the counter slots of its names: what stays the same in it however
 * often the plan is built anew for the sake of links and receivers. */
#ifndef MIRRORSH_COMMITTED_H
#define MIRRORSH_COMMITTED_H

#include "counters.h"
#include "mirror_config.h"
#include "worker.h"

struct committed {
    struct mirror_config *config;           /* owned */
    char (*interfaces)[INTERFACE_NAME_MAX]; /* the plan's, in its order */
    uint32_t *slots[COUNTER_KINDS]; /* of sessions; of rules by filter, ingress first; of receivers
                                       by target; of interfaces: the plan's order */
    uint32_t count[COUNTER_KINDS];
    struct worker_slot *fresh; /* slots whose names are new with this configuration */
    size_t fresh_count;
};

/* Owns `config` from the call on. NULL when memory runs out. */
struct committed *committed_new(struct mirror_config *config, struct counter_names *names);
/* Frees it, and its names' slots for others. NULL is fine. */
void committed_free(struct committed *committed, struct counter_names *names);

/* The index of an interface of it. */
uint32_t committed_interface(const struct committed *committed, const char *name);

#endif
