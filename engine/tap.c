/* Packets stand whole and one behind the other in the ring: where one does not fit before its end,
 * the rest of the ring is left out, as if it were a packet that was not sent. */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 8 };

_Static_assert(sizeof(struct tap_packet) % ALIGNMENT == 0, "packets are aligned");

struct tap *tap_new(unsigned workers)
{
    struct tap *tap = calloc(1, sizeof *tap);
    if (!tap)
        return NULL;
    size_t share = TAPS_SIZE / workers / ALIGNMENT * ALIGNMENT;
    tap->size = share > TAP_LEAST ? share : TAP_LEAST;
    tap->ring = malloc(tap->size);
    if (!tap->ring) {
        free(tap);
        return NULL;
    }
    /* Its pages are there before a worker comes to them. The compiler makes memset behind malloc a
     * calloc, which touches none. */
    explicit_bzero(tap->ring, tap->size);
    tap->limit = tap->size;
    return tap;
}

void tap_free(struct tap *tap)
{
    if (!tap)
        return;
    free(tap->ring);
    free(tap);
}

static struct tap_packet *packet_at(const struct tap *tap, uint64_t position)
{
    return (struct tap_packet *)(void *)(tap->ring + position % tap->size);
}

static bool has_room(struct tap *tap, uint64_t end)
{
    if (end > tap->limit)
        tap->limit = atomic_load_explicit(&tap->taken, memory_order_acquire) + tap->size;
    return end <= tap->limit;
}

struct tap_packet *tap_add(struct tap *tap, uint32_t kept, struct tap **list)
{
    uint32_t size =
        (uint32_t)(sizeof(struct tap_packet) + kept + ALIGNMENT - 1) & ~(ALIGNMENT - 1u);
    uint32_t rest = (uint32_t)(tap->size - tap->at % tap->size);
    if (!tap->listed) {
        tap->listed = true;
        tap->next = *list;
        *list = tap;
    }
    if (!has_room(tap, tap->at + size + (size > rest ? rest : 0))) {
        tap->lost++;
        return NULL;
    }
    if (size > rest) {
        struct tap_packet *none = packet_at(tap, tap->at);
        none->size = rest;
        none->sent = false;
        tap->at += rest;
    }
    struct tap_packet *packet = packet_at(tap, tap->at);
    packet->size = size;
    packet->sent = true;
    packet->kept = kept;
    tap->at += size;
    return packet;
}

void tap_publish(struct tap **list)
{
    for (; *list; *list = (*list)->next) {
        (*list)->listed = false;
        atomic_store_explicit(&(*list)->missed, (*list)->lost, memory_order_relaxed);
        atomic_store_explicit(&(*list)->filled, (*list)->at, memory_order_release);
    }
}

const struct tap_packet *tap_next(const struct tap *tap, uint64_t *position, uint64_t filled)
{
    while (*position < filled) {
        const struct tap_packet *packet = packet_at(tap, *position);
        if (packet->sent)
            return packet;
        *position += packet->size;
    }
    return NULL;
}
