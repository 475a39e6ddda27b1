/* Edges of counters that only rise, and the look at all that is watched of them once a second. */
#include "engine_state.h"
#include "grow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_S = 10 };
static const uint64_t ns_per_s = 1000000000;

/* As struct session_drops has them. */
static const char *const session_kinds[DROP_KINDS] = {"rate-limit", "no receiver", "send error",
                                                      "backlog"};

void drops_free(struct drops *drops)
{
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        free(drops->at[kind]);
}

void drops_forget(struct drops *drops, enum counter_kind kind, uint32_t slot)
{
    if (slot < drops->room[kind])
        drops->at[kind][slot] = (struct drop){.told = 0};
}

static bool make_room(struct drops *drops, enum counter_kind kind, uint32_t room)
{
    return grow(&drops->at[kind], &drops->room[kind], room, sizeof *drops->at[kind]);
}

/* Takes the counters of now; the kinds that have begun, a bit each. What was set to zero since
 * counts from there. */
static unsigned advance(struct drop *drop, const uint64_t *now, size_t kinds, uint64_t now_ns)
{
    unsigned dropping = 0;
    for (size_t k = 0; k < kinds; k++) {
        uint64_t more = now[k] < drop->seen[k] ? now[k] : now[k] - drop->seen[k];
        drop->seen[k] = now[k];
        drop->since[k] += more;
        dropping |= more ? 1u << k : 0;
    }
    if (dropping)
        drop->last_ns = now_ns;
    if (dropping && !drop->told)
        drop->began_ns = now_ns;
    unsigned begun = dropping & ~drop->told;
    drop->told |= dropping;
    return begun;
}

/* "rate-limit, backlog"; counted: "rate-limit 12, backlog 3" */
static void list_kinds(const struct drop *drop, unsigned kinds, bool counted,
                       char text[static REASON_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < DROP_KINDS; k++) {
        if (!(kinds >> k & 1))
            continue;
        used += (size_t)snprintf(text + used, REASON_MAX - used, "%s%s", used ? ", " : "",
                                 session_kinds[k]);
        if (counted)
            used += (size_t)snprintf(text + used, REASON_MAX - used, " %" PRIu64, drop->since[k]);
    }
}

static bool has_ended(const struct drop *drop, uint64_t now_ns)
{
    return drop->told && now_ns - drop->last_ns >= QUIET_S * ns_per_s;
}

static void end(struct drop *drop)
{
    drop->told = 0;
    memset(drop->since, 0, sizeof drop->since);
}

static uint64_t seconds(const struct drop *drop)
{
    return (drop->last_ns - drop->began_ns) / ns_per_s + 1;
}

static void look_at_session(struct drop *drop, const struct teller *teller, const char *name,
                            const struct session_drops *now, uint64_t now_ns)
{
    char subject[REASON_MAX * 2], kinds[REASON_MAX];
    unsigned begun = advance(drop, (const uint64_t *)(const void *)now, DROP_KINDS, now_ns);
    if (!begun && !has_ended(drop, now_ns))
        return;
    snprintf(subject, sizeof subject, "drops of session %s", name);
    list_kinds(drop, begun ? begun : drop->told, !begun, kinds);
    if (begun) {
        /* that what is over a rate is dropped was asked for */
        news_tell(teller, begun & ~1u ? NEWS_FAULT : NEWS_WELL, subject, "have begun: %s", kinds);
        return;
    }
    news_tell(teller, NEWS_WELL, subject, "have ended: %s packets in %" PRIu64 " s", kinds,
              seconds(drop));
    end(drop);
}

static void look_at_ring(struct drop *drop, const struct teller *teller, const char *subject,
                         uint64_t now, uint64_t now_ns)
{
    if (advance(drop, &now, 1, now_ns)) {
        news_tell(teller, NEWS_FAULT, subject, "have begun: its ring is full");
    } else if (has_ended(drop, now_ns)) {
        news_tell(teller, NEWS_WELL, subject, "have ended: %" PRIu64 " packets in %" PRIu64 " s",
                  drop->since[0], seconds(drop));
        end(drop);
    }
}

