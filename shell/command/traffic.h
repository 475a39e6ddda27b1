/* What a session sends, packet by packet, to a console: monitor traffic, and capture. The console
 * prints them or writes its file; the box hands over what it keeps up with, and never waits. */
#ifndef MIRRORSH_TRAFFIC_H
#define MIRRORSH_TRAFFIC_H

#include "context.h"

struct traffic;

enum { TRAFFIC_MS = 10 }; /* between two rounds, where the console is not faster */

/* Sends what there is, if the last round was shown. False: it has ended. */
bool traffic_round(struct context *context, struct traffic *traffic);
void traffic_shown(struct traffic *traffic);
bool traffic_is_shown(const struct traffic *traffic);
/* Says how much was missed, and frees it. */
void traffic_end(struct context *context, struct traffic *traffic);

#endif
