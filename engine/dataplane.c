/* Building a data plane: resources first, then the conditions they are in, then which
 * sessions are up under these, then the plan. */
#include "dataplane.h"
#include "own_lines.h"
#include "session_conditions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take_sources(struct dataplane *dataplane, struct resources *resources)
{
    const struct numbering *numbering = dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_INTERFACE]; i++) {
        const struct link *link = links_find(resources->links, numbering->interfaces[i]);
        if (!link || numbering->sessions.first[i] == numbering->sessions.first[i + 1])
            continue;
        dataplane->sources[i] =
            sources_take(&resources->sources, link, numbering->slots[COUNT_INTERFACE][i]);
        if (!dataplane->sources[i])
            return false;
    }
    sources_settle(&resources->sources);
    return true;
}

static bool take_receivers(struct dataplane *dataplane, struct resources *resources)
{
    const struct numbering *numbering = dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_RECEIVER]; i++) {
        dataplane->receivers[i] =
            receivers_take(&resources->receivers, numbering->receivers[i].target,
                           numbering->receivers[i].receiver);
        if (!dataplane->receivers[i])
            return false;
    }
    receivers_settle(&resources->receivers, RECEIVER_PATIENCE_MS);
    for (uint32_t i = 0; i < numbering->count[COUNT_RECEIVER]; i++)
        dataplane->health[i] = dataplane->receivers[i]->health;
    return true;
}

static bool take_paces(struct dataplane *dataplane, struct resources *resources)
{
    const struct numbering *numbering = dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_SESSION]; i++) {
        struct pacing pacing = pacing_of(&numbering->config->sessions[i]);
        if (!pacing_is_wanted(&pacing))
            continue;
        dataplane->paces[i] =
            paces_take(&resources->paces, numbering->slots[COUNT_SESSION][i], &pacing);
        if (!dataplane->paces[i])
            return false;
    }
    return true;
}

/* All bytes set, so that conditions can be compared as bytes. */
static void look_at_interface(const struct resources *resources, const char *name,
                              const struct source *source, struct interface_condition *condition)
{
    const struct link *link = links_find(resources->links, name);
    memset(condition, 0, sizeof *condition);
    if (!link)
        return;
    condition->index = link->index;
    condition->up = link->up;
    condition->open = source && source->feed && !source->lost;
}

/* ---- the plan ---- */

static struct plan *build_plan(const struct dataplane *dataplane)
{
    const struct numbering *numbering = dataplane->numbering;
    uint32_t receivers = numbering->count[COUNT_RECEIVER];
    uint32_t sessions = numbering->count[COUNT_SESSION];
    struct plan *plan = NULL;
    struct plan_receiver_state *states = calloc(receivers + 1, sizeof *states);
    bool *up = calloc(sessions + 1, sizeof *up);
    if (states && up) {
        for (uint32_t i = 0; i < receivers; i++)
            states[i] = (struct plan_receiver_state){
                .up = dataplane->health[i].up,
                .mtu = dataplane->health[i].mtu,
                .dead_ports = dataplane->health[i].dead_ports,
            };
        /* What is seen on a source that is down was seen when it came up: it counts. */
        for (uint32_t i = 0; i < sessions; i++)
            up[i] = dataplane->sessions[i].takes_part;
        plan = plan_build(&(struct plan_input){
            .numbering = numbering,
            .session_up = up,
            .receivers = states,
            .neighbours = dataplane->next_hops,
            .addresses = dataplane->scope.addresses,
            .address_count = dataplane->scope.address_count,
        });
    }
    free(states);
    free(up);
    return plan;
}

static bool build_table(struct dataplane *dataplane)
{
    uint32_t interfaces = dataplane->numbering->count[COUNT_INTERFACE];
    if (!link_table_init(&dataplane->table, interfaces))
        return false;
    for (uint32_t i = 0; i < interfaces; i++)
        if (dataplane->interfaces[i].open)
            link_table_add(&dataplane->table, (uint32_t)dataplane->interfaces[i].index, i);
    return true;
}

static void add_capture(struct workload *workload, const struct captures *captures, unsigned worker)
{
    struct capture *capture = worker < captures->count ? captures->at[worker] : NULL;
    if (!capture)
        return;
    for (uint32_t i = 0; i < workload->capture_count; i++)
        if (workload->captures[i] == capture)
            return;
    workload->captures[workload->capture_count++] = capture;
}

