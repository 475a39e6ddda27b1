/* A frame as capture hands it to the rest of the packet path: a view of bytes in
 * the capture ring (never owned, valid until the ring's block is released), with
 * what the kernel's metadata says about it. VLAN tags that the kernel took off
 * are already back in their place. */
#ifndef MIRRORSH_FRAME_H
#define MIRRORSH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Also the index of a filter's two lists of rules. */
enum direction { INGRESS, EGRESS, DIRECTIONS };

/* What kind of super-frame it is (virtio_net_hdr.gso_type of PACKET_VNET_HDR, packet(7)). */
enum super_frame { SUPER_NONE, SUPER_TCP4, SUPER_TCP6, SUPER_UDP };

struct frame {
    const uint8_t *bytes;          /* from the destination MAC */
    uint32_t captured;             /* bytes present at `bytes` */
    uint32_t length;               /* bytes the frame had, >= captured */
    uint32_t seconds, nanoseconds; /* of the real-time clock, when it was seen */
    uint32_t interface;            /* index of the link that it was seen on */
    enum direction direction;      /* as the interface sees it */
    enum super_frame super_frame;  /* SUPER_NONE: one packet of the wire */
    uint16_t segment_size;         /* super-frame: transport payload bytes a packet of the wire */
    bool checksum_unfinished;      /* the sender left the sum to the hardware: */
    uint16_t checksum_start;       /*   sum from here (offset from `bytes`) to the end, */
    uint16_t checksum_offset;      /*   store it this far after checksum_start */
};

#endif
