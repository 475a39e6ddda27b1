/* Super-frames, inside tunnels too, back into the packets of the wire, and every packet into
 * the bytes that are sent: headers and checksums of segments made right, unfinished checksums
 * of packets that are sent whole finished, lengths cut. A plain frame is the case of
 * one packet. */
#ifndef MIRRORSH_SEGMENT_H
#define MIRRORSH_SEGMENT_H

#include "layers.h"

struct segments {
    const struct frame *frame;
    const struct flow_key *key;
    uint32_t count;       /* packets of the wire, >= 1 */
    uint32_t header;      /* super-frame: bytes of headers of each of them; 0: a plain frame */
    uint32_t payload;     /* super-frame: transport payload bytes in all */
    uint32_t payload_at;  /* super-frame: their offset in it */
    struct layers layers; /* super-frame: what of the headers is each packet's own */
};

/* frame and key must outlive *segments. A super-frame whose headers do not bear out its
 * metadata (malformed, or not all captured) counts as one packet. */
void segments_open(struct segments *segments, const struct frame *frame,
                   const struct flow_key *key);

/* The key of all packets but the last, where it is another one: TCP's FIN and PSH are the last
 * one's only. false: all have segments->key. */
bool segments_early_key(const struct segments *segments, struct flow_key *early);

/* Length on the wire of packet `index` (< count), without frame check sequence. */
uint32_t segment_length(const struct segments *segments, uint32_t index);

/* How much of it was captured (<= segment_length): a frame longer than a block of the ring (BIG
 * TCP, enabled when the ring was there) is cut by the kernel. */
uint32_t segment_captured(const struct segments *segments, uint32_t index);

/* Of the first `kept` bytes (<= segment_captured) of packet `index` so many, from its beginning,
 * are not what the frame has: made headers, and what is before a finished checksum. The others
 * stand in the frame, from *rest on. */
uint32_t segment_head(const struct segments *segments, uint32_t index, uint32_t kept,
                      const uint8_t **rest);
/* Writes those that segment_head says to `out`. */
void segment_write_head(const struct segments *segments, uint32_t index, uint8_t *out,
                        uint32_t kept);
/* Writes all `kept` bytes to `out`. */
void segment_write(const struct segments *segments, uint32_t index, uint8_t *out, uint32_t kept);

#endif
