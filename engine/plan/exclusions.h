/* What the box never collects. Its own packets carry a mark, by which captures leave them out
 * wherever they pass on this machine, in whatever tunnel; here are those that come without.
 *
 * The receivers' addresses: traffic from or to one of them is the box's own, or looks so
 * much like it that it is never collected. Built with the plan, asked for every packet. */
#ifndef MIRRORSH_EXCLUSIONS_H
#define MIRRORSH_EXCLUSIONS_H

#include "../packet/decode.h"
#include <stddef.h>

/* SO_MARK of every packet that is sent: what the kernel's tunnels keep. Compared whole, and bare of
 * the low bits that policy routing and firewalls commonly use (man page, NOTES). */
enum { MIRROR_MARK = 0x4d000000 };

struct exclusions;

/* An empty set with room for `capacity` addresses; NULL when memory runs out. Freed with
 * exclusions_free (NULL is fine). */
struct exclusions *exclusions_new(size_t capacity);
void exclusions_free(struct exclusions *exclusions);

/* family 4 (the first four bytes count) or 6. An address that is in the set already is fine. */
void exclusions_add_address(struct exclusions *exclusions, uint8_t family,
                            const uint8_t address[static 16]);

/* What tells this box's mirror packets when they come back inside something else: a receiver they
 * are sent to and a VNI they carry. Each takes a place of the capacity. */
void exclusions_add_receiver(struct exclusions *exclusions, uint8_t family,
                             const uint8_t address[static 16], uint16_t port);
void exclusions_add_vni(struct exclusions *exclusions, uint32_t vni);

/* Whether the key's source or destination, of IP or of ARP, is in the set. */
bool exclusions_has(const struct exclusions *exclusions, const struct flow_key *key);

enum { LOOP_REACH = 256 }; /* bytes of a packet that are looked into: four tunnels over IPv4 */

/* Whether a packet with this key may be a tunnel's: ICMP is not, it quotes. */
bool exclusions_may_loop(const struct flow_key *key);

/* Whether the packet, from any of its headers on, has a mirror packet of this box inside, whatever
 * that is wrapped in: a router on its way, or another box that mirrors what this one sends, and
 * what they make of it passes one of this one's sources. Mirrored once more it would go round for
 * ever, and grow. Found by the headers that the box writes itself: what stands in front of them
 * need not be known. */
bool exclusions_is_loop(const struct exclusions *exclusions, const uint8_t *packet, size_t length);

/* Whether the frame with this key is ICMP about what is never collected: an error about a mirror
 * packet of this box, whoever on its way has sent it (mirrored, it would be answered by another
 * one, and so on), or one of neighbour discovery about the address of a receiver, as ARP has it. */
bool exclusions_is_about(const struct exclusions *exclusions, const struct flow_key *key,
                         const struct frame *frame);

#endif
