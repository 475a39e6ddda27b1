/* Packets on their way out, gathered into batches that one segmented send can carry: one
 * receiver, one outer source port, one length, of which only the last packet may be
 * shorter. Packets of a flow that are given to the same queue leave in the order given. Pure. */
#ifndef MIRRORSH_BATCH_H
#define MIRRORSH_BATCH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BATCH_PACKETS = 64,   /* UDP_MAX_SEGMENTS of kernels before 6.9 */
    BATCH_BYTES = 64700,  /* of several packets: an IP packet's 65,535 less the kernel's headers */
    BATCH_BUFFER = 65536, /* room for one packet of the greatest UDP payload */
    QUEUE_FLOWS = 32,     /* groups of flows that a queue keeps in order, 4 bytes each: there are
                             eight queues a receiver and worker */
};

struct tap_packet; /* see tap.h */

/* A packet and what is accounted for when it is sent. */
struct batch_packet {
    uint8_t *head;   /* in the batch; here stand, */
    uint32_t copied; /* from the first on, so many of its bytes */
    uint32_t flow;   /* its hash */

    /* Its giver's to set. */
    const uint8_t *rest;        /* the other bytes, until the batch is accounted for */
    struct tap_packet *shown;   /* to those who watch the session; NULL: nobody, or no room */
    uint32_t session, receiver; /* counter slots */
    uint32_t kept;              /* bytes of the inner frame */
    bool truncated;
};

struct batch {
    uint32_t index;   /* in its batcher, never changes */
    uint32_t segment; /* bytes of every packet but the last, VXLAN header included */
    uint32_t length;  /* bytes in all */
    uint32_t copied;  /* of which so many stand at `bytes` */
    uint32_t count;   /* packets */
    unsigned tries;   /* sends of it that have failed */
    uint32_t number;  /* of all that its batcher has begun */
    uint8_t *bytes;
    struct batch_packet packets[BATCH_PACKETS];
    struct batch_queue *queue; /* that it stands in */
    struct batch *next;        /* behind it in there; or the next free one */
    struct batch *before;      /* it in there */
};

struct sender; /* see io/transmit.h */

/* What goes through one outer port to one receiver. Belongs to the sender it is part of. */
struct batch_queue {
    struct batch *first, *last; /* in the order begun */
    struct batch_queue *next;   /* in its batcher's list */
    struct sender *sender;
    uint32_t port;                /* which of its sender's */
    uint32_t latest[QUEUE_FLOWS]; /* number of the batch that the last packet of each went into */
};

struct batcher {
    struct batch *batches;
    uint8_t *memory;
    struct batch *free;
    uint32_t begun;             /* batches, in all */
    struct batch_queue *filled; /* those to which something has been given since batcher_filled */
};

/* All the memory it will ever use; false when there is not enough. */
bool batcher_init(struct batcher *batcher, uint32_t batches);
void batcher_destroy(struct batcher *batcher);

/* A packet of a flow, of `length` bytes (1 to BATCH_BUFFER), of which `copied` are to be written;
 * NULL when all batches are in use: the queues are to be emptied first. */
struct batch_packet *batcher_add(struct batcher *batcher, struct batch_queue *queue, uint32_t flow,
                                 uint32_t length, uint32_t copied);

/* The list of queues with something in them, each once. They are to be emptied with batcher_end
 * before the next batcher_add, and no others. */
struct batch_queue *batcher_filled(struct batcher *batcher);

/* Bytes of its packet `index`. */
static inline uint32_t batch_packet_length(const struct batch *batch, uint32_t index)
{
    return index + 1 < batch->count ? batch->segment : batch->length - index * batch->segment;
}

/* Ends the queue's first batch: it is free for others. */
void batcher_end(struct batcher *batcher, struct batch_queue *queue);

#endif
