/* The way out: the outer source ports of the engine, and each worker's sockets to a
 * receiver, one a port. A batch becomes one message, which the kernel cuts into its packets
 * (UDP_SEGMENT). */
#ifndef MIRRORSH_TRANSMIT_H
#define MIRRORSH_TRANSMIT_H

#include "../batch.h"
#include "../mirror_config.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* The ports are the engine's from its start on, so that a receiver added later finds them. */
struct ports {
    uint16_t number[LANES];
    int reserved[LANES][2]; /* sockets that hold the port, IPv4 and IPv6; -1: none */
};

/* -errno with *why. */
int ports_reserve(struct ports *ports, char *why, size_t why_size);
void ports_release(struct ports *ports);

/* One worker's way to one receiver. Opened and closed by the control thread. */
struct lanes {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t address_size;
    int sockets[LANES];
    bool proven;          /* the worker's: a segmented send has succeeded */
    atomic_bool refused;  /* by the kernel: segmented sends. Set by the worker */
    atomic_bool too_long; /* packets were over the path MTU. Set by the worker, cleared by the
                             control thread when it has looked the path up again */
};

/* 0 and *lanes, or -errno with *why. */
int lanes_open(struct lanes **lanes, const struct mirror_receiver *receiver,
               const struct ports *ports, char *why, size_t why_size);
void lanes_close(struct lanes *lanes);

/* A batch as the kernel takes it; holds pointers into itself, the lanes and the batch. */
struct message {
    struct msghdr header;
    struct iovec bytes;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control;
};

void message_fill(struct message *message, struct lanes *lanes, struct batch *batch);

/* An error of a segmented send that may be the kernel's (or the device's) refusal to segment. */
bool segmentation_error(int error);

/* Sends the packets of a batch one by one, without waiting: results[i] is 0 or -errno. */
void send_singly(struct lanes *lanes, const struct batch *batch, int results[static BATCH_PACKETS]);

/* As many descriptors as the system lets this process have: a receiver takes LANES a worker. */
void raise_descriptor_limit(void);

#endif
