/* Memory that one worker writes packet by packet: where it shared a line of the cache with
 * another's, each write would take the line away from the other. What is counted and paced is
 * allocated with room behind it, so that no two of these touch. Pure. */
#ifndef MIRRORSH_OWN_LINES_H
#define MIRRORSH_OWN_LINES_H

#include "packet/cache_line.h"

#include <stdint.h>
#include <stdlib.h>

enum { OWN_LINES = 2 * CACHE_LINE }; /* processors fetch lines by pairs */

/* As calloc: zero, freed with free; NULL when memory runs out. */
static inline void *own_lines(size_t count, size_t size)
{
    return size && count > (SIZE_MAX - OWN_LINES) / size ? NULL
                                                         : calloc(1, count * size + OWN_LINES);
}

#endif
