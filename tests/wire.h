/* What programs need that judge packets, and are built alone: numbers in network order and the
 * checksum of the internet. */
#ifndef MIRRORSH_TESTS_WIRE_H
#define MIRRORSH_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* Adds the words of a one's complement sum (RFC 1071) to `start`. */
static inline uint64_t sum(const uint8_t *at, size_t length, uint64_t start)
{
    for (; length > 1; at += 2, length -= 2)
        start += get16(at);
    return length ? start + (uint64_t)(*at << 8) : start;
}

/* Whether all that a checksum covers, with it, adds up. */
static inline bool right(uint64_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return total == 0xffff;
}

#endif
