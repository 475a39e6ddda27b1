/* A worker's way out: what the plan has decided to mirror is batched, sent, and accounted for
 * when the kernel has said what became of it. */
#ifndef MIRRORSH_OUTBOX_H
#define MIRRORSH_OUTBOX_H

#include "batch.h"
#include "counters.h"
#include "io/ring.h"
#include "io/transmit.h"

struct outbox_totals {
    uint64_t batches, batched_packets; /* sent with segmentation offload */
    uint64_t single_packets;           /* sent one by one */
};

static inline void outbox_totals_add(struct outbox_totals *to, const struct outbox_totals *from)
{
    to->batches += from->batches;
    to->batched_packets += from->batched_packets;
    to->single_packets += from->single_packets;
}

struct outbox {
    struct ring ring;          /* of sends alone: nobody else's events are waited for */
    int alarm;                 /* eventfd: the control thread should look at the receivers */
    struct counters *counters; /* what has become of packets goes here; set while it is empty */

    struct batcher batcher;
    struct message *messages; /* of the batch with that index */
    uint32_t waiting;         /* packets that are batched */
    uint32_t in_flight;
    struct outbox_totals totals;
};

/* alarm is the caller's to set. false: memory ran out. */
bool outbox_init(struct outbox *outbox);
void outbox_destroy(struct outbox *outbox);

/* On the thread that sends, before it does and after: -errno with *why. */
int outbox_open(struct outbox *outbox, char *why, size_t why_size);
void outbox_close(struct outbox *outbox);

/* As batcher_add, for an outer port of a sender; sends what is batched when there is no room. */
struct batch_packet *outbox_add(struct outbox *outbox, struct sender *sender, uint32_t port,
                                uint32_t flow, uint32_t length, uint32_t copied);

/* Sends everything and returns when all of it is accounted for. Sends never wait for room in
 * a socket, so neither does this. */
void outbox_flush(struct outbox *outbox);

#endif
