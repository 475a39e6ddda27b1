/* Keeps automatic VNIs over restarts: see vni_file.h. */
#include "vni_file.h"
#include <stdlib.h>
#include <string.h>

enum { VNI_MAX = 16777215 };

static bool book_add(struct vni_book *book, const char *session, size_t length, uint32_t vni)
{
    struct vni_entry *at = realloc(book->at, (book->count + 1) * sizeof *at);

    if (!at)
        return false;
    book->at = at;
    at[book->count].session = strndup(session, length);
    at[book->count].vni = vni;
    if (!at[book->count].session)
        return false;
    book->count++;
    return true;
}

bool vni_book_copy(const struct vni_book *book, struct vni_book *copy)
{
    memset(copy, 0, sizeof *copy);
    for (size_t i = 0; i < book->count; i++) {
        const struct vni_entry *entry = &book->at[i];

        if (!book_add(copy, entry->session, strlen(entry->session), entry->vni)) {
            vni_book_free(copy);
            return false;
        }
    }
    return true;
}

bool vni_file_parse(const char *text, size_t length, struct vni_book *book)
{
    const char *end = text + length;

    memset(book, 0, sizeof *book);
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *blank = memchr(text, ' ', (size_t)(end - text));

        if (!newline)
            break; /* a line that was not written whole */
        if (blank && blank > text && blank < newline) {
            char *behind;
            unsigned long vni = strtoul(blank + 1, &behind, 10);

            if (behind == newline && vni <= VNI_MAX &&
                !book_add(book, text, (size_t)(blank - text), (uint32_t)vni)) {
                vni_book_free(book);
                return false;
            }
        }
        text = newline + 1;
    }
    return true;
}

static bool book_has(const struct vni_book *book, const struct vni_entry *wanted)
{
    for (size_t i = 0; i < book->count; i++)
        if (book->at[i].vni == wanted->vni && strcmp(book->at[i].session, wanted->session) == 0)
            return true;
    return false;
}

char *vni_file_print(const struct vni_book *old_book, const struct vni_book *new_book)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < old_book->count; i++)
        fprintf(out, "%s %u\n", old_book->at[i].session, old_book->at[i].vni);
    for (size_t i = 0; i < new_book->count; i++)
        if (!book_has(old_book, &new_book->at[i]))
            fprintf(out, "%s %u\n", new_book->at[i].session, new_book->at[i].vni);
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

bool vni_book_settle(const struct vni_book *book, const struct node *tree, struct vni_book *settled)
{
    memset(settled, 0, sizeof *settled);
    for (size_t i = 0; i < book->count; i++) {
        const struct vni_entry *entry = &book->at[i];

        if (!node_instance(tree, "session", entry->session) || vni_taken(tree, entry->vni) ||
            vni_book_find(settled, entry->session) != UINT32_MAX)
            continue;
        if (!book_add(settled, entry->session, strlen(entry->session), entry->vni)) {
            vni_book_free(settled);
            return false;
        }
    }
    return true;
}
