/* What plan_classify leaves out before any rule, of a configuration that wants it: see services.h.
 */
#include "services.h"
#include "../packet/protocol.h"
#include <string.h>

enum { DHCP_SERVER = 67, DHCP_CLIENT = 68, NTP = 123, WINDOWS_ACTIVATION = 1688 };

static const uint8_t metadata[4] = {169, 254, 169, 254};

static bool has_port(const struct flow_key *key, uint16_t port)
{
    return key->source_port == port || key->destination_port == port;
}

bool is_service(const struct flow_key *key)
{
    if (key->parts & KEY_ARP)
        return true;
    if ((key->parts & KEY_ADDRESSES) && key->family == 4 &&
        (memcmp(key->source, metadata, sizeof metadata) == 0 ||
         memcmp(key->destination, metadata, sizeof metadata) == 0))
        return true;
    if (!(key->parts & KEY_PORTS))
        return false;
    if (key->protocol == PROTOCOL_TCP)
        return has_port(key, WINDOWS_ACTIVATION);
    /* relays and servers too send to one of its two ports */
    return key->protocol == PROTOCOL_UDP &&
           (has_port(key, NTP) || (key->family == 4 && (key->destination_port == DHCP_SERVER ||
                                                        key->destination_port == DHCP_CLIENT)));
}
