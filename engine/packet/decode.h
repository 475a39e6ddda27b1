/* frame -> flow key: the one place that walks received headers. What a truncated
 * or malformed frame does not have, its key does not have; nothing is read past
 * `captured`. */
#ifndef MIRRORSH_DECODE_H
#define MIRRORSH_DECODE_H

#include "frame.h"

/* Which parts of a flow_key hold. */
enum key_part {
    KEY_VLAN = 1 << 0,           /* vlan */
    KEY_ADDRESSES = 1 << 1,      /* family, dscp, source, destination */
    KEY_PROTOCOL = 1 << 2,       /* protocol */
    KEY_PORTS = 1 << 3,          /* source_port, destination_port (TCP, UDP, SCTP only) */
    KEY_FRAGMENT_FIRST = 1 << 4, /* first fragment of several; fragment_id holds */
    KEY_FRAGMENT_LATER = 1 << 5, /* a later one; fragment_id holds */
    KEY_TRANSPORT = 1 << 6,      /* transport_offset points at a transport header */
    KEY_ARP = 1 << 7,            /* source and destination are ARP's protocol addresses (RFC 826);
                                    family is 0, so no address condition matches them */
    KEY_TCP_FLAGS = 1 << 8,      /* tcp_flags */
    KEY_LINK_ADDRESS = 1 << 9,   /* link_address */
};

struct flow_key {
    uint16_t parts;       /* enum key_part */
    uint8_t family;       /* 4 or 6; 0: the innermost ethertype is not IP */
    uint8_t protocol;     /* of the transport header behind any IPv6 extension headers */
    uint16_t vlan;        /* ID of the outermost tag, 0-4095 */
    uint16_t source_port; /* host byte order */
    uint16_t destination_port;
    uint16_t network_offset;   /* of the IP header in the frame; 0: none */
    uint16_t transport_offset; /* of the transport header in the frame */
    uint8_t tcp_flags;         /* RFC 9293 3.1: CWR to FIN */
    uint8_t dscp;              /* of the IP header, 0-63 */
    uint32_t fragment_id;      /* RFC 791 identification, RFC 8200 4.5 */
    uint8_t link_address[6];   /* the frame's destination */
    uint8_t source[16];        /* network byte order; IPv4 in the first four, rest zero */
    uint8_t destination[16];
};

/* Fills *key from the frame. Never fails: see `parts`. Pure. */
void decode(const struct frame *frame, struct flow_key *key);

/* A hash of the flow that is the same for both directions: of addresses, protocol and
 * ports where the key has them, else of the frame's MAC addresses and ethertype. */
uint32_t flow_hash(const struct flow_key *key, const struct frame *frame);

#endif
