/* Counting a configuration through, once. */
#include "numbering.h"

#include <stdlib.h>
#include <string.h>

static void count_all(struct numbering *numbering)
{
    const struct mirror_config *config = numbering->config;
    numbering->count[COUNT_SESSION] = (uint32_t)config->session_count;
    for (size_t i = 0; i < config->filter_count; i++)
        for (int direction = INGRESS; direction < DIRECTIONS; direction++)
            numbering->count[COUNT_RULE] += (uint32_t)config->filters[i].rule_count[direction];
    for (size_t i = 0; i < config->target_count; i++)
        numbering->count[COUNT_RECEIVER] += (uint32_t)config->targets[i].receiver_count;
    for (size_t i = 0; i < config->session_count; i++) /* each once only when they are sorted */
        numbering->count[COUNT_INTERFACE] += (uint32_t)config->sessions[i].source_count;
}

static bool allocate(struct numbering *numbering)
{
    const struct mirror_config *config = numbering->config;
    const uint32_t *count = numbering->count;
    bool good = true;
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        numbering->slots[kind] = calloc(count[kind] + 1u, sizeof(uint32_t));
        good = good && numbering->slots[kind];
        if (good)
            memset(numbering->slots[kind], 0xff, count[kind] * sizeof(uint32_t)); /* NO_SLOT */
    }
    numbering->rules = calloc(count[COUNT_RULE] + 1u, sizeof *numbering->rules);
    numbering->first_rule = calloc(config->filter_count + 1, sizeof *numbering->first_rule);
    numbering->receivers = calloc(count[COUNT_RECEIVER] + 1u, sizeof *numbering->receivers);
    numbering->first_receiver = calloc(config->target_count + 1, sizeof(uint32_t));
    numbering->interfaces = calloc(count[COUNT_INTERFACE] + 1u, sizeof *numbering->interfaces);
    return good && numbering->rules && numbering->first_rule && numbering->receivers &&
           numbering->first_receiver && numbering->interfaces;
}

static void number_rules(struct numbering *numbering)
{
    uint32_t next = 0;
    for (size_t f = 0; f < numbering->config->filter_count; f++) {
        const struct mirror_filter *filter = &numbering->config->filters[f];
        for (int direction = INGRESS; direction < DIRECTIONS; direction++) {
            numbering->first_rule[f][direction] = next;
            for (size_t r = 0; r < filter->rule_count[direction]; r++)
                numbering->rules[next++] = (struct numbered_rule){filter, (enum direction)direction,
                                                                  &filter->rules[direction][r]};
        }
    }
}

static void number_receivers(struct numbering *numbering)
{
    uint32_t next = 0;
    for (size_t t = 0; t < numbering->config->target_count; t++) {
        const struct mirror_target *target = &numbering->config->targets[t];
        numbering->first_receiver[t] = next;
        for (size_t r = 0; r < target->receiver_count; r++)
            numbering->receivers[next++] =
                (struct numbered_receiver){target, &target->receivers[r]};
    }
}

static int compare_names(const void *one, const void *other)
{
    return strncmp(one, other, INTERFACE_NAME_MAX);
}

static void number_interfaces(struct numbering *numbering)
{
    char(*all)[INTERFACE_NAME_MAX] = numbering->interfaces;
    uint32_t count = 0, distinct = 0;
    for (size_t i = 0; i < numbering->config->session_count; i++) {
        const struct mirror_session *session = &numbering->config->sessions[i];
        for (size_t source = 0; source < session->source_count; source++)
            memcpy(all[count++], session->sources[source], sizeof *all);
    }
    qsort(all, count, sizeof *all, compare_names);
    for (uint32_t i = 0; i < count; i++) {
        if (distinct == 0 || compare_names(all[distinct - 1], all[i]))
            memmove(all[distinct++], all[i], sizeof *all);
    }
    numbering->count[COUNT_INTERFACE] = distinct;
}

struct numbering *numbering_new(const struct mirror_config *config)
{
    struct numbering *numbering = calloc(1, sizeof *numbering);
    if (!numbering)
        return NULL;
    numbering->config = config;
    count_all(numbering);
    if (!allocate(numbering)) {
        numbering_free(numbering);
        return NULL;
    }
    number_rules(numbering);
    number_receivers(numbering);
    number_interfaces(numbering);
    return numbering;
}

void numbering_free(struct numbering *numbering)
{
    if (!numbering)
        return;
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        free(numbering->slots[kind]);
    free(numbering->rules);
    free(numbering->first_rule);
    free(numbering->receivers);
    free(numbering->first_receiver);
    free(numbering->interfaces);
    free(numbering);
}

uint32_t numbering_interface(const struct numbering *numbering, const char *name)
{
    const char(*found)[INTERFACE_NAME_MAX] =
        bsearch(name, numbering->interfaces, numbering->count[COUNT_INTERFACE],
                sizeof *numbering->interfaces, compare_names);
    return (uint32_t)(found - (const char(*)[INTERFACE_NAME_MAX])numbering->interfaces);
}
