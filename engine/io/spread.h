/* Which of several captures gets a packet: the program (classic BPF) that the kernel asks for the
 * capture's number in their group. Both directions of a flow, and all fragments of a datagram,
 * have the same number. Pure. */
#ifndef MIRRORSH_SPREAD_H
#define MIRRORSH_SPREAD_H

#include "capture_filter.h"

/* Numbers first, first + 1, ... first + count - 1; count >= 1. */
void spread_program(struct capture_filter *program, uint32_t first, uint32_t count);

#endif
