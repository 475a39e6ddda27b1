/* What an engine is made of. For engine.c and status.c, which between them are engine.h, and for
 * publish.c and sizing.c, by which they do it, for watches.c, and for drops.c, which looks at it.
 */
#ifndef MIRRORSH_ENGINE_STATE_H
#define MIRRORSH_ENGINE_STATE_H

#include "dataplane.h"
#include "drops.h"
#include "engine.h"
#include "news.h"
#include "rates.h"
#include "watches.h"

struct engine_worker {
    struct worker *worker;
    struct outbox_totals cleared_sends;
    struct totals cleared;          /* totals at the last clear */
    uint64_t processor_ns, wall_ns; /* at the last status */
    bool counts;                    /* it has counters */
};

struct engine {
    int descriptor; /* epoll over these two, the links' and the ports': readable when one is */
    int alarm;      /* eventfd: a worker's call to look at the receivers */
    int timer;      /* of the monotonic clock: when an alarm or a change is due */
    struct outer_ports ports;
    struct resources resources;
    struct engine_worker workers[WORKERS_MAX];
    unsigned worker_count;    /* that run */
    unsigned default_workers; /* of a configuration that does not say */
    struct spread spread;     /* as the configuration wants it */

    struct mirror_config *config; /* never NULL: begins empty */
    struct dataplane *dataplane;  /* of it */
    struct watched *watched;      /* sessions that somebody watches */
    struct counters *cleared;     /* what counters were when they were cleared; its capacity is also
                                     that of the workers' */
    bool changed;                 /* links may have changed since the last probe */
    bool alarmed;                 /* a worker has called since then */
    struct teller teller;
    struct drops drops;
    struct rates rates;
    uint64_t started_ns;
    uint64_t probed_ns;  /* the end of the last probe */
    uint64_t doubted_ns; /* when the links were last looked at without an event */
    uint64_t rest_ns;    /* until the next one, whatever changes */
    uint64_t again_ns;   /* until receivers ask to be looked at again; 0: they do not */
    uint64_t plans;
};

struct engine_change {
    struct mirror_config *config;
    struct spread spread;
    struct dataplane *dataplane;
    struct worker_request *requests; /* one a worker, with larger counters if it needs them */
    struct counters *cleared;        /* grown likewise */
    bool outgrown;                   /* the counters in use are larger than these by now */
    uint64_t plans;                  /* published when it was made */
};

/* A data plane of the configuration, which is not the change's yet, ready to be published. NULL
 * when memory runs out. */
struct engine_change *engine_new_change(struct engine *engine, const struct mirror_config *config);
void engine_free_change(struct engine *engine, struct engine_change *change);
/* Every worker goes on with the change's data plane, or ends; returns when all have. */
void engine_publish(struct engine *engine, struct engine_change *change);
/* The same configuration under the conditions of now. false: memory ran out, and the workers go on
 * with what they have. */
bool engine_republish(struct engine *engine);

struct spread engine_spread(const struct engine *engine, const struct mirror_config *config);
/* false: so many workers, or rings so large, have no room; problem() is called for each. */
bool engine_check_spread(const struct engine *engine, const struct mirror_config *config,
                         engine_problem_fn *problem, void *context);
/* As many as that, unless there are as many. -errno with *why, and all is as before. */
int engine_add_workers(struct engine *engine, unsigned count, char *why, size_t why_size);
/* Brings workers and rings to what engine->spread says. Where memory is short, the next call goes
 * on with it. */
void engine_settle(struct engine *engine);
/* Nothing of that is left to be done. While a commit is prepared, nothing ever is. */
bool engine_is_settled(const struct engine *engine);

/* Adds up the counters of all workers; requests[i] holds the rest of worker i's report.
 * NULL when memory runs out. */
struct counters *engine_collect(struct engine *engine, struct worker_request *requests);

/* Whether a worker has seen this session's mirror come back within the last seconds. */
bool loop_was_seen(const struct engine *engine, uint32_t session);

/* Tells of drops that have begun or ended, and measures rates, where somebody asks, once a second.
 */
void look_at_counters(struct engine *engine, uint64_t now_ns);

/* How the session of that number fares, and why it is not up. */
void engine_session_state(const struct engine *engine, uint32_t number, enum session_state *state,
                          char reason[static REASON_MAX]);

#endif
