/* The addresses of a destination. */
#include "destination.h"

#include "../packet/protocol.h"

#include <string.h>

bool destination_has_source(const struct destination *to)
{
    static const uint8_t none[IPV6_ADDRESS];
    return memcmp(to->source, none, address_size(to->receiver.family)) != 0;
}

struct socket_address destination_address(const struct destination *to)
{
    const struct mirror_receiver *receiver = &to->receiver;
    struct socket_address address =
        socket_address(receiver->family, receiver->address, receiver->port);
    if (receiver->family == 6)
        address.v6.sin6_scope_id = (uint32_t)to->interface;
    return address;
}

struct socket_address destination_source(const struct destination *to, uint16_t port)
{
    return socket_address(to->receiver.family, to->source, port);
}
