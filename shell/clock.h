/* Time that only goes forward, for whatever is due: rounds of a monitor, hellos, pauses. */
#ifndef MIRRORSH_CLOCK_H
#define MIRRORSH_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment of the past. */
int64_t clock_ms(void);

#endif
