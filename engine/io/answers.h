/* What the network answers to mirror packets (ICMP), for receivers.c. The control thread's. */
#ifndef MIRRORSH_ANSWERS_H
#define MIRRORSH_ANSWERS_H

#include "transmit.h"

/* What the network answers to packets that it does not deliver (RFC 792, RFC 4443). */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_PORT,       /* the receiver: nobody listens */
    REFUSAL_HOST,       /* a router: the receiver's host does not answer */
    REFUSAL_NETWORK,    /* a router: there is no route */
    REFUSAL_PROHIBITED, /* a router or a firewall: not allowed */
};

struct network_answer {
    struct socket_address to;   /* where the packet was sent to */
    struct socket_address from; /* who says so */
    enum refusal refusal;       /* REFUSAL_NONE: another answer */
};

typedef void network_answer_fn(void *context, const struct network_answer *answer);

/* Takes answers to what was sent by whichever worker, as far as they came to the engine's own
 * sockets; false: none. To be called when `answers` of the ports is readable. */
bool outer_ports_hear(const struct outer_ports *ports, network_answer_fn *heard, void *context);

/* The same, of what came to the sockets of these sets, of which nothing tells but the next send: to
 * be looked at now and then. Nobody waits at them: who does is woken for each packet that has left
 * the machine. */
void socket_sets_hear(const struct socket_set *sets, network_answer_fn *heard, void *context);

#endif
