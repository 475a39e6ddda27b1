/* A packet as a line of text for people, the way tcpdump -nn -S prints it: what it is, from where
 * to where, and what its headers say. Every read is bounded; what was cut off, or is malformed, is
 * said to be so. */
#ifndef MIRRORSH_PRINT_H
#define MIRRORSH_PRINT_H

#include "cursor.h"

#include <stdio.h>

/* captured: bytes of a frame of `length` bytes on the wire, from its destination MAC on. Without
 * time and newline: "vlan 5, p 0, IP 10.0.0.1.1024 > 10.0.0.2.80: Flags [S], ...". */
void packet_print(const uint8_t *bytes, uint32_t captured, uint32_t length, FILE *out);

#endif
