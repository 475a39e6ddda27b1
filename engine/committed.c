/* Giving every name of a configuration its counter slot. */
#include "committed.h"

#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

/* Takes the slot of a name as the next of its kind. */
static bool take(struct committed *committed, struct counter_names *names, enum counter_kind kind,
                 const void *name, size_t length)
{
    uint32_t slot;
    bool fresh;
    if (!counter_names_take(names, kind, name, length, &slot, &fresh))
        return false;
    committed->slots[kind][committed->count[kind]++] = slot;
    if (fresh)
        committed->fresh[committed->fresh_count++] =
            (struct worker_slot){.kind = kind, .slot = slot};
    return true;
}

/* A name followed by what tells its parts apart. */
static bool take_part(struct committed *committed, struct counter_names *names,
                      enum counter_kind kind, const char *name, const void *part, size_t length)
{
    enum { PART_MAX = 32 };
    size_t name_length = strlen(name) + 1; /* its NUL separates them */
    uint8_t *whole = malloc(name_length + PART_MAX);
    if (!whole)
        return false;
    memcpy(whole, name, name_length);
    memcpy(whole + name_length, part, length);
    bool taken = take(committed, names, kind, whole, name_length + length);
    free(whole);
    return taken;
}

static bool take_rules(struct committed *committed, struct counter_names *names)
{
    const struct mirror_config *config = committed->config;
    for (size_t f = 0; f < config->filter_count; f++) {
        const struct mirror_filter *filter = &config->filters[f];
        for (int direction = INGRESS; direction < DIRECTIONS; direction++) {
            for (size_t r = 0; r < filter->rule_count[direction]; r++) {
                uint16_t part[2] = {(uint16_t)direction, filter->rules[direction][r].number};
                if (!take_part(committed, names, COUNT_RULE, filter->name, part, sizeof part))
                    return false;
            }
        }
    }
    return true;
}

static bool take_receivers(struct committed *committed, struct counter_names *names)
{
    const struct mirror_config *config = committed->config;
    for (size_t t = 0; t < config->target_count; t++) {
        const struct mirror_target *target = &config->targets[t];
        for (size_t r = 0; r < target->receiver_count; r++) {
            const struct mirror_receiver *receiver = &target->receivers[r];
            uint8_t part[19] = {receiver->family, (uint8_t)(receiver->port >> 8),
                                (uint8_t)receiver->port};
            memcpy(part + 3, receiver->address, receiver->family == 4 ? 4 : 16);
            if (!take_part(committed, names, COUNT_RECEIVER, target->name, part, sizeof part))
                return false;
        }
    }
    return true;
}

static bool take_all(struct committed *committed, struct counter_names *names,
                     size_t interface_count)
{
    const struct mirror_config *config = committed->config;
    for (size_t i = 0; i < config->session_count; i++) {
        const char *name = config->sessions[i].name;
        if (!take(committed, names, COUNT_SESSION, name, strlen(name)))
            return false;
    }
    for (size_t i = 0; i < interface_count; i++) {
        const char *name = committed->interfaces[i];
        if (!take(committed, names, COUNT_INTERFACE, name, strlen(name)))
            return false;
    }
    return take_rules(committed, names) && take_receivers(committed, names);
}

static bool allocate(struct committed *committed, size_t interface_count)
{
    const struct mirror_config *config = committed->config;
    size_t count[COUNTER_KINDS] = {
        [COUNT_SESSION] = config->session_count,
        [COUNT_INTERFACE] = interface_count,
    };
    for (size_t i = 0; i < config->filter_count; i++)
        count[COUNT_RULE] +=
            config->filters[i].rule_count[INGRESS] + config->filters[i].rule_count[EGRESS];
    for (size_t i = 0; i < config->target_count; i++)
        count[COUNT_RECEIVER] += config->targets[i].receiver_count;

    size_t all = 1; /* never of 0 bytes */
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        committed->slots[kind] = calloc(count[kind] + 1, sizeof(uint32_t));
        if (!committed->slots[kind])
            return false;
        all += count[kind];
    }
    committed->fresh = calloc(all, sizeof *committed->fresh);
    return committed->fresh;
}

struct committed *committed_new(struct mirror_config *config, struct counter_names *names)
{
    struct committed *committed = calloc(1, sizeof *committed);
    if (!committed) {
        mirror_config_free(config);
        return NULL;
    }
    committed->config = config;
    int interfaces = plan_interfaces(config, &committed->interfaces);
    if (interfaces < 0 || !allocate(committed, (size_t)interfaces) ||
        !take_all(committed, names, (size_t)interfaces)) {
        committed_free(committed, names);
        return NULL;
    }
    return committed;
}

void committed_free(struct committed *committed, struct counter_names *names)
{
    if (!committed)
        return;
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        for (uint32_t i = 0; i < committed->count[kind]; i++)
            counter_names_release(names, (enum counter_kind)kind, committed->slots[kind][i]);
        free(committed->slots[kind]);
    }
    free(committed->fresh);
    free(committed->interfaces);
    mirror_config_free(committed->config);
    free(committed);
}

uint32_t committed_interface(const struct committed *committed, const char *name)
{
    uint32_t low = 0, high = committed->count[COUNT_INTERFACE];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(committed->interfaces[middle], name);
        if (!order)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
