/* The receivers in use: the health of the way to each, and each worker's sockets to it.
 * They outlast plans and are shared by targets that name the same address and port. The
 * control thread's only. */
#ifndef MIRRORSH_RECEIVERS_H
#define MIRRORSH_RECEIVERS_H

#include "io/links.h"
#include "io/transmit.h"

enum receiver_fault { RECEIVER_FINE, RECEIVER_NO_ROUTE, RECEIVER_NO_NEIGHBOUR };

struct receiver_health {
    bool up;
    enum receiver_fault fault; /* RECEIVER_FINE when it is up */
    uint32_t mtu;              /* of the path; 0: not known */
};

struct receiver {
    struct mirror_receiver address;
    struct receiver_health health;
    bool settled;         /* its neighbour has been resolved, or was asked for long enough */
    struct lanes **lanes; /* one a worker */
    unsigned users;
    struct receiver *next;
};

struct receivers {
    struct receiver *first;
    unsigned workers;
    struct links *links;
    struct ports *ports;
};

/* One more user: an existing receiver, or a new one whose health has been probed once. NULL
 * with *why and *error. */
struct receiver *receivers_take(struct receivers *receivers, const struct mirror_receiver *address,
                                int *error, char *why, size_t why_size);
/* The last one's going closes its sockets. No worker may use them any more. */
void receivers_drop(struct receivers *receivers, struct receiver *receiver);

/* Looks after all of them: routes, path MTUs, neighbours. A receiver whose neighbour is
 * merely not confirmed at the moment stays what it is. */
void receivers_probe(struct receivers *receivers);

/* Gives the neighbours of new receivers up to `patience_ms` to resolve; those that do not are
 * down until they do. */
void receivers_settle(struct receivers *receivers, unsigned patience_ms);

/* "no route", ... */
const char *receiver_fault_text(enum receiver_fault fault);

enum { RECEIVER_TEXT_MAX = 64 };
/* Canonical: the port only when it is not VXLAN's. */
void receiver_print(const struct mirror_receiver *receiver, char text[static RECEIVER_TEXT_MAX]);

#endif
