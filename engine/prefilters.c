/* From a plan to the filters of feeds. What cannot be made is done without: the workers leave out
 * the same. */
#include "prefilters.h"

#include "plan/prefilter.h"
#include "sources_internal.h"

#include <stdlib.h>

/* The feed of that interface, if it is its own and open. */
static struct feed *own_feed(const struct sources *sources, const struct dataplane *dataplane,
                             uint32_t interface)
{
    const struct interface_condition *condition = &dataplane->interfaces[interface];
    const struct source *source = dataplane->sources[interface];
    return condition->open && has_own_feed(sources, source) ? source->feed : NULL;
}

static bool make_program(const struct plan *plan, uint32_t interface,
                         struct prefilter_program *program)
{
    struct prefilter prefilter;
    bool made = prefilter_make(&prefilter, plan, interface) && !prefilter_is_idle(&prefilter);
    if (made)
        prefilter_program_make(program, &prefilter);
    prefilter_free(&prefilter);
    return made;
}

void prefilters_lift(const struct sources *sources, const struct dataplane *next)
{
    struct prefilter_program *program = malloc(sizeof *program);
    for (uint32_t i = 0; i < next->plan->interface_count; i++) {
        struct feed *feed = own_feed(sources, next, i);
        if (feed)
            feed_lift_filter(feed,
                             program && make_program(next->plan, i, program) ? program : NULL);
    }
    free(program);
}

void prefilters_set(const struct sources *sources, const struct dataplane *next)
{
    for (uint32_t i = 0; i < next->plan->interface_count; i++) {
        struct feed *feed = own_feed(sources, next, i);
        if (feed)
            feed_set_filter(feed);
    }
}

int prefilters_refused(const struct sources *sources)
{
    for (const struct source *source = sources->first; source; source = source->next)
        if (has_own_feed(sources, source) && source->feed->filter.refused)
            return source->feed->filter.refused;
    return 0;
}
