/* Arrays by counter slots, of which there are more with each commit that brings new names. Pure. */
#ifndef MIRRORSH_GROW_H
#define MIRRORSH_GROW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* array: of the pointer to its elements of that size, NULL or malloced; *room: how many they are.
 * They are `wanted` or more from now on, the new ones zero. false: memory ran out, and all is as
 * before. */
static inline bool grow(void *array, uint32_t *room, uint32_t wanted, size_t size)
{
    void *now;
    if (wanted <= *room)
        return true;
    memcpy(&now, array, sizeof now);
    uint8_t *more = reallocarray(now, wanted, size);
    if (!more)
        return false;
    memset(more + *room * size, 0, (wanted - *room) * size);
    memcpy(array, &more, sizeof more);
    *room = wanted;
    return true;
}

#endif
