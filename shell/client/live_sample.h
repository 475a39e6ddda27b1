/* One SAMPLE of the box (its text is described in protocol.h) as structures. Pure. */
#ifndef MIRRORSH_LIVE_SAMPLE_H
#define MIRRORSH_LIVE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a session counts, in the order of a SAMPLE's fields. From COUNT_RATE_LIMIT on they are the
 * reasons of what was dropped. */
enum live_count {
    COUNT_MATCHED,
    COUNT_MATCHED_BYTES,
    COUNT_SENT,
    COUNT_SENT_BYTES,
    COUNT_CUT,
    COUNT_SAMPLED_OUT,
    COUNT_RATE_LIMIT,
    COUNT_NO_RECEIVER,
    COUNT_SEND_ERROR,
    COUNT_BACKLOG,
    LIVE_COUNTS
};

struct live_sample_session {
    const char *name, *state, *priority, *reason, *filter, *target, *vni, *length;
    uint64_t counts[LIVE_COUNTS];
};

struct live_sample_rule {
    const char *direction, *number, *action, *match;
    uint64_t packets;
};

struct live_sample_receiver {
    const char *address, *state, *reason;
    uint64_t packets, errors;
};

struct live_sample {
    const char *host;
    uint64_t uptime_ms;
    const char *loads;                    /* percent a worker, comma-separated */
    uint64_t taken_ms;                    /* since the monitor began */
    struct live_sample_session *sessions; /* in priority order */
    size_t session_count;
    const char *watched; /* the session that the rules and receivers are of; NULL: none */
    struct live_sample_rule *rules;
    size_t rule_count;
    uint64_t rules_left; /* so many more it has */
    struct live_sample_receiver *receivers;
    size_t receiver_count;
    char *text; /* what all the texts point into; owned */
};

/* NULL: malformed, or out of memory. Lines of a kind that is not known here are passed over. */
struct live_sample *live_sample_parse(const char *text, size_t length);
void live_sample_free(struct live_sample *sample);

/* NULL: none of that name. `near` is the index where it probably stands. */
const struct live_sample_session *live_sample_find(const struct live_sample *sample,
                                                   const char *name, size_t near);

/* Whether its rules and receivers are that session's. NULL: no sample. */
bool live_sample_watches(const struct live_sample *sample, const char *name);

#endif
