/* Folding goes field by field: what is given once stays, what is given twice is narrowed. What
 * excludes each other across fields (ports of ICMP) is left to the packets, which have no such
 * thing. */
#include "rule.h"

static bool fold(struct match *match, const struct match *more)
{
    for (unsigned i = 0; i < MATCH_FIELD_COUNT; i++) {
        if (!(more->given & 1u << i))
            continue;
        if (!(match->given & 1u << i))
            match->value[i] = more->value[i];
        else if (!match_value_narrow(&match_fields[i], &match->value[i], &more->value[i]))
            return false;
    }
    match->given |= more->given;
    return true;
}

bool rule_fold(const struct mirror_rule *rule, struct match *match)
{
    *match = rule->match;
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (!fold(match, &rule->conditions[i].match))
            return false;
    }
    return true;
}
