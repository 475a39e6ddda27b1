/* Start and stop, and the one way in which a plan reaches the workers: a data plane is built,
 * published to all of them, and the one before it retired. Commits and changes of links or
 * receivers both take it. Questions about packets are put to the one that is published. */
#include "engine_state.h"
#include "explain.h"
#include "session_conditions.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/* Links and receivers are looked at about every second even when no event tells of a change:
 * learned path MTUs come and go silently. After an alarm of a worker sooner, but not always at
 * once: the path may stay too narrow for it. When something has changed at once, unless that was
 * only just so: a storm of changes gets no more than half of the control thread. Receivers may
 * ask to be looked at again. */
static const uint64_t probe_every_ns = 500ull * NS_PER_MS;
static const uint64_t alarm_every_ns = 100ull * NS_PER_MS;
static const uint64_t change_every_ns = 20ull * NS_PER_MS;

struct engine_change {
    struct mirror_config *config;
    struct dataplane *dataplane;
    struct worker_request *requests; /* one a worker, with larger counters if it needs them */
    struct counters *cleared;        /* grown likewise */
    bool outgrown;                   /* the counters in use are larger than these by now */
    uint64_t plans;                  /* published when it was made */
};

uint64_t engine_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- start and stop ---- */

static int start_worker(const struct engine *engine, struct engine_worker *worker, char *why,
                        size_t why_size)
{
    worker->wall_ns = engine_now_ns();
    return worker_start(&worker->worker, engine->alarm, why, why_size);
}

/* Signals are the main thread's. Without a reserve rings are just made when they are needed. */
static int start_threads(struct engine *engine, char *why, size_t why_size)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    engine->resources.sources.reserve = reserve_new();
    for (unsigned i = 0; !error && i < engine->resources.workers; i++)
        error = start_worker(engine, &engine->workers[i], why, why_size);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int watch(const struct engine *engine, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    return epoll_ctl(engine->descriptor, EPOLL_CTL_ADD, descriptor, &event) ? -errno : 0;
}

static int open_control(struct engine *engine, char *why, size_t why_size)
{
    int error = links_open(&engine->resources.links, why, why_size);
    if (error)
        return error;
    links_mark(engine->resources.links, engine->ports.mark);
    engine->descriptor = epoll_create1(EPOLL_CLOEXEC);
    engine->alarm = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    engine->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (engine->descriptor < 0 || engine->alarm < 0 || engine->timer < 0)
        error = -errno;
    if (!error)
        error = watch(engine, engine->alarm);
    if (!error)
        error = watch(engine, engine->timer);
    if (!error)
        error = watch(engine, links_descriptor(engine->resources.links));
    if (!error)
        error = watch(engine, engine->ports.answers);
    if (error)
        snprintf(why, why_size, "events: %s", strerror(-error));
    return error;
}

