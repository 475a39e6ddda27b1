/* The loop: wait for events, read a few ready blocks, send what is batched of them, and take the
 * requests of the control thread. */
#include "worker.h"

#include "clock.h"
#include "io/ring.h"
#include "own_lines.h"
#include "thread.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { RING_ENTRIES = 256 };

struct worker {
    pthread_t thread;
    int wake; /* eventfd of the control thread */
    struct worker_request *_Atomic inbox;
    struct worker_request end; /* the control thread's */
    bool ending;

    struct ring ring;   /* of what is waited for: captures and wake-ups */
    atomic_int fault;   /* -errno: what its rings were refused with */
    atomic_bool worked; /* a block was taken */
    uint32_t last_tag;  /* given to a capture's poll */
    /* Since it rested last. */
    uint32_t frames, blocks;
    bool late; /* the blocks are more than a small part of a ring */
    struct pipeline pipeline;

    sem_t started;
    int error; /* of starting */
    char *why;
    size_t why_size;
};

/* -errno: the kernel takes no requests any more. */
static int refused(const struct worker *worker)
{
    return worker->ring.error ? worker->ring.error : worker->pipeline.outbox.ring.error;
}

static struct capture *capture_tagged(const struct worker *worker, uint32_t tag)
{
    for (uint32_t i = 0; i < worker->pipeline.workload->capture_count; i++) {
        struct capture *capture = worker->pipeline.workload->captures[i];
        if (capture->armed && capture->tag == tag)
            return capture;
    }
    return NULL;
}

static void arm(struct worker *worker, struct capture *capture)
{
    capture->tag = ++worker->last_tag;
    capture->armed = !ring_poll(&worker->ring, capture->descriptor, RING_CAPTURE, capture->tag);
    capture->ready = true; /* its poll tells of what comes from now on */
}

static void take_wakes(const struct worker *worker)
{
    uint64_t wakes;
    while (read(worker->wake, &wakes, sizeof wakes) < 0 && errno == EINTR)
        ;
}

static void handle(struct worker *worker, const struct ring_event *event)
{
    struct capture *capture;
    switch (event->kind) {
    case RING_SEND: /* the outbox's, on a ring of its own */
        return;
    case RING_CAPTURE:
        capture = capture_tagged(worker, event->index);
        if (!capture)
            return;
        capture->ready = true;
        capture->armed = event->more;
        if (event->result > 0 && event->result & POLLERR)
            capture_clear_error(capture);
        return;
    case RING_WAKE:
        take_wakes(worker);
        if (!event->more)
            ring_poll(&worker->ring, worker->wake, RING_WAKE, 0);
        return;
    case RING_CANCEL:
        capture = capture_tagged(worker, event->index);
        if (capture && event->result == -ENOENT)
            capture->armed = false;
        else if (capture && event->result)
            ring_cancel(&worker->ring, RING_CAPTURE, event->index);
        return;
    }
}

static void take_events(struct worker *worker)
{
    struct ring_event event;
    while (ring_next(&worker->ring, &event))
        handle(worker, &event);
}

/* ---- blocks ---- */

static void read_clock(struct pipeline *pipeline)
{
    pipeline->now_ns = clock_ns();
    pipeline->now = (uint32_t)(pipeline->now_ns / 1000000000u);
}

/* How many are read before they are sent: what waits for others makes batches fuller, and leaves
 * the processor's cache meanwhile. */
static bool may_read_on(const struct worker *worker, const struct capture *capture)
{
    enum { PACKETS = 256, BLOCKS = 16 };
    return worker->pipeline.outbox.waiting < PACKETS && capture->open < BLOCKS &&
           4 * capture->open < capture->block_count;
}

/* Blocks that are ready, how many of them; after it nothing is in flight. */
static uint32_t take_blocks(struct worker *worker, struct capture *capture)
{
    struct capture_block block;
    struct frame frame;
    while (may_read_on(worker, capture) && capture_block_open(capture, &block)) {
        read_clock(&worker->pipeline);
        for (; capture_block_next(&block, &frame); worker->frames++)
            pipeline_take(&worker->pipeline, &frame);
    }
    uint32_t taken = capture->open;
    if (!taken)
        return 0;
    if (!atomic_load_explicit(&worker->worked, memory_order_relaxed))
        atomic_store_explicit(&worker->worked, true, memory_order_relaxed);
    pipeline_flush(&worker->pipeline);
    capture_blocks_release(capture);
    worker->blocks += taken;
    worker->late |= worker->blocks > capture->block_count / 32;
    return taken;
}

