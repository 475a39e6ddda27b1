/* Time that only goes forward, for whatever is due or late: a monitor's round, a hello, an
 * answer. */
#ifndef MIRRORSH_CLOCK_H
#define MIRRORSH_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment of the past. */
int64_t clock_ms(void);

#endif
