/* The numbers of a configuration's sessions, rules, receivers and source interfaces: each kind is
 * counted from 0 on, in one order, and by these numbers plans, counters and reports find them.
 * Pure. */
#ifndef MIRRORSH_NUMBERING_H
#define MIRRORSH_NUMBERING_H

#include "../mirror_config.h"

/* What is numbered is what is counted. */
enum counter_kind { COUNT_SESSION, COUNT_RULE, COUNT_RECEIVER, COUNT_INTERFACE, COUNTER_KINDS };

enum { NO_SLOT = UINT32_MAX };

struct numbered_rule {
    const struct mirror_filter *filter;
    enum direction direction;
    const struct mirror_rule *rule;
};

struct numbered_receiver {
    const struct mirror_target *target;
    const struct mirror_receiver *receiver;
};

/* An interface of this machine that sessions may take without naming it. */
struct found_interface {
    char name[INTERFACE_NAME_MAX];
    bool to_receivers; /* receivers are reached by it: all-interfaces leaves it out */
};

/* For each of a kind a list of numbers of another kind, ascending: the i-th one's from first[i] on,
 * up to first[i + 1]. */
struct number_lists {
    uint32_t *first;
    uint32_t *numbers;
};

struct numbering {
    const struct mirror_config *config;
    uint32_t count[COUNTER_KINDS];
    struct numbered_rule *rules;            /* by filter, ingress first, ascending */
    uint32_t (*first_rule)[DIRECTIONS];     /* of each filter */
    struct numbered_receiver *receivers;    /* by target, in configured order */
    uint32_t *first_receiver;               /* of each target */
    char (*interfaces)[INTERFACE_NAME_MAX]; /* named in sessions, or found and taken; ascending */
    struct number_lists sources;  /* of each session its interfaces; none of a disabled one */
    struct number_lists sessions; /* of each interface the sessions that it is a source of */
    /* Where a worker's counters of each number live: slots belong to names and outlast numberings.
     * NO_SLOT at first. */
    uint32_t *slots[COUNTER_KINDS];
};

/* Whether the session takes interfaces that it does not name. */
bool session_takes_found(const struct mirror_session *session);

/* Keeps `config`, which is the caller's. `found`: `count` of them, no two the same. NULL when
 * memory runs out; freed with numbering_free (NULL is fine). */
struct numbering *numbering_new(const struct mirror_config *config,
                                const struct found_interface *found, size_t count);
void numbering_free(struct numbering *numbering);

/* The number of an interface; NO_SLOT: it is not among them. */
uint32_t numbering_interface(const struct numbering *numbering, const char *name);
/* Whether it is a source of the session, which is none of a disabled one. */
bool numbering_has_source(const struct numbering *numbering, uint32_t session, const char *name);

#endif
