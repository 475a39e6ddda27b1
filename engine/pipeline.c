/* From frame to verdict to packets in the outbox, counting on the way. */
#include "pipeline.h"

#include "packet/cache_line.h"
#include "packet/fragments.h"
#include "packet/protocol.h"
#include "packet/segment.h"
#include "packet/vxlan.h"
#include "plan/exclusions.h"

#include <stdatomic.h>
#include <string.h>

bool pipeline_init(struct pipeline *pipeline)
{
    pipeline->fragments = fragments_new();
    return outbox_init(&pipeline->outbox) && pipeline->fragments;
}

void pipeline_destroy(struct pipeline *pipeline)
{
    outbox_destroy(&pipeline->outbox);
    fragments_free(pipeline->fragments);
    counters_free(pipeline->counters);
}

void pipeline_adopt(struct pipeline *pipeline, const struct workload *workload,
                    struct counters *counters)
{
    pipeline->workload = workload;
    pipeline->counters = counters;
    pipeline->outbox.counters = counters;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Whether it is one of this box's own mirror packets inside something else. */
static bool is_loop(const struct pipeline *pipeline, const struct segments *segments,
                    uint32_t index)
{
    const struct exclusions *exclusions = pipeline->workload->plan->exclusions;
    uint8_t head[LOOP_REACH];
    if (segments->count == 1)
        return exclusions_is_loop(exclusions, segments->frame->bytes, segments->frame->captured);
    uint32_t length = least(segment_captured(segments, index), LOOP_REACH);
    segment_write(segments, index, head, length);
    return exclusions_is_loop(exclusions, head, length);
}

/* Packets of a frame that have one verdict. */
struct run {
    const struct segments *segments;
    uint32_t first, end; /* their indices in it */
};

/* How many of the packets come back; they are taken off the bytes, and the session says so. */
static uint32_t leave_out(struct pipeline *pipeline, const struct run *run, uint32_t session,
                          uint64_t *bytes)
{
    uint32_t back = 0;
    if (!exclusions_may_loop(run->segments->key))
        return 0;
    for (uint32_t i = run->first; i < run->end; i++) {
        if (!is_loop(pipeline, run->segments, i))
            continue;
        *bytes -= segment_length(run->segments, i);
        back++;
    }
    if (back)
        atomic_store_explicit(&pipeline->workload->loop_seen[session], pipeline->now,
                              memory_order_relaxed);
    return back;
}

/* Whether a packet that is mirrored is sent; else why not is counted. pacer: NULL: the session
 * leaves nothing out. */
static bool is_sent(const struct pipeline *pipeline, struct session_counts *counts,
                    struct pacer *pacer, const struct forwarding *way, uint32_t hash, uint32_t kept)
{
    if (pacer && !pacer_samples(pacer, hash))
        counts->sampled_out++;
    else if (way->receiver == NO_SLOT)
        counts->dropped.no_receiver++;
    else if (pacer && !pacer_admits(pacer, pipeline->now_ns, kept))
        counts->dropped.rate_limit++;
    else
        return true;
    return false;
}

/* A packet for those who watch its session, but for its bytes; NULL: they do not keep up. */
static struct tap_packet *show(struct pipeline *pipeline, struct tap *tap, const struct run *run,
                               const struct verdict *verdict, uint32_t interface, uint32_t length,
                               uint32_t kept)
{
    const struct frame *frame = run->segments->frame;
    struct tap_packet *shown = tap_add(tap, kept, &pipeline->written);
    if (!shown)
        return NULL;
    shown->direction = (uint8_t)frame->direction;
    shown->rule = verdict->rule;
    shown->length = length;
    shown->time_ns = (uint64_t)frame->seconds * 1000000000u + frame->nanoseconds;
    memcpy(shown->interface, pipeline->workload->plan->interfaces[interface].name,
           sizeof shown->interface);
    return shown;
}

/* Another processor has written it, and the kernel copies it in a moment: half of what that costs
 * is waiting for memory, one line after the other. */
static void ask_for(const uint8_t *bytes, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += CACHE_LINE)
        __builtin_prefetch(bytes + at, 0, 2);
}

/* How many of the first `kept` bytes of a packet are copied; the others are sent from *rest in its
 * frame. */
static uint32_t lay_out(const struct segments *segments, uint32_t index, uint32_t kept,
                        const uint8_t **rest)
{
    /* Less is copied in the time that the kernel takes for one part more. */
    enum { REST_LEAST = 256 };
    uint32_t head = segment_head(segments, index, kept, rest);
    if (kept - head < REST_LEAST)
        return kept;
    ask_for(*rest, kept - head);
    return head;
}

static void write_packet(const struct batch_packet *packet, const struct segments *segments,
                         uint32_t index)
{
    uint8_t *out = packet->head + VXLAN_HEADER;
    uint32_t head = packet->copied - VXLAN_HEADER;
    if (head < packet->kept)
        segment_write_head(segments, index, out, packet->kept);
    else
        segment_write(segments, index, out, packet->kept);
    if (packet->shown) {
        memcpy(packet->shown->bytes, out, head);
        memcpy(packet->shown->bytes + head, packet->rest, packet->kept - head);
    }
}

