/* Where packets are counted. A worker adds to rows of its own, found by slot; the control
 * thread owns the registry that gives every name (of a session, rule, receiver or interface)
 * its slot, so that counters outlast the plans that write them. Pure. */
#ifndef MIRRORSH_COUNTERS_H
#define MIRRORSH_COUNTERS_H

#include "counts.h"
#include "plan/numbering.h"

struct counter_slot {
    enum counter_kind kind;
    uint32_t slot;
};

/* Rows by slot, of struct session_counts and so on: one worker's, or a sum over workers, or what is
 * to be subtracted since a clear. */
struct counters {
    uint32_t capacity[COUNTER_KINDS]; /* slots */
    uint64_t *rows[COUNTER_KINDS];    /* behind the last slot's: of names that are gone */
};

/* All zero; NULL when memory runs out; freed with counters_free (NULL is fine). */
struct counters *counters_new(const uint32_t capacity[static COUNTER_KINDS]);
void counters_free(struct counters *counters);

/* The slots that both have; of names that are gone, only what is added: */
void counters_add(struct counters *to, const struct counters *from);
void counters_subtract(struct counters *to, const struct counters *from);
/* One slot, which both have. */
void counters_copy_slot(struct counters *to, const struct counters *from, enum counter_kind kind,
                        uint32_t slot);
void counters_zero_slot(struct counters *counters, enum counter_kind kind, uint32_t slot);
/* The slot begins at zero for another name; totals keep what it has. */
void counters_retire_slot(struct counters *counters, enum counter_kind kind, uint32_t slot);

struct totals counters_totals(const struct counters *counters);
void totals_add(struct totals *to, const struct totals *from);
void totals_subtract(struct totals *to, const struct totals *from);

static inline struct session_counts *counters_session(const struct counters *counters,
                                                      uint32_t slot)
{
    return (struct session_counts *)(void *)counters->rows[COUNT_SESSION] + slot;
}

static inline struct rule_counts *counters_rule(const struct counters *counters, uint32_t slot)
{
    return (struct rule_counts *)(void *)counters->rows[COUNT_RULE] + slot;
}

static inline struct receiver_counts *counters_receiver(const struct counters *counters,
                                                        uint32_t slot)
{
    return (struct receiver_counts *)(void *)counters->rows[COUNT_RECEIVER] + slot;
}

static inline struct interface_counts *counters_interface(const struct counters *counters,
                                                          uint32_t slot)
{
    return (struct interface_counts *)(void *)counters->rows[COUNT_INTERFACE] + slot;
}

/* The registry. A name is a kind and any bytes. */
struct counter_names;

/* NULL when memory runs out. */
struct counter_names *counter_names_new(void);
void counter_names_free(struct counter_names *names);

/* One more user of the name. *fresh: its counting has not begun, and its rows hold what some other
 * name left there. false: memory ran out. */
bool counter_names_take(struct counter_names *names, enum counter_kind kind, const void *name,
                        size_t length, uint32_t *slot, bool *fresh);
/* Counting begins, if it has not yet: true, and the rows are to be set to zero. */
bool counter_names_begin(struct counter_names *names, enum counter_kind kind, uint32_t slot);
/* One user less; the last one's going frees the slot for other names. */
void counter_names_release(struct counter_names *names, enum counter_kind kind, uint32_t slot);

/* One more than the highest slot in use so far. */
uint32_t counter_names_capacity(const struct counter_names *names, enum counter_kind kind);

#endif
