/* What the engine says of watching, for tests of commands that have no engine: it is never asked.
 */
#ifndef MIRRORSH_TESTS_NO_WATCHES_H
#define MIRRORSH_TESTS_NO_WATCHES_H

#include "../../engine/engine.h"
#include <stdlib.h>

int engine_watch(struct engine *engine, const char *session, struct engine_watch **watch)
{
    (void)engine, (void)session, (void)watch;
    abort();
}

void engine_unwatch(struct engine *engine, struct engine_watch *watch)
{
    (void)engine, (void)watch;
    abort();
}

void engine_watch_read(struct engine_watch *watch, engine_packet_fn *take, void *context)
{
    (void)watch, (void)take, (void)context;
    abort();
}

void engine_watch_skip(struct engine_watch *watch, uint64_t before_ns)
{
    (void)watch, (void)before_ns;
    abort();
}

uint64_t engine_watch_missed(const struct engine_watch *watch)
{
    (void)watch;
    abort();
}

bool engine_watch_state(const struct engine *engine, const struct engine_watch *watch,
                        enum session_state *state, char reason[static REASON_MAX])
{
    (void)engine, (void)watch, (void)state, (void)reason;
    abort();
}

#endif
