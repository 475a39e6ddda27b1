/* Start and stop, and the one way in which a plan reaches the workers: a data plane is built,
 * published to all of them, and the one before it retired. Commits and changes of links or
 * receivers both take it. Questions about packets are put to the one that is published. */
#include "clock.h"
#include "engine_state.h"
#include "explain.h"
#include "session_conditions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/* Links and receivers are looked at about every second even when no event tells of a change:
 * learned path MTUs come and go silently. After an alarm of a worker sooner, but not always at
 * once: the path may stay too narrow for it. When something has changed at once, unless that was
 * only just so: a storm of changes gets no more than half of the control thread. Receivers may
 * ask to be looked at again. Links are read anew now and then, since events do not tell all. */
static const uint64_t probe_every_ns = 500ull * NS_PER_MS;
static const uint64_t links_every_ns = 5000ull * NS_PER_MS;
static const uint64_t alarm_every_ns = 100ull * NS_PER_MS;
static const uint64_t change_every_ns = 20ull * NS_PER_MS;

/* ---- start and stop ---- */

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
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        snprintf(why, why_size, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    engine->descriptor = engine->alarm = engine->timer = -1;
    engine->teller = (struct teller){options->tell, options->tell_context, options->details};
    engine->started_ns = clock_ns();
    engine->default_workers = options->workers ? options->workers : 1;
    engine->resources.receivers.ports = &engine->ports;
    int error = outer_ports_reserve(&engine->ports, why, why_size);
    if (!error)
        error = open_control(engine, why, why_size);
    engine->resources.receivers.links = engine->resources.links;
    /* Without one rings are just made when they are needed. */
    engine->resources.sources.reserve = reserve_new();
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
    for (unsigned i = 0; i < engine->worker_count; i++)
        worker_end(engine->workers[i].worker);
    for (unsigned i = 0; i < engine->worker_count; i++)
        worker_stop(engine->workers[i].worker, NULL);
    dataplane_free(engine->dataplane, &engine->resources);
    mirror_config_free(engine->config);
    paces_free(&engine->resources.paces);
    drops_free(&engine->drops);
    rates_free(&engine->rates);
    counter_names_free(engine->resources.names);
    counters_free(engine->cleared);
    reserve_free(engine->resources.sources.reserve);
    free(engine->resources.sources.dropped);
    free(engine->resources.sources.left_out);
    links_close(engine->resources.links);
    outer_ports_release(&engine->ports);
    if (engine->descriptor >= 0)
        close(engine->descriptor);
    if (engine->alarm >= 0)
        close(engine->alarm);
    if (engine->timer >= 0)
        close(engine->timer);
    free(engine);
}

/* ---- what happens ---- */

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

/* true: something has changed. */
static bool hear_of_links(struct engine *engine)
{
    struct receivers *receivers = &engine->resources.receivers;
    switch (links_service(engine->resources.links, receivers_hear_neighbour, receivers)) {
    case LINKS_QUIET:
        return false;
    case LINKS_CHANGED:
        receivers->stirred = true;
        break;
    case LINKS_NEIGHBOURS:
        break;
    }
    engine->changed = true;
    return true;
}

void engine_service(struct engine *engine)
{
    uint64_t begin = clock_ns();
    look_at_counters(engine, begin);
    take_count(engine->timer);
    if (take_count(engine->alarm))
        engine->alarmed = true;
    if (receivers_hear(&engine->resources.receivers))
        engine->alarmed = true;
    if (begin - engine->doubted_ns >= links_every_ns) {
        engine->doubted_ns = begin;
        links_doubt(engine->resources.links);
    }
    hear_of_links(engine);
    if (begin < due_ns(engine)) {
        if (engine->changed || engine->alarmed)
            wait_until_due(engine);
        return;
    }
    engine->again_ns =
        (uint64_t)receivers_probe(&engine->resources.receivers, engine->alarmed, begin) * NS_PER_MS;
    engine->changed = engine->alarmed = false;
    for (unsigned i = 0; !engine->resources.fault && i < engine->worker_count; i++)
        engine->resources.fault = worker_fault(engine->workers[i].worker);
    if (engine_is_settled(engine) && !dataplane_holds(engine->dataplane, &engine->resources))
        engine_republish(engine);
    if (!engine_is_settled(engine))
        engine_settle(engine);
    engine->probed_ns = clock_ns();
    engine->rest_ns = engine->probed_ns - begin;
    if (engine->rest_ns < change_every_ns)
        engine->rest_ns = change_every_ns;
    if (engine->again_ns)
        wait_until_due(engine);
    else
        listen_to_links(engine, true);
}

/* ---- commits ---- */

/* The change owns the configuration, unless there is none. */
static int make_ready(struct engine *engine, struct mirror_config *config,
                      struct engine_change **prepared, char *why, size_t why_size)
{
    struct sources *sources = &engine->resources.sources;
    struct spread spread = engine_spread(engine, config);
    int error = engine_add_workers(engine, spread.workers, why, why_size);
    if (error)
        return error;
    sources->spread = spread;
    struct engine_change *change = engine_new_change(engine, config);
    sources->spread = engine->spread;
    if (!change) {
        snprintf(why, why_size, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    if (sources->refused) {
        snprintf(why, why_size, "capture rings: %s", strerror(-sources->refused));
        engine_free_change(engine, change);
        return sources->refused;
    }
    change->config = config;
    *prepared = change;
    return 0;
}

int engine_prepare(struct engine *engine, struct mirror_config *config,
                   struct engine_change **prepared, engine_problem_fn *problem, void *context,
                   char *why, size_t why_size)
{
    /* What happened up to now counts: an interface created a moment ago is there. */
    if (hear_of_links(engine))
        wait_until_due(engine);
    if (engine->dataplane && !engine_is_settled(engine))
        engine_settle(engine);
    struct engine_change *change = NULL;
    int error = !problem || engine_check_spread(engine, config, problem, context)
                    ? make_ready(engine, config, &change, why, why_size)
                    : -EINVAL;
    if (error)
        mirror_config_free(config);
    else if (problem && !dataplane_check(change->dataplane, &engine->resources, problem, context))
        error = -EINVAL;
    if (error && change)
        engine_free_change(engine, change);
    else if (!error)
        *prepared = change;
    engine->resources.sources.held = !error;
    if (error && engine->dataplane && !engine_is_settled(engine))
        engine_settle(engine);
    return error;
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
        change->plans == engine->plans ? NULL : engine_new_change(engine, change->config);
    if (!now)
        return;
    struct engine_change before = *change;
    *change = *now;
    change->config = before.config;
    *now = before;
    now->config = NULL;
    engine_free_change(engine, now);
}

void engine_commit(struct engine *engine, struct engine_change *change)
{
    engine->resources.sources.held = false;
    engine->spread = engine->resources.sources.spread = change->spread;
    bring_up_to_date(engine, change);
    engine_publish(engine, change);
    struct mirror_config *old = engine->config;
    engine->config = change->config;
    change->config = old;
    engine_free_change(engine, change);
    if (!engine_is_settled(engine))
        engine_settle(engine);
}

void engine_abandon(struct engine *engine, struct engine_change *change)
{
    engine_free_change(engine, change);
    engine->resources.sources.held = false;
    if (!engine_is_settled(engine))
        engine_settle(engine);
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