static bool build_workload(const struct dataplane *dataplane, unsigned worker)
{
    struct workload *workload = &dataplane->workloads[worker];
    uint32_t interfaces = dataplane->numbering->count[COUNT_INTERFACE];
    uint32_t receivers = dataplane->numbering->count[COUNT_RECEIVER];
    uint32_t sessions = dataplane->numbering->count[COUNT_SESSION];
    workload->plan = dataplane->plan;
    workload->interfaces = &dataplane->table;
    workload->captures = calloc(2 * interfaces + 1, sizeof *workload->captures);
    workload->senders = calloc(receivers + 1, sizeof *workload->senders);
    workload->given = own_lines(receivers + 1, sizeof *workload->given);
    workload->pacers = calloc(sessions + 1, sizeof *workload->pacers);
    workload->taps = calloc(sessions + 1, sizeof *workload->taps);
    workload->loop_seen = own_lines(sessions + 1, sizeof *workload->loop_seen);
    if (!workload->captures || !workload->senders || !workload->given || !workload->pacers ||
        !workload->taps || !workload->loop_seen)
        return false;
    for (uint32_t i = 0; i < interfaces; i++) {
        if (!dataplane->interfaces[i].open)
            continue;
        add_capture(workload, &dataplane->sources[i]->feed->now, worker);
        add_capture(workload, &dataplane->sources[i]->feed->next, worker);
    }
    for (uint32_t i = 0; i < receivers; i++)
        workload->senders[i] = dataplane->receivers[i]->senders[worker];
    for (uint32_t i = 0; i < sessions; i++)
        workload->pacers[i] = dataplane->paces[i] ? dataplane->paces[i]->pacers[worker] : NULL;
    return true;
}

static bool allocate(struct dataplane *dataplane)
{
    const uint32_t *count = dataplane->numbering->count;
    uint32_t interfaces = count[COUNT_INTERFACE] + 1, receivers = count[COUNT_RECEIVER] + 1;
    dataplane->sources = calloc(interfaces, sizeof *dataplane->sources);
    dataplane->interfaces = calloc(interfaces, sizeof *dataplane->interfaces);
    dataplane->receivers = calloc(receivers, sizeof *dataplane->receivers);
    dataplane->health = calloc(receivers, sizeof *dataplane->health);
    dataplane->sessions = calloc(count[COUNT_SESSION] + 1, sizeof *dataplane->sessions);
    dataplane->paces = calloc(count[COUNT_SESSION] + 1, sizeof *dataplane->paces);
    dataplane->workloads = calloc(dataplane->workers, sizeof *dataplane->workloads);
    return dataplane->sources && dataplane->interfaces && dataplane->receivers &&
           dataplane->health && dataplane->sessions && dataplane->paces && dataplane->workloads;
}

/* A counter slot for every name; what an interface has lost is counted from then on. */
static bool take_slots(struct dataplane *dataplane, struct resources *resources)
{
    const uint32_t *count = dataplane->numbering->count;
    size_t all = 1; /* never of 0 bytes */
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        all += count[kind];
    dataplane->fresh = calloc(all, sizeof *dataplane->fresh);
    if (!dataplane->fresh || !counter_slots_take(dataplane->numbering, resources->names,
                                                 dataplane->fresh, &dataplane->fresh_count))
        return false;
    for (size_t i = 0; i < dataplane->fresh_count; i++)
        if (dataplane->fresh[i].kind == COUNT_INTERFACE &&
            !sources_fresh(&resources->sources, dataplane->fresh[i].slot))
            return false;
    return true;
}

static bool build(struct dataplane *dataplane, struct resources *resources,
                  const struct mirror_config *config)
{
    if (!scope_look(&dataplane->scope, resources->links, config))
        return false;
    dataplane->numbering =
        numbering_new(config, dataplane->scope.interfaces, dataplane->scope.interface_count);
    if (!dataplane->numbering)
        return false;
    const struct numbering *numbering = dataplane->numbering;
    if (!take_slots(dataplane, resources) || !allocate(dataplane) ||
        !take_sources(dataplane, resources) || !take_receivers(dataplane, resources) ||
        !take_paces(dataplane, resources))
        return false;
    for (uint32_t i = 0; i < numbering->count[COUNT_INTERFACE]; i++)
        look_at_interface(resources, numbering->interfaces[i], dataplane->sources[i],
                          &dataplane->interfaces[i]);
    sessions_judge(dataplane, resources->links);
    /* What cannot be read now does not hold, and is read again, as soon as it can. */
    next_hops_read(resources->links, config, &dataplane->next_hops);
    dataplane->plan = build_plan(dataplane);
    if (!dataplane->plan || !build_table(dataplane))
        return false;
    for (unsigned worker = 0; worker < dataplane->workers; worker++)
        if (!build_workload(dataplane, worker))
            return false;
    return true;
}

