/* Building a deployment: resources first, then the conditions they are in, then which
 * sessions are up under these, then the plan. */
#include "deployment.h"

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

static bool take_sources(struct deployment *deployment, struct grounds *grounds)
{
    const struct committed *committed = deployment->committed;
    for (uint32_t i = 0; i < committed->count[COUNT_INTERFACE]; i++) {
        const struct link *link = links_find(grounds->links, committed->interfaces[i]);
        if (!link || !wanted(committed->config, committed->interfaces[i]))
            continue;
        deployment->sources[i] =
            sources_take(&grounds->sources, link, committed->slots[COUNT_INTERFACE][i]);
        if (!deployment->sources[i])
            return false;
    }
    sources_settle(&grounds->sources);
    return true;
}

static bool take_receivers(struct deployment *deployment, struct grounds *grounds)
{
    const struct mirror_config *config = deployment->committed->config;
    uint32_t index = 0;
    for (size_t t = 0; t < config->target_count; t++) {
        for (size_t r = 0; r < config->targets[t].receiver_count; r++) {
            struct receiver *receiver =
                receivers_take(&grounds->receivers, &config->targets[t].receivers[r]);
            if (!receiver)
                return false;
            deployment->receivers[index++] = receiver;
        }
    }
    receivers_settle(&grounds->receivers, RECEIVER_PATIENCE_MS);
    for (uint32_t i = 0; i < index; i++)
        deployment->health[i] = deployment->receivers[i]->health;
    return true;
}

/* All bytes set, so that conditions can be compared as bytes. */
static void look_at_interface(const struct grounds *grounds, const char *name,
                              const struct source *source, struct interface_condition *condition)
{
    const struct link *link = links_find(grounds->links, name);
    memset(condition, 0, sizeof *condition);
    if (!link)
        return;
    condition->index = link->index;
    condition->up = link->up;
    condition->open = source && source->feed && !source->lost;
}

/* ---- sessions ---- */

static void say(struct session_condition *condition, const char *format, const char *a,
                const char *b)
{
    snprintf(condition->reason, sizeof condition->reason, format, a, b);
}

/* A receiver that is an address of a source would be sent what comes from it, and so on. *at
 * counts the pairs that were looked at, from 0 on; false: no more such receiver. */
