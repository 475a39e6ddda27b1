/* The kernel's list of interfaces, for completion and for the warnings of a commit. */
#include "live_values.h"
#include "../config/utf8.h"
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The kernel takes nearly any bytes as a name; a line takes characters only. */
static bool can_be_typed(const char *name)
{
    uint32_t code;

    for (size_t length; *name; name += length) {
        length = utf8_decode(name, &code);
        if (length == 0 || utf8_is_control(code))
            return false;
    }
    return true;
}

void live_values_read(struct live_values *live)
{
    struct if_nameindex *all = if_nameindex();
    size_t count = 0;

    *live = (struct live_values){0};
    while (all && all[count].if_index != 0)
        count++;
    const char **names = count > 0 ? calloc(count, sizeof *names) : NULL;
    for (size_t i = 0; names && i < count; i++)
        if (can_be_typed(all[i].if_name) && (names[live->interface_count] = strdup(all[i].if_name)))
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
