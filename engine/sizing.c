/* How many workers there are, and how large the rings, changes at a commit, in steps of which each
 * is a plan: workers that are to come begin (engine_add_workers) and have no packets yet; what the
 * commit publishes has the rings that are and those to come; these take over, each packet being in
 * one or another, and the next plan is without those that were, which are read to their end;
 * workers that have nothing any more end with it (engine_settle). */
#include "engine_state.h"

#include "clock.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The next ones, up to so many. */
static int start_workers(struct engine *engine, unsigned count, char *why, size_t why_size)
{
    int error = 0;
    while (!error && engine->worker_count < count) {
        unsigned number = engine->worker_count;
        struct engine_worker *worker = &engine->workers[number];
        *worker = (struct engine_worker){.wall_ns = clock_ns()};
        error = worker_start(&worker->worker, number, engine->alarm, why, why_size);
        engine->worker_count += !error;
    }
    return error;
}

static unsigned processors(void)
{
    cpu_set_t mine;
    int count = sched_getaffinity(0, sizeof mine, &mine) ? 1 : CPU_COUNT(&mine);
    return count < WORKERS_MAX ? (unsigned)count : WORKERS_MAX;
}

struct spread engine_spread(const struct engine *engine, const struct mirror_config *config)
{
    unsigned megabytes = config->ring_megabytes ? config->ring_megabytes : RING_MEGABYTES;
    return (struct spread){
        .workers = config->workers == WORKERS_AUTO ? processors()
                   : config->workers               ? config->workers
                                                   : engine->default_workers,
        .bytes = (size_t)megabytes << 20,
    };
}

/* Both sets of rings are there for a moment when they change, and all else needs memory as well.
 * What nobody asked for is never too large. */
static bool fits_memory(struct spread spread, engine_problem_fn *problem, void *context)
{
    char text[REASON_MAX];
    size_t asked = spread.bytes >> 20;
    size_t memory = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE) >> 20;
    if (asked <= RING_MEGABYTES || asked <= memory / 2)
        return true;
    snprintf(text, sizeof text,
             "system ring-size: %zu MB is more than half of this machine's memory of %zu MB", asked,
             memory);
    problem(context, NULL, text);
    return false;
}

static bool fits_rings(const struct sources *sources, struct spread spread,
                       engine_problem_fn *problem, void *context)
{
    char text[REASON_MAX];
    size_t needed = sources_room(sources, spread);
    if (needed <= spread.bytes)
        return true;
    snprintf(
        text, sizeof text,
        "system workers: with a ring of at least %d MB for each of %u on each source interface,"
        " all rings would be %zu MB: more than ring-size of %zu MB",
        CAPTURE_LEAST >> 20, spread.workers, needed >> 20, spread.bytes >> 20);
    problem(context, NULL, text);
    return false;
}

bool engine_check_spread(const struct engine *engine, const struct mirror_config *config,
                         engine_problem_fn *problem, void *context)
{
    struct spread spread = engine_spread(engine, config);
    return fits_memory(spread, problem, context) &&
           fits_rings(&engine->resources.sources, spread, problem, context);
}

/* Data planes are for so many workers from now on. -errno with *why when there is not for each what
 * each needs; never for fewer. */
static int serve(struct engine *engine, unsigned workers, char *why, size_t why_size)
{
    struct resources *resources = &engine->resources;
    resources->workers = workers;
    int error = receivers_serve(&resources->receivers, workers, why, why_size);
    if (error || paces_serve(&resources->paces, workers))
        return error;
    snprintf(why, why_size, "%s", strerror(ENOMEM));
    return -ENOMEM;
}

/* Frees what no worker has any more. */
static void trim(struct engine *engine)
{
    receivers_trim(&engine->resources.receivers);
    paces_trim(&engine->resources.paces);
}

int engine_add_workers(struct engine *engine, unsigned count, char *why, size_t why_size)
{
    unsigned before = engine->worker_count;
    if (count <= before)
        return 0;
    int error = start_workers(engine, count, why, why_size);
    if (!error)
        error = serve(engine, count, why, why_size);
    if (!error && engine->dataplane && !engine_republish(engine)) {
        snprintf(why, why_size, "%s", strerror(ENOMEM));
        error = -ENOMEM;
    }
    if (!error)
        return 0;
    char none[1];
    serve(engine, before, none, sizeof none);
    trim(engine);
    while (engine->worker_count > before)
        worker_stop(engine->workers[--engine->worker_count].worker, NULL);
    return error;
}

/* Some sources may still have more captures than is wanted now. */
static unsigned needed_workers(const struct engine *engine)
{
    unsigned widest = sources_widest(&engine->resources.sources);
    return widest > engine->spread.workers ? widest : engine->spread.workers;
}

/* Where memory is short, the next probe goes on with it. */
void engine_settle(struct engine *engine)
{
    char none[1];
    sources_switch(&engine->resources.sources);
    serve(engine, needed_workers(engine), none, sizeof none);
    if (engine_republish(engine)) {
        sources_trim(&engine->resources.sources);
        trim(engine);
    } else {
        serve(engine, engine->worker_count, none, sizeof none);
    }
}

/* While a commit is prepared, more than is needed is there for it. */
bool engine_is_settled(const struct engine *engine)
{
    return engine->resources.sources.held || (engine->worker_count == needed_workers(engine) &&
                                              sources_are_settled(&engine->resources.sources));
}
