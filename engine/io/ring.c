/* io_uring behind the few verbs that a worker needs. */
#include "ring.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#ifndef IORING_FEAT_NO_IOWAIT /* headers of kernels before 6.15 lack both */
#define IORING_FEAT_NO_IOWAIT  (1u << 17)
#define IORING_ENTER_NO_IOWAIT (1u << 7)
#endif

static uint64_t tag(enum ring_kind kind, uint32_t index)
{
    return (uint64_t)kind << 32 | index;
}

/* What passes: a signal, memory that is short, events to be taken first. */
static bool passing(int error)
{
    return error == -EINTR || error == -EAGAIN || error == -EBUSY || error == -ENOMEM;
}

static int set_up(struct ring *ring, unsigned entries)
{
    /* Completions run only when this thread asks for them, which saves interrupts; a kernel
     * before 6.1 does not know the flags. */
    static const unsigned choices[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0};
    int error = 0;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        /* A full completion queue would end the polls: room for several events each. */
        struct io_uring_params params = {
            .flags = choices[i] | IORING_SETUP_CQSIZE,
            .cq_entries = entries * 4,
        };
        error = io_uring_queue_init_params(entries, &ring->uring, &params);
        ring->waits_idle = params.features & IORING_FEAT_NO_IOWAIT;
        if (error != -EINVAL)
            break;
    }
    return error;
}

/* Sandboxes are known that allow the one system call and refuse the other. */
static int try_request(struct ring *ring)
{
    struct io_uring_cqe *cqe;
    io_uring_prep_nop(io_uring_get_sqe(&ring->uring));
    int submitted;
    do
        submitted = io_uring_submit_and_wait(&ring->uring, 1);
    while (submitted == -EINTR);
    int error = submitted < 0 ? submitted : io_uring_peek_cqe(&ring->uring, &cqe);
    if (!error)
        io_uring_cqe_seen(&ring->uring, cqe);
    return error;
}

int ring_open(struct ring *ring, unsigned entries, char *why, size_t why_size)
{
    ring->error = 0;
    int error = set_up(ring, entries);
    if (error) {
        snprintf(why, why_size, "io_uring: %s", strerror(-error));
        return error;
    }
    error = try_request(ring);
    if (error) {
        snprintf(why, why_size, "io_uring: requests are refused: %s", strerror(-error));
        ring_close(ring);
    }
    return error;
}

void ring_close(struct ring *ring)
{
    io_uring_queue_exit(&ring->uring);
}

/* A free request; a full queue is submitted first. */
static int request(struct ring *ring, struct io_uring_sqe **sqe)
{
    if (ring->error)
        return ring->error;
    *sqe = io_uring_get_sqe(&ring->uring);
    if (*sqe)
        return 0;
    int submitted = io_uring_submit(&ring->uring);
    *sqe = io_uring_get_sqe(&ring->uring);
    if (*sqe)
        return 0;
    return submitted < 0 ? submitted : -EBUSY;
}

int ring_poll(struct ring *ring, int fd, enum ring_kind kind, uint32_t index)
{
    struct io_uring_sqe *sqe;
    int error = request(ring, &sqe);
    if (error)
        return error;
    io_uring_prep_poll_multishot(sqe, fd, POLLIN);
    io_uring_sqe_set_data64(sqe, tag(kind, index));
    return 0;
}

int ring_cancel(struct ring *ring, enum ring_kind kind, uint32_t index)
{
    struct io_uring_sqe *sqe;
    int error = request(ring, &sqe);
    if (error)
        return error;
    /* Not a removal of the poll, which refuses (EALREADY) while a wake-up of it is queued. */
    io_uring_prep_cancel64(sqe, tag(kind, index), 0);
    io_uring_sqe_set_data64(sqe, tag(RING_CANCEL, index));
    return 0;
}

int ring_send(struct ring *ring, int fd, const struct msghdr *message, uint32_t index)
{
    struct io_uring_sqe *sqe;
    int error = request(ring, &sqe);
    if (error)
        return error;
    io_uring_prep_sendmsg(sqe, fd, message, MSG_DONTWAIT);
    io_uring_sqe_set_data64(sqe, tag(RING_SEND, index));
    return 0;
}

/* What an attempt to enter the kernel came to. One that passes is not made again at once. */
static int entered(struct ring *ring, int result)
{
    if (result >= 0 || result == -EINTR)
        return 0;
    if (!passing(result))
        return ring->error = result;
    if (!io_uring_cq_ready(&ring->uring))
        poll(NULL, 0, 1);
    return 0;
}

/* The kernel takes whoever waits here for one that waits for a disk, so that an idle box would be
 * half a machine's iowait; it may be told not to, which liburing has no word for. */
static int submit_and_wait(struct ring *ring)
{
    if (!ring->waits_idle)
        return io_uring_submit_and_wait(&ring->uring, 1);
    if (io_uring_sq_ready(&ring->uring)) {
        int submitted = io_uring_submit(&ring->uring);
        if (submitted < 0 || io_uring_cq_ready(&ring->uring))
            return submitted;
    }
    return io_uring_enter((unsigned)ring->uring.ring_fd, 0, 1,
                          IORING_ENTER_GETEVENTS | IORING_ENTER_NO_IOWAIT, NULL);
}

int ring_wait(struct ring *ring)
{
    do {
        if (!ring->error)
            entered(ring, submit_and_wait(ring));
    } while (!ring->error && !io_uring_cq_ready(&ring->uring));
    return ring->error;
}

int ring_look(struct ring *ring)
{
    return ring->error ? ring->error : entered(ring, io_uring_submit_and_get_events(&ring->uring));
}

bool ring_next(struct ring *ring, struct ring_event *event)
{
    struct io_uring_cqe *cqe;
    if (io_uring_peek_cqe(&ring->uring, &cqe))
        return false;
    *event = (struct ring_event){
        .kind = (enum ring_kind)(cqe->user_data >> 32),
        .index = (uint32_t)cqe->user_data,
        .result = cqe->res,
        .more = cqe->flags & IORING_CQE_F_MORE,
    };
    io_uring_cqe_seen(&ring->uring, cqe);
    bool of_poll = event->kind == RING_WAKE || event->kind == RING_CAPTURE;
    if (of_poll && event->result < 0 && event->result != -ECANCELED && !passing(event->result))
        ring->error = event->result; /* it would be refused again and again */
    return true;
}
