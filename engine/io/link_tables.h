/* The kernel's tables of links, with what their queues do, and of addresses, as one dump has them.
 */
#ifndef MIRRORSH_LINK_TABLES_H
#define MIRRORSH_LINK_TABLES_H

#include "links.h"
#include "netlink.h"

struct link_address {
    int index;
    uint8_t family; /* 4 or 6 */
    uint8_t bytes[16];
};

/* All zero to begin with. */
struct link_tables {
    struct link *all; /* in ascending order of their names, once they are read */
    size_t count, room;
    struct link_address *addresses;
    size_t address_count, address_room;
    bool out_of_memory;
};

/* 0, or -errno; -EINTR: the dump may be torn. Freed with link_tables_free in any case. */
int link_tables_read(struct netlink *netlink, struct link_tables *tables);
void link_tables_free(struct link_tables *tables);

/* NULL: there is none of that name. */
const struct link *link_tables_find(const struct link_tables *tables, const char *name);

#endif
