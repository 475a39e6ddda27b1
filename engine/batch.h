/* Packets on their way out, gathered into batches that one segmented send can carry: one
 * receiver, one outer source port, one length, of which only the last packet may be
 * shorter. Packets given for the same receiver and port leave in the order given. Pure. */
#ifndef MIRRORSH_BATCH_H
#define MIRRORSH_BATCH_H

#include "packet/vxlan.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    BATCH_PACKETS = 64,   /* UDP_MAX_SEGMENTS of kernels before 6.9 */
    BATCH_BYTES = 64700,  /* of several packets: an IP packet's 65,535 less the kernel's headers */
    BATCH_BUFFER = 65536, /* room for one packet of the greatest UDP payload */
};

/* What completion accounts for. */
struct batch_packet {
    uint32_t session; /* counter slot */
    uint32_t kept;    /* bytes of the inner frame */
    bool truncated;
};

struct batch {
    uint32_t index;    /* in its batcher, never changes */
    uint32_t receiver; /* index in the plan */
    uint32_t port;
    uint32_t segment; /* bytes of every packet but the last, VXLAN header included */
    uint32_t length;  /* bytes in all */
    uint32_t count;   /* packets */
    bool sealed;      /* takes no more */
    unsigned tries;   /* sends of it that have failed */
    uint8_t *bytes;
    struct batch_packet packets[BATCH_PACKETS];
    struct batch *next; /* the one begun after it, in its port's queue, or the next free one */
};

struct batcher {
    struct batch *batches;
    uint8_t *memory;
    struct batch *free;
    struct batch *first, *last; /* begun and not taken yet, in order */
    struct batch **open;        /* receivers * OUTER_PORTS: the last begun, or NULL */
};

/* All the memory it will ever use; false when there is not enough. */
bool batcher_init(struct batcher *batcher, uint32_t batches);
void batcher_destroy(struct batcher *batcher);

/* The table of open batches, all NULL, for a plan of so many receivers; the caller's, from
 * malloc (NULL when memory runs out). It is changed only while nothing is begun. */
struct batch **batcher_table(uint32_t receivers);
void batcher_aim(struct batcher *batcher, struct batch **table);

/* Where to write a packet of `length` bytes (1 to BATCH_BUFFER); NULL when all batches are in use:
 * take them, send them and give them back first. */
uint8_t *batcher_add(struct batcher *batcher, uint32_t receiver, uint32_t port, uint32_t length,
                     struct batch_packet packet);

/* The batch begun first of those not taken; NULL: none. It takes no more packets and is the
 * caller's until given back. */
struct batch *batcher_take(struct batcher *batcher);
void batcher_give(struct batcher *batcher, struct batch *batch);

#endif
