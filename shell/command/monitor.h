/* A monitor that runs, round by round: `monitor sessions`, the live view's samples or plain lines,
 * or the packets of traffic.h. */
#ifndef MIRRORSH_MONITOR_H
#define MIRRORSH_MONITOR_H

#include "context.h"

struct traffic; /* traffic.h */

/* Milliseconds until the next round. */
int64_t monitor_due(const struct monitor *monitor, int64_t now_ms);
/* The round that is due. One that comes before the last was shown is left out: the client's
 * line does not carry more. False: it was the last one. */
bool monitor_round(struct context *context, int64_t now_ms);
/* What the live view wants from now on; a round is due at once. */
void monitor_watch(struct monitor *monitor, const struct watch *watch, int64_t now_ms);
/* The round that was sent last has been shown. */
void monitor_shown(struct monitor *monitor);
bool monitor_is_shown(const struct monitor *monitor);
/* Begins one of packets: context->monitor, which owns `traffic` then. False: memory ran out. */
bool monitor_traffic(struct context *context, struct traffic *traffic);
/* Ends context->monitor, whatever its state. */
void monitor_end(struct context *context);

#endif
