/* Where packets are counted. A worker adds to rows of its own, found by slot; the control
 * thread owns the registry that gives every name (of a session, rule, receiver or interface)
 * its slot, so that counters outlast the plans that write them. Pure. */
#ifndef MIRRORSH_COUNTERS_H
#define MIRRORSH_COUNTERS_H

#include "plan/numbering.h"

/* Rows: nothing but uint64_t, so that all kinds are added and subtracted alike. */
struct session_row {
    uint64_t matched_packets, matched_bytes;
    uint64_t sent_packets, sent_bytes, truncated;
    uint64_t no_receiver, send_error, backlog;
};

struct rule_row {
    uint64_t packets, bytes;
};

struct receiver_row {
    uint64_t packets, bytes, errors;
};

struct interface_row {
    uint64_t packets, bytes;
    uint64_t mirrored, rejected, unmatched, own;
};

struct counter_slot {
    enum counter_kind kind;
    uint32_t slot;
};

/* One worker's rows, or a sum over workers, or what is to be subtracted since a clear. */
struct counters {
    uint32_t capacity[COUNTER_KINDS]; /* slots */
    uint64_t *rows[COUNTER_KINDS];
};

/* All zero; NULL when memory runs out; freed with counters_free (NULL is fine). */
struct counters *counters_new(const uint32_t capacity[static COUNTER_KINDS]);
void counters_free(struct counters *counters);

/* The slots that both have: */
void counters_add(struct counters *to, const struct counters *from);
void counters_subtract(struct counters *to, const struct counters *from);
/* One slot, which both have. */
void counters_copy_slot(struct counters *to, const struct counters *from, enum counter_kind kind,
                        uint32_t slot);
void counters_zero_slot(struct counters *counters, enum counter_kind kind, uint32_t slot);

static inline struct session_row *counters_session(const struct counters *counters, uint32_t slot)
{
    return (struct session_row *)(void *)counters->rows[COUNT_SESSION] + slot;
}

static inline struct rule_row *counters_rule(const struct counters *counters, uint32_t slot)
{
    return (struct rule_row *)(void *)counters->rows[COUNT_RULE] + slot;
}

static inline struct receiver_row *counters_receiver(const struct counters *counters, uint32_t slot)
{
    return (struct receiver_row *)(void *)counters->rows[COUNT_RECEIVER] + slot;
}

static inline struct interface_row *counters_interface(const struct counters *counters,
                                                       uint32_t slot)
{
    return (struct interface_row *)(void *)counters->rows[COUNT_INTERFACE] + slot;
}

/* The registry. A name is a kind and any bytes. */
struct counter_names;

/* NULL when memory runs out. */
struct counter_names *counter_names_new(void);
void counter_names_free(struct counter_names *names);

/* One more user of the name. *fresh: it had none, so its rows hold what some other name left
 * there. false: memory ran out. */
bool counter_names_take(struct counter_names *names, enum counter_kind kind, const void *name,
                        size_t length, uint32_t *slot, bool *fresh);
/* One user less; the last one's going frees the slot for other names. */
void counter_names_release(struct counter_names *names, enum counter_kind kind, uint32_t slot);

/* One more than the highest slot in use so far. */
uint32_t counter_names_capacity(const struct counter_names *names, enum counter_kind kind);

#endif
