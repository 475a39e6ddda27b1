/* The outside of a mirrored packet: the VXLAN header (RFC 7348 section 5), the bytes
 * that the encapsulation takes from the path MTU, and the entropy of the outer source
 * port. */
#ifndef MIRRORSH_VXLAN_H
#define MIRRORSH_VXLAN_H

#include "cursor.h"
#include "protocol.h"
#include <stdbool.h>

enum {
    VXLAN_HEADER = 8,   /* bytes */
    VXLAN_FLAGS = 0x08, /* the first of them: the VNI is valid; the next three are zero */
    VXLAN_PORT = 4789,  /* RFC 7348 section 8 */
    /* From the outer IP header on: path MTU less this is kept. */
    VXLAN_OVERHEAD_IPV4 = IPV4_HEADER + UDP_HEADER + VXLAN_HEADER,
    VXLAN_OVERHEAD_IPV6 = IPV6_HEADER + UDP_HEADER + VXLAN_HEADER,
    VXLAN_VNI_MAX = 0xffffff,
    ENTROPY_PORT_MIN = 49152, /* RFC 7348: the dynamic range of RFC 6335 */
    ENTROPY_PORT_MAX = 65535,
    OUTER_PORTS = 8, /* of them in use: more spread flows better over a receiver's queues, fewer
                        make fuller batches, where most of the cost is */
};

/* Takes a header as vxlan_write writes it; false: it is another. */
static inline bool vxlan_take(struct cursor *cursor, uint32_t *vni)
{
    const uint8_t *header = cursor_take(cursor, VXLAN_HEADER);
    if (!header || read_u32(header) != VXLAN_FLAGS << 24 || header[7])
        return false;
    *vni = read_u32(header + 4) >> 8;
    return true;
}

static inline void vxlan_write(uint8_t header[static VXLAN_HEADER], uint32_t vni)
{
    write_u32(header, VXLAN_FLAGS << 24);
    write_u32(header + 4, vni << 8);
}

#endif
