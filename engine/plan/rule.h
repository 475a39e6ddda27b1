/* A configured rule -> the one match that the classifier compiles: its conditions, which must all
 * hold, folded into what they have in common. Pure. */
#ifndef MIRRORSH_RULE_H
#define MIRRORSH_RULE_H

#include "../mirror_config.h"

/* Into *match. false: its conditions exclude each other, and it matches nothing. */
bool rule_fold(const struct mirror_rule *rule, struct match *match);

#endif
