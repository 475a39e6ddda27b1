/* The addresses are gathered from the rules each time: that takes less than the kernel's answer,
 * and nothing has to be kept. */
#include "next_hops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Addresses behind their family, sorted once all are there. */
struct wanted {
    uint8_t (*at)[17];
    size_t count, room;
    bool out_of_memory;
};

static void want(struct wanted *wanted, const struct match *match)
{
    const struct match_value *hop = &match->value[FIELD_NEXT_HOP];
    if (!(match->given & 1u << FIELD_NEXT_HOP))
        return;
    if (wanted->count == wanted->room) {
        size_t room = wanted->room ? 2 * wanted->room : 16;
        uint8_t(*more)[17] = reallocarray(wanted->at, room, sizeof *more);
        if (!more) {
            wanted->out_of_memory = true;
            return;
        }
        wanted->at = more;
        wanted->room = room;
    }
    wanted->at[wanted->count][0] = hop->family;
    memcpy(wanted->at[wanted->count++] + 1, hop->address, sizeof hop->address);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 17);
}

static void gather(struct wanted *wanted, const struct mirror_config *config)
{
    for (size_t f = 0; f < config->filter_count; f++) {
        const struct mirror_filter *filter = &config->filters[f];
        for (int direction = 0; direction < DIRECTIONS; direction++) {
            for (size_t r = 0; r < filter->rule_count[direction]; r++) {
                const struct mirror_rule *rule = &filter->rules[direction][r];
                want(wanted, &rule->match);
                for (size_t c = 0; c < rule->condition_count; c++)
                    want(wanted, &rule->conditions[c].match);
            }
        }
    }
    if (wanted->count)
        qsort(wanted->at, wanted->count, sizeof *wanted->at, by_bytes);
}

static bool is_wanted(const void *context, const struct neighbour *neighbour)
{
    const struct wanted *wanted = context;
    uint8_t address[17] = {neighbour->family};
    memcpy(address + 1, neighbour->address, sizeof neighbour->address);
    return bsearch(address, wanted->at, wanted->count, sizeof *wanted->at, by_bytes);
}

int next_hops_read(struct links *links, const struct mirror_config *config,
                   struct neighbours *found)
{
    struct wanted wanted = {0};
    int error = 0;
    *found = (struct neighbours){0};
    gather(&wanted, config);
    if (wanted.out_of_memory)
        error = -ENOMEM;
    else if (wanted.count)
        error = neighbours_read(links, is_wanted, &wanted, found);
    free(wanted.at);
    return error;
}

bool next_hops_hold(struct links *links, const struct mirror_config *config,
                    const struct neighbours *before)
{
    struct neighbours now;
    if (next_hops_read(links, config, &now))
        return true;
    bool same = now.count == before->count &&
                (!now.count || !memcmp(now.at, before->at, now.count * sizeof *now.at));
    free(now.at);
    return same;
}
