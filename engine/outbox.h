/* A worker's way out: what the plan has decided to mirror is batched, launched, and accounted
 * for when the kernel has said what became of it. */
#ifndef MIRRORSH_OUTBOX_H
#define MIRRORSH_OUTBOX_H

#include "batch.h"
#include "counters.h"
#include "io/ring.h"
#include "io/transmit.h"
#include "plan/plan.h"

struct outbox_totals {
    uint64_t batches, batched_packets; /* sent with segmentation offload */
    uint64_t single_packets;           /* sent one by one */
};

/* Hands out the ring's events, those of sends to outbox_completed. */
typedef void outbox_events_fn(void *context);

struct outbox {
    struct ring *ring;
    int alarm; /* eventfd: the control thread should look at the receivers */
    outbox_events_fn *events;
    void *context;

    struct batcher batcher;
    struct message *messages; /* of the batch with that index */
    bool *launched;           /* the batch with that index is in flight */
    uint32_t in_flight;
    struct outbox_totals totals;

    /* Changed only while it is empty. */
    const struct plan *plan;
    struct sender **senders; /* by the plan's receivers */
    struct counters *counters;
};

/* The first four members are the caller's to set. false: memory ran out. */
bool outbox_init(struct outbox *outbox);
void outbox_destroy(struct outbox *outbox);

/* Where to write a packet of `length` bytes for a receiver and port; sends what is batched
 * when there is no room. */
uint8_t *outbox_add(struct outbox *outbox, uint32_t receiver, uint32_t port, uint32_t length,
                    struct batch_packet packet);

/* Sends everything and returns when all of it is accounted for. Sends never wait for room in
 * a socket, so neither does this. */
void outbox_flush(struct outbox *outbox);

/* What became of the batch `index`: bytes sent, or -errno. */
void outbox_completed(struct outbox *outbox, uint32_t index, int result);

#endif
