/* A worker's copies of what a session sends, for those who watch it: a ring that the worker fills
 * and the control thread reads, without a lock. The worker never waits: a packet for which there is
 * no room is counted. What it writes within a block of its capture can be read when the block is at
 * its end, since only then is known whether the packet was sent. */
#ifndef MIRRORSH_TAP_H
#define MIRRORSH_TAP_H

#include "mirror_config.h"

#include <stdatomic.h>

/* Bytes of the taps of all workers of a session: some ten milliseconds of large packets at full
 * speed. Each has its least. */
enum { TAPS_SIZE = 8 << 20, TAP_LEAST = 512 << 10 };

/* A packet in the ring. */
struct tap_packet {
    uint32_t size; /* of all of it in the ring */
    bool sent;     /* false: it was not sent after all, or is none: the rest of the ring */
    uint8_t direction;
    uint16_t rule; /* that took it; 0: none */
    uint32_t length, kept;
    uint64_t time_ns;
    char interface[INTERFACE_NAME_MAX];
    uint8_t bytes[]; /* `kept` of the packet's `length` on the wire */
};

struct tap {
    uint8_t *ring;
    size_t size; /* bytes of it */

    /* The worker's. */
    uint64_t at;    /* bytes written since the beginning */
    uint64_t limit; /* up to which there is room, when it looked last */
    uint64_t lost;
    struct tap *next; /* in the list of those written to in this block */
    bool listed;

    _Atomic uint64_t filled; /* bytes that can be read */
    _Atomic uint64_t missed; /* packets without room, of what was filled so far */

    /* The reader's. */
    _Atomic uint64_t taken; /* bytes that nobody reads any more */
};

/* One of the taps of so many workers. NULL when memory runs out; freed with tap_free (NULL is
 * fine). */
struct tap *tap_new(unsigned workers);
void tap_free(struct tap *tap);

/* The worker: room for a packet of which `kept` bytes are shown, `size`, `sent` and `kept` filled
 * in; NULL: none, it is counted. *list: of the taps that tap_publish is to be called with. */
struct tap_packet *tap_add(struct tap *tap, uint32_t kept, struct tap **list);
/* What has been written to these taps can be read from now on. */
void tap_publish(struct tap **list);

/* The reader: the packet at *position, which is moved to it; NULL: none before `filled`. It holds
 * until `taken` is beyond it. */
const struct tap_packet *tap_next(const struct tap *tap, uint64_t *position, uint64_t filled);

#endif
