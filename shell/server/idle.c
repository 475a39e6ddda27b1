/* The two moments of a console that nobody uses: see idle.h. */
#include "idle.h"

static int64_t warning_ms(int64_t timeout_ms)
{
    return timeout_ms / 2 < IDLE_WARNING_MS ? timeout_ms / 2 : IDLE_WARNING_MS;
}

int64_t idle_due(const struct idle *idle, int64_t active_ms, int64_t timeout_ms, int64_t now_ms)
{
    int64_t warned = active_ms + timeout_ms - warning_ms(timeout_ms);
    int64_t at = idle->close_ms && now_ms >= warned ? idle->close_ms : warned;

    return timeout_ms == 0 ? -1 : at > now_ms ? at - now_ms : 0;
}

enum idle_step idle_step(struct idle *idle, int64_t active_ms, int64_t timeout_ms, int64_t now_ms)
{
    int64_t before = warning_ms(timeout_ms), warned = active_ms + timeout_ms - before;

    if (timeout_ms == 0 || now_ms < warned) /* it was used again, or has longer now */
        idle->close_ms = 0;
    else if (idle->close_ms == 0)
        idle->close_ms = now_ms + before;
    else
        return now_ms >= idle->close_ms ? IDLE_CLOSE : IDLE_NOTHING;
    return idle->close_ms ? IDLE_WARN : IDLE_NOTHING;
}
