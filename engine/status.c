/* What show and monitor read: the workers' counters, added up and less what was cleared,
 * beside the state of everything that is counted. */
#include "clock.h"
#include "engine_state.h"
#include "prefilters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOP_SECONDS = 60 };

struct counters *engine_collect(struct engine *engine, struct worker_request *requests)
{
    struct counters *sum = counters_new(engine->cleared->capacity);
    if (!sum)
        return NULL;
    for (unsigned i = 0; i < engine->worker_count; i++) {
        requests[i] = (struct worker_request){.kind = WORKER_REPORT, .sum = sum};
        worker_ask(engine->workers[i].worker, &requests[i]);
        worker_wait(&requests[i]);
    }
    return sum;
}

bool loop_was_seen(const struct engine *engine, uint32_t session)
{
    uint32_t now = (uint32_t)(clock_ns() / 1000000000u);
    for (unsigned i = 0; i < engine->dataplane->workers; i++) {
        uint32_t at = atomic_load_explicit(&engine->dataplane->workloads[i].loop_seen[session],
                                           memory_order_relaxed);
        if (at && now - at <= LOOP_SECONDS)
            return true;
    }
    return false;
}

void engine_session_state(const struct engine *engine, uint32_t number, enum session_state *state,
                          char reason[static REASON_MAX])
{
    const struct session_condition *condition = &engine->dataplane->sessions[number];
    *state = engine->config->sessions[number].disabled ? SESSION_DISABLED
             : condition->up                           ? SESSION_UP
                                                       : SESSION_DOWN;
    snprintf(reason, REASON_MAX, "%s",
             !condition->reason[0] && loop_was_seen(engine, number)
                 ? "this box's mirror comes back inside another packet; it is not mirrored again"
                 : condition->reason);
}

static void fill_session(const struct engine *engine, const struct counters *sum, uint32_t index,
                         struct session_status *shown)
{
    const struct mirror_config *config = engine->config;
    const struct mirror_session *session = &config->sessions[index];
    *shown = (struct session_status){
        .config = session,
        .filter = session->filter == NO_FILTER ? NULL : config->filters[session->filter].name,
        .target = config->targets[session->target].name,
        .counts = *counters_session(sum, engine->dataplane->numbering->slots[COUNT_SESSION][index]),
    };
    engine_session_state(engine, index, &shown->state, shown->reason);
}

static void fill_rules(const struct engine *engine, const struct counters *sum,
                       struct engine_status *status)
{
    const struct numbering *numbering = engine->dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_RULE]; i++) {
        const struct numbered_rule *rule = &numbering->rules[i];
        uint16_t condition;
        status->rules[i] = (struct rule_status){
            .filter = rule->filter,
            .direction = rule->direction,
            .rule = rule->rule,
            .unresolved = rule_unresolved(rule->rule, &engine->dataplane->next_hops, &condition),
            .counts = *counters_rule(sum, numbering->slots[COUNT_RULE][i]),
        };
    }
}

static void print_source(uint8_t family, const struct receiver_health *health,
                         char text[static SOURCE_MAX])
{
    static const uint8_t unknown[sizeof health->source];
    if (health->interface[0] && memcmp(health->source, unknown, sizeof unknown))
        inet_ntop(socket_family(family), health->source, text, SOURCE_MAX);
}

static void fill_receivers(const struct engine *engine, const struct counters *sum,
                           struct engine_status *status)
{
    const struct numbering *numbering = engine->dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_RECEIVER]; i++) {
        const struct receiver_health *health = &engine->dataplane->health[i];
        struct receiver_status *shown = &status->receivers[i];
        *shown = (struct receiver_status){
            .target = numbering->receivers[i].target,
            .config = numbering->receivers[i].receiver,
            .state = health->up ? RECEIVER_UP : RECEIVER_DOWN,
            .mtu = health->mtu,
            .counts = *counters_receiver(sum, numbering->slots[COUNT_RECEIVER][i]),
            .rate = rates_of(&engine->rates, numbering->slots[COUNT_RECEIVER][i]),
        };
        memcpy(shown->interface, health->interface, sizeof shown->interface);
        print_source(shown->config->family, health, shown->source);
        snprintf(shown->reason, sizeof shown->reason, "%s", health->reason);
    }
}

