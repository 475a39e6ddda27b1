/* The sums of transport and network headers: one's complement (RFC 1071) for IP, TCP and
 * UDP, CRC32c (RFC 9260 appendix A) for SCTP. segment finishes packets with them. */
#ifndef MIRRORSH_CHECKSUM_H
#define MIRRORSH_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds bytes to a running sum that starts as 0. Pieces of one sum follow each other at even
 * offsets, so only the last may have an odd length. Good for 4 GiB and more. */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t length);

/* The same as a machine does it that has no wider vectors than all of its kind. */
uint64_t checksum_add_anywhere(uint64_t sum, const uint8_t *bytes, size_t length);

/* The checksum field's value for the sum: folded, complemented, for write_u16. */
uint16_t checksum_finish(uint64_t sum);

/* CRC32c of the bytes, continuing from `crc` (0 at first). SCTP stores it low byte first. */
uint32_t checksum_crc32c(uint32_t crc, const uint8_t *bytes, size_t length);

#endif
