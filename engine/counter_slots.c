/* Names by which counters are known: a session's and an interface's own, a rule's and a receiver's
 * behind that of its filter or target. */
#include "counter_slots.h"

#include "packet/protocol.h"

#include <stdlib.h>
#include <string.h>

struct taking {
    struct numbering *numbering;
    struct counter_names *names;
    struct counter_slot *fresh;
    size_t fresh_count;
};

static bool take(struct taking *taking, enum counter_kind kind, uint32_t number, const void *name,
                 size_t length)
{
    uint32_t slot;
    bool fresh;
    if (!counter_names_take(taking->names, kind, name, length, &slot, &fresh))
        return false;
    taking->numbering->slots[kind][number] = slot;
    if (fresh)
        taking->fresh[taking->fresh_count++] = (struct counter_slot){kind, slot};
    return true;
}

/* A name followed by what tells its parts apart. */
static bool take_part(struct taking *taking, enum counter_kind kind, uint32_t number,
                      const char *name, const void *part, size_t length)
{
    size_t name_length = strlen(name) + 1; /* its NUL separates them */
    uint8_t *whole = malloc(name_length + length);
    if (!whole)
        return false;
    memcpy(whole, name, name_length);
    memcpy(whole + name_length, part, length);
    bool taken = take(taking, kind, number, whole, name_length + length);
    free(whole);
    return taken;
}

static bool take_rule(struct taking *taking, uint32_t number)
{
    const struct numbered_rule *rule = &taking->numbering->rules[number];
    const uint16_t part[] = {(uint16_t)rule->direction, rule->rule->number};
    return take_part(taking, COUNT_RULE, number, rule->filter->name, part, sizeof part);
}

static bool take_receiver(struct taking *taking, uint32_t number)
{
    const struct numbered_receiver *numbered = &taking->numbering->receivers[number];
    const struct mirror_receiver *receiver = numbered->receiver;
    uint8_t part[3 + IPV6_ADDRESS + INTERFACE_NAME_MAX] = {
        receiver->family, (uint8_t)(receiver->port >> 8), (uint8_t)receiver->port};
    memcpy(part + 3, receiver->address, address_size(receiver->family));
    memcpy(part + 3 + IPV6_ADDRESS, receiver->interface, sizeof receiver->interface);
    return take_part(taking, COUNT_RECEIVER, number, numbered->target->name, part, sizeof part);
}

bool counter_slots_take(struct numbering *numbering, struct counter_names *names,
                        struct counter_slot *fresh, size_t *fresh_count)
{
    struct taking taking = {.numbering = numbering, .names = names, .fresh = fresh};
    const uint32_t *count = numbering->count;
    bool good = true;
    for (uint32_t i = 0; good && i < count[COUNT_SESSION]; i++) {
        const char *name = numbering->config->sessions[i].name;
        good = take(&taking, COUNT_SESSION, i, name, strlen(name));
    }
    for (uint32_t i = 0; good && i < count[COUNT_INTERFACE]; i++) {
        const char *name = numbering->interfaces[i];
        good = take(&taking, COUNT_INTERFACE, i, name, strlen(name));
    }
    for (uint32_t i = 0; good && i < count[COUNT_RULE]; i++)
        good = take_rule(&taking, i);
    for (uint32_t i = 0; good && i < count[COUNT_RECEIVER]; i++)
        good = take_receiver(&taking, i);
    *fresh_count = taking.fresh_count;
    return good;
}

void counter_slots_release(const struct numbering *numbering, struct counter_names *names)
{
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        for (uint32_t i = 0; i < numbering->count[kind]; i++)
            if (numbering->slots[kind][i] != NO_SLOT)
                counter_names_release(names, (enum counter_kind)kind, numbering->slots[kind][i]);
}
