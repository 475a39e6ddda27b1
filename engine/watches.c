/* Watching sessions: taps come and go between two blocks of a worker, and with every plan. */
#include "watches.h"

#include "engine_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t number_of(const struct mirror_config *config, const char *session)
{
    for (size_t i = 0; i < config->session_count; i++)
        if (!strcmp(config->sessions[i].name, session))
            return (uint32_t)i;
    return NO_SLOT;
}

/* One more tap, of as many as that, which nobody has read anything of. */
static bool add_tap(struct watched *watched, unsigned workers)
{
    size_t count = watched->count + 1u;
    struct tap **taps = reallocarray(watched->taps, count, sizeof(struct tap *));
    if (!taps)
        return false;
    watched->taps = taps;
    for (struct engine_watch *watch = watched->first; watch; watch = watch->next) {
        uint64_t *position = reallocarray(watch->position, count, sizeof *position);
        if (!position)
            return false;
        position[watched->count] = 0;
        watch->position = position;
    }
    taps[watched->count] = tap_new(workers);
    if (!taps[watched->count])
        return false;
    watched->count++;
    return true;
}

bool watches_make_room(struct watched *first, unsigned workers)
{
    for (; first; first = first->next)
        while (first->count < workers)
            if (!add_tap(first, workers))
                return false;
    return true;
}

void watches_aim(struct watched *first, struct dataplane *dataplane, unsigned workers)
{
    for (struct watched *watched = first; watched; watched = watched->next) {
        watched->number = number_of(dataplane->numbering->config, watched->session);
        for (unsigned i = 0; watched->number != NO_SLOT && i < workers && i < watched->count; i++)
            dataplane->workloads[i].taps[watched->number] = watched->taps[i];
    }
}

/* Has every worker write to the taps of a session, or no more. */
static void tell_workers(const struct engine *engine, const struct watched *watched, bool write)
{
    struct worker_request request;
    for (unsigned i = 0; watched->number != NO_SLOT && i < engine->resources.workers; i++) {
        request = (struct worker_request){.kind = WORKER_WATCH,
                                          .session = watched->number,
                                          .tap = write ? watched->taps[i] : NULL};
        worker_ask(engine->workers[i].worker, &request);
        worker_wait(&request);
    }
}

static void watched_free(struct watched *watched)
{
    for (unsigned i = 0; i < watched->count; i++)
        tap_free(watched->taps[i]);
    free(watched->taps);
    free(watched->session);
    free(watched);
}

static struct watched *watched_new(const struct engine *engine, const char *session)
{
    struct watched *watched = calloc(1, sizeof *watched);
    if (!watched)
        return NULL;
    watched->number = number_of(engine->config, session);
    watched->session = strdup(session);
    if (watched->session && watches_make_room(watched, engine->resources.workers))
        return watched;
    watched_free(watched);
    return NULL;
}

/* The session as it is watched, from now on if need be. 0 or -errno. */
static int take_watched(struct engine *engine, const char *session, struct watched **found)
{
    unsigned count = 0;
    for (*found = engine->watched; *found; *found = (*found)->next, count++)
        if (!strcmp((*found)->session, session))
            return 0;
    if (count == WATCHED_MAX)
        return -EBUSY;
    *found = watched_new(engine, session);
    if (!*found)
        return -ENOMEM;
    (*found)->next = engine->watched;
    engine->watched = *found;
    tell_workers(engine, *found, true);
    return 0;
}

/* When nobody watches it any more. */
static void release_watched(struct engine *engine, struct watched *watched)
{
    struct watched **at = &engine->watched;
    if (watched->first)
        return;
    tell_workers(engine, watched, false);
    while (*at != watched)
        at = &(*at)->next;
    *at = watched->next;
    watched_free(watched);
}

