/* Batches out through the ring, and their packets into the counters. */
#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCHES = 128 };

bool outbox_init(struct outbox *outbox)
{
    outbox->messages = calloc(BATCHES, sizeof(*outbox->messages));
    outbox->launched = calloc(BATCHES, sizeof(*outbox->launched));
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
    struct session_row *session = counters_session(outbox->counters, packet->session);
    session->sent_packets++;
    session->sent_bytes += packet->kept;
    session->truncated += packet->truncated;
    struct receiver_row *receiver =
        counters_receiver(outbox->counters, outbox->plan->receivers[batch->receiver].slot);
    receiver->packets++;
    receiver->bytes += packet->kept;
}

/* The path has become narrower than the plan thinks: the control thread looks it up anew. */
static void report_too_long(struct outbox *outbox, struct lanes *lanes)
{
    const uint64_t one = 1;
    if (!atomic_exchange(&lanes->too_long, true) &&
        write(outbox->alarm, &one, sizeof(one)) != sizeof(one))
        return; /* it looks every second anyway */
}

static void packet_lost(struct outbox *outbox, const struct batch *batch, uint32_t index, int error)
{
    struct session_row *session = counters_session(outbox->counters, batch->packets[index].session);
    if (error == -EAGAIN || error == -ENOBUFS) {
        session->backlog++;
        return;
    }
    session->send_error++;
    counters_receiver(outbox->counters, outbox->plan->receivers[batch->receiver].slot)->errors++;
    if (error == -EMSGSIZE)
        report_too_long(outbox, outbox->lanes[batch->receiver]);
}

static void deliver_singly(struct outbox *outbox, struct lanes *lanes, const struct batch *batch)
{
    int results[BATCH_PACKETS];
    send_singly(lanes, batch, results);
    for (uint32_t i = 0; i < batch->count; i++) {
        if (results[i]) {
            packet_lost(outbox, batch, i, results[i]);
        } else {
            packet_sent(outbox, batch, i);
            outbox->totals.singles++;
        }
    }
    /* The first packet is of full length: when that goes alone, it was the segmentation. */
    if (batch->count > 1 && !results[0])
        atomic_store_explicit(&lanes->refused, true, memory_order_relaxed);
}

static void account(struct outbox *outbox, struct batch *batch, int result)
{
    struct lanes *lanes = outbox->lanes[batch->receiver];
    if (result < 0 && batch->count > 1 && segmentation_error(result)) {
        deliver_singly(outbox, lanes, batch);
    } else if (result < 0) {
        for (uint32_t i = 0; i < batch->count; i++)
            packet_lost(outbox, batch, i, result);
    } else {
        for (uint32_t i = 0; i < batch->count; i++)
            packet_sent(outbox, batch, i);
        if (batch->count > 1) {
            lanes->proven = true;
            outbox->totals.batches++;
            outbox->totals.batched_packets += batch->count;
        } else {
            outbox->totals.singles++;
        }
    }
    batcher_give(&outbox->batcher, batch);
}

void outbox_completed(struct outbox *outbox, uint32_t index, int result)
{
    outbox->in_flight--;
    outbox->launched[index] = false;
    account(outbox, &outbox->batcher.batches[index], result);
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

static void launch(struct outbox *outbox, struct batch *batch)
{
    struct lanes *lanes = outbox->lanes[batch->receiver];
    if (atomic_load_explicit(&lanes->refused, memory_order_relaxed)) {
        deliver_singly(outbox, lanes, batch);
        batcher_give(&outbox->batcher, batch);
        return;
    }
    struct message *message = &outbox->messages[batch->index];
    message_fill(message, lanes, batch);
    int error =
        ring_send(outbox->ring, lanes->sockets[batch->lane], &message->header, batch->index);
    if (error) {
        account(outbox, batch, error);
        return;
    }
    outbox->in_flight++;
    outbox->launched[batch->index] = true;
    /* Were it refused, later packets of its flows would overtake it: see first. */
    if (batch->count > 1 && !lanes->proven)
        reap(outbox);
}

void outbox_flush(struct outbox *outbox)
{
    struct batch *batch;
    while ((batch = batcher_take(&outbox->batcher)))
        launch(outbox, batch);
    reap(outbox);
}

uint8_t *outbox_add(struct outbox *outbox, uint32_t receiver, uint32_t lane, uint32_t length,
                    struct batch_packet packet)
{
    uint8_t *place = batcher_add(&outbox->batcher, receiver, lane, length, packet);
    if (place)
        return place;
    outbox_flush(outbox);
    return batcher_add(&outbox->batcher, receiver, lane, length, packet);
}
