/* Choosing receivers.
 *
 * By flow: every flow has its own endless order of a target's receivers, drawn from its hash, and
 * goes to the first of them that is up. So one that fails, or comes back, moves only its own flows,
 * however many others are down.
 *
 * By source interface: the same with the hash of the interface's name, but a few interfaces would
 * be spread unevenly by it; so when the plan is built each goes to the first in its order that has
 * not got its share of interfaces yet. Whether receivers are up plays no part in that: what is on
 * those that are not goes on by its own order, and comes back.
 *
 * Evenly: to the one that has been given the fewest packets. Each worker counts for itself, so
 * together they are as even as each of them. Among equals the hash decides, as they are all equal
 * with every new plan. */
#include "balance.h"

#include <stdlib.h>

enum { TRIES_MAX = 64 }; /* draws for a receiver that is up before weighing all of them */

/* Other bits than the hash itself, which the outer source port is drawn by. */
static uint32_t draw(uint32_t hash, uint32_t round)
{
    uint32_t value = hash ^ (round + 1) * 0x9e3779b9u;
    value = (value ^ value >> 16) * 0x85ebca6bu;
    value = (value ^ value >> 13) * 0xc2b2ae35u;
    return value ^ value >> 16;
}

/* The position of the receiver that stands there in the order of that hash. */
static uint32_t drawn(const struct plan_target *target, uint32_t hash, uint32_t round)
{
    return (uint32_t)((uint64_t)draw(hash, round) * target->count >> 32);
}

/* Should the draws not find one (few of very many are up), it is the one that weighs most for that
 * hash, which has the same property. */
static uint32_t by_hash(const struct plan *plan, const struct plan_target *target, uint32_t hash)
{
    for (uint32_t round = 0; round < TRIES_MAX; round++) {
        uint32_t receiver = target->first + drawn(target, hash, round);
        if (plan->receivers[receiver].up)
            return receiver;
    }
    uint32_t best = target->live[0], best_weight = 0;
    for (uint32_t i = 0; i < target->live_count; i++) {
        uint32_t weight = draw(hash, TRIES_MAX + target->live[i]);
        if (weight > best_weight) {
            best = target->live[i];
            best_weight = weight;
        }
    }
    return best;
}

static uint32_t least_given(const struct plan_target *target, uint32_t hash, const uint64_t *given)
{
    uint32_t begin = (uint32_t)((uint64_t)draw(hash, 0) * target->live_count >> 32);
    uint32_t best = target->live[begin];
    for (uint32_t i = 1; i < target->live_count; i++) {
        uint32_t at = begin + i < target->live_count ? begin + i : begin + i - target->live_count;
        if (given[target->live[at]] < given[best])
            best = target->live[at];
    }
    return best;
}

uint32_t balance_receiver(const struct plan *plan, const struct plan_target *target,
                          uint32_t interface, uint32_t hash, const uint64_t *given)
{
    if (!target->live_count)
        return NO_SLOT;
    switch (target->balance) {
    case BALANCE_FLOW:
        return by_hash(plan, target, hash);
    case BALANCE_SOURCE_INTERFACE:
        return target->by_interface[interface];
    case BALANCE_EVEN:
        return least_given(target, hash, given);
    }
    return NO_SLOT;
}

/* FNV-1a */
static uint32_t name_hash(const char *name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < INTERFACE_NAME_MAX && name[i]; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    return hash;
}

/* How many interfaces the receivers of a target have, and may have. */
struct shares {
    uint32_t *loads;       /* of each */
    uint32_t each, beyond; /* every one this many, so many one more */
};

static bool has_room(const struct shares *shares, uint32_t at)
{
    return shares->loads[at] < shares->each ||
           (shares->loads[at] == shares->each && shares->beyond);
}

/* The first in the order of that hash which has room. */
static uint32_t take_share(const struct plan_target *target, uint32_t hash, struct shares *shares)
{
    uint32_t at = drawn(target, hash, 0);
    for (uint32_t round = 1; round < TRIES_MAX && !has_room(shares, at); round++)
        at = drawn(target, hash, round);
    while (!has_room(shares, at))
        at = (at + 1) % target->count;
    shares->beyond -= shares->loads[at] == shares->each;
    shares->loads[at]++;
    return target->first + at;
}

uint32_t *balance_interfaces(const struct plan *plan, const struct plan_target *target,
                             char (*names)[INTERFACE_NAME_MAX], const bool *used, uint32_t count)
{
    uint32_t *chosen = calloc(count + 1u, sizeof *chosen);
    struct shares shares = {.loads = calloc(target->count + 1u, sizeof *shares.loads)};
    uint32_t users = 0;
    for (uint32_t i = 0; i < count; i++)
        users += used[i];
    if (target->count) {
        shares.each = users / target->count;
        shares.beyond = users % target->count;
    }
    for (uint32_t i = 0; chosen && shares.loads && target->live_count && i < count; i++) {
        uint32_t hash = name_hash(names[i]);
        chosen[i] = used[i] ? take_share(target, hash, &shares) : target->first;
        if (!plan->receivers[chosen[i]].up)
            chosen[i] = by_hash(plan, target, hash);
    }
    if (!shares.loads) {
        free(chosen);
        chosen = NULL;
    }
    free(shares.loads);
    return chosen;
}
