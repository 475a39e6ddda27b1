/* What this machine has right now that a configuration may name: its interfaces. */
#ifndef MIRRORSH_LIVE_VALUES_H
#define MIRRORSH_LIVE_VALUES_H

#include "../config/completion.h"

/* None when the kernel does not tell or memory runs out. */
void live_values_read(struct live_values *live);
void live_values_free(struct live_values *live);

#endif