int engine_watch(struct engine *engine, const char *session, struct engine_watch **begun)
{
    struct watched *watched;
    if (number_of(engine->config, session) == NO_SLOT)
        return -ENOENT;
    int error = take_watched(engine, session, &watched);
    if (error)
        return error;
    struct engine_watch *watch = calloc(1, sizeof *watch);
    if (watch)
        watch->position = calloc(watched->count, sizeof *watch->position);
    if (!watch || !watch->position) {
        free(watch);
        release_watched(engine, watched);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < watched->count; i++) {
        const struct tap *tap = watched->taps[i];
        watch->position[i] = atomic_load_explicit(&tap->filled, memory_order_acquire);
        watch->missed -= atomic_load_explicit(&tap->missed, memory_order_relaxed);
    }
    watch->watched = watched;
    watch->next = watched->first;
    watched->first = watch;
    *begun = watch;
    return 0;
}

void engine_unwatch(struct engine *engine, struct engine_watch *watch)
{
    if (!watch)
        return;
    struct engine_watch **at = &watch->watched->first;
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    release_watched(engine, watch->watched);
    free(watch->position);
    free(watch);
}

/* ---- reading ---- */

/* What all watchers have behind them may be overwritten. */
static void give_back(const struct watched *watched, unsigned worker)
{
    uint64_t least = UINT64_MAX;
    for (const struct engine_watch *watch = watched->first; watch; watch = watch->next)
        if (watch->position[worker] < least)
            least = watch->position[worker];
    atomic_store_explicit(&watched->taps[worker]->taken, least, memory_order_release);
}

static uint64_t filled(const struct tap *tap)
{
    return atomic_load_explicit(&tap->filled, memory_order_acquire);
}

/* The worker whose next packet is the oldest, and that packet; NULL: there is none. */
static const struct tap_packet *oldest(const struct engine_watch *watch, unsigned *worker)
{
    const struct tap_packet *found = NULL;
    for (unsigned i = 0; i < watch->watched->count; i++) {
        const struct tap *tap = watch->watched->taps[i];
        const struct tap_packet *packet = tap_next(tap, &watch->position[i], filled(tap));
        if (!packet || (found && found->time_ns <= packet->time_ns))
            continue;
        found = packet;
        *worker = i;
    }
    return found;
}

void engine_watch_read(struct engine_watch *watch, engine_packet_fn *take, void *context)
{
    const struct tap_packet *packet;
    unsigned worker = 0;
    while ((packet = oldest(watch, &worker))) {
        const struct watched_packet shown = {
            .time_ns = packet->time_ns,
            .interface = packet->interface,
            .direction = (enum direction)packet->direction,
            .rule = packet->rule,
            .length = packet->length,
            .kept = packet->kept,
            .bytes = packet->bytes,
        };
        if (!take(context, &shown))
            break;
        watch->position[worker] += packet->size;
    }
    for (unsigned i = 0; i < watch->watched->count; i++)
        give_back(watch->watched, i);
}

void engine_watch_skip(struct engine_watch *watch, uint64_t before_ns)
{
    for (unsigned i = 0; i < watch->watched->count; i++) {
        const struct tap *tap = watch->watched->taps[i];
        uint64_t *position = &watch->position[i], end = filled(tap);
        const struct tap_packet *packet;
        while ((packet = tap_next(tap, position, end)) &&
               (end - *position > tap->size / 2 || packet->time_ns < before_ns)) {
            *position += packet->size;
            watch->missed++;
        }
        give_back(watch->watched, i);
    }
}

uint64_t engine_watch_missed(const struct engine_watch *watch)
{
    uint64_t missed = watch->missed;
    for (unsigned i = 0; i < watch->watched->count; i++)
        missed += atomic_load_explicit(&watch->watched->taps[i]->missed, memory_order_relaxed);
    return missed;
}

bool engine_watch_state(const struct engine *engine, const struct engine_watch *watch,
                        enum session_state *state, char reason[static REASON_MAX])
{
    uint32_t number = watch->watched->number;
    if (number == NO_SLOT)
        return false;
    engine_session_state(engine, number, state, reason);
    return true;
}
