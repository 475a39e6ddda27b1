/* Many rules -> groups for a table each, so that a packet is looked for in few of them: rules of
 * one group are near each other, and those that are open in what tells others apart stand apart. */
#ifndef MIRRORSH_RULE_GROUPS_H
#define MIRRORSH_RULE_GROUPS_H

#include "lanes.h"

struct rule_group {
    uint32_t first, count; /* in rule_groups.rules */
    uint32_t least;        /* its first rule */
};

struct rule_groups {
    uint32_t *rules;       /* every rule once, by its index: group after group, ascending in each */
    struct rule_group *at; /* ascending by `least` */
    uint32_t count;
};

/* count: at least 1; most: of a group. false: no memory, and there is nothing to free. */
bool rule_groups_make(struct rule_groups *groups, const struct lanes *rules, uint32_t count,
                      uint32_t most);
void rule_groups_free(struct rule_groups *groups);

#endif
