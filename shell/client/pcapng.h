/* The blocks of a capture file (pcapng, draft-ietf-opsawg-pcapng) for Ethernet packets, in this
 * machine's byte order: each appended whole to a stream of memory. Times are in nanoseconds since
 * 1970. */
#ifndef MIRRORSH_PCAPNG_H
#define MIRRORSH_PCAPNG_H

#include "../protocol.h"
#include <stdio.h>

/* What a file begins with. */
void pcapng_section(FILE *out);
/* An interface; they are numbered from 0 on in the order in which they come. */
void pcapng_interface(FILE *out, const char *name);
/* A packet with its kept bytes, seen on an interface that came before it. */
void pcapng_packet(FILE *out, uint32_t interface, const struct packet_shown *packet,
                   const uint8_t *bytes, const char *comment);

/* What is known of an interface at the end. */
struct pcapng_statistics {
    uint64_t start_ns, end_ns; /* of the capture */
    uint64_t written;          /* packets */
    uint64_t dropped;          /* that are not in the file */
    const char *comment;       /* on these; NULL: none */
};
void pcapng_statistics(FILE *out, uint32_t interface, const struct pcapng_statistics *statistics);

/* How many of the first `length` bytes of blocks are blocks that are whole; *packets: with how many
 * packets. */
size_t pcapng_whole(const char *blocks, size_t length, uint64_t *packets);

#endif