/* The workers have not seen it. */
static void add_left_out(struct interface_counts *counts, struct count left_out)
{
    count_add(&counts->received, left_out);
    counts->unmatched += left_out.packets;
}

static void fill_source(const struct engine *engine, const struct counters *sum, uint32_t index,
                        struct interface_status *shown)
{
    const struct numbering *numbering = engine->dataplane->numbering;
    uint32_t slot = numbering->slots[COUNT_INTERFACE][index];
    shown->source = numbering->sessions.first[index] != numbering->sessions.first[index + 1];
    shown->counts = *counters_interface(sum, slot);
    add_left_out(&shown->counts, engine->resources.sources.left_out[slot]);
    shown->dropped = engine->resources.sources.dropped[slot];
}

/* The machine's interfaces and the configuration's, both in the order of their names, merged. */
static void fill_interfaces(const struct engine *engine, const struct counters *sum,
                            struct engine_status *status)
{
    const struct numbering *numbering = engine->dataplane->numbering;
    size_t link_count, link = 0;
    const struct link *links = links_all(engine->resources.links, &link_count);
    uint32_t source = 0;
    while (link < link_count || source < numbering->count[COUNT_INTERFACE]) {
        struct interface_status *shown = &status->interfaces[status->interface_count++];
        int order = link == link_count ? 1
                    : source == numbering->count[COUNT_INTERFACE]
                        ? -1
                        : strcmp(links[link].name, numbering->interfaces[source]);
        *shown = (struct interface_status){.link = LINK_ABSENT};
        memcpy(shown->name, order <= 0 ? links[link].name : numbering->interfaces[source],
               sizeof shown->name);
        if (order <= 0)
            shown->link = links[link].up ? LINK_UP : LINK_DOWN;
        if (order >= 0)
            fill_source(engine, sum, source, shown);
        link += order <= 0;
        source += order >= 0;
    }
}

static bool segmentation_refused(const struct engine *engine, unsigned worker)
{
    const struct receiver *receiver = engine->resources.receivers.first;
    for (; receiver; receiver = receiver->next)
        if (receiver->senders[worker] && atomic_load(&receiver->senders[worker]->refused))
            return true;
    return false;
}

static void fill_worker(struct engine *engine, unsigned index, const struct worker_request *report,
                        struct worker_status *shown)
{
    struct engine_worker *worker = &engine->workers[index];
    uint64_t wall = clock_ns();
    double used = (double)(report->processor_ns - worker->processor_ns);
    double passed = (double)(wall - worker->wall_ns);
    *shown = (struct worker_status){
        .load = used < passed ? used / passed : 1,
        .totals = report->totals,
        .batches = report->sends.batches - worker->cleared_sends.batches,
        .batched_packets = report->sends.batched_packets - worker->cleared_sends.batched_packets,
        .single_packets = report->sends.single_packets - worker->cleared_sends.single_packets,
        .segmentation_refused = segmentation_refused(engine, index),
    };
    totals_subtract(&shown->totals, &worker->cleared);
    worker->processor_ns = report->processor_ns;
    worker->wall_ns = wall;
}

static bool allocate(const struct engine *engine, struct engine_status *status)
{
    const uint32_t *count = engine->dataplane->numbering->count;
    size_t link_count;
    links_all(engine->resources.links, &link_count);
    status->session_count = count[COUNT_SESSION];
    status->rule_count = count[COUNT_RULE];
    status->receiver_count = count[COUNT_RECEIVER];
    status->worker_count = engine->worker_count;
    status->sessions = calloc(status->session_count + 1, sizeof *status->sessions);
    status->rules = calloc(status->rule_count + 1, sizeof *status->rules);
    status->receivers = calloc(status->receiver_count + 1, sizeof *status->receivers);
    status->workers = calloc(status->worker_count + 1, sizeof *status->workers);
    status->interfaces =
        calloc(link_count + count[COUNT_INTERFACE] + 1, sizeof *status->interfaces);
    return status->sessions && status->rules && status->receivers && status->workers &&
           status->interfaces;
}