static bool next_misfit(const struct links *links, const struct mirror_config *config,
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
static bool judge_sources(const struct deployment *deployment, const struct mirror_session *session,
                          struct session_condition *condition)
{
    bool any = false;
    if (!session->source_count)
        say(condition, "no source interface%s%s", "", "");
    for (size_t s = 0; s < session->source_count; s++) {
        const char *name = session->sources[s];
        uint32_t index = committed_interface(deployment->committed, name);
        const struct interface_condition *interface = &deployment->interfaces[index];
        bool usable = interface->index && interface->up && interface->open;
        any |= usable;
        if (usable || condition->reason[0])
            continue;
        if (!interface->index)
            say(condition, "interface %s is absent%s", name, "");
        else if (!interface->up)
            say(condition, "interface %s is down%s", name, "");
        else
            say(condition, "%s%s", deployment->sources[index]->reason, "");
    }
    return any;
}

/* Whether any receiver is up; the reason of the first one that is not goes where there is none
 * yet, or replaces it when that is what keeps the session down. */
static bool judge_receivers(const struct deployment *deployment, uint32_t first, uint32_t count,
                            struct session_condition *condition, bool sources)
{
    bool any = false;
    const struct receiver *faulty = NULL;
    for (uint32_t i = first; i < first + count; i++) {
        any |= deployment->health[i].up;
        if (!deployment->health[i].up && !faulty)
            faulty = deployment->receivers[i];
    }
    if (faulty && (!condition->reason[0] || (sources && !any))) {
        char text[RECEIVER_TEXT_MAX];
        receiver_print(&faulty->address, text);
        say(condition, "receiver %s: %s", text, faulty->health.reason);
    }
    return any;
}

static uint32_t first_receiver(const struct mirror_config *config, int target)
{
    uint32_t first = 0;
    for (int t = 0; t < target; t++)
        first += (uint32_t)config->targets[t].receiver_count;
    return first;
}

static void judge_session(const struct deployment *deployment, const struct links *links,
                          const struct mirror_session *session, struct session_condition *condition)
{
    const struct mirror_config *config = deployment->committed->config;
    size_t at = 0;
    condition->misfit = next_misfit(links, config, session, &at, condition->reason);
    if (condition->misfit)
        return;
    bool sources = judge_sources(deployment, session, condition);
    bool receivers = judge_receivers(deployment, first_receiver(config, session->target),
                                     (uint32_t)config->targets[session->target].receiver_count,
                                     condition, sources);
    condition->takes_part = receivers && !deployment->fault;
    condition->up = sources && condition->takes_part;
    if (deployment->fault)
        say(condition, "io_uring: %s%s", strerror(-deployment->fault), "");
}

static void judge_sessions(struct deployment *deployment, const struct links *links)
{
    const struct mirror_config *config = deployment->committed->config;
    deployment->links = links_version(links);
    for (size_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled)
            judge_session(deployment, links, &config->sessions[i], &deployment->sessions[i]);
}

static bool misfits_hold(struct deployment *deployment, const struct links *links)
{
    const struct mirror_config *config = deployment->committed->config;
    char text[REASON_MAX];
    if (deployment->links == links_version(links))
        return true;
    for (size_t i = 0; i < config->session_count; i++) {
        size_t at = 0;
        if (!config->sessions[i].disabled && next_misfit(links, config, &config->sessions[i], &at,
                                                         text) != deployment->sessions[i].misfit)
            return false;
    }
    deployment->links = links_version(links);
    return true;
}

/* Calls problem() for what next_misfit says of the session, and for receivers without sockets. */
static bool session_fits(const struct deployment *deployment, const struct grounds *grounds,
                         const struct mirror_session *session, engine_problem_fn *problem,
                         void *context)
{
    const struct mirror_config *config = deployment->committed->config;
    uint32_t first = first_receiver(config, session->target);
    char misfit[REASON_MAX], text[2 * REASON_MAX];
    bool fits = true;
    for (size_t at = 0; next_misfit(grounds->links, config, session, &at, misfit); fits = false) {
        snprintf(text, sizeof text, "target: %s", misfit);
        problem(context, session->name, text);
    }
    for (uint32_t i = 0; i < config->targets[session->target].receiver_count; i++) {
        const struct receiver *receiver = deployment->receivers[first + i];
        char address[RECEIVER_TEXT_MAX];
        if (receiver_is_open(receiver))
            continue;
        receiver_print(&receiver->address, address);
        snprintf(text, sizeof text, "target: receiver %s: %s", address, receiver->health.reason);
        problem(context, session->name, text);
        fits = false;
    }
    return fits;
}

bool deployment_fits(const struct deployment *deployment, const struct grounds *grounds,
                     engine_problem_fn *problem, void *context)
{
    const struct mirror_config *config = deployment->committed->config;
    bool fits = true;
    for (size_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled)
            fits &= session_fits(deployment, grounds, &config->sessions[i], problem, context);
    return fits;
}

/* ---- the plan ---- */

static struct plan *build_plan(const struct deployment *deployment)
{
    const struct committed *committed = deployment->committed;
    uint32_t receivers = committed->count[COUNT_RECEIVER];
    uint32_t sessions = committed->count[COUNT_SESSION];
    struct plan *plan = NULL;
    struct plan_receiver_state *states = calloc(receivers + 1, sizeof *states);
    bool *up = calloc(sessions + 1, sizeof *up);
    if (states && up) {
        for (uint32_t i = 0; i < receivers; i++)
            states[i] = (struct plan_receiver_state){
                .up = deployment->health[i].up,
                .mtu = deployment->health[i].mtu,
            };
        /* What is seen on a source that is down was seen when it came up: it counts. */
        for (uint32_t i = 0; i < sessions; i++)
            up[i] = deployment->sessions[i].takes_part;
        plan = plan_build(&(struct plan_input){
            .config = committed->config,
            .session_up = up,
            .receivers = states,
            .session_slots = committed->slots[COUNT_SESSION],
            .rule_slots = committed->slots[COUNT_RULE],
            .receiver_slots = committed->slots[COUNT_RECEIVER],
            .interface_slots = committed->slots[COUNT_INTERFACE],
        });
    }
    free(states);
    free(up);
    return plan;
}

static bool build_table(struct deployment *deployment)
{
    uint32_t interfaces = deployment->committed->count[COUNT_INTERFACE];
    if (!link_table_init(&deployment->table, interfaces))
        return false;
    for (uint32_t i = 0; i < interfaces; i++)
        if (deployment->interfaces[i].open)
            link_table_add(&deployment->table, (uint32_t)deployment->interfaces[i].index, i);
    return true;
}

static void add_capture(struct workload *workload, struct capture *capture)
{
    for (uint32_t i = 0; i < workload->capture_count; i++)
        if (workload->captures[i] == capture)
            return;
    workload->captures[workload->capture_count++] = capture;
}

static bool build_workload(const struct deployment *deployment, unsigned worker)
{
    struct workload *workload = &deployment->workloads[worker];
    uint32_t interfaces = deployment->committed->count[COUNT_INTERFACE];
    uint32_t receivers = deployment->committed->count[COUNT_RECEIVER];
    workload->plan = deployment->plan;
    workload->interfaces = &deployment->table;
    workload->captures = calloc(interfaces + 1, sizeof *workload->captures);
    workload->senders = calloc(receivers + 1, sizeof *workload->senders);
    workload->table = batcher_table(receivers);
    workload->looped =
        calloc(deployment->committed->count[COUNT_SESSION] + 1, sizeof *workload->looped);
    if (!workload->captures || !workload->senders || !workload->table || !workload->looped)
        return false;
    for (uint32_t i = 0; i < interfaces; i++)
        if (deployment->interfaces[i].open)
            add_capture(workload, deployment->sources[i]->feed->captures[worker]);
    for (uint32_t i = 0; i < receivers; i++)
        workload->senders[i] = deployment->receivers[i]->senders[worker];
    return true;
}

static bool allocate(struct deployment *deployment, unsigned workers)
{
    const uint32_t *count = deployment->committed->count;
    uint32_t interfaces = count[COUNT_INTERFACE] + 1, receivers = count[COUNT_RECEIVER] + 1;
    deployment->sources = calloc(interfaces, sizeof *deployment->sources);
    deployment->interfaces = calloc(interfaces, sizeof *deployment->interfaces);
    deployment->receivers = calloc(receivers, sizeof *deployment->receivers);
    deployment->health = calloc(receivers, sizeof *deployment->health);
    deployment->sessions = calloc(count[COUNT_SESSION] + 1, sizeof *deployment->sessions);
    deployment->workloads = calloc(workers, sizeof *deployment->workloads);
    return deployment->sources && deployment->interfaces && deployment->receivers &&
           deployment->health && deployment->sessions && deployment->workloads;
}

static bool build(struct deployment *deployment, struct grounds *grounds)
{
    const struct committed *committed = deployment->committed;
    if (!allocate(deployment, grounds->workers) || !take_sources(deployment, grounds) ||
        !take_receivers(deployment, grounds))
        return false;
    for (uint32_t i = 0; i < committed->count[COUNT_INTERFACE]; i++)
        look_at_interface(grounds, committed->interfaces[i], deployment->sources[i],
                          &deployment->interfaces[i]);
    judge_sessions(deployment, grounds->links);
    deployment->plan = build_plan(deployment);
    if (!deployment->plan || !build_table(deployment))
        return false;
    for (unsigned worker = 0; worker < grounds->workers; worker++)
        if (!build_workload(deployment, worker))
            return false;
    return true;
}

struct deployment *deployment_new(struct grounds *grounds, const struct committed *committed)
{
    struct deployment *deployment = calloc(1, sizeof *deployment);
    if (!deployment)
        return NULL;
    deployment->committed = committed;
    deployment->fault = grounds->fault;
    if (build(deployment, grounds))
        return deployment;
    deployment_free(deployment, grounds);
    return NULL;
}

void deployment_free(struct deployment *deployment, struct grounds *grounds)
{
    if (!deployment)
        return;
    const uint32_t *count = deployment->committed->count;
    for (uint32_t i = 0; deployment->sources && i < count[COUNT_INTERFACE]; i++)
        if (deployment->sources[i])
            sources_release(&grounds->sources, deployment->sources[i]);
    for (uint32_t i = 0; deployment->receivers && i < count[COUNT_RECEIVER]; i++)
        if (deployment->receivers[i])
            receivers_release(&grounds->receivers, deployment->receivers[i]);
    for (unsigned i = 0; deployment->workloads && i < grounds->workers; i++) {
        free(deployment->workloads[i].captures);
        free(deployment->workloads[i].senders);
        free(deployment->workloads[i].table);
        free(deployment->workloads[i].looped);
    }
    link_table_free(&deployment->table);
    if (deployment->plan)
        plan_free(deployment->plan);
    free(deployment->workloads);
    free(deployment->sources);
    free(deployment->interfaces);
    free(deployment->receivers);
    free(deployment->health);
    free(deployment->sessions);
    free(deployment);
}

static bool same_health(const struct receiver_health *a, const struct receiver_health *b)
{
    return a->up == b->up && a->mtu == b->mtu && !strcmp(a->reason, b->reason);
}

bool deployment_holds(struct deployment *deployment, struct grounds *grounds)
{
    const struct committed *committed = deployment->committed;
    for (uint32_t i = 0; i < committed->count[COUNT_INTERFACE]; i++)
        if (deployment->sources[i])
            source_look(&grounds->sources, deployment->sources[i],
                        links_find(grounds->links, committed->interfaces[i]));
    sources_settle(&grounds->sources);
    for (uint32_t i = 0; i < committed->count[COUNT_INTERFACE]; i++) {
        struct interface_condition now;
        look_at_interface(grounds, committed->interfaces[i], deployment->sources[i], &now);
        if (memcmp(&now, &deployment->interfaces[i], sizeof now))
            return false;
    }
    for (uint32_t i = 0; i < committed->count[COUNT_RECEIVER]; i++)
        if (!same_health(&deployment->receivers[i]->health, &deployment->health[i]))
            return false;
    return deployment->fault == grounds->fault && misfits_hold(deployment, grounds->links);
}
