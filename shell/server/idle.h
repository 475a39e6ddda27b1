/* When a console at which nothing happens is warned, and when it is closed: `system idle-timeout`.
 * Pure. */
#ifndef MIRRORSH_IDLE_H
#define MIRRORSH_IDLE_H

#include <stdint.h>

enum { IDLE_WARNING_MS = 60000 }; /* so long before, but no more than half the time-out */

/* All in milliseconds of clock.h. Zero at the start. */
struct idle {
    int64_t close_ms; /* it was warned: it is closed then; 0: it was not */
};

enum idle_step { IDLE_NOTHING, IDLE_WARN, IDLE_CLOSE };

/* What is to be done now with a console that was active last at active_ms; a time-out of 0: nothing
 * ever is. Every console is warned before it is closed, also where the time-out came late. */
enum idle_step idle_step(struct idle *idle, int64_t active_ms, int64_t timeout_ms, int64_t now_ms);
/* Milliseconds until then; -1: never. */
int64_t idle_due(const struct idle *idle, int64_t active_ms, int64_t timeout_ms, int64_t now_ms);

#endif
