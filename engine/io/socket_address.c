/* Filling in addresses. */
#include "socket_address.h"

#include <string.h>

int socket_family(uint8_t family)
{
    return family == 4 ? AF_INET : AF_INET6;
}

struct socket_address socket_address(uint8_t family, const uint8_t *address, uint16_t port)
{
    struct socket_address filled = {.size = family == 4 ? sizeof filled.v4 : sizeof filled.v6};
    filled.any.sa_family = (sa_family_t)socket_family(family);
    if (family == 4)
        filled.v4.sin_port = htons(port);
    else
        filled.v6.sin6_port = htons(port);
    if (address && family == 4)
        memcpy(&filled.v4.sin_addr, address, sizeof filled.v4.sin_addr);
    else if (address)
        memcpy(&filled.v6.sin6_addr, address, sizeof filled.v6.sin6_addr);
    return filled;
}

bool socket_address_same(const struct socket_address *a, const struct socket_address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
           IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr);
}
