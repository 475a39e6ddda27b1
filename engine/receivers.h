/* The receivers in use: the health of the way to each, and each worker's sockets to it.
 * They outlast plans and are shared by targets that send alike to the same address and port.
 * The control thread's only. */
#ifndef MIRRORSH_RECEIVERS_H
#define MIRRORSH_RECEIVERS_H

#include "io/answers.h"
#include "io/links.h"

enum { RECEIVER_REASON_MAX = 96 };

struct receiver_health {
    bool up;
    char interface[INTERFACE_NAME_MAX]; /* that its packets leave by; "": not known */
    uint8_t source[16];                 /* the source address of these; zero: not known */
    uint32_t mtu;                       /* of the path; 0: not known */
    uint32_t dead_ports;                /* bits of outer ports whose way of several is not good */
    char reason[RECEIVER_REASON_MAX];   /* why it is not up; else "" */
};

enum receiver_path { PATH_GOOD, PATH_BAD, PATH_RESOLVES };

/* The neighbour that leads to it. */
struct hop {
    int index; /* of the interface; 0: it is not known, or there may be several */
    uint8_t family, address[16];
};

struct receiver {
    struct destination to;
    struct receiver_health health;
    enum receiver_path path; /* as it was last looked at */
    struct hop hop;
    bool stirred;         /* it is to be looked at */
    unsigned number;      /* which one it was to come */
    uint64_t asked_ns;    /* since when its neighbour is asked for while it is up; 0: it is not */
    enum refusal heard;   /* what the network has answered since it was last looked after */
    enum refusal refusal; /* of what is sent to it, as long as that may be so */
    uint64_t refused_ns;  /* when that was last heard */
    uint64_t
        unanswered_ns; /* since when it is asked in vain whether it is still so; 0: it is not */
    bool settled;      /* its neighbour has been resolved, or was asked for long enough */
    struct sender *senders[WORKERS_MAX]; /* one a worker, NULL behind; none: could not be opened,
                                            and it is down */
    unsigned users;
    struct receiver *next, **link; /* which points at it */
};

struct receivers {
    struct receiver *first;
    void *by_destination;  /* tree of search.h */
    unsigned count, taken; /* that there are, and have ever been */
    unsigned round;        /* of receivers_probe */
    bool stirred;          /* all are to be looked at */
    struct socket_set *sets[WORKERS_MAX];
    unsigned workers;
    struct links *links;
    struct outer_ports *ports;
};

/* One more user of what a target sends to one of its receivers: an existing one, or a new one,
 * which is down until it has been settled. NULL when memory runs out. */
struct receiver *receivers_take(struct receivers *receivers, const struct mirror_target *target,
                                const struct mirror_receiver *configured);
/* The last one's going closes its sockets. No worker may use them any more. */
void receivers_release(struct receivers *receivers, struct receiver *receiver);

/* From now on there are so many workers: more need sockets to what is open already. 0, or -errno
 * with *why, when some have them and some do not. */
int receivers_serve(struct receivers *receivers, unsigned workers, char *why, size_t why_size);
/* Closes those of workers that are no more. */
void receivers_trim(struct receivers *receivers);

/* Takes what the network has answered to what was sent; true: something. */
bool receivers_hear(struct receivers *receivers);

/* Of a neighbour something is new; for links_service. */
links_neighbour_fn receivers_hear_neighbour;

/* Looks after all of them, called twice a second: sockets, routes, path MTUs, carriers, neighbours,
 * and what the network answers. What cost questions to the kernel is asked of those of which there
 * is news; of the others, where they are many, a few at a time, of all within 20 seconds. A
 * receiver whose neighbour is merely not confirmed at the moment stays what it is, for a while; one
 * that the network refuses is asked whether that is still so. Milliseconds after which this is to
 * be called again for such a reason; 0: none. `alarmed`: sends have failed. `now_ns`: of clock_ns.
 */
unsigned receivers_probe(struct receivers *receivers, bool alarmed, uint64_t now_ns);

/* Looks after the new ones, and gives their neighbours up to `patience_ms` to resolve; those
 * that do not are down until they do. */
void receivers_settle(struct receivers *receivers, unsigned patience_ms);

/* Whether the interface that the receiver names is still the one that it was taken with. */
bool receiver_holds(const struct receivers *receivers, const struct receiver *receiver);

/* Whether the workers have sockets to it; else its reason says why not. */
bool receiver_is_open(const struct receiver *receiver);

enum { RECEIVER_TEXT_MAX = 64 };
/* Canonical: the port only when it is not VXLAN's. */
void receiver_print(const struct mirror_receiver *receiver, char text[static RECEIVER_TEXT_MAX]);

#endif
