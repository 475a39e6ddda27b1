/* The plan: the committed configuration compiled for the packet path. Immutable once
 * built; the engine publishes it to the workers by one pointer swap and builds another
 * when the configuration, or the health of what it stands on, changes. Pure. */
#ifndef MIRRORSH_PLAN_H
#define MIRRORSH_PLAN_H

#include "../packet/decode.h"
#include "interest.h"
#include "numbering.h"
#include "rule.h"

struct plan_receiver_state {
    bool up;
    uint32_t mtu;        /* of the path, outer IP packet; 0: not known, take 1500 */
    uint32_t dead_ports; /* bits of outer ports that lead nowhere; not all */
};

struct plan_input {
    const struct numbering *numbering;
    const bool *session_up; /* one a session: it takes part; a disabled one does not */
    const struct plan_receiver_state *receivers; /* one a receiver */
    const struct mirror_prefix *addresses;       /* of this box: each one's whole length */
    size_t address_count;
    struct neighbours neighbours; /* among them those that rules name */
};

struct classifier;
struct prefix_set;
struct probe;

struct plan_session {
    uint32_t slot;
    uint32_t vni;
    uint32_t packet_length; /* most bytes kept by configuration */
    uint32_t target;
    bool takes_part;
    bool direction[DIRECTIONS];
    bool filtered;               /* else it mirrors every packet */
    uint32_t filter;             /* in plan->filters */
    struct prefix_set *prefixes; /* whose packets it mirrors; NULL: all, see plan_direction */
    bool everywhere;             /* its prefixes are those on all interfaces */
};

struct plan_filter {
    struct classifier *rules[DIRECTIONS];
    struct interest interest[DIRECTIONS]; /* what they may decide */
};

struct plan_receiver {
    struct mirror_receiver address;
    uint32_t slot;
    uint32_t keep; /* most inner bytes: what the path MTU leaves */
    uint32_t dead_ports;
    bool up;
};

struct plan_target {
    uint32_t first, count; /* in plan->receivers */
    const uint32_t *live;  /* indices in plan->receivers of those that are up */
    uint32_t live_count;
    enum balance balance;
    const uint32_t *by_interface; /* BALANCE_SOURCE_INTERFACE: in plan->receivers; else NULL */
};

struct plan_interface {
    char name[INTERFACE_NAME_MAX];
    uint32_t slot;
    uint32_t first_session, session_count; /* in plan->interface_sessions */
};

struct plan {
    struct plan_interface *interfaces; /* sessions, receivers and these as they are numbered */
    uint32_t interface_count;
    uint32_t *interface_sessions; /* of each those that take part, in ascending priority */
    struct plan_filter *filters;
    uint32_t filter_count;
    struct plan_session *sessions;
    uint32_t session_count;
    struct plan_target *targets;
    uint32_t target_count;
    struct plan_receiver *receivers;
    uint32_t receiver_count;
    struct exclusions *exclusions; /* receivers of all sessions that are not disabled */
    bool without_services;         /* packets of services.h are unmatched */
    struct prefix_set *addresses;  /* of this box */
};

enum verdict_kind { VERDICT_UNMATCHED, VERDICT_REJECTED, VERDICT_MIRRORED, VERDICT_OWN };

struct verdict {
    enum verdict_kind kind : 16;
    uint16_t rule;      /* the deciding rule's number; 0: session without filter */
    uint32_t session;   /* MIRRORED, REJECTED: index in plan->sessions */
    uint32_t rule_slot; /* of that rule; NO_SLOT: session without filter */
};

/* Copies what it needs of the input; NULL when memory runs out. */
struct plan *plan_build(const struct plan_input *input);
void plan_free(struct plan *plan);

/* In which direction a packet goes for a session that has its interface as a source: without
 * prefixes the one in which it was seen; with them EGRESS when its source is in one, else INGRESS
 * when its destination is. DIRECTIONS: it is none of the session's. */
int plan_direction(const struct plan *plan, const struct plan_session *session, enum direction seen,
                   const struct flow_key *key);

/* What the exclusions have is own, never collected; else the first rule that matches decides, of
 * the sessions in ascending priority. No side effects. */
struct verdict plan_classify(const struct plan *plan, uint32_t interface, enum direction direction,
                             const struct flow_key *key);

/* What one session that takes part says of a packet. probe: of the key. */
struct verdict plan_classify_session(const struct plan *plan, uint32_t session, enum direction seen,
                                     const struct flow_key *key, const struct probe *probe);

/* How packets that a session mirrors leave. */
struct forwarding {
    uint32_t receiver; /* index in plan->receivers; NO_SLOT: none of the target's is up */
    uint32_t port;     /* outer source port, one of OUTER_PORTS */
    uint32_t keep;     /* most bytes of each: the session's packet_length or the receiver's keep */
};

/* Of a packet of a flow (flow_hash): the port is the flow's, the receiver as the target balances. A
 * receiver that fails moves only what went to it. given: packets that each of plan->receivers has
 * been given so far, the caller's to count. No side effects. */
struct forwarding plan_forward(const struct plan *plan, uint32_t session, uint32_t interface,
                               uint32_t hash, const uint64_t *given);

#endif
