/* A configured rule -> what the classifier compiles: its conditions, which must all hold, folded
 * into what they have in common, and its next hop as the link address that the neighbour has now.
 * Pure. */
#ifndef MIRRORSH_RULE_H
#define MIRRORSH_RULE_H

#include "../mirror_config.h"

/* An address on the other end of a link. */
struct neighbour {
    uint8_t family;      /* 4 or 6 */
    uint8_t address[16]; /* IPv4 in the first four, rest zero */
    uint8_t link[6];     /* its link address */
};

/* Those that have a link address, each once, in the order of their members. */
struct neighbours {
    struct neighbour *at;
    size_t count;
};

/* The most matches that a rule folds into: more than one where its next hop is the address of
 * several neighbours, as a link-local one may be; each of them is meant. */
size_t rule_matches_max(const struct mirror_rule *rule, const struct neighbours *neighbours);
/* Into matches[], of which any may hold: how many. 0: it matches nothing, for its conditions
 * exclude each other or a next hop is no neighbour. */
size_t rule_fold(const struct mirror_rule *rule, const struct neighbours *neighbours,
                 struct match *matches);

/* The next hop that is no neighbour, of the rule's own or of a condition, whose number is
 * *condition; 0: the rule's own. NULL: there is none. */
const struct match_value *rule_unresolved(const struct mirror_rule *rule,
                                          const struct neighbours *neighbours, uint16_t *condition);

#endif
