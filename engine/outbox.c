/* Batches out through the ring, one of a queue at a time, and their packets into the counters.
 *
 * outbox_flush begins with the first batch of each queue. Whatever the kernel says of a batch, it
 * is accounted for at once or sent again, and the next of its queue follows; the ring has nothing
 * but these sends on it, so when none is in flight any more every queue is empty. */
#include "outbox.h"

#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCHES = 128, RING_ENTRIES = 128 };

bool outbox_init(struct outbox *outbox)
{
    outbox->messages = calloc(BATCHES, sizeof *outbox->messages);
    return outbox->messages && batcher_init(&outbox->batcher, BATCHES);
}

int outbox_open(struct outbox *outbox, char *why, size_t why_size)
{
    return ring_open(&outbox->ring, RING_ENTRIES, why, why_size);
}

void outbox_close(struct outbox *outbox)
{
    ring_close(&outbox->ring);
}

void outbox_destroy(struct outbox *outbox)
{
    batcher_destroy(&outbox->batcher);
    free(outbox->messages);
}

static void packet_sent(struct outbox *outbox, const struct batch_packet *packet)
{
    struct session_counts *session = counters_session(outbox->counters, packet->session);
    session->sent.packets++;
    session->sent.bytes += packet->kept;
    session->truncated += packet->truncated;
    struct receiver_counts *receiver = counters_receiver(outbox->counters, packet->receiver);
    receiver->sent.packets++;
    receiver->sent.bytes += packet->kept;
}

/* The path is not what the plan thinks, or the network has answered: the control thread looks. */
static void report_failing(const struct outbox *outbox, struct sender *sender)
{
    const uint64_t one = 1;
    if (!atomic_exchange(&sender->failing, true) &&
        write(outbox->alarm, &one, sizeof one) != sizeof one)
        return; /* it looks every second anyway */
}

static void packet_lost(struct outbox *outbox, struct sender *sender,
                        const struct batch_packet *packet, int error)
{
    struct session_counts *session = counters_session(outbox->counters, packet->session);
    if (packet->shown)
        packet->shown->sent = false;
    if (backlog_error(error)) {
        session->dropped.backlog++;
        return;
    }
    session->dropped.send_error++;
    counters_receiver(outbox->counters, packet->receiver)->errors++;
    report_failing(outbox, sender);
}

/* What became of the first packet: 0 or -errno. */
static int deliver_singly(struct outbox *outbox, const struct batch *batch)
{
    int results[BATCH_PACKETS];
    if (send_singly(batch, results))
        report_failing(outbox, batch->queue->sender);
    for (uint32_t i = 0; i < batch->count; i++) {
        if (results[i]) {
            packet_lost(outbox, batch->queue->sender, &batch->packets[i], results[i]);
        } else {
            packet_sent(outbox, &batch->packets[i]);
            outbox->totals.single_packets++;
        }
    }
    return results[0];
}

/* The first packet is of full length: when that goes alone, it was the segmentation. */
static void deliver_refused(struct outbox *outbox, const struct batch *batch)
{
    struct sender *sender = batch->queue->sender;
    int first = deliver_singly(outbox, batch);
    if (first && !backlog_error(first))
        return;
    atomic_store(&sender->ask, false);
    atomic_store_explicit(&sender->refused, true, memory_order_relaxed);
}

/* false: it is to be sent again. */
static bool account(struct outbox *outbox, struct batch *batch, int result)
{
    struct sender *sender = batch->queue->sender;
    if (result < 0 && batch->count > 1 && segmentation_error(result)) {
        deliver_refused(outbox, batch);
    } else if (result < 0) {
        if (send_again(result, &batch->tries)) {
            report_failing(outbox, sender);
            return false;
        }
        for (uint32_t i = 0; i < batch->count; i++)
            packet_lost(outbox, sender, &batch->packets[i], result);
    } else {
        for (uint32_t i = 0; i < batch->count; i++)
            packet_sent(outbox, &batch->packets[i]);
        if (batch->count > 1) {
            atomic_store_explicit(&sender->refused, false, memory_order_relaxed);
            outbox->totals.batches++;
            outbox->totals.batched_packets += batch->count;
        } else {
            outbox->totals.single_packets++;
        }
    }
    return true;
}

/* A refusal holds until the control thread wants it tried again. */
static bool sends_singly(struct sender *sender)
{
    if (atomic_load_explicit(&sender->splits, memory_order_relaxed))
        return true;
    return atomic_load_explicit(&sender->refused, memory_order_relaxed) &&
           !atomic_exchange(&sender->ask, false);
}

/* false: it is accounted for already. */
static bool launch(struct outbox *outbox, struct batch *batch)
{
    struct sender *sender = batch->queue->sender;
    if (batch->count > 1 && sends_singly(sender)) {
        deliver_singly(outbox, batch);
        return false;
    }
    struct message *message = &outbox->messages[batch->index];
    message_fill(message, batch);
    int error;
    do
        error = ring_send(&outbox->ring, sender->sockets->at[batch->queue->port], &message->header,
                          batch->index);
    while (error && !account(outbox, batch, error));
    if (error)
        return false;
    outbox->in_flight++;
    return true;
}

/* Launches the first batch of a queue that is not accounted for at once. */
static void go_on(struct outbox *outbox, struct batch_queue *queue)
{
    while (queue->first && !launch(outbox, queue->first))
        batcher_end(&outbox->batcher, queue);
}

/* The first batch of a queue was in flight: bytes sent, or -errno. */
static void complete(struct outbox *outbox, struct batch_queue *queue, int result)
{
    outbox->in_flight--;
    if (account(outbox, queue->first, result))
        batcher_end(&outbox->batcher, queue);
    go_on(outbox, queue);
}

/* The kernel will not say any more what became of what is in flight: of every queue that is not
 * empty the first. */
static void give_up(struct outbox *outbox, struct batch_queue *queue, int error)
{
    for (; queue; queue = queue->next)
        if (queue->first)
            complete(outbox, queue, error);
}

void outbox_flush(struct outbox *outbox)
{
    struct batch_queue *filled = batcher_filled(&outbox->batcher);
    struct ring_event event;
    outbox->waiting = 0;
    for (struct batch_queue *queue = filled; queue; queue = queue->next)
        go_on(outbox, queue);
    while (outbox->in_flight) {
        int error = ring_wait(&outbox->ring);
        while (ring_next(&outbox->ring, &event))
            complete(outbox, outbox->batcher.batches[event.index].queue, event.result);
        if (error)
            give_up(outbox, filled, error);
    }
}

struct batch_packet *outbox_add(struct outbox *outbox, struct sender *sender, uint32_t port,
                                uint32_t flow, uint32_t length, uint32_t copied)
{
    struct batch_queue *queue = &sender->queues[port];
    struct batch_packet *packet = batcher_add(&outbox->batcher, queue, flow, length, copied);
    if (!packet) {
        outbox_flush(outbox);
        packet = batcher_add(&outbox->batcher, queue, flow, length, copied);
    }
    outbox->waiting++;
    return packet;
}
