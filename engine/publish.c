/* The packet path takes no lock and yet its plan changes under traffic, in three steps.
 *
 * Prepare: dataplane_new builds everything beside what runs: rings and sockets that both use are
 * shared by counting their users, new ones are opened, counter slots of new names are taken, and
 * larger counters are allocated if these do not fit. All that can fail or wait happens here, and
 * what runs is not touched: a data plane that cannot be built, or is not wanted after all, is freed
 * like any other.
 *
 * Publish: every worker is asked to adopt its workload of the new data plane, and looks at the
 * request when it is at the end of a block. Nothing is in flight then and nothing points into the
 * old plan, so it reads the blocks that are ready in captures it is about to leave, takes over the
 * counters, sets the rows of fresh slots to zero and goes on with the new pointers: a packet is
 * decided by one plan or the other, never by both or by none. What the kernel leaves out for the
 * one the other may want: in between it leaves out nothing (prefilters.h).
 *
 * Retire: when all workers have answered nobody has anything of the old data plane, and freeing it
 * closes the captures, sockets and slots whose last user it was.
 *
 * A commit and a change of the machine (a link, an address, a receiver's health) go the same way;
 * they differ in whose configuration the new data plane is of. */
#include "engine_state.h"
#include "prefilters.h"

#include <stdlib.h>

/* Larger counters for new names, for the workers and for what has been cleared; any for a worker
 * that has none. */
static bool grow_counters(const struct engine *engine, struct engine_change *change)
{
    uint32_t capacity[COUNTER_KINDS];
    bool enough = true;
    unsigned workers = change->dataplane->workers;
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        uint32_t needed = counter_names_capacity(engine->resources.names, (enum counter_kind)kind);
        capacity[kind] = engine->cleared->capacity[kind];
        if (needed > capacity[kind] || !capacity[kind]) {
            enough = false;
            capacity[kind] = needed + needed / 2 + 16;
        }
    }
    for (unsigned i = 0; i < workers; i++) {
        if (enough && engine->workers[i].counts)
            continue;
        change->requests[i].counters = counters_new(capacity);
        if (!change->requests[i].counters)
            return false;
    }
    if (enough)
        return true;
    change->cleared = counters_new(capacity);
    return change->cleared;
}

void engine_free_change(struct engine *engine, struct engine_change *change)
{
    dataplane_free(change->dataplane, &engine->resources);
    mirror_config_free(change->config);
    for (unsigned i = 0; change->requests && i < WORKERS_MAX; i++)
        counters_free(change->requests[i].counters);
    free(change->requests);
    counters_free(change->cleared);
    free(change);
}

struct engine_change *engine_new_change(struct engine *engine, const struct mirror_config *config)
{
    struct engine_change *change = calloc(1, sizeof *change);
    if (!change)
        return NULL;
    change->plans = engine->plans;
    change->spread = engine->resources.sources.spread;
    change->requests = calloc(WORKERS_MAX, sizeof *change->requests);
    if (change->requests)
        change->dataplane = dataplane_new(&engine->resources, config);
    if (change->dataplane && grow_counters(engine, change) &&
        watches_make_room(engine->watched, engine->resources.workers))
        return change;
    engine_free_change(engine, change);
    return NULL;
}

/* Another data plane may have been published since this one was prepared, whose counters have
 * room for the names of both. */
static void drop_smaller_counters(const struct engine *engine, struct engine_change *change)
{
    if (!change->cleared)
        return;
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        if (change->cleared->capacity[kind] < engine->cleared->capacity[kind])
            change->outgrown = true;
    for (unsigned i = 0; change->outgrown && i < WORKERS_MAX; i++) {
        counters_free(change->requests[i].counters);
        change->requests[i].counters = NULL;
    }
}

/* Those whose counting begins with this data plane, and not with one published meanwhile. */
static void begin_counting(struct engine *engine, struct dataplane *next)
{
    size_t count = 0;
    for (size_t i = 0; i < next->fresh_count; i++)
        if (counter_names_begin(engine->resources.names, next->fresh[i].kind, next->fresh[i].slot))
            next->fresh[count++] = next->fresh[i];
    next->fresh_count = count;
}

/* Workers beyond so many end, and the first is to count on from what they leave. */
static void end_workers(struct engine *engine, unsigned count, struct worker_legacy *all)
{
    struct engine_worker *first = &engine->workers[0];
    for (unsigned i = count; i < engine->worker_count; i++)
        worker_end(engine->workers[i].worker);
    while (engine->worker_count > count) {
        struct engine_worker *last = &engine->workers[--engine->worker_count];
        struct worker_legacy legacy;
        worker_stop(last->worker, &legacy);
        totals_add(&first->cleared, &last->cleared);
        outbox_totals_add(&first->cleared_sends, &last->cleared_sends);
        outbox_totals_add(&all->sends, &legacy.sends);
        if (all->counters)
            counters_add(all->counters, legacy.counters);
        else
            all->counters = legacy.counters;
        if (all->counters != legacy.counters)
            counters_free(legacy.counters);
    }
}

void engine_publish(struct engine *engine, struct engine_change *change)
{
    struct dataplane *next = change->dataplane;
    struct worker_legacy legacy = {0};
    drop_smaller_counters(engine, change);
    begin_counting(engine, next);
    watches_aim(engine->watched, next, next->workers);
    end_workers(engine, next->workers, &legacy);
    if (legacy.counters)
        change->requests[0].legacy = &legacy;
    prefilters_lift(&engine->resources.sources, next);
    for (unsigned i = 0; i < next->workers; i++) {
        struct worker_request *request = &change->requests[i];
        request->kind = WORKER_ADOPT;
        request->workload = &next->workloads[i];
        request->fresh = next->fresh;
        request->fresh_count = next->fresh_count;
        worker_ask(engine->workers[i].worker, request);
    }
    for (unsigned i = 0; i < next->workers; i++) {
        worker_wait(&change->requests[i]);
        engine->workers[i].counts = true;
    }
    prefilters_set(&engine->resources.sources, next);
    counters_free(legacy.counters);
    if (change->cleared && !change->outgrown) {
        struct counters *old = engine->cleared;
        counters_add(change->cleared, old);
        engine->cleared = change->cleared;
        change->cleared = old;
    }
    for (size_t i = 0; i < next->fresh_count; i++) {
        counters_zero_slot(engine->cleared, next->fresh[i].kind, next->fresh[i].slot);
        drops_forget(&engine->drops, next->fresh[i].kind, next->fresh[i].slot);
        if (next->fresh[i].kind == COUNT_RECEIVER)
            rates_forget(&engine->rates, next->fresh[i].slot);
    }
    news_of_change(&engine->teller, engine->dataplane, next, engine->resources.names);
    dataplane_free(engine->dataplane, &engine->resources);
    engine->dataplane = next;
    engine->plans++;
    change->dataplane = NULL;
}

bool engine_republish(struct engine *engine)
{
    struct engine_change *change = engine_new_change(engine, engine->config);
    if (!change)
        return false;
    engine_publish(engine, change);
    engine_free_change(engine, change);
    return true;
}
