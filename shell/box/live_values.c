/* The kernel's list of interfaces, for completion and for the warnings of a commit. */
#include "live_values.h"
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

void live_values_read(struct live_values *live)
{
    struct if_nameindex *all = if_nameindex();
    size_t count = 0;

    *live = (struct live_values){0};
    while (all && all[count].if_index != 0)
        count++;
    const char **names = count > 0 ? calloc(count, sizeof *names) : NULL;
    while (names && live->interface_count < count &&
           (names[live->interface_count] = strdup(all[live->interface_count].if_name)))
        live->interface_count++;
    live->interfaces = names;
    if (all)
        if_freenameindex(all);
}

void live_values_free(struct live_values *live)
{
    for (size_t i = 0; i < live->interface_count; i++)
        free((void *)(uintptr_t)live->interfaces[i]);
    free((void *)(uintptr_t)live->interfaces);
    *live = (struct live_values){0};
}
