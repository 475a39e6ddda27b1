/* From the index of a link, which a frame carries, to the plan's number of the interface. Pure. */
#ifndef MIRRORSH_LINK_TABLE_H
#define MIRRORSH_LINK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NO_INTERFACE = UINT32_MAX };

struct link_entry {
    uint32_t link; /* 0: none, which is no link's index */
    uint32_t interface;
};

struct link_table {
    struct link_entry *entries;
    uint32_t mask; /* their number, a power of two, less one */
};

/* Room for `count` links. false: memory ran out. */
bool link_table_init(struct link_table *table, size_t count);
void link_table_free(struct link_table *table);
void link_table_add(struct link_table *table, uint32_t link, uint32_t interface);

/* NO_INTERFACE: not in the table. */
static inline uint32_t link_table_find(const struct link_table *table, uint32_t link)
{
    uint32_t at = link & table->mask;
    for (; table->entries[at].link; at = (at + 1) & table->mask)
        if (table->entries[at].link == link)
            return table->entries[at].interface;
    return NO_INTERFACE;
}

#endif
