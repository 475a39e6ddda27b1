/* The receivers' addresses: traffic from or to one of them is the box's own, or looks so
 * much like it that it is never collected. Built with the plan, asked for every packet. */
#ifndef MIRRORSH_OWN_H
#define MIRRORSH_OWN_H

#include "../packet/decode.h"
#include <stddef.h>

struct own_addresses;

/* An empty set with room for `capacity` addresses; NULL when memory runs out. Freed with
 * own_free (NULL is fine). */
struct own_addresses *own_new(size_t capacity);
void own_free(struct own_addresses *own);

/* family 4 (the first four bytes count) or 6. An address that is in the set already is fine. */
void own_add(struct own_addresses *own, uint8_t family, const uint8_t address[static 16]);

/* Whether the key's source or destination, of IP or of ARP, is in the set. */
bool own_has(const struct own_addresses *own, const struct flow_key *key);

#endif
