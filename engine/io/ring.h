/* The event loop of a worker: one io_uring for readiness of captures, wake-ups and sends.
 * Every request carries a typed tag that its events bring back. A ring belongs to the thread
 * that opened it. */
#ifndef MIRRORSH_RING_H
#define MIRRORSH_RING_H

#include <liburing.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    struct io_uring uring;
    bool waits_idle; /* the kernel has IORING_ENTER_NO_IOWAIT */
    int error;       /* -errno once the kernel refuses it for good: nothing comes of it any more */
};

enum ring_kind { RING_WAKE, RING_CAPTURE, RING_SEND, RING_CANCEL };

struct ring_event {
    enum ring_kind kind;
    uint32_t index;
    int result; /* poll: mask of events; send: bytes; either: -errno */
    bool more;  /* the poll stays armed */
};

/* -errno with *why; also where the kernel would set it up but refuses requests. */
int ring_open(struct ring *ring, unsigned entries, char *why, size_t why_size);
void ring_close(struct ring *ring);

/* Requests; they reach the kernel with the next ring_wait or ring_look. -errno when the kernel
 * does not take requests. */
/* An event each time the descriptor becomes readable, until one without `more`. */
int ring_poll(struct ring *ring, int fd, enum ring_kind kind, uint32_t index);
/* Ends a poll: it gives a last event without `more`. A RING_CANCEL event says how it went;
 * -ENOENT: there is no such poll any more. */
int ring_cancel(struct ring *ring, enum ring_kind kind, uint32_t index);
/* Never waits for room in the socket. *message holds until the event. */
int ring_send(struct ring *ring, int fd, const struct msghdr *message, uint32_t index);

/* Both submit. ring_wait returns when there is at least one event, ring_look at once. -errno, which
 * is ring->error: only when no event will come any more. */
int ring_wait(struct ring *ring);
int ring_look(struct ring *ring);
/* false: no event left. */
bool ring_next(struct ring *ring, struct ring_event *event);

#endif