/* What is ready now, about once around the ring at most. */
static void drain(struct worker *worker, struct capture *capture)
{
    uint32_t taken = 0, more;
    while (!refused(worker) && taken < capture->block_count &&
           (more = take_blocks(worker, capture)) > 0)
        taken += more;
}

/* Where packets come fast, to be woken for each block, with batches half full, costs more than the
 * packets: they are left to gather for a moment, for which their rings have room. */
static void rest(struct worker *worker)
{
    enum { FRAMES = 64 }; /* a block's at 64,000 a second */
    static const struct timespec moment = {.tv_nsec = 2000000};
    bool gather = worker->frames >= FRAMES && !worker->late;
    worker->frames = worker->blocks = 0;
    worker->late = false;
    if (gather)
        nanosleep(&moment, NULL);
}

/* ---- requests ---- */

static bool has_capture(const struct workload *workload, const struct capture *capture)
{
    for (uint32_t i = 0; i < workload->capture_count; i++)
        if (workload->captures[i] == capture)
            return true;
    return false;
}

/* The kernel closes the block that it fills now within milliseconds, unless a busy machine keeps it
 * from that. */
static void wait_for_block(struct capture *capture)
{
    enum { STEP_MS = 2, MOST_MS = 200 };
    struct pollfd block = {.fd = capture->descriptor, .events = POLLIN};
    for (int waited = 0; waited < MOST_MS && !capture_is_empty(capture); waited += STEP_MS) {
        int events = poll(&block, 1, STEP_MS) > 0 ? block.revents : 0;
        if (events & POLLERR)
            capture_clear_error(capture);
        if (events & POLLIN)
            return;
    }
}

/* What it has got up to now is read: where others have taken over, that is all. The control thread
 * closes it afterwards: its poll must have ended by then. */
static void stop_capture(struct worker *worker, struct capture *capture)
{
    drain(worker, capture);
    if (!refused(worker))
        wait_for_block(capture);
    drain(worker, capture);
    if (capture->armed)
        ring_cancel(&worker->ring, RING_CAPTURE, capture->tag);
    while (capture->armed && !ring_wait(&worker->ring))
        take_events(worker);
}

static void stop_captures(struct worker *worker, const struct workload *next)
{
    const struct workload *workload = worker->pipeline.workload;
    for (uint32_t i = 0; workload && i < workload->capture_count; i++)
        if (!next || !has_capture(next, workload->captures[i]))
            stop_capture(worker, workload->captures[i]);
}

static void adopt(struct worker *worker, struct worker_request *request)
{
    struct counters *counters = worker->pipeline.counters;
    stop_captures(worker, request->workload);
    if (request->counters) {
        if (counters)
            counters_add(request->counters, counters);
        struct counters *grown = request->counters;
        request->counters = counters;
        counters = grown;
    }
    if (request->legacy) {
        counters_add(counters, request->legacy->counters);
        outbox_totals_add(&worker->pipeline.outbox.totals, &request->legacy->sends);
    }
    for (size_t i = 0; i < request->fresh_count; i++)
        counters_retire_slot(counters, request->fresh[i].kind, request->fresh[i].slot);
    pipeline_adopt(&worker->pipeline, request->workload, counters);
    for (uint32_t i = 0; i < request->workload->capture_count; i++)
        if (!request->workload->captures[i]->armed)
            arm(worker, request->workload->captures[i]);
}

