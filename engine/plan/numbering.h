/* The numbers of a configuration's sessions, rules, receivers and source interfaces: each kind is
 * counted from 0 on, in one order, and by these numbers plans, counters and reports find them.
 * Pure. */
#ifndef MIRRORSH_NUMBERING_H
#define MIRRORSH_NUMBERING_H

#include "../mirror_config.h"

/* What is numbered is what is counted. */
enum counter_kind { COUNT_SESSION, COUNT_RULE, COUNT_RECEIVER, COUNT_INTERFACE, COUNTER_KINDS };

enum { NO_SLOT = UINT32_MAX };

struct numbered_rule {
    const struct mirror_filter *filter;
    enum direction direction;
    const struct mirror_rule *rule;
};

struct numbered_receiver {
    const struct mirror_target *target;
    const struct mirror_receiver *receiver;
};

struct numbering {
    const struct mirror_config *config;
    uint32_t count[COUNTER_KINDS];
    struct numbered_rule *rules;            /* by filter, ingress first, ascending */
    uint32_t (*first_rule)[DIRECTIONS];     /* of each filter */
    struct numbered_receiver *receivers;    /* by target, in configured order */
    uint32_t *first_receiver;               /* of each target */
    char (*interfaces)[INTERFACE_NAME_MAX]; /* of all sessions, enabled or not; ascending */
    /* Where a worker's counters of each number live: slots belong to names and outlast numberings.
     * NO_SLOT at first. */
    uint32_t *slots[COUNTER_KINDS];
};

/* Keeps `config`, which is the caller's. NULL when memory runs out; freed with numbering_free
 * (NULL is fine). */
struct numbering *numbering_new(const struct mirror_config *config);
void numbering_free(struct numbering *numbering);

/* The number of an interface that is among them. */
uint32_t numbering_interface(const struct numbering *numbering, const char *name);

#endif
