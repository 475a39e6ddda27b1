/* Gathering packets into batches.
 *
 * A message to the kernel costs as much as copying thousands of bytes, so packets wait for others
 * that may share one: those of the same queue, of the same length. UDP_SEGMENT cuts a message into
 * pieces of one length, the last of which may be shorter; so a packet goes into a batch of its
 * length, or ends one of longer ones, which the last packet of a super-frame does. Nothing waits
 * for long: at the end of a capture's block all queues are emptied (outbox.c).
 *
 * Batches come from a pool and stand in the queue of the sender that they go through. They are sent
 * first to last, each when the one before it is accounted for, and all of a flow goes through one
 * queue; so flows stay in order as long as none of their packets goes into a batch before that of
 * the one before. Packets of other flows may pass it: where lengths mix, that fills batches. A
 * batcher knows only which queues are filled; an empty one costs nothing. */
#include "batch.h"

#include <stdlib.h>

static void give_back(struct batcher *batcher, struct batch *batch)
{
    batch->next = batcher->free;
    batcher->free = batch;
}

bool batcher_init(struct batcher *batcher, uint32_t batches)
{
    *batcher = (struct batcher){
        .batches = calloc(batches, sizeof(struct batch)),
        .memory = malloc((size_t)batches * BATCH_BUFFER),
    };
    if (!batcher->batches || !batcher->memory) {
        batcher_destroy(batcher);
        return false;
    }
    for (uint32_t i = batches; i-- > 0;) {
        struct batch *batch = &batcher->batches[i];
        batch->index = i;
        batch->bytes = batcher->memory + (size_t)i * BATCH_BUFFER;
        give_back(batcher, batch);
    }
    return true;
}

void batcher_destroy(struct batcher *batcher)
{
    free(batcher->batches);
    free(batcher->memory);
    *batcher = (struct batcher){0};
}

static struct batch *begin(struct batcher *batcher, struct batch_queue *queue, uint32_t length)
{
    struct batch *batch = batcher->free;
    if (!batch)
        return NULL;
    batcher->free = batch->next;
    batch->segment = length;
    batch->length = 0;
    batch->copied = 0;
    batch->count = 0;
    batch->tries = 0;
    batch->number = ++batcher->begun;
    batch->queue = queue;
    batch->next = NULL;
    batch->before = queue->first ? queue->last : NULL;
    if (queue->first) {
        queue->last->next = batch;
    } else {
        queue->first = batch;
        queue->next = batcher->filled;
        batcher->filled = queue;
    }
    queue->last = batch;
    return batch;
}

/* Only the last packet may be shorter: then its length is no multiple of the segment's. */
static bool takes(const struct batch *batch, uint32_t length)
{
    return length <= batch->segment && batch->count < BATCH_PACKETS &&
           batch->length == batch->count * batch->segment && batch->length + length <= BATCH_BYTES;
}

/* The batch that a packet may go into; NULL: a new one. The first of the possible leaves the most
 * to the flow's next packet. */
static struct batch *find(const struct batch_queue *queue, uint32_t length, uint32_t flow)
{
    enum { REACH = 8 };
    struct batch *batch = queue->first ? queue->last : NULL, *found = NULL;
    uint32_t latest = queue->latest[flow % QUEUE_FLOWS];
    for (int i = 0; batch && i < REACH; i++, batch = batch->before) {
        if ((int32_t)(batch->number - latest) < 0) /* numbers wrap */
            break;
        if (!takes(batch, length))
            continue;
        if (length == batch->segment)
            found = batch;
        else if (!found && batch->packets[batch->count - 1].flow == flow)
            found = batch;
    }
    return found;
}

struct batch_packet *batcher_add(struct batcher *batcher, struct batch_queue *queue, uint32_t flow,
                                 uint32_t length, uint32_t copied)
{
    struct batch *batch = find(queue, length, flow);
    if (!batch)
        batch = begin(batcher, queue, length);
    if (!batch)
        return NULL;
    queue->latest[flow % QUEUE_FLOWS] = batch->number;
    struct batch_packet *packet = &batch->packets[batch->count++];
    packet->head = batch->bytes + batch->copied;
    packet->copied = copied;
    packet->flow = flow;
    batch->length += length;
    batch->copied += copied;
    return packet;
}

struct batch_queue *batcher_filled(struct batcher *batcher)
{
    struct batch_queue *filled = batcher->filled;
    batcher->filled = NULL;
    return filled;
}

void batcher_end(struct batcher *batcher, struct batch_queue *queue)
{
    struct batch *batch = queue->first;
    queue->first = batch->next;
    if (queue->first)
        queue->first->before = NULL;
    give_back(batcher, batch);
}
