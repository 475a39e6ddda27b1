/* Keeps assigned numbers over restarts: see assigned_file.h. */
#include "assigned_file.h"
#include "../../engine/mirror_config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One number of `minimum` to `maximum`, up to a blank or the line's end; *at is left behind it. */
static bool read_number(const char **at, unsigned long minimum, unsigned long maximum,
                        unsigned long *number)
{
    char *behind;

    *number = strtoul(*at, &behind, 10);
    if (behind == *at || *number < minimum || *number > maximum)
        return false;
    *at = behind;
    return *behind == ' ' || *behind == '\n';
}

/* What stands behind the name, up to the line's end. */
static bool read_numbers(const char *at, struct assignment *entry)
{
    unsigned long number;

    *entry = (struct assignment){.vni = NO_VNI, .priority = NO_PRIORITY};
    if (strncmp(at, "- ", 2) == 0)
        at++;
    else if (read_number(&at, 0, VNI_MAX, &number))
        entry->vni = (uint32_t)number;
    else
        return false;
    if (*at == '\n')
        return true;
    at++;
    if (!read_number(&at, 1, PRIORITY_MAX, &number) || *at != '\n')
        return false;
    entry->priority = (uint16_t)number;
    return true;
}

bool assigned_parse(const char *text, size_t length, struct assignments *assigned)
{
    const char *end = text + length;

    *assigned = (struct assignments){0};
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        struct assignment entry;

        if (!newline)
            break; /* a line that was not written whole */
        const char *blank = memchr(text, ' ', (size_t)(newline - text));
        if (blank && blank > text && read_numbers(blank + 1, &entry) &&
            !assignments_add(assigned, text, (size_t)(blank - text), entry.vni, entry.priority)) {
            assignments_free(assigned);
            return false;
        }
        text = newline + 1;
    }
    return true;
}

static void print(const struct assignment *entry, FILE *out)
{
    if (entry->vni == NO_VNI)
        fprintf(out, "%s -", entry->session);
    else
        fprintf(out, "%s %u", entry->session, entry->vni);
    if (entry->priority != NO_PRIORITY)
        fprintf(out, " %u", entry->priority);
    putc('\n', out);
}

static bool same(const struct assignment *a, const struct assignment *b)
{
    return a && a->vni == b->vni && a->priority == b->priority;
}

char *assigned_print(const struct assignments *old_assigned, const struct assignments *new_assigned)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < old_assigned->count; i++)
        print(&old_assigned->at[i], out);
    for (size_t i = 0; i < new_assigned->count; i++) {
        const struct assignment *entry = &new_assigned->at[i];
        if (!same(assignments_find(old_assigned, entry->session), entry))
            print(entry, out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
