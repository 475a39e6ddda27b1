/* What stands in headers: IANA's IEEE 802 and protocol numbers, sizes in bytes, and
 * what bits mean. */
#ifndef MIRRORSH_PACKET_PROTOCOL_H
#define MIRRORSH_PACKET_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_SERVICE_VLAN = 0x88a8,
    ETHERTYPE_OLD_SERVICE_VLAN = 0x9100,

    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_IPIP = 4,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_GRE = 47,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_NO_NEXT = 59,
    PROTOCOL_DESTINATION_OPTIONS = 60,
    PROTOCOL_SCTP = 132,

    ETHERNET_ADDRESSES = 12,
    IPV4_ADDRESS = 4,
    IPV6_ADDRESS = 16,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    EXTENSION_UNIT = 8,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    GRE_HEADER = 4,

    TCP_FLAGS = 13, /* offset in its header, of: */
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_CWR = 0x80,
};

/* Bytes of an address of family 4 or 6. */
static inline size_t address_size(uint8_t family)
{
    return family == 4 ? IPV4_ADDRESS : IPV6_ADDRESS;
}

#endif
