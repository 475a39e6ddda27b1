/* Folding goes field by field: what is given once stays, what is given twice is narrowed. What
 * excludes each other across fields (ports of ICMP) is left to the packets, which have no such
 * thing. */
#include "rule.h"
#include <string.h>

/* ---- next hops ---- */

static int order(const struct neighbour *neighbour, const struct match_value *hop)
{
    if (neighbour->family != hop->family)
        return neighbour->family - hop->family;
    return memcmp(neighbour->address, hop->address, sizeof neighbour->address);
}

/* The neighbours that have the address: from *first on, so many. */
static size_t find(const struct neighbours *neighbours, const struct match_value *hop,
                   const struct neighbour **first)
{
    size_t low = 0, high = neighbours->count, count = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(&neighbours->at[middle], hop) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = neighbours->count ? &neighbours->at[low] : NULL;
    while (low + count < neighbours->count && order(&neighbours->at[low + count], hop) == 0)
        count++;
    return count;
}

/* That of the match; NULL: it has none. */
static const struct match_value *hop_of(const struct match *match)
{
    return match->given & 1u << FIELD_NEXT_HOP ? &match->value[FIELD_NEXT_HOP] : NULL;
}

static const struct match_value *first_hop(const struct mirror_rule *rule)
{
    const struct match_value *hop = hop_of(&rule->match);
    for (size_t i = 0; !hop && i < rule->condition_count; i++)
        hop = hop_of(&rule->conditions[i].match);
    return hop;
}

/* Whether the match has no next hop, or one that has the link address, which it then gets. */
static bool take_link(struct match *match, const struct neighbours *neighbours,
                      const uint8_t link[6])
{
    const struct neighbour *first;
    if (!hop_of(match))
        return true;
    struct match_value *hop = &match->value[FIELD_NEXT_HOP];
    size_t count = find(neighbours, hop, &first);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(first[i].link, link, sizeof hop->link) == 0) {
            memcpy(hop->link, link, sizeof hop->link);
            return true;
        }
    }
    return false;
}

static const struct match_value *unresolved(const struct match *match,
                                            const struct neighbours *neighbours)
{
    const struct match_value *hop = hop_of(match);
    const struct neighbour *first;
    return hop && !find(neighbours, hop, &first) ? hop : NULL;
}

const struct match_value *rule_unresolved(const struct mirror_rule *rule,
                                          const struct neighbours *neighbours, uint16_t *condition)
{
    const struct match_value *hop = unresolved(&rule->match, neighbours);
    *condition = 0;
    for (size_t i = 0; !hop && i < rule->condition_count; i++) {
        hop = unresolved(&rule->conditions[i].match, neighbours);
        *condition = rule->conditions[i].number;
    }
    return hop;
}

/* ---- folding ---- */

/* The rule as one match, for frames to one link address. */
static bool fold_all(const struct mirror_rule *rule, const struct neighbours *neighbours,
                     const uint8_t link[6], struct match *match)
{
    *match = rule->match;
    if (!take_link(match, neighbours, link))
        return false;
    for (size_t i = 0; i < rule->condition_count; i++) {
        struct match more = rule->conditions[i].match;
        if (!take_link(&more, neighbours, link) || !match_narrow(match, &more))
            return false;
    }
    return true;
}

size_t rule_matches_max(const struct mirror_rule *rule, const struct neighbours *neighbours)
{
    const struct match_value *hop = first_hop(rule);
    const struct neighbour *first;
    return hop ? find(neighbours, hop, &first) : 1;
}

size_t rule_fold(const struct mirror_rule *rule, const struct neighbours *neighbours,
                 struct match *matches)
{
    const struct match_value *hop = first_hop(rule);
    const struct neighbour *first;
    if (!hop)
        return fold_all(rule, neighbours, NULL, &matches[0]);
    size_t hops = find(neighbours, hop, &first), count = 0;
    for (size_t i = 0; i < hops; i++)
        count += fold_all(rule, neighbours, first[i].link, &matches[count]);
    return count;
}
