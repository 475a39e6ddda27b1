/* Batches out through the ring, one of a port at a time, and their packets into the counters. */
#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCHES = 128 };

bool outbox_init(struct outbox *outbox)
{
    outbox->messages = calloc(BATCHES, sizeof *outbox->messages);
    outbox->launched = calloc(BATCHES, sizeof *outbox->launched);
    return outbox->messages && outbox->launched && batcher_init(&outbox->batcher, BATCHES);
}

void outbox_destroy(struct outbox *outbox)
{
    batcher_destroy(&outbox->batcher);
    free(outbox->messages);
    free(outbox->launched);
}

static void packet_sent(struct outbox *outbox, const struct batch *batch, uint32_t index)
{
    const struct batch_packet *packet = &batch->packets[index];
    struct session_counts *session = counters_session(outbox->counters, packet->session);
    session->sent.packets++;
    session->sent.bytes += packet->kept;
    session->truncated += packet->truncated;
    struct receiver_counts *receiver =
        counters_receiver(outbox->counters, outbox->plan->receivers[batch->receiver].slot);
    receiver->sent.packets++;
    receiver->sent.bytes += packet->kept;
}

/* The path is not what the plan thinks: the control thread looks it up anew. */
static void report_failing(struct outbox *outbox, struct sender *sender)
{
    const uint64_t one = 1;
    if (!atomic_exchange(&sender->failing, true) &&
        write(outbox->alarm, &one, sizeof one) != sizeof one)
        return; /* it looks every second anyway */
}

static void packet_lost(struct outbox *outbox, const struct batch *batch, uint32_t index, int error)
{
    struct session_counts *session =
        counters_session(outbox->counters, batch->packets[index].session);
    if (backlog_error(error)) {
        session->dropped.backlog++;
        return;
    }
    session->dropped.send_error++;
    counters_receiver(outbox->counters, outbox->plan->receivers[batch->receiver].slot)->errors++;
    report_failing(outbox, outbox->senders[batch->receiver]);
}

/* What became of the first packet: 0 or -errno. */
static int deliver_singly(struct outbox *outbox, struct sender *sender, const struct batch *batch)
{
    int results[BATCH_PACKETS];
    send_singly(sender, batch, results);
    for (uint32_t i = 0; i < batch->count; i++) {
        if (results[i]) {
            packet_lost(outbox, batch, i, results[i]);
        } else {
            packet_sent(outbox, batch, i);
            outbox->totals.single_packets++;
        }
    }
    return results[0];
}

/* The first packet is of full length: when that goes alone, it was the segmentation. */
static void deliver_refused(struct outbox *outbox, struct sender *sender, const struct batch *batch)
{
    int first = deliver_singly(outbox, sender, batch);
    if (first && !backlog_error(first))
        return;
    atomic_store(&sender->ask, false);
    atomic_store_explicit(&sender->refused, true, memory_order_relaxed);
}

/* false: it is to be sent again. */
static bool account(struct outbox *outbox, struct sender *sender, struct batch *batch, int result)
{
    if (result < 0 && batch->count > 1 && segmentation_error(result)) {
        deliver_refused(outbox, sender, batch);
    } else if (result < 0) {
        if (send_again(sender, batch->port, result, &batch->tries))
            return false;
        for (uint32_t i = 0; i < batch->count; i++)
            packet_lost(outbox, batch, i, result);
    } else {
        for (uint32_t i = 0; i < batch->count; i++)
            packet_sent(outbox, batch, i);
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
static bool launch(struct outbox *outbox, struct sender *sender, struct batch *batch)
{
    if (batch->count > 1 && sends_singly(sender)) {
        deliver_singly(outbox, sender, batch);
        return false;
    }
    struct message *message = &outbox->messages[batch->index];
    message_fill(message, sender, batch);
    int error;
    do
        error =
            ring_send(outbox->ring, sender->sockets[batch->port], &message->header, batch->index);
    while (error && !account(outbox, sender, batch, error));
    if (error)
        return false;
    outbox->in_flight++;
    outbox->launched[batch->index] = true;
    return true;
}

/* Launches the first batch of a port that is not accounted for at once. */
static void go_on(struct outbox *outbox, struct sender *sender, uint32_t port)
{
    struct port_queue *queue = &sender->queues[port];
    while (queue->first && !launch(outbox, sender, queue->first)) {
        struct batch *done = queue->first;
        queue->first = done->next;
        batcher_give(&outbox->batcher, done);
    }
}

void outbox_completed(struct outbox *outbox, uint32_t index, int result)
{
    struct batch *batch = &outbox->batcher.batches[index];
    struct sender *sender = outbox->senders[batch->receiver];
    uint32_t port = batch->port;
    outbox->in_flight--;
    outbox->launched[index] = false;
    if (account(outbox, sender, batch, result)) {
        sender->queues[port].first = batch->next;
        batcher_give(&outbox->batcher, batch);
    }
    go_on(outbox, sender, port);
}

/* The kernel will not say any more what became of them. */
static void give_up(struct outbox *outbox, int error)
{
    for (uint32_t i = 0; i < BATCHES; i++)
        if (outbox->launched[i])
            outbox_completed(outbox, i, error);
}

static void reap(struct outbox *outbox)
{
    while (outbox->in_flight) {
        int error = ring_wait(outbox->ring);
        outbox->events(outbox->context);
        if (error)
            give_up(outbox, error);
    }
}

void outbox_flush(struct outbox *outbox)
{
    struct batch *batch;
    while ((batch = batcher_take(&outbox->batcher))) {
        struct sender *sender = outbox->senders[batch->receiver];
        struct port_queue *queue = &sender->queues[batch->port];
        bool idle = !queue->first;
        batch->next = NULL;
        if (idle)
            queue->first = batch;
        else
            queue->last->next = batch;
        queue->last = batch;
        if (idle)
            go_on(outbox, sender, batch->port);
    }
    reap(outbox);
}

uint8_t *outbox_add(struct outbox *outbox, uint32_t receiver, uint32_t port, uint32_t length,
                    struct batch_packet packet)
{
    uint8_t *place = batcher_add(&outbox->batcher, receiver, port, length, packet);
    if (place)
        return place;
    outbox_flush(outbox);
    return batcher_add(&outbox->batcher, receiver, port, length, packet);
}
