/* Time that only goes forward, for whatever is due, late or measured. */
#ifndef MIRRORSH_ENGINE_CLOCK_H
#define MIRRORSH_ENGINE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some moment of the past. Any thread. */
uint64_t clock_ns(void);

#endif
