/* Addresses as the socket calls take them. */
#ifndef MIRRORSH_SOCKET_ADDRESS_H
#define MIRRORSH_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct socket_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t size;
};

/* AF_INET or AF_INET6 of family 4 or 6. */
int socket_family(uint8_t family);

/* The address of family 4 or 6, in network byte order; NULL: any of this machine. */
struct socket_address socket_address(uint8_t family, const uint8_t *address, uint16_t port);

bool socket_address_same(const struct socket_address *a, const struct socket_address *b);

#endif
