/* The headers of a super-frame that its packets of the wire do not simply repeat: each packet has
 * a length, an identification, a sequence number or a checksum of its own in them. Found from
 * the outside in, through tunnels, up to the transport header in front of the payload. */
#ifndef MIRRORSH_LAYERS_H
#define MIRRORSH_LAYERS_H

#include "decode.h"

enum {
    JUMBO_HEADER = 8,  /* a hop-by-hop header that holds the jumbo payload option, RFC 2675 */
    HEADERS_MAX = 512, /* no sender's super-frames have more; those that do are left alone */
    LAYERS_MAX = 8,    /* two tunnels; the kernel makes super-frames of one */

    /* Flags in GRE's first byte, RFC 2784 and 2890: each for four bytes, in this order. */
    GRE_CHECKSUM = 0x80,
    GRE_KEY = 0x20,
    GRE_SEQUENCE = 0x10,
};

enum layer_kind { LAYER_IPV4, LAYER_IPV6, LAYER_GRE, LAYER_UDP, LAYER_TCP };

/* Offsets are those in a packet of the wire, which does without the jumbo payload option. */
struct layers {
    struct {
        enum layer_kind kind;
        uint32_t offset;
    } layer[LAYERS_MAX]; /* outside in; in front of each LAYER_UDP and LAYER_TCP its IP header */
    uint32_t count;
    uint32_t transport; /* offset in the super-frame of the innermost transport header */
    uint32_t end;       /* offset in the super-frame: nothing behind it is the packet's */
    uint32_t jumbo;     /* offset in the super-frame of the JUMBO_HEADER; 0: it has none */
};

/* false: the headers do not bear out what the metadata says of the super-frame: not whole, of
 * other lengths, fragments, no tunnel that can be split. */
bool layers_find(struct layers *layers, const struct frame *frame, const struct flow_key *key);

/* The transport protocol at the place where the unfinished checksum of a frame starts; -1: no IP
 * header leads there. */
int layers_protocol(const struct frame *frame, const struct flow_key *key);

#endif
