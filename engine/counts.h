/* What is counted, for the workers that count and for those who read it. Packets are packets of
 * the wire (a super-frame counts its segments). */
#ifndef MIRRORSH_COUNTS_H
#define MIRRORSH_COUNTS_H

#include <stdint.h>

/* All of these are made of uint64_t only, so that they are added and subtracted alike. */
struct count {
    uint64_t packets, bytes;
};

static inline void count_add(struct count *to, struct count more)
{
    to->packets += more.packets;
    to->bytes += more.bytes;
}

/* Why a packet that a session matched, and that is in its sample, was not sent. */
struct session_drops {
    uint64_t rate_limit, no_receiver, send_error, backlog;
};

/* matched.packets = sent.packets + sampled_out + all of dropped */
struct session_counts {
    struct count matched; /* accepted for this session; bytes as on the wire */
    struct count sent;    /* bytes of the inner frames that were kept */
    uint64_t truncated;   /* sent packets that were cut */
    uint64_t sampled_out; /* packets that are not in the session's sample */
    struct session_drops dropped;
};

struct rule_counts {
    struct count hits; /* accepted or rejected by it, in all sessions */
};

struct receiver_counts {
    struct count sent;
    uint64_t errors; /* packets whose sending failed */
};

/* received.packets = mirrored + rejected + unmatched + own */
struct interface_counts {
    struct count received; /* that the capture delivered */
    uint64_t mirrored, rejected, unmatched, own;
};

/* Of all interfaces and sessions together, also of those that are gone.
 * interfaces.mirrored = sessions.matched.packets */
struct totals {
    struct interface_counts interfaces;
    struct session_counts sessions;
};

static inline uint64_t session_dropped(const struct session_counts *counts)
{
    const uint64_t *dropped = (const uint64_t *)(const void *)&counts->dropped;
    uint64_t sum = 0;
    for (unsigned i = 0; i < sizeof counts->dropped / sizeof *dropped; i++)
        sum += dropped[i];
    return sum;
}

#endif