void drops_look(struct drops *drops, const struct teller *teller, const struct dataplane *dataplane,
                const struct counters *sum, const struct sources *sources, uint64_t now_ns)
{
    const struct numbering *numbering = dataplane->numbering;
    if (!make_room(drops, COUNT_SESSION, sum->capacity[COUNT_SESSION]) ||
        !make_room(drops, COUNT_INTERFACE, sum->capacity[COUNT_INTERFACE]))
        return;
    for (uint32_t i = 0; i < numbering->count[COUNT_SESSION]; i++) {
        uint32_t slot = numbering->slots[COUNT_SESSION][i];
        look_at_session(&drops->at[COUNT_SESSION][slot], teller,
                        numbering->config->sessions[i].name, &counters_session(sum, slot)->dropped,
                        now_ns);
    }
    for (uint32_t i = 0; i < numbering->count[COUNT_INTERFACE]; i++) {
        uint32_t slot = numbering->slots[COUNT_INTERFACE][i];
        char subject[REASON_MAX];
        snprintf(subject, sizeof subject, "drops of interface %s", numbering->interfaces[i]);
        look_at_ring(&drops->at[COUNT_INTERFACE][slot], teller, subject, sources->dropped[slot],
                     now_ns);
    }
    look_at_ring(&drops->shared, teller, "drops of the interfaces that share a ring",
                 sources->dropped_shared, now_ns);
}

static void tell_of_loop(const struct teller *teller, const char *session)
{
    char subject[REASON_MAX * 2];
    snprintf(subject, sizeof subject, "mirror of session %s", session);
    news_tell(teller, NEWS_FAULT, subject,
              "comes back inside another packet; it is not mirrored again");
}

/* That it does no longer is not known after a change of plans. */
static void look_at_loops(const struct engine *engine)
{
    const struct numbering *numbering = engine->dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_SESSION]; i++) {
        uint32_t slot = numbering->slots[COUNT_SESSION][i];
        if (slot >= engine->drops.room[COUNT_SESSION])
            continue;
        struct drop *drop = &engine->drops.at[COUNT_SESSION][slot];
        bool loops = loop_was_seen(engine, i);
        if (loops && !drop->loops)
            tell_of_loop(&engine->teller, numbering->config->sessions[i].name);
        drop->loops = loops;
    }
}

/* Whether packets have come of late, so that what was dropped may have changed, or is to be said to
 * have ended: the workers of an idle box are left asleep. */
static bool may_differ(struct engine *engine, uint64_t now_ns)
{
    uint64_t lost = engine->resources.sources.dropped_all;
    sources_count(&engine->resources.sources);
    bool worked = engine->resources.sources.dropped_all != lost;
    for (unsigned i = 0; i < engine->worker_count; i++)
        worked |= worker_has_worked(engine->workers[i].worker);
    if (worked)
        engine->drops.worked_ns = now_ns;
    return engine->drops.worked_ns && now_ns - engine->drops.worked_ns <= (QUIET_S + 2) * ns_per_s;
}

void look_at_counters(struct engine *engine, uint64_t now_ns)
{
    if (!engine->teller.tell || now_ns - engine->drops.looked_ns < ns_per_s)
        return;
    engine->drops.looked_ns = now_ns;
    if (!may_differ(engine, now_ns)) {
        engine->rates.looked_ns = now_ns; /* the counters are as they were */
        return;
    }
    struct worker_request *reports = calloc(engine->worker_count, sizeof *reports);
    struct counters *sum = reports ? engine_collect(engine, reports) : NULL;
    if (sum) {
        drops_look(&engine->drops, &engine->teller, engine->dataplane, sum,
                   &engine->resources.sources, now_ns);
        rates_look(&engine->rates, engine->dataplane->numbering, sum, now_ns);
    }
    look_at_loops(engine);
    counters_free(sum);
    free(reports);
}
