/* Keeps automatic VNIs over restarts: see assigned_file.h. */
#include "assigned_file.h"
#include <stdlib.h>
#include <string.h>

static bool assignments_add(struct assignments *assigned, const char *session, size_t length,
                            uint32_t vni)
{
    struct assignment *at = realloc(assigned->at, (assigned->count + 1) * sizeof *at);

    if (!at)
        return false;
    assigned->at = at;
    at[assigned->count].session = strndup(session, length);
    at[assigned->count].vni = vni;
    if (!at[assigned->count].session)
        return false;
    assigned->count++;
    return true;
}

bool assignments_copy(const struct assignments *assigned, struct assignments *copy)
{
    memset(copy, 0, sizeof *copy);
    for (size_t i = 0; i < assigned->count; i++) {
        const struct assignment *entry = &assigned->at[i];

        if (!assignments_add(copy, entry->session, strlen(entry->session), entry->vni)) {
            assignments_free(copy);
            return false;
        }
    }
    return true;
}

bool assigned_parse(const char *text, size_t length, struct assignments *assigned)
{
    const char *end = text + length;

    memset(assigned, 0, sizeof *assigned);
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *blank = memchr(text, ' ', (size_t)(end - text));

        if (!newline)
            break; /* a line that was not written whole */
        if (blank && blank > text && blank < newline) {
            char *behind;
            unsigned long vni = strtoul(blank + 1, &behind, 10);

            if (behind == newline && vni <= VNI_MAX &&
                !assignments_add(assigned, text, (size_t)(blank - text), (uint32_t)vni)) {
                assignments_free(assigned);
                return false;
            }
        }
        text = newline + 1;
    }
    return true;
}

static bool assignments_have(const struct assignments *assigned, const struct assignment *wanted)
{
    for (size_t i = 0; i < assigned->count; i++)
        if (assigned->at[i].vni == wanted->vni &&
            strcmp(assigned->at[i].session, wanted->session) == 0)
            return true;
    return false;
}

char *assigned_print(const struct assignments *old_assigned, const struct assignments *new_assigned)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < old_assigned->count; i++)
        fprintf(out, "%s %u\n", old_assigned->at[i].session, old_assigned->at[i].vni);
    for (size_t i = 0; i < new_assigned->count; i++)
        if (!assignments_have(old_assigned, &new_assigned->at[i]))
            fprintf(out, "%s %u\n", new_assigned->at[i].session, new_assigned->at[i].vni);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Whether some session of the tree has that number of its own. */
static bool vni_taken(const struct node *tree, uint32_t vni)
{
    char text[16];

    snprintf(text, sizeof text, "%u", vni);
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct node *session = tree->children[i];
        const char *own = NULL;

        if (strcmp(session->schema->name, "session") == 0)
            own = node_value(session, "vni");
        if (own && strcmp(own, text) == 0)
            return true;
    }
    return false;
}

bool assignments_settle(const struct assignments *assigned, const struct node *tree,
                        struct assignments *settled)
{
    memset(settled, 0, sizeof *settled);
    for (size_t i = 0; i < assigned->count; i++) {
        const struct assignment *entry = &assigned->at[i];

        if (!node_instance(tree, "session", entry->session) || vni_taken(tree, entry->vni) ||
            assignments_find(settled, entry->session) != UINT32_MAX)
            continue;
        if (!assignments_add(settled, entry->session, strlen(entry->session), entry->vni)) {
            assignments_free(settled);
            return false;
        }
    }
    return true;
}
