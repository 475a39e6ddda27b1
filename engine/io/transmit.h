/* The way out: the outer source ports of the engine, and each worker's sockets to a
 * receiver, one a port. A batch becomes one message, which the kernel cuts into its packets
 * (UDP_SEGMENT). */
#ifndef MIRRORSH_TRANSMIT_H
#define MIRRORSH_TRANSMIT_H

#include "../batch.h"
#include "../packet/vxlan.h"
#include "destination.h"

#include <stdatomic.h>

/* The ports are the engine's from its start on, so that a receiver added later finds them. */
struct outer_ports {
    uint16_t number[OUTER_PORTS];
    int reserved[OUTER_PORTS][2]; /* sockets that hold the port, IPv4 and IPv6; -1: none */
    int answers;                  /* epoll over those: errors have come in at some */
    uint32_t mark;                /* of what is sent: MIRROR_MARK; 0: this process may not mark */
};

/* -errno with *why. */
int outer_ports_reserve(struct outer_ports *ports, char *why, size_t why_size);
void outer_ports_release(struct outer_ports *ports);

/* A socket an outer port, from which one worker sends to receivers that are sent to alike. The
 * first few receivers have a set each, so that one that takes nothing fills no other's buffers;
 * where there are many, or few descriptors, they share. */
struct socket_set {
    int at[OUTER_PORTS];
    struct destination alike; /* one of these receivers */
    unsigned users;
    struct socket_set *next; /* of the same worker */
};

/* One worker's way to one receiver. Opened and closed by the control thread. */
struct sender {
    struct socket_address address;
    struct socket_set *sockets;
    struct batch_queue queues[OUTER_PORTS]; /* the worker's; empty between two blocks */
    atomic_bool refused; /* by the kernel: segmented sends. The worker's to say */
    atomic_bool ask; /* whether it still does. Set by the control thread, cleared by the worker */
    atomic_bool splits;  /* the link does, see links.h. Set by the control thread */
    atomic_bool failing; /* sends fail. Set by the worker, cleared by the control thread when it has
                            looked at the path again */
};

/* `sets`: those of the worker. 0 and *sender, or -errno with *why. */
int sender_open(struct sender **sender, const struct destination *to,
                const struct outer_ports *ports, struct socket_set **sets, char *why,
                size_t why_size);
/* The last sender's closing closes its set. NULL is fine. */
void sender_close(struct sender *sender, struct socket_set **sets);

/* A batch as the kernel takes it; holds pointers into itself, the sender and the batch. */
struct message {
    struct msghdr header;
    struct iovec parts[2 * BATCH_PACKETS];
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control;
};

void message_fill(struct message *message, const struct batch *batch);

/* An error of a segmented send that may be the kernel's (or the device's) refusal to segment. */
bool segmentation_error(int error);

/* Whether a send that has failed so often (`tries`, counted here) is to be made again: its error
 * may be one that a router or a receiver answered to an earlier packet. */
bool send_again(int error, unsigned *tries);

/* Sends a packet without content, which asks for an answer if there is one. Any thread. */
void sender_ask(const struct sender *sender, uint32_t port);

/* An error of a send for which the socket or a queue behind it had no room. */
bool backlog_error(int error);

/* Sends the packets of a batch one by one, without waiting: results[i] is 0 or -errno. true: some
 * had to be sent again. */
bool send_singly(const struct batch *batch, int results[static BATCH_PACKETS]);

#endif