struct dataplane *dataplane_new(struct resources *resources, const struct mirror_config *config)
{
    struct dataplane *dataplane = calloc(1, sizeof *dataplane);
    if (!dataplane)
        return NULL;
    dataplane->fault = resources->fault;
    dataplane->workers = resources->workers;
    if (build(dataplane, resources, config))
        return dataplane;
    dataplane_free(dataplane, resources);
    return NULL;
}

void dataplane_free(struct dataplane *dataplane, struct resources *resources)
{
    if (!dataplane)
        return;
    const struct numbering *numbering = dataplane->numbering;
    for (uint32_t i = 0; dataplane->sources && i < numbering->count[COUNT_INTERFACE]; i++)
        if (dataplane->sources[i])
            sources_release(&resources->sources, dataplane->sources[i]);
    for (uint32_t i = 0; dataplane->receivers && i < numbering->count[COUNT_RECEIVER]; i++)
        if (dataplane->receivers[i])
            receivers_release(&resources->receivers, dataplane->receivers[i]);
    for (uint32_t i = 0; dataplane->paces && i < numbering->count[COUNT_SESSION]; i++)
        if (dataplane->paces[i])
            paces_release(&resources->paces, dataplane->paces[i]);
    for (unsigned i = 0; dataplane->workloads && i < dataplane->workers; i++) {
        free(dataplane->workloads[i].captures);
        free(dataplane->workloads[i].senders);
        free(dataplane->workloads[i].given);
        free(dataplane->workloads[i].pacers);
        free(dataplane->workloads[i].taps);
        free(dataplane->workloads[i].loop_seen);
    }
    if (numbering)
        counter_slots_release(numbering, resources->names);
    link_table_free(&dataplane->table);
    plan_free(dataplane->plan);
    numbering_free(dataplane->numbering);
    scope_free(&dataplane->scope);
    free(dataplane->fresh);
    free(dataplane->workloads);
    free(dataplane->sources);
    free(dataplane->interfaces);
    free(dataplane->receivers);
    free(dataplane->health);
    free(dataplane->sessions);
    free(dataplane->next_hops.at);
    free(dataplane->paces);
    free(dataplane);
}

static bool same_health(const struct receiver_health *a, const struct receiver_health *b)
{
    return a->up == b->up && a->mtu == b->mtu && a->dead_ports == b->dead_ports &&
           !strcmp(a->interface, b->interface) && !memcmp(a->source, b->source, sizeof a->source) &&
           !strcmp(a->reason, b->reason);
}

static bool scope_holds(const struct dataplane *dataplane, const struct resources *resources)
{
    struct scope now;
    bool same = scope_look(&now, resources->links, dataplane->numbering->config) &&
                scope_same(&now, &dataplane->scope);
    scope_free(&now);
    return same;
}

bool dataplane_holds(struct dataplane *dataplane, struct resources *resources)
{
    const struct numbering *numbering = dataplane->numbering;
    if (!scope_holds(dataplane, resources))
        return false;
    for (uint32_t i = 0; i < numbering->count[COUNT_INTERFACE]; i++)
        if (dataplane->sources[i])
            source_look(&resources->sources, dataplane->sources[i],
                        links_find(resources->links, numbering->interfaces[i]));
    sources_settle(&resources->sources);
    for (uint32_t i = 0; i < numbering->count[COUNT_INTERFACE]; i++) {
        struct interface_condition now;
        look_at_interface(resources, numbering->interfaces[i], dataplane->sources[i], &now);
        if (memcmp(&now, &dataplane->interfaces[i], sizeof now))
            return false;
    }
    for (uint32_t i = 0; i < numbering->count[COUNT_RECEIVER]; i++)
        if (!receiver_holds(&resources->receivers, dataplane->receivers[i]) ||
            !same_health(&dataplane->receivers[i]->health, &dataplane->health[i]))
            return false;
    return dataplane->fault == resources->fault &&
           sessions_conflicts_hold(dataplane, resources->links) &&
           next_hops_hold(resources->links, numbering->config, &dataplane->next_hops);
}
