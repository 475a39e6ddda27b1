/* The configuration as the engine takes it: what the shell compiles its committed tree
 * into. Plain data, checked by the shell: every index and range below holds. */
#ifndef MIRRORSH_MIRROR_CONFIG_H
#define MIRRORSH_MIRROR_CONFIG_H

#include "packet/frame.h"
#include "plan/match_field.h"

enum {
    INTERFACE_NAME_MAX = 16,
    PACKET_LENGTH_FULL = UINT16_MAX,
    NO_FILTER = -1,
    VNI_MAX = 16777215,
    PRIORITY_MAX = 32766,
    WORKERS_MAX = 64,
    WORKERS_AUTO = WORKERS_MAX + 1, /* as many as processors */
    RING_MEGABYTES_LEAST = 16,
    RING_MEGABYTES = 256, /* unless the configuration says otherwise */
    RING_MEGABYTES_MOST = 65536,
};

#define RATE_MAX UINT64_C(1000000000000) /* of packets or bits a second */

struct mirror_condition {
    uint16_t number; /* 1-65535, ascending in its rule */
    struct match match;
};

struct mirror_rule {
    uint16_t number;                     /* 1-65535, ascending in its list */
    bool accept;                         /* else reject */
    struct match match;                  /* must hold, and so must all of: */
    struct mirror_condition *conditions; /* NULL when there are none */
    size_t condition_count;
};

struct mirror_filter {
    char *name;
    struct mirror_rule *rules[DIRECTIONS];
    size_t rule_count[DIRECTIONS];
};

struct mirror_receiver {
    uint8_t family; /* 4 or 6 */
    uint8_t address[16];
    uint16_t port;                      /* host byte order */
    char interface[INTERFACE_NAME_MAX]; /* that a link-local address is reached by; else "" */
};

/* What decides which of a target's receivers gets a packet. */
enum balance {
    BALANCE_FLOW,             /* its flow, both directions */
    BALANCE_SOURCE_INTERFACE, /* the interface that it was seen on */
    BALANCE_EVEN,             /* how many packets each has got */
};

struct mirror_target {
    char *name;
    enum balance balance;
    uint8_t source_ipv4[4], source_ipv6[16]; /* outer source addresses; zero: as routed */
    uint8_t dscp;                            /* of the outer IP header, 0-63 */
    uint8_t ttl;                             /* or hop limit, 1-255; 0: the system's */
    struct mirror_receiver *receivers;       /* no two the same; none: nothing is forwarded */
    size_t receiver_count;
};

/* Bits are those of the inner frames' bytes that are kept, as `sent` counts them. */
enum rate_unit { RATE_PACKETS, RATE_BITS };

struct mirror_prefix {
    uint8_t family; /* 4 or 6 */
    uint8_t bits;
    uint8_t address[16]; /* host bits zero; IPv4 in the first four */
};

/* What it mirrors is on all of `sources`, with all_interfaces on all others too, and, with
 * prefixes, from or to one of these; prefixes alone are those on all interfaces. */
struct mirror_session {
    char *name;
    uint16_t priority; /* 1-PRIORITY_MAX; sessions stand in ascending order */
    bool disabled;
    bool direction[DIRECTIONS]; /* at least one */
    char (*sources)[INTERFACE_NAME_MAX];
    size_t source_count;
    bool all_interfaces;
    struct mirror_prefix *prefixes;
    size_t prefix_count;
    int filter;             /* index, or NO_FILTER: every packet */
    int target;             /* index */
    uint32_t vni;           /* 0-VNI_MAX */
    uint16_t packet_length; /* 1-65535; PACKET_LENGTH_FULL stands for full: no packet of the
                               wire is longer */
    uint16_t sample;        /* 1 in so many is sent, 1-65535; 1: all */
    bool sample_flows;      /* 1 in so many flows, whole; else packets */
    uint64_t rate_limit;    /* a second, 1-RATE_MAX; 0: none */
    enum rate_unit rate_unit;
};

struct mirror_config {
    struct mirror_filter *filters;
    size_t filter_count;
    struct mirror_target *targets;
    size_t target_count;
    struct mirror_session *sessions;
    size_t session_count;
    unsigned workers; /* 1-WORKERS_MAX, WORKERS_AUTO; 0: as many as the engine was started with */
    unsigned ring_megabytes; /* of all capture rings together; 0: RING_MEGABYTES */
    bool without_services;   /* packets of the services of plan/services.h are unmatched */
};

/* Frees the configuration and everything it points at (all from malloc). NULL is fine. */
void mirror_config_free(struct mirror_config *config);

#endif
