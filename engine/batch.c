/* Gathering packets into batches. Batches are sent in the order in which they were begun,
 * and a port begins one only when its last is full or sealed: that keeps flows in order. */
#include "batch.h"

#include <stdlib.h>

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
        batcher_give(batcher, batch);
    }
    return true;
}

void batcher_destroy(struct batcher *batcher)
{
    free(batcher->batches);
    free(batcher->memory);
    *batcher = (struct batcher){0};
}

struct batch **batcher_table(uint32_t receivers)
{
    return calloc(receivers ? (size_t)receivers * OUTER_PORTS : 1, sizeof(struct batch *));
}

void batcher_aim(struct batcher *batcher, struct batch **table)
{
    batcher->open = table;
}

static struct batch *begin(struct batcher *batcher, uint32_t receiver, uint32_t port,
                           uint32_t length)
{
    struct batch *batch = batcher->free;
    if (!batch)
        return NULL;
    batcher->free = batch->next;
    batch->receiver = receiver;
    batch->port = port;
    batch->segment = length;
    batch->length = 0;
    batch->count = 0;
    batch->sealed = false;
    batch->tries = 0;
    batch->next = NULL;
    if (batcher->last)
        batcher->last->next = batch;
    else
        batcher->first = batch;
    batcher->last = batch;
    batcher->open[(size_t)receiver * OUTER_PORTS + port] = batch;
    return batch;
}

static bool takes(const struct batch *batch, uint32_t length)
{
    return !batch->sealed && length <= batch->segment && batch->count < BATCH_PACKETS &&
           batch->length + length <= BATCH_BYTES;
}

uint8_t *batcher_add(struct batcher *batcher, uint32_t receiver, uint32_t port, uint32_t length,
                     struct batch_packet packet)
{
    struct batch *batch = batcher->open[(size_t)receiver * OUTER_PORTS + port];
    if (!batch || !takes(batch, length)) {
        batch = begin(batcher, receiver, port, length);
        if (!batch)
            return NULL;
    }
    uint8_t *place = batch->bytes + batch->length;
    batch->packets[batch->count++] = packet;
    batch->length += length;
    batch->sealed = length < batch->segment; /* only the last packet may be shorter */
    return place;
}

struct batch *batcher_take(struct batcher *batcher)
{
    struct batch *batch = batcher->first;
    if (!batch)
        return NULL;
    batcher->first = batch->next;
    if (!batcher->first)
        batcher->last = NULL;
    struct batch **open = &batcher->open[(size_t)batch->receiver * OUTER_PORTS + batch->port];
    if (*open == batch)
        *open = NULL;
    return batch;
}

void batcher_give(struct batcher *batcher, struct batch *batch)
{
    batch->next = batcher->free;
    batcher->free = batch;
}
