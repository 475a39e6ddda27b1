/* A running `monitor sessions`: the live view's samples or plain lines, round by round. */
#ifndef MIRRORSH_MONITOR_H
#define MIRRORSH_MONITOR_H

#include "../box/console.h"

/* Milliseconds until the next round. */
int64_t monitor_due(const struct monitor *monitor, int64_t now_ms);
/* The round that is due. A round that the console is too slow for is left out. False: it was
 * the last one. */
bool monitor_round(struct console *console, int64_t now_ms);
void monitor_set_interval(struct monitor *monitor, uint32_t interval_ms, int64_t now_ms);
/* Ends console->monitor, whatever its state. */
void monitor_end(struct console *console);

#endif
