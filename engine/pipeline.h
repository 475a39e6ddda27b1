/* A frame's way through a worker: decoded, decided on by the plan, cut into the packets of the
 * wire, and what is mirrored of them into the outbox. Everything that is seen is counted. */
#ifndef MIRRORSH_PIPELINE_H
#define MIRRORSH_PIPELINE_H

#include "outbox.h"
#include "plan/link_table.h"
#include "plan/pacing.h"
#include "plan/plan.h"
#include "tap.h"

struct capture;

/* What a worker works with. Made, changed and freed by the control thread while no worker has
 * it. */
struct workload {
    const struct plan *plan;
    struct capture **captures;
    uint32_t capture_count;
    const struct link_table *interfaces; /* whose frames of the captures count */
    struct sender **senders;             /* by the plan's receivers */
    uint64_t *given;             /* likewise: packets for each, see balance.h; the worker's */
    struct pacer **pacers;       /* by the plan's sessions; NULL: one that leaves nothing out */
    struct tap **taps;           /* by the plan's sessions; NULL: one that nobody watches */
    _Atomic uint32_t *loop_seen; /* by the plan's sessions: second of the steady clock in which it
                                    was about to mirror what exclusions_is_loop says of; 0: never */
};

struct pipeline {
    const struct workload *workload; /* NULL: none yet */
    struct counters *counters;       /* owned */
    struct fragments *fragments;
    struct outbox outbox;
    struct tap *written; /* taps: since the last flush */
    uint64_t now_ns;     /* of the steady clock, the caller's to set, */
    uint32_t now;        /* and its seconds */
};

/* Everything but the outbox's alarm and ring, of a zeroed one. false: memory ran out. */
bool pipeline_init(struct pipeline *pipeline);
void pipeline_destroy(struct pipeline *pipeline);

/* What it goes on with; the counters of before are the caller's again. */
void pipeline_adopt(struct pipeline *pipeline, const struct workload *workload,
                    struct counters *counters);

/* The frame may be forgotten afterwards; its bytes are to stay until the next flush, with which its
 * packets are accounted for. */
void pipeline_take(struct pipeline *pipeline, const struct frame *frame);
/* Sends everything and returns when all of it is accounted for, and shown to those who watch. */
void pipeline_flush(struct pipeline *pipeline);

#endif
