/* Paces by the slots of their sessions, with as many users as data planes: see paces.h. */
#include "paces.h"

#include "grow.h"
#include "packet/cache_line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t any_number(const void *address)
{
    uint64_t number = (uint64_t)(uintptr_t)address;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) < 0)
        return (
            uint64_t)(uintptr_t)address; /* at a machine's first instants: it need only differ */
    return number;
}

static void pace_free(struct pace *pace)
{
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        free(pace->pacers[i]);
    free(pace);
}

/* Each worker's on cache lines of its own. */
static struct pacer *pacer_new(struct pace *pace)
{
    size_t size = (sizeof(struct pacer) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct pacer *pacer = aligned_alloc(CACHE_LINE, size);
    if (pacer)
        pacer_init(pacer, &pace->pacing, &pace->spent_ns, any_number(pacer));
    return pacer;
}

/* One for each of so many workers; false: memory ran out. */
static bool pace_serve(struct pace *pace, unsigned workers)
{
    for (unsigned i = 0; i < workers; i++) {
        if (!pace->pacers[i])
            pace->pacers[i] = pacer_new(pace);
        if (!pace->pacers[i])
            return false;
    }
    return true;
}

static struct pace *pace_new(unsigned workers, uint32_t slot, const struct pacing *pacing)
{
    struct pace *pace = calloc(1, sizeof *pace);
    if (!pace)
        return NULL;
    pace->pacing = *pacing;
    pace->slot = slot;
    if (pace_serve(pace, workers))
        return pace;
    pace_free(pace);
    return NULL;
}

bool paces_serve(struct paces *paces, unsigned workers)
{
    paces->workers = workers;
    for (uint32_t slot = 0; slot < paces->room; slot++)
        for (struct pace *pace = paces->slots[slot]; pace; pace = pace->next)
            if (!pace_serve(pace, workers))
                return false;
    return true;
}

void paces_trim(struct paces *paces)
{
    for (uint32_t slot = 0; slot < paces->room; slot++) {
        for (struct pace *pace = paces->slots[slot]; pace; pace = pace->next) {
            for (unsigned i = paces->workers; i < WORKERS_MAX; i++) {
                free(pace->pacers[i]);
                pace->pacers[i] = NULL;
            }
        }
    }
}

static bool same(const struct pacing *a, const struct pacing *b)
{
    return a->sample == b->sample && a->sample_flows == b->sample_flows && a->rate == b->rate &&
           a->unit == b->unit;
}

struct pace *paces_take(struct paces *paces, uint32_t slot, const struct pacing *pacing)
{
    if (slot >= paces->room &&
        !grow(&paces->slots, &paces->room, 2 * slot + 8, sizeof *paces->slots))
        return NULL;
    struct pace *pace = paces->slots[slot];
    while (pace && !same(&pace->pacing, pacing))
        pace = pace->next;
    if (!pace) {
        pace = pace_new(paces->workers, slot, pacing);
        if (!pace)
            return NULL;
        pace->next = paces->slots[slot];
        paces->slots[slot] = pace;
    }
    pace->users++;
    return pace;
}

void paces_release(struct paces *paces, struct pace *pace)
{
    struct pace **at = &paces->slots[pace->slot];
    if (--pace->users)
        return;
    while (*at != pace)
        at = &(*at)->next;
    *at = pace->next;
    pace_free(pace);
}

void paces_free(struct paces *paces)
{
    free(paces->slots);
    *paces = (struct paces){.workers = paces->workers};
}