static void report(struct worker *worker, struct worker_request *request)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    counters_add(request->sum, worker->pipeline.counters);
    request->totals = counters_totals(worker->pipeline.counters);
    request->sends = worker->pipeline.outbox.totals;
    request->processor_ns = (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static void serve_request(struct worker *worker)
{
    if (!atomic_load_explicit(&worker->inbox, memory_order_relaxed))
        return;
    struct worker_request *request = atomic_exchange(&worker->inbox, NULL);
    switch (request->kind) {
    case WORKER_ADOPT:
        adopt(worker, request);
        break;
    case WORKER_WATCH:
        worker->pipeline.workload->taps[request->session] = request->tap;
        break;
    case WORKER_REPORT:
        report(worker, request);
        break;
    case WORKER_END:
        stop_captures(worker, NULL);
        worker->ending = true;
        break;
    }
    sem_post(&request->done);
}

/* ---- the loop ---- */

/* A few blocks of each ready capture: no interface stops another. */
static void take_round(struct worker *worker)
{
    for (uint32_t i = 0; !worker->ending && i < worker->pipeline.workload->capture_count; i++) {
        struct capture *capture = worker->pipeline.workload->captures[i];
        if (!capture->ready)
            continue;
        /* Off before looking: what gets ready while looking sets it again. */
        capture->ready = false;
        if (take_blocks(worker, capture))
            capture->ready = true;
        if (!capture->armed)
            arm(worker, capture);
        serve_request(worker); /* may change the workload: all is read anew */
    }
}

static bool any_ready(const struct worker *worker)
{
    const struct workload *workload = worker->pipeline.workload;
    for (uint32_t i = 0; workload && i < workload->capture_count; i++)
        if (workload->captures[i]->ready)
            return true;
    return false;
}

/* Without its rings a worker reads and sends nothing, and runs requests only. */
static void wait_for_request(struct worker *worker)
{
    const uint64_t one = 1;
    struct pollfd wake = {.fd = worker->wake, .events = POLLIN};
    if (!atomic_exchange(&worker->fault, refused(worker)) &&
        write(worker->pipeline.outbox.alarm, &one, sizeof one) < 0)
        return; /* the control thread looks every second anyway */
    poll(&wake, 1, -1);
    take_wakes(worker);
}

/* A ring belongs to the thread that opens it. */
static int open_rings(struct worker *worker)
{
    int error = ring_open(&worker->ring, RING_ENTRIES, worker->why, worker->why_size);
    if (error)
        return error;
    error = outbox_open(&worker->pipeline.outbox, worker->why, worker->why_size);
    if (error)
        ring_close(&worker->ring);
    return error;
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    int error = open_rings(worker);
    worker->error = error;
    if (!error)
        ring_poll(&worker->ring, worker->wake, RING_WAKE, 0);
    sem_post(&worker->started);
    if (error)
        return NULL;
    while (!worker->ending) {
        if (refused(worker)) {
            wait_for_request(worker);
        } else if (any_ready(worker)) {
            ring_look(&worker->ring);
        } else {
            rest(worker);
            ring_wait(&worker->ring);
        }
        take_events(worker);
        serve_request(worker);
        if (worker->pipeline.workload && !refused(worker))
            take_round(worker);
    }
    outbox_close(&worker->pipeline.outbox);
    ring_close(&worker->ring);
    return NULL;
}

static void destroy(struct worker *worker)
{
    if (worker->wake >= 0)
        close(worker->wake);
    pipeline_destroy(&worker->pipeline);
    sem_destroy(&worker->started);
    free(worker);
}

int worker_start(struct worker **started, unsigned number, int alarm, char *why, size_t why_size)
{
    char name[16];
    struct worker *worker = own_lines(1, sizeof *worker);
    if (!worker) {
        snprintf(why, why_size, "%s", strerror(ENOMEM));
        return -ENOMEM;
    }
    int error = 0;
    worker->pipeline.outbox.alarm = alarm;
    worker->why = why;
    worker->why_size = why_size;
    worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sem_init(&worker->started, 0, 0);
    if (worker->wake < 0)
        error = -errno;
    else if (!pipeline_init(&worker->pipeline))
        error = -ENOMEM;
    if (!error)
        error = thread_start(&worker->thread, run, worker);
    if (error) {
        snprintf(why, why_size, "a worker: %s", strerror(-error));
        destroy(worker);
        return error;
    }
    while (sem_wait(&worker->started))
        ;
    snprintf(name, sizeof name, "mirrorsh-w%u", number);
    pthread_setname_np(worker->thread, name);
    error = worker->error;
    if (error) {
        pthread_join(worker->thread, NULL);
        destroy(worker);
        return error;
    }
    *started = worker;
    return 0;
}

bool worker_has_worked(struct worker *worker)
{
    return atomic_exchange_explicit(&worker->worked, false, memory_order_relaxed);
}

int worker_fault(const struct worker *worker)
{
    return atomic_load(&worker->fault);
}

void worker_ask(struct worker *worker, struct worker_request *request)
{
    const uint64_t one = 1;
    sem_init(&request->done, 0, 0);
    atomic_store(&worker->inbox, request);
    while (write(worker->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void worker_wait(struct worker_request *request)
{
    while (sem_wait(&request->done))
        ;
    sem_destroy(&request->done);
}

void worker_end(struct worker *worker)
{
    if (!worker || worker->end.kind == WORKER_END)
        return;
    worker->end.kind = WORKER_END;
    worker_ask(worker, &worker->end);
}

void worker_stop(struct worker *worker, struct worker_legacy *legacy)
{
    if (!worker)
        return;
    worker_end(worker);
    worker_wait(&worker->end);
    pthread_join(worker->thread, NULL);
    if (legacy) {
        *legacy = (struct worker_legacy){worker->pipeline.counters, worker->pipeline.outbox.totals};
        worker->pipeline.counters = NULL;
    }
    destroy(worker);
}
