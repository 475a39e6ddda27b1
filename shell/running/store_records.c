/* The file `commits` of the state directory: who committed what runs and what is archived. It is
 * written before startup.conf, and what a crash between the two leaves in it is told apart by the
 * digests of the texts. See store_internal.h. */
#include "store_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls `line` for each line of the file; the text is cut into them. */
static void each_line(const struct store *store,
                      void (*line)(const struct record_line *line, void *context), void *context)
{
    struct record_line parsed;
    char *text, *rest;
    size_t length;

    if (file_read(store->dir, RECORDS, &text, &length) < 0)
        return;
    rest = text;
    for (char *at; (at = strsep(&rest, "\n"));)
        if (record_parse(at, &parsed))
            line(&parsed, context);
    free(text);
}

static void note_entry(const struct record_line *line, void *context)
{
    struct store *store = context;

    for (size_t i = 0; i < store->archive_count; i++) {
        struct store_entry *entry = &store->archived[i];

        if (entry->serial == line->serial) {
            entry->digest = line->digest;
            entry->record = line->record;
        }
    }
}

void records_read(struct store *store)
{
    each_line(store, note_entry, store);
}

/* The last line of a text. */
struct sought {
    uint64_t digest;
    struct record record;
};

static void note_sought(const struct record_line *line, void *context)
{
    struct sought *sought = context;

    if (line->digest == sought->digest)
        sought->record = line->record;
}

struct record records_find(const struct store *store, const struct store_text *text)
{
    struct sought sought = {0};

    if (text->data) {
        sought.digest = record_digest(text->data, text->length);
        each_line(store, note_sought, &sought);
    }
    return sought.record;
}

/* What is not known has no line. */
static void print(unsigned long serial, uint64_t digest, const struct record *record, FILE *out)
{
    if (digest != 0 && record->when != 0)
        record_print(&(struct record_line){serial, digest, *record}, out);
}

static void print_text(unsigned long serial, const struct store_text *text,
                       const struct record *record, FILE *out)
{
    if (text->data)
        print(serial, record_digest(text->data, text->length), record, out);
}

int records_write(const struct store *store, size_t first, unsigned long serial,
                  const struct store_text *text, const struct record *record)
{
    char *lines = NULL;
    size_t length;
    FILE *out = open_memstream(&lines, &length);
    int error;

    if (!out)
        return -ENOMEM;
    for (size_t i = first; i < store->archive_count; i++)
        print(store->archived[i].serial, store->archived[i].digest, &store->archived[i].record,
              out);
    if (serial > 0)
        print_text(serial, &store->runs, &store->record, out);
    print_text(0, text, record, out);
    if (fclose(out) != 0)
        error = -ENOMEM;
    else
        error = file_write(store->dir, RECORDS_STAGED, lines, length);
    free(lines);
    if (error == 0 && renameat(store->dir, RECORDS_STAGED, store->dir, RECORDS) < 0)
        error = -errno;
    return error;
}
