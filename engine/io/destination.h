/* Where mirrored packets are sent to, and what is the same of all of them outside. */
#ifndef MIRRORSH_DESTINATION_H
#define MIRRORSH_DESTINATION_H

#include "../mirror_config.h"
#include "socket_address.h"

struct destination {
    struct mirror_receiver receiver;
    int interface;      /* index of that which the receiver names; 0: it is absent, or none named */
    uint8_t source[16]; /* their source address, of the receiver's family; zero: as routed */
    uint8_t dscp;
    uint8_t ttl; /* 0: the system's */
};

bool destination_has_source(const struct destination *to);

/* The receiver's, and the source with a port (0: any). */
struct socket_address destination_address(const struct destination *to);
struct socket_address destination_source(const struct destination *to, uint16_t port);

#endif