/* An engine without sessions is an engine with an empty configuration. */
static int begin_empty(struct engine *engine, char *why, size_t why_size)
{
    struct engine_change *change;
    struct mirror_config *config = calloc(1, sizeof *config);
    const uint32_t none[COUNTER_KINDS] = {0};
    engine->resources.names = counter_names_new();
    engine->cleared = counters_new(none);
    if (!config || !engine->resources.names || !engine->cleared) {
        free(config);
        snprintf(why, why_size, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    int error = engine_prepare(engine, config, &change, NULL, NULL, why, why_size);
    if (!error)
        engine_commit(engine, change);
    return error;
}

int engine_start(struct engine **started, const struct engine_options *options, char *why,
                 size_t why_size)
{
    unsigned workers = options->workers ? options->workers : 1;
    struct engine *engine = calloc(1, sizeof *engine);
    struct engine_worker *list = calloc(workers, sizeof *list);
    if (!engine || !list) {
        free(engine);
        free(list);
        snprintf(why, why_size, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    engine->descriptor = engine->alarm = engine->timer = -1;
    engine->workers = list;
    engine->teller = (struct teller){options->tell, options->tell_context, options->details};
    engine->started_ns = engine_now_ns();
    engine->resources.workers = workers;
    engine->resources.sources.workers = workers;
    engine->resources.receivers.workers = workers;
    engine->resources.paces.workers = workers;
    engine->resources.receivers.ports = &engine->ports;
    int error = outer_ports_reserve(&engine->ports, why, why_size);
    if (!error)
        error = open_control(engine, why, why_size);
    engine->resources.receivers.links = engine->resources.links;
    if (!error)
        error = start_threads(engine, why, why_size);
    if (!error)
        error = begin_empty(engine, why, why_size);
    if (error) {
        engine_stop(engine);
        return error;
    }
    if (!engine->ports.mark)
        news_tell(&engine->teller, NEWS_FAULT, "own packets",
                  "cannot be marked (CAP_NET_ADMIN): inside a tunnel they may be mirrored again");
    *started = engine;
    return 0;
}

void engine_stop(struct engine *engine)
{
    if (!engine)
        return;
    for (unsigned i = 0; i < engine->resources.workers; i++)
        worker_stop(engine->workers[i].worker);
    dataplane_free(engine->dataplane, &engine->resources);
    mirror_config_free(engine->config);
    paces_free(&engine->resources.paces);
    drops_free(&engine->drops);
    counter_names_free(engine->resources.names);
    counters_free(engine->cleared);
    reserve_free(engine->resources.sources.reserve);
    free(engine->resources.sources.dropped);
    links_close(engine->resources.links);
    outer_ports_release(&engine->ports);
    if (engine->descriptor >= 0)
        close(engine->descriptor);
    if (engine->alarm >= 0)
        close(engine->alarm);
    if (engine->timer >= 0)
        close(engine->timer);
    free(engine->workers);
    free(engine);
}

/* ---- publishing ----
 *
 * The packet path takes no lock and yet its plan changes under traffic, in three steps.
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
 * decided by one plan or the other, never by both or by none.
 *
 * Retire: when all workers have answered nobody has anything of the old data plane, and freeing it
 * closes the captures, sockets and slots whose last user it was.
 *
 * A commit and a change of the machine (a link, an address, a receiver's health) go the same way;
 * they differ in whose configuration the new data plane is of. */

/* Larger counters for new names, for the workers and for what has been cleared. */
static bool grow_counters(const struct engine *engine, struct engine_change *change)
{
    uint32_t capacity[COUNTER_KINDS];
    bool enough = true;
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        uint32_t needed = counter_names_capacity(engine->resources.names, (enum counter_kind)kind);
        capacity[kind] = engine->cleared->capacity[kind];
        if (needed > capacity[kind] || !capacity[kind]) {
            enough = false;
            capacity[kind] = needed + needed / 2 + 16;
        }
    }
    if (enough)
        return true;
    change->cleared = counters_new(capacity);
    if (!change->cleared)
        return false;
    for (unsigned i = 0; i < engine->resources.workers; i++) {
        change->requests[i].counters = counters_new(capacity);
        if (!change->requests[i].counters)
            return false;
    }
    return true;
}

static void free_change(struct engine *engine, struct engine_change *change)
{
    dataplane_free(change->dataplane, &engine->resources);
    mirror_config_free(change->config);
    for (unsigned i = 0; change->requests && i < engine->resources.workers; i++)
        counters_free(change->requests[i].counters);
    free(change->requests);
    counters_free(change->cleared);
    free(change);
}

/* A data plane of the configuration, which is not the change's yet, ready to be published. NULL
 * when memory runs out. */
static struct engine_change *new_change(struct engine *engine, const struct mirror_config *config)
{
    struct engine_change *change = calloc(1, sizeof *change);
    if (!change)
        return NULL;
    change->plans = engine->plans;
    change->requests = calloc(engine->resources.workers, sizeof *change->requests);
    if (change->requests)
        change->dataplane = dataplane_new(&engine->resources, config);
    if (change->dataplane && grow_counters(engine, change) &&
        watches_make_room(engine->watched, engine->resources.workers))
        return change;
    free_change(engine, change);
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
    for (unsigned i = 0; change->outgrown && i < engine->resources.workers; i++) {
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

/* Every worker goes on with the change's data plane; returns when all do. */
static void publish(struct engine *engine, struct engine_change *change)
{
    struct dataplane *next = change->dataplane;
    drop_smaller_counters(engine, change);
    begin_counting(engine, next);
    watches_aim(engine->watched, next, engine->resources.workers);
    for (unsigned i = 0; i < engine->resources.workers; i++) {
        struct worker_request *request = &change->requests[i];
        request->kind = WORKER_ADOPT;
        request->workload = &next->workloads[i];
        request->fresh = next->fresh;
        request->fresh_count = next->fresh_count;
        worker_ask(engine->workers[i].worker, request);
    }
    for (unsigned i = 0; i < engine->resources.workers; i++)
        worker_wait(&change->requests[i]);
    if (change->cleared && !change->outgrown) {
        struct counters *old = engine->cleared;
        counters_add(change->cleared, old);
        engine->cleared = change->cleared;
        change->cleared = old;
    }
    for (size_t i = 0; i < next->fresh_count; i++) {
        counters_zero_slot(engine->cleared, next->fresh[i].kind, next->fresh[i].slot);
        drops_forget(&engine->drops, next->fresh[i].kind, next->fresh[i].slot);
    }
    news_of_change(&engine->teller, engine->dataplane, next, engine->resources.names);
    dataplane_free(engine->dataplane, &engine->resources);
    engine->dataplane = next;
    engine->plans++;
    change->dataplane = NULL;
}

/* The same configuration under the conditions of now. What cannot be built now is tried again
 * with the next probe; the workers go on with what they have. */
static void republish(struct engine *engine)
{
    struct engine_change *change = new_change(engine, engine->config);
    if (!change)
        return;
    publish(engine, change);
    free_change(engine, change);
}

int engine_descriptor(const struct engine *engine)
{
    return engine->descriptor;
}

/* When links and receivers are to be looked at next. */
static uint64_t due_ns(const struct engine *engine)
{
    uint64_t every = engine->changed    ? engine->rest_ns
                     : engine->alarmed  ? alarm_every_ns
                     : engine->again_ns ? engine->again_ns
                                        : probe_every_ns;
    return engine->probed_ns + every;
}

static void listen_to_links(const struct engine *engine, bool listen)
{
    int links = links_descriptor(engine->resources.links);
    struct epoll_event event = {.events = listen ? EPOLLIN : 0, .data.fd = links};
    epoll_ctl(engine->descriptor, EPOLL_CTL_MOD, links, &event);
}

/* The timer calls then; that something has changed need not be heard again before. */
static void wait_until_due(const struct engine *engine)
{
    uint64_t due = due_ns(engine);
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(due / NS_PER_S), .tv_nsec = (long)(due % NS_PER_S)},
    };
    timerfd_settime(engine->timer, TFD_TIMER_ABSTIME, &when, NULL);
    listen_to_links(engine, !engine->changed);
}

static bool take_count(int fd)
{
    uint64_t count;
    return read(fd, &count, sizeof count) == sizeof count;
}

void engine_service(struct engine *engine)
{
    uint64_t begin = engine_now_ns();
    look_at_drops(engine, begin);
    take_count(engine->timer);
    if (take_count(engine->alarm))
        engine->alarmed = true;
    if (receivers_hear(&engine->resources.receivers))
        engine->alarmed = true;
    if (links_service(engine->resources.links))
        engine->changed = true;
    if (begin < due_ns(engine)) {
        if (engine->changed || engine->alarmed)
            wait_until_due(engine);
        return;
    }
    engine->changed = engine->alarmed = false;
    engine->again_ns = (uint64_t)receivers_probe(&engine->resources.receivers, begin) * NS_PER_MS;
    for (unsigned i = 0; !engine->resources.fault && i < engine->resources.workers; i++)
        engine->resources.fault = worker_fault(engine->workers[i].worker);
    if (!dataplane_holds(engine->dataplane, &engine->resources))
        republish(engine);
    engine->probed_ns = engine_now_ns();
    engine->rest_ns = engine->probed_ns - begin;
    if (engine->rest_ns < change_every_ns)
        engine->rest_ns = change_every_ns;
    if (engine->again_ns)
        wait_until_due(engine);
    else
        listen_to_links(engine, true);
}

/* ---- commits ---- */

int engine_prepare(struct engine *engine, struct mirror_config *config,
                   struct engine_change **prepared, engine_problem_fn *problem, void *context,
                   char *why, size_t why_size)
{
    /* What happened up to now counts: an interface created a moment ago is there. */
    if (links_service(engine->resources.links)) {
        engine->changed = true;
        wait_until_due(engine);
    }
    snprintf(why, why_size, "%s", strerror(ENOMEM));
    struct engine_change *change = new_change(engine, config);
    if (!change) {
        mirror_config_free(config);
        return -ENOMEM;
    }
    change->config = config;
    if (problem && !dataplane_check(change->dataplane, &engine->resources, problem, context)) {
        free_change(engine, change);
        return -EINVAL;
    }
    *prepared = change;
    return 0;
}

void engine_warn(const struct engine_change *change, engine_problem_fn *warning, void *context)
{
    dataplane_warn(change->dataplane, warning, context);
}

/* What has become of the machine since the change was prepared, and runs already, stays: an
 * interface that came meanwhile is not left and taken again. Where memory is short that waits until
 * after the commit, which cannot fail. */
static void bring_up_to_date(struct engine *engine, struct engine_change *change)
{
    struct engine_change *now =
        change->plans == engine->plans ? NULL : new_change(engine, change->config);
    if (!now)
        return;
    struct engine_change before = *change;
    *change = *now;
    change->config = before.config;
    *now = before;
    now->config = NULL;
    free_change(engine, now);
}

void engine_commit(struct engine *engine, struct engine_change *change)
{
    bring_up_to_date(engine, change);
    publish(engine, change);
    struct mirror_config *old = engine->config;
    engine->config = change->config;
    change->config = old;
    free_change(engine, change);
}

void engine_abandon(struct engine *engine, struct engine_change *change)
{
    free_change(engine, change);
}

struct explanation *engine_explain(const struct engine *engine,
                                   const struct packet_question *question)
{
    const struct dataplane *dataplane = engine->dataplane;
    const struct numbering *numbering = dataplane->numbering;
    uint32_t interface = numbering_interface(numbering, question->interface);
    char fault[REASON_MAX] = "";
    const char **down = calloc(numbering->count[COUNT_SESSION] + 1u, sizeof *down);
    if (!down)
        return NULL;
    for (uint32_t i = 0; i < numbering->count[COUNT_SESSION]; i++)
        down[i] = dataplane->sessions[i].reason;
    if (interface != NO_SLOT)
        interface_judge(dataplane, interface, fault);
    struct explanation *explanation = explain(
        &(struct explain_input){dataplane->plan, numbering, &dataplane->next_hops, down, fault},
        question);
    free(down);
    return explanation;
}