/* All packets but the `back` that come back. */
static void mirror(struct pipeline *pipeline, const struct run *run, const struct verdict *verdict,
                   uint32_t interface, uint32_t back)
{
    uint32_t session_index = verdict->session;
    const struct segments *segments = run->segments;
    const struct workload *workload = pipeline->workload;
    const struct plan *plan = workload->plan;
    const struct plan_session *session = &plan->sessions[session_index];
    struct session_counts *counts = counters_session(pipeline->counters, session->slot);
    struct pacer *pacer = workload->pacers[session_index];
    struct tap *tap = workload->taps[session_index];
    uint32_t hash = flow_hash(segments->key, segments->frame);
    struct forwarding way = plan_forward(plan, session_index, interface, hash, workload->given);
    for (uint32_t i = run->first; i < run->end; i++) {
        if (back && is_loop(pipeline, segments, i))
            continue;
        uint32_t length = segment_length(segments, i);
        uint32_t kept = least(way.keep, segment_captured(segments, i));
        if (!is_sent(pipeline, counts, pacer, &way, hash, kept))
            continue;
        struct sender *sender = workload->senders[way.receiver];
        workload->given[way.receiver]++;
        const uint8_t *rest;
        uint32_t head = lay_out(segments, i, kept, &rest);
        struct batch_packet *packet = outbox_add(&pipeline->outbox, sender, way.port, hash,
                                                 VXLAN_HEADER + kept, VXLAN_HEADER + head);
        packet->rest = rest;
        packet->shown = tap ? show(pipeline, tap, run, verdict, interface, length, kept) : NULL;
        packet->session = session->slot;
        packet->receiver = plan->receivers[way.receiver].slot;
        packet->kept = kept;
        packet->truncated = kept < length;
        vxlan_write(packet->head, session->vni);
        write_packet(packet, segments, i);
    }
}

static uint64_t wire_bytes(const struct run *run)
{
    uint64_t bytes = 0;
    for (uint32_t i = run->first; i < run->end; i++)
        bytes += segment_length(run->segments, i);
    return bytes;
}

static void count_rule(struct pipeline *pipeline, uint32_t slot, uint32_t packets, uint64_t bytes)
{
    if (slot == NO_SLOT)
        return;
    struct rule_counts *rule = counters_rule(pipeline->counters, slot);
    rule->hits.packets += packets;
    rule->hits.bytes += bytes;
}

static void take_run(struct pipeline *pipeline, const struct run *run, uint32_t interface,
                     const struct verdict *verdict)
{
    const struct plan *plan = pipeline->workload->plan;
    uint32_t packets = run->end - run->first;
    uint64_t bytes = wire_bytes(run);
    struct interface_counts *row =
        counters_interface(pipeline->counters, plan->interfaces[interface].slot);
    row->received.packets += packets;
    row->received.bytes += bytes;
    switch (verdict->kind) {
    case VERDICT_UNMATCHED:
        row->unmatched += packets;
        return;
    case VERDICT_OWN:
        row->own += packets;
        return;
    case VERDICT_REJECTED:
        row->rejected += packets;
        count_rule(pipeline, verdict->rule_slot, packets, bytes);
        return;
    case VERDICT_MIRRORED:;
        uint32_t back = leave_out(pipeline, run, verdict->session, &bytes);
        packets -= back;
        row->own += back;
        row->mirrored += packets;
        count_rule(pipeline, verdict->rule_slot, packets, bytes);
        struct session_counts *session =
            counters_session(pipeline->counters, plan->sessions[verdict->session].slot);
        session->matched.packets += packets;
        session->matched.bytes += bytes;
        mirror(pipeline, run, verdict, interface, back);
        return;
    }
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
    return a->kind == b->kind && a->session == b->session && a->rule_slot == b->rule_slot;
}

/* A capture of many interfaces may hold frames of some that are not, or no longer, the plan's. */
void pipeline_take(struct pipeline *pipeline, const struct frame *frame)
{
    const struct plan *plan = pipeline->workload->plan;
    uint32_t interface = link_table_find(pipeline->workload->interfaces, frame->interface);
    if (interface == NO_INTERFACE)
        return;
    struct flow_key key, early;
    decode(frame, &key);
    fragments_follow(pipeline->fragments, &key, pipeline->now);
    struct verdict verdict = plan_classify(plan, interface, frame->direction, &key);
    if (verdict.kind == VERDICT_MIRRORED && exclusions_is_about(plan->exclusions, &key, frame))
        verdict = (struct verdict){.kind = VERDICT_OWN, .rule_slot = NO_SLOT};
    struct segments segments;
    segments_open(&segments, frame, &key);
    struct run run = {&segments, 0, segments.count};
    if (segments_early_key(&segments, &early)) {
        struct verdict before = plan_classify(plan, interface, frame->direction, &early);
        if (!same_verdict(&before, &verdict)) {
            run.end--;
            take_run(pipeline, &run, interface, &before);
            run.first = run.end++;
        }
    }
    take_run(pipeline, &run, interface, &verdict);
}

void pipeline_flush(struct pipeline *pipeline)
{
    outbox_flush(&pipeline->outbox);
    tap_publish(&pipeline->written);
}
