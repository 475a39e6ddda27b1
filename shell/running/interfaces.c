/* The kernel's list of interfaces, for completion and for the warnings of a commit. */
#include "interfaces.h"
#include "../config/tree.h"
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

static int by_name(const void *a, const void *b)
{
    return name_order(*(const char *const *)a, *(const char *const *)b);
}

void interfaces_read(struct interfaces *interfaces)
{
    struct if_nameindex *all = if_nameindex();
    size_t count = 0;

    *interfaces = (struct interfaces){0};
    while (all && all[count].if_index != 0)
        count++;
    const char **names = count > 0 ? calloc(count, sizeof *names) : NULL;
    for (size_t i = 0; names && i < count; i++)
        if (can_be_typed(all[i].if_name) && (names[interfaces->count] = strdup(all[i].if_name)))
            interfaces->count++;
    if (names)
        qsort(names, interfaces->count, sizeof *names, by_name);
    interfaces->names = names;
    if (all)
        if_freenameindex(all);
}

void interfaces_free(struct interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++)
        free((void *)(uintptr_t)interfaces->names[i]);
    free((void *)(uintptr_t)interfaces->names);
    *interfaces = (struct interfaces){0};
}
