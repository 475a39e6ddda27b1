/* A bounds-checked reader over received bytes. Every header read of the packet
 * path goes through it: a reader returns NULL, and takes nothing, when the bytes
 * run out. */
#ifndef MIRRORSH_CURSOR_H
#define MIRRORSH_CURSOR_H

#include <stddef.h>
#include <stdint.h>

struct cursor {
    const uint8_t *at;  /* next byte to read */
    const uint8_t *end; /* one past the last */
};

static inline struct cursor cursor_over(const uint8_t *bytes, size_t length)
{
    return (struct cursor){.at = bytes, .end = bytes + length};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* The next `length` bytes, consumed; NULL when fewer are left. */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t length)
{
    if (cursor_left(cursor) < length)
        return NULL;
    const uint8_t *taken = cursor->at;
    cursor->at += length;
    return taken;
}

/* The next `length` bytes, not consumed; NULL when fewer are left. */
static inline const uint8_t *cursor_peek(const struct cursor *cursor, size_t length)
{
    return cursor_left(cursor) < length ? NULL : cursor->at;
}

/* Network byte order, any alignment. */
static inline uint16_t read_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)read_u16(bytes) << 16 | read_u16(bytes + 2);
}

static inline void write_u16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void write_u32(uint8_t *bytes, uint32_t value)
{
    write_u16(bytes, (uint16_t)(value >> 16));
    write_u16(bytes + 2, (uint16_t)value);
}

#endif
