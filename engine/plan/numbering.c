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
    return good && numbering->rules && numbering->first_rule && numbering->receivers &&
           numbering->first_receiver;
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

bool session_takes_found(const struct mirror_session *session)
{
    return session->all_interfaces || (session->prefix_count && !session->source_count);
}

/* Prefixes alone are those on every interface. */
static bool takes(const struct mirror_session *session, const struct found_interface *found)
{
    return session_takes_found(session) &&
           !(session->all_interfaces && !session->prefix_count && found->to_receivers);
}

static bool taken_by_any(const struct mirror_config *config, const struct found_interface *found)
{
    for (size_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled && takes(&config->sessions[i], found))
            return true;
    return false;
}

/* Those that are named, by disabled sessions too, and those that are found and taken. */
static bool number_interfaces(struct numbering *numbering, const struct found_interface *found,
                              size_t found_count)
{
    const struct mirror_config *config = numbering->config;
    size_t most = found_count, count = 0;
    for (size_t i = 0; i < config->session_count; i++)
        most += config->sessions[i].source_count;
    char(*all)[INTERFACE_NAME_MAX] = calloc(most + 1, sizeof *all);
    numbering->interfaces = all;
    if (!all)
        return false;
    for (size_t i = 0; i < config->session_count; i++)
        for (size_t source = 0; source < config->sessions[i].source_count; source++)
            memcpy(all[count++], config->sessions[i].sources[source], sizeof *all);
    for (size_t i = 0; i < found_count; i++)
        if (taken_by_any(config, &found[i]))
            memcpy(all[count++], found[i].name, sizeof *all);
    qsort(all, count, sizeof *all, compare_names);
    uint32_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        if (!distinct || compare_names(all[distinct - 1], all[i]))
            memmove(all[distinct++], all[i], sizeof *all);
    numbering->count[COUNT_INTERFACE] = distinct;
    return true;
}

static int compare_numbers(const void *one, const void *other)
{
    uint32_t left = *(const uint32_t *)one, right = *(const uint32_t *)other;
    return (left > right) - (left < right);
}

/* Into *list the numbers of the session's interfaces, and how many: ascending, each once. */
static size_t sources_of(const struct numbering *numbering, const struct mirror_session *session,
                         const struct found_interface *found, size_t found_count, uint32_t *list)
{
    size_t count = 0, distinct = 0;
    for (size_t i = 0; i < session->source_count; i++)
        list[count++] = numbering_interface(numbering, session->sources[i]);
    for (size_t i = 0; i < found_count; i++)
        if (takes(session, &found[i]))
            list[count++] = numbering_interface(numbering, found[i].name);
    qsort(list, count, sizeof *list, compare_numbers);
    for (size_t i = 0; i < count; i++)
        if (!distinct || list[distinct - 1] != list[i])
            list[distinct++] = list[i];
    return distinct;
}

static bool list_sources(struct numbering *numbering, const struct found_interface *found,
                         size_t found_count)
{
    const struct mirror_config *config = numbering->config;
    size_t most = 1, count = 0;
    for (size_t i = 0; i < config->session_count; i++)
        most += config->sessions[i].source_count +
                (session_takes_found(&config->sessions[i]) ? found_count : 0);
    struct number_lists *sources = &numbering->sources;
    sources->first = calloc(config->session_count + 1, sizeof(uint32_t));
    sources->numbers = calloc(most, sizeof(uint32_t));
    for (size_t i = 0; sources->first && sources->numbers && i < config->session_count; i++) {
        if (!config->sessions[i].disabled)
            count += sources_of(numbering, &config->sessions[i], found, found_count,
                                sources->numbers + count);
        sources->first[i + 1] = (uint32_t)count;
    }
    return sources->first && sources->numbers;
}

/* The same the other way round. */
static bool list_sessions(struct numbering *numbering)
{
    const struct number_lists *sources = &numbering->sources;
    struct number_lists *sessions = &numbering->sessions;
    uint32_t session_count = numbering->count[COUNT_SESSION];
    uint32_t interface_count = numbering->count[COUNT_INTERFACE];
    uint32_t pairs = sources->first[session_count];
    sessions->first = calloc(interface_count + 2u, sizeof(uint32_t));
    sessions->numbers = calloc(pairs + 1u, sizeof(uint32_t));
    if (!sessions->first || !sessions->numbers)
        return false;
    /* first[i + 1] is where the next session of i goes, and in the end where i + 1 begins */
    for (uint32_t i = 0; i < pairs; i++)
        if (sources->numbers[i] + 2 <= interface_count)
            sessions->first[sources->numbers[i] + 2]++;
    for (uint32_t i = 2; i <= interface_count; i++)
        sessions->first[i] += sessions->first[i - 1];
    for (uint32_t session = 0; session < session_count; session++)
        for (uint32_t i = sources->first[session]; i < sources->first[session + 1]; i++)
            sessions->numbers[sessions->first[sources->numbers[i] + 1]++] = session;
    return true;
}

struct numbering *numbering_new(const struct mirror_config *config,
                                const struct found_interface *found, size_t count)
{
    struct numbering *numbering = calloc(1, sizeof *numbering);
    if (!numbering)
        return NULL;
    numbering->config = config;
    count_all(numbering);
    if (!number_interfaces(numbering, found, count) || !allocate(numbering) ||
        !list_sources(numbering, found, count) || !list_sessions(numbering)) {
        numbering_free(numbering);
        return NULL;
    }
    number_rules(numbering);
    number_receivers(numbering);
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
    free(numbering->sources.first);
    free(numbering->sources.numbers);
    free(numbering->sessions.first);
    free(numbering->sessions.numbers);
    free(numbering);
}

uint32_t numbering_interface(const struct numbering *numbering, const char *name)
{
    const char(*found)[INTERFACE_NAME_MAX] =
        bsearch(name, numbering->interfaces, numbering->count[COUNT_INTERFACE],
                sizeof *numbering->interfaces, compare_names);
    const char(*first)[INTERFACE_NAME_MAX] = numbering->interfaces;
    return found ? (uint32_t)(found - first) : NO_SLOT;
}

bool numbering_has_source(const struct numbering *numbering, uint32_t session, const char *name)
{
    const struct number_lists *sources = &numbering->sources;
    uint32_t interface = numbering_interface(numbering, name);
    return bsearch(&interface, sources->numbers + sources->first[session],
                   sources->first[session + 1] - sources->first[session], sizeof interface,
                   compare_numbers);
}
