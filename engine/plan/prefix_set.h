/* A set of IP prefixes: whether an address is in any of them. Pure. */
#ifndef MIRRORSH_PREFIX_SET_H
#define MIRRORSH_PREFIX_SET_H

#include "../mirror_config.h"

struct prefix_set;

/* NULL when memory runs out; freed with prefix_set_free (NULL is fine). */
struct prefix_set *prefix_set_new(const struct mirror_prefix *prefixes, size_t count);
void prefix_set_free(struct prefix_set *set);

/* family 4 (in the first four bytes, the rest zero), 6, or another, which is in no set. */
bool prefix_set_has(const struct prefix_set *set, uint8_t family, const uint8_t address[static 16]);

/* Those that are in no other one of it, from 0 up to their count. */
size_t prefix_set_count(const struct prefix_set *set);
struct mirror_prefix prefix_set_get(const struct prefix_set *set, size_t index);

#endif
