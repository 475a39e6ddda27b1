/* A worker: the thread on which packets go their whole way, from the blocks of its captures
 * through the plan into batches and out. It shares nothing with other workers, and takes
 * requests from the control thread between two blocks, when nothing of it is in flight. */
#ifndef MIRRORSH_WORKER_H
#define MIRRORSH_WORKER_H

#include "io/capture.h"
#include "pipeline.h"

#include <semaphore.h>

enum worker_request_kind { WORKER_ADOPT, WORKER_WATCH, WORKER_REPORT, WORKER_END };

struct worker_legacy {
    struct counters *counters;
    struct outbox_totals sends;
};

struct worker_request {
    enum worker_request_kind kind;
    /* WORKER_ADOPT: the workload to go on with. Blocks that are ready in captures which it lacks
     * are read first. */
    struct workload *workload;
    /* WORKER_ADOPT, may be NULL: larger counters to go on with; it leaves the old ones here. */
    struct counters *counters;
    const struct counter_slot *fresh; /* WORKER_ADOPT: slots that begin at zero */
    size_t fresh_count;
    /* WORKER_ADOPT, may be NULL: what a worker that has ended leaves; it counts on from there. */
    const struct worker_legacy *legacy;
    /* WORKER_WATCH: where it writes what this session of its plan sends; NULL: nowhere any more. */
    uint32_t session;
    struct tap *tap;
    /* WORKER_REPORT: it adds its counters to these, and says what their totals are. */
    struct counters *sum;
    struct totals totals;
    struct outbox_totals sends;
    uint64_t processor_ns; /* it has used in all */

    sem_t done; /* posted by the worker; the request is the asker's again */
};

struct worker;

/* `number`: by which its thread is called. `alarm`: an eventfd that it writes to when the control
 * thread should look at the receivers. It begins without a workload. 0, or -errno with *why. */
int worker_start(struct worker **worker, unsigned number, int alarm, char *why, size_t why_size);

/* 0, or -errno: the kernel takes no requests of it any more. It reads and sends nothing then, and
 * has written to the alarm; requests like these it still serves. */
int worker_fault(const struct worker *worker);

/* Whether it has taken a block since this was last asked. */
bool worker_has_worked(struct worker *worker);

/* One request at a time; worker_wait returns when it is done. */
void worker_ask(struct worker *worker, struct worker_request *request);
void worker_wait(struct worker_request *request);

/* Begins what worker_stop does: of several, each can be at it at once. NULL is fine. */
void worker_end(struct worker *worker);
/* Reads what has come up to now, sends it, ends the thread, frees everything but the workload and
 * the counters, which are the caller's if there is a *legacy. NULL is fine. */
void worker_stop(struct worker *worker, struct worker_legacy *legacy);

#endif
