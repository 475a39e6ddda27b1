/* Packets in the two parts in which they are sent, held against segment_write. */
#ifndef MIRRORSH_TESTS_PARTS_H
#define MIRRORSH_TESTS_PARTS_H

#include "../../engine/packet/segment.h"
#include <stdlib.h>
#include <string.h>

/* Whether head and rest of a packet make up what segment_write has made of it. The head's room is
 * no larger than it. */
static inline bool parts_make_up(const struct segments *segments, uint32_t index, uint32_t kept,
                                 const uint8_t *out)
{
    const struct frame *frame = segments->frame;
    const uint8_t *rest;
    uint32_t head = segment_head(segments, index, kept, &rest);
    if (head > kept)
        return false;
    uint8_t *made = malloc(head ? head : 1);
    segment_write_head(segments, index, made, kept);
    bool same = rest >= frame->bytes && rest + kept - head <= frame->bytes + frame->captured &&
                !memcmp(made, out, head) && !memcmp(rest, out + head, kept - head);
    free(made);
    return same;
}

#endif
