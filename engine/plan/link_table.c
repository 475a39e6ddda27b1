/* Open addressing, half empty: indices that follow each other, as a machine's mostly do, never
 * meet. */
#include "link_table.h"

#include <stdlib.h>

bool link_table_init(struct link_table *table, size_t count)
{
    uint32_t room = 2;
    while (room < 2 * count + 1)
        room *= 2;
    table->mask = room - 1;
    table->entries = calloc(room, sizeof *table->entries);
    return table->entries;
}

void link_table_free(struct link_table *table)
{
    free(table->entries);
}

void link_table_add(struct link_table *table, uint32_t link, uint32_t interface)
{
    uint32_t at = link & table->mask;
    while (table->entries[at].link)
        at = (at + 1) & table->mask;
    table->entries[at] = (struct link_entry){.link = link, .interface = interface};
}
