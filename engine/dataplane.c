/* Building a data plane: resources first, then the conditions they are in, then which
 * sessions are up under these, then the plan. */
#include "dataplane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wanted(const struct mirror_config *config, const char *interface)
{
    for (size_t i = 0; i < config->session_count; i++) {
        const struct mirror_session *session = &config->sessions[i];
        for (size_t s = 0; !session->disabled && s < session->source_count; s++)
            if (!strcmp(session->sources[s], interface))
                return true;
    }
    return false;
}

static bool take_sources(struct dataplane *dataplane, struct resources *resources)
{
    const struct numbering *numbering = dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_INTERFACE]; i++) {
        const struct link *link = links_find(resources->links, numbering->interfaces[i]);
        if (!link || !wanted(numbering->config, numbering->interfaces[i]))
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
            receivers_take(&resources->receivers, numbering->receivers[i].receiver);
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

/* ---- sessions ---- */

static void set_reason(struct session_condition *condition, const char *format, const char *a,
                       const char *b)
{
    snprintf(condition->reason, sizeof condition->reason, format, a, b);
}

/* A receiver that is an address of a source would be sent what comes from it, and so on. *at
 * counts the pairs that were looked at, from 0 on; false: no more such receiver. */
static bool next_conflict(const struct links *links, const struct mirror_config *config,
                          const struct mirror_session *session, size_t *at,
                          char text[static REASON_MAX])
{
    const struct mirror_target *target = &config->targets[session->target];
    while (*at < session->source_count * target->receiver_count) {
        size_t pair = (*at)++;
        const struct mirror_receiver *receiver = &target->receivers[pair % target->receiver_count];
        const struct link *link =
            links_find(links, session->sources[pair / target->receiver_count]);
        if (!link || !links_has_address(links, link->index, receiver))
            continue;
        char address[RECEIVER_TEXT_MAX];
        receiver_print(receiver, address);
        snprintf(text, REASON_MAX, "receiver %s is an address of its source interface %s", address,
                 link->name);
        return true;
    }
    return false;
}

/* Whether any source delivers packets; the reason is the first one's that does not. */
static bool judge_sources(const struct dataplane *dataplane, const struct mirror_session *session,
                          struct session_condition *condition)
{
    bool any = false;
    if (!session->source_count)
        set_reason(condition, "no source interface%s%s", "", "");
    for (size_t s = 0; s < session->source_count; s++) {
        const char *name = session->sources[s];
        uint32_t index = numbering_interface(dataplane->numbering, name);
        const struct interface_condition *interface = &dataplane->interfaces[index];
        bool usable = interface->index && interface->up && interface->open;
        any |= usable;
        if (usable || condition->reason[0])
            continue;
        if (!interface->index)
            set_reason(condition, "interface %s is absent%s", name, "");
        else if (!interface->up)
            set_reason(condition, "interface %s is down%s", name, "");
        else
            set_reason(condition, "%s%s", dataplane->sources[index]->reason, "");
    }
    return any;
}

/* Whether any receiver is up; the reason of the first one that is not goes where there is none
 * yet, or replaces it when that is what keeps the session down. */
static bool judge_receivers(const struct dataplane *dataplane, uint32_t first, uint32_t count,
                            struct session_condition *condition, bool sources)
{
    bool any = false;
    const struct receiver *faulty = NULL;
    for (uint32_t i = first; i < first + count; i++) {
        any |= dataplane->health[i].up;
        if (!dataplane->health[i].up && !faulty)
            faulty = dataplane->receivers[i];
    }
    if (!count && !condition->reason[0])
        set_reason(condition, "the target has no receiver%s%s", "", "");
    if (faulty && (!condition->reason[0] || (sources && !any))) {
        char text[RECEIVER_TEXT_MAX];
        receiver_print(&faulty->address, text);
        set_reason(condition, "receiver %s: %s", text, faulty->health.reason);
    }
    return any;
}

static void judge_session(const struct dataplane *dataplane, const struct links *links,
                          const struct mirror_session *session, struct session_condition *condition)
{
    const struct mirror_config *config = dataplane->numbering->config;
    size_t at = 0;
    condition->conflict = next_conflict(links, config, session, &at, condition->reason);
    if (condition->conflict)
        return;
    bool sources = judge_sources(dataplane, session, condition);
    bool receivers = judge_receivers(
        dataplane, dataplane->numbering->first_receiver[session->target],
        (uint32_t)config->targets[session->target].receiver_count, condition, sources);
    condition->takes_part = receivers && !dataplane->fault;
    condition->up = sources && condition->takes_part;
    if (dataplane->fault)
        set_reason(condition, "io_uring: %s%s", strerror(-dataplane->fault), "");
}

static void judge_sessions(struct dataplane *dataplane, const struct links *links)
{
    const struct mirror_config *config = dataplane->numbering->config;
    dataplane->links = links_version(links);
    for (size_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled)
            judge_session(dataplane, links, &config->sessions[i], &dataplane->sessions[i]);
}

static bool conflicts_hold(struct dataplane *dataplane, const struct links *links)
{
    const struct mirror_config *config = dataplane->numbering->config;
    char text[REASON_MAX];
    if (dataplane->links == links_version(links))
        return true;
    for (size_t i = 0; i < config->session_count; i++) {
        size_t at = 0;
        if (!config->sessions[i].disabled && next_conflict(links, config, &config->sessions[i], &at,
                                                           text) != dataplane->sessions[i].conflict)
            return false;
    }
    dataplane->links = links_version(links);
    return true;
}

/* Calls problem() for what next_conflict says of the session, and for receivers without sockets. */
static bool check_session(const struct dataplane *dataplane, const struct resources *resources,
                          const struct mirror_session *session, engine_problem_fn *problem,
                          void *context)
{
    const struct mirror_config *config = dataplane->numbering->config;
    uint32_t first = dataplane->numbering->first_receiver[session->target];
    char conflict[REASON_MAX], text[2 * REASON_MAX];
    bool good = true;
    for (size_t at = 0; next_conflict(resources->links, config, session, &at, conflict);
         good = false) {
        snprintf(text, sizeof text, "target: %s", conflict);
        problem(context, session->name, text);
    }
    for (uint32_t i = 0; i < config->targets[session->target].receiver_count; i++) {
        const struct receiver *receiver = dataplane->receivers[first + i];
        char address[RECEIVER_TEXT_MAX];
        if (receiver_is_open(receiver))
            continue;
        receiver_print(&receiver->address, address);
        snprintf(text, sizeof text, "target: receiver %s: %s", address, receiver->health.reason);
        problem(context, session->name, text);
        good = false;
    }
    return good;
}

bool dataplane_check(const struct dataplane *dataplane, const struct resources *resources,
                     engine_problem_fn *problem, void *context)
{
    const struct mirror_config *config = dataplane->numbering->config;
    bool good = true;
    for (size_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled)
            good &= check_session(dataplane, resources, &config->sessions[i], problem, context);
    return good;
}

void dataplane_warn(const struct dataplane *dataplane, engine_problem_fn *warning, void *context)
{
    const struct numbering *numbering = dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_RULE]; i++) {
        const struct numbered_rule *rule = &numbering->rules[i];
        uint16_t condition;
        const struct match_value *hop =
            rule_unresolved(rule->rule, &dataplane->next_hops, &condition);
        char text[2 * REASON_MAX], within[24] = "", address[MATCH_TEXT_MAX];
        if (!hop)
            continue;
        if (condition)
            snprintf(within, sizeof within, " condition %u", condition);
        match_value_print(&match_fields[FIELD_NEXT_HOP], hop, address);
        snprintf(text, sizeof text,
                 "filter %s %s rule %u%s next-hop: %s is no neighbour now: matches no packet",
                 rule->filter->name, rule->direction == INGRESS ? "ingress" : "egress",
                 rule->rule->number, within, address);
        warning(context, NULL, text);
    }
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
            };
        /* What is seen on a source that is down was seen when it came up: it counts. */
        for (uint32_t i = 0; i < sessions; i++)
            up[i] = dataplane->sessions[i].takes_part;
        plan = plan_build(&(struct plan_input){
            .numbering = numbering,
            .session_up = up,
            .receivers = states,
            .neighbours = dataplane->next_hops,
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

static void add_capture(struct workload *workload, struct capture *capture)
{
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
    workload->captures = calloc(interfaces + 1, sizeof *workload->captures);
    workload->senders = calloc(receivers + 1, sizeof *workload->senders);
    workload->given = calloc(receivers + 1, sizeof *workload->given);
    workload->pacers = calloc(sessions + 1, sizeof *workload->pacers);
    workload->loop_seen = calloc(sessions + 1, sizeof *workload->loop_seen);
    if (!workload->captures || !workload->senders || !workload->given || !workload->pacers ||
        !workload->loop_seen)
        return false;
    for (uint32_t i = 0; i < interfaces; i++)
        if (dataplane->interfaces[i].open)
            add_capture(workload, dataplane->sources[i]->feed->captures[worker]);
    for (uint32_t i = 0; i < receivers; i++)
        workload->senders[i] = dataplane->receivers[i]->senders[worker];
    for (uint32_t i = 0; i < sessions; i++)
        workload->pacers[i] = dataplane->paces[i] ? dataplane->paces[i]->pacers[worker] : NULL;
    return true;
}

static bool allocate(struct dataplane *dataplane, unsigned workers)
{
    const uint32_t *count = dataplane->numbering->count;
    uint32_t interfaces = count[COUNT_INTERFACE] + 1, receivers = count[COUNT_RECEIVER] + 1;
    dataplane->sources = calloc(interfaces, sizeof *dataplane->sources);
    dataplane->interfaces = calloc(interfaces, sizeof *dataplane->interfaces);
    dataplane->receivers = calloc(receivers, sizeof *dataplane->receivers);
    dataplane->health = calloc(receivers, sizeof *dataplane->health);
    dataplane->sessions = calloc(count[COUNT_SESSION] + 1, sizeof *dataplane->sessions);
    dataplane->paces = calloc(count[COUNT_SESSION] + 1, sizeof *dataplane->paces);
    dataplane->workloads = calloc(workers, sizeof *dataplane->workloads);
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
    dataplane->numbering = numbering_new(config, NULL, 0);
    if (!dataplane->numbering)
        return false;
    const struct numbering *numbering = dataplane->numbering;
    if (!take_slots(dataplane, resources) || !allocate(dataplane, resources->workers) ||
        !take_sources(dataplane, resources) || !take_receivers(dataplane, resources) ||
        !take_paces(dataplane, resources))
        return false;
    for (uint32_t i = 0; i < numbering->count[COUNT_INTERFACE]; i++)
        look_at_interface(resources, numbering->interfaces[i], dataplane->sources[i],
                          &dataplane->interfaces[i]);
    judge_sessions(dataplane, resources->links);
    /* What cannot be read now does not hold, and is read again, as soon as it can. */
    next_hops_read(resources->links, config, &dataplane->next_hops);
    dataplane->plan = build_plan(dataplane);
    if (!dataplane->plan || !build_table(dataplane))
        return false;
    for (unsigned worker = 0; worker < resources->workers; worker++)
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
    for (unsigned i = 0; dataplane->workloads && i < resources->workers; i++) {
        free(dataplane->workloads[i].captures);
        free(dataplane->workloads[i].senders);
        free(dataplane->workloads[i].given);
        free(dataplane->workloads[i].pacers);
        free(dataplane->workloads[i].loop_seen);
    }
    if (numbering)
        counter_slots_release(numbering, resources->names);
    link_table_free(&dataplane->table);
    plan_free(dataplane->plan);
    numbering_free(dataplane->numbering);
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
    return a->up == b->up && a->mtu == b->mtu && !strcmp(a->interface, b->interface) &&
           !strcmp(a->reason, b->reason);
}

bool dataplane_holds(struct dataplane *dataplane, struct resources *resources)
{
    const struct numbering *numbering = dataplane->numbering;
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
        if (!same_health(&dataplane->receivers[i]->health, &dataplane->health[i]))
            return false;
    return dataplane->fault == resources->fault && conflicts_hold(dataplane, resources->links) &&
           next_hops_hold(resources->links, numbering->config, &dataplane->next_hops);
}