struct engine_status *engine_status(struct engine *engine)
{
    struct engine_status *status = calloc(1, sizeof *status);
    struct worker_request *reports = calloc(engine->worker_count, sizeof *reports);
    struct counters *sum = NULL;
    if (status && reports && allocate(engine, status))
        sum = engine_collect(engine, reports);
    if (!sum) {
        engine_status_free(status);
        free(reports);
        return NULL;
    }
    counters_subtract(sum, engine->cleared);
    sources_count(&engine->resources.sources);
    status->uptime_ms = (clock_ns() - engine->started_ns) / 1000000;
    status->plans = engine->plans;
    status->dropped = engine->resources.sources.dropped_all;
    status->own_marked = engine->ports.mark != 0;
    sources_memory(&engine->resources.sources, &status->rings, &status->ring_bytes);
    status->ring_bytes_most = engine->spread.bytes;
    for (uint32_t i = 0; i < status->session_count; i++)
        fill_session(engine, sum, i, &status->sessions[i]);
    fill_rules(engine, sum, status);
    fill_receivers(engine, sum, status);
    fill_interfaces(engine, sum, status);
    for (unsigned i = 0; i < engine->worker_count; i++) {
        fill_worker(engine, i, &reports[i], &status->workers[i]);
        totals_add(&status->totals, &status->workers[i].totals);
    }
    status->left_out = engine->resources.sources.left_out_all;
    status->prefilter_refused = prefilters_refused(&engine->resources.sources);
    add_left_out(&status->totals.interfaces, status->left_out);
    counters_free(sum);
    free(reports);
    return status;
}

struct engine_summary engine_summary(const struct engine *engine)
{
    const struct dataplane *dataplane = engine->dataplane;
    struct engine_summary summary = {0};
    for (uint32_t i = 0; i < dataplane->numbering->count[COUNT_SESSION]; i++) {
        bool disabled = engine->config->sessions[i].disabled;
        summary.sessions_disabled += disabled;
        summary.sessions_up += !disabled && dataplane->sessions[i].up;
        summary.sessions_down += !disabled && !dataplane->sessions[i].up;
    }
    for (uint32_t i = 0; i < dataplane->numbering->count[COUNT_RECEIVER]; i++) {
        summary.receivers_up += dataplane->health[i].up;
        summary.receivers_down += !dataplane->health[i].up;
    }
    return summary;
}

void engine_status_free(struct engine_status *status)
{
    if (!status)
        return;
    free(status->sessions);
    free(status->rules);
    free(status->receivers);
    free(status->interfaces);
    free(status->workers);
    free(status);
}

static int clear_session(struct engine *engine, const struct counters *sum, const char *name)
{
    const struct numbering *numbering = engine->dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_SESSION]; i++) {
        if (strcmp(engine->config->sessions[i].name, name))
            continue;
        counters_copy_slot(engine->cleared, sum, COUNT_SESSION, numbering->slots[COUNT_SESSION][i]);
        return 0;
    }
    return -ENOENT;
}

static void clear_all(struct engine *engine, const struct worker_request *reports)
{
    struct sources *sources = &engine->resources.sources;
    sources_count(sources);
    for (uint32_t i = 0; i < sources->dropped_room; i++) {
        sources->dropped[i] = 0;
        sources->left_out[i] = (struct count){0};
    }
    sources->dropped_all = sources->dropped_shared = 0;
    sources->left_out_all = (struct count){0};
    for (unsigned i = 0; i < engine->worker_count; i++) {
        engine->workers[i].cleared = reports[i].totals;
        engine->workers[i].cleared_sends = reports[i].sends;
    }
}

int engine_clear(struct engine *engine, const char *session)
{
    struct worker_request *reports = calloc(engine->worker_count, sizeof *reports);
    struct counters *sum = reports ? engine_collect(engine, reports) : NULL;
    int error = 0;
    if (!sum) {
        error = -ENOMEM;
    } else if (session) {
        error = clear_session(engine, sum, session);
    } else {
        clear_all(engine, reports);
        counters_free(engine->cleared);
        engine->cleared = sum;
        sum = NULL;
    }
    counters_free(sum);
    free(reports);
    return error;
}
