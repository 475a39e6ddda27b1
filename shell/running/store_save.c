/* A commit's way to the disk (commit.c has the whole of it), in steps each of which leaves the old
 * configuration or the new one whole: see store.h.
 *
 * - begin, in the control thread: the new texts are printed, so that the tree is needed no more.
 * - run, in the saver's: vni.auto with the VNIs of both configurations, the new text beside the
 *   old one, what runs into the archive, the records of both, a startup.conf that is somebody
 *   else's aside, and the rename. What fails is taken back.
 * - end, in the control thread: the store learns what the disk has.
 *
 * Files are only ever made under another name, synced, renamed, and the directory synced. */
#include "assigned_file.h"
#include "store_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_save {
    struct store *store;
    struct store_text text; /* the new configuration */
    struct record record;   /* of that */
    char *assigned;         /* the new vni.auto; NULL: it stays */
    bool assigned_saved, aside, saved;
    unsigned long serial; /* of the archive's new entry; 0: none */
};

static bool print_tree(const struct node *tree, struct store_text *text)
{
    const struct path whole = {0};
    FILE *out = open_memstream(&text->data, &text->length);

    if (!out)
        return false;
    text_print_set(tree, &whole, out);
    return fclose(out) == 0;
}

struct store_save *store_save_begin(struct store *store, const struct store_commit *commit)
{
    struct store_save *save = calloc(1, sizeof *save);

    if (!save)
        return NULL;
    save->store = store;
    save->record = *commit->record;
    save->assigned = assigned_print(commit->old_assigned, commit->new_assigned);
    if (!save->assigned || !print_tree(commit->tree, &save->text)) {
        store_save_end(save);
        return NULL;
    }
    if (strcmp(save->assigned, store->assigned_text ? store->assigned_text : "") == 0) {
        free(save->assigned);
        save->assigned = NULL;
    }
    return save;
}

/* Through a file of its own: what stands in the place of `name` is the old text or the new. */
static int replace_assigned(struct store_save *save)
{
    int dir = save->store->dir;
    int error = save->assigned
                    ? file_write(dir, ASSIGNED_STAGED, save->assigned, strlen(save->assigned))
                    : 0;

    if (error < 0 || !save->assigned)
        return error;
    if (renameat(dir, ASSIGNED_STAGED, dir, ASSIGNED_FILE) < 0)
        return -errno;
    save->assigned_saved = true;
    return file_sync_directory(dir);
}

static bool same_text(const struct store_text *a, const struct store_text *b)
{
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

/* Puts what runs into the archive, unless it is there already as the newest: then it was loaded
 * from there. A name that somebody else has taken meanwhile is passed over. */
static int archive_running(struct store_save *save)
{
    const struct store *store = save->store;
    unsigned long serial = store->last_serial;
    char name[ARCHIVE_NAME_MAX];
    struct stat about;
    int error;

    if (!store->runs.data || same_text(&store->runs, &save->text) ||
        archive_newest_is(store, &store->runs))
        return 0;
    error = file_write(store->archive, STAGED, store->runs.data, store->runs.length);
    if (error < 0)
        return error;
    do
        archive_name(++serial, name);
    while (fstatat(store->archive, name, &about, AT_SYMLINK_NOFOLLOW) == 0);
    if (renameat(store->archive, STAGED, store->archive, name) < 0)
        return -errno;
    save->serial = serial;
    return file_sync_directory(store->archive);
}

/* What stands at startup.conf and is not what runs was never loaded, or was written by somebody
 * else: worth a look perhaps, and never overwritten. */
static int set_stranger_aside(struct store_save *save)
{
    const struct store *store = save->store;
    struct stat about;

    if (store_file_is(store->dir, STARTUP, &store->runs) ||
        fstatat(store->dir, STARTUP, &about, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if (renameat(store->dir, STARTUP, store->dir, ASIDE) < 0)
        return -errno;
    save->aside = true;
    fprintf(stderr, "mirrorsh: %s/" STARTUP " was not what ran: kept as " ASIDE "\n", store->path);
    return 0;
}

/* The step that counts: the rename. What cannot be made durable is taken back. */
static int put_in_place(const struct store *store)
{
    const struct store_text *runs = &store->runs;
    int error;

    if (renameat(store->dir, STAGED, store->dir, STARTUP) < 0)
        return -errno;
    error = file_sync_directory(store->dir);
    if (error < 0 && runs->data && file_write(store->dir, STAGED, runs->data, runs->length) == 0)
        renameat(store->dir, STAGED, store->dir, STARTUP);
    else if (error < 0)
        unlinkat(store->dir, STARTUP, 0);
    return error;
}

/* The archive's entries above ARCHIVE_MAX, with the new one. */
static size_t expired(const struct store_save *save)
{
    size_t count = save->store->archive_count + (save->serial > 0);

    return count > ARCHIVE_MAX ? count - ARCHIVE_MAX : 0;
}

static void remove_entry(const struct store *store, unsigned long serial)
{
    char name[ARCHIVE_NAME_MAX];

    archive_name(serial, name);
    unlinkat(store->archive, name, 0);
}

static int replace_startup(struct store_save *save, const char **name)
{
    const struct store *store = save->store;
    int error;

    *name = STAGED;
    error = file_write(store->dir, STAGED, save->text.data, save->text.length);
    if (error < 0)
        return error;
    *name = "archive";
    error = archive_running(save);
    if (error < 0)
        return error;
    *name = RECORDS;
    error = records_write(store, expired(save), save->serial, &save->text, &save->record);
    if (error < 0)
        return error;
    *name = ASIDE;
    error = set_stranger_aside(save);
    if (error < 0)
        return error;
    *name = STARTUP;
    return put_in_place(store);
}

static void take_back(struct store_save *save)
{
    const struct store *store = save->store;
    struct stat about;

    unlinkat(store->dir, STAGED, 0);
    if (save->aside && fstatat(store->dir, STARTUP, &about, AT_SYMLINK_NOFOLLOW) < 0)
        renameat(store->dir, ASIDE, store->dir, STARTUP);
    if (save->serial > 0)
        remove_entry(store, save->serial);
    save->serial = 0;
}

int store_save_run(struct store_save *save, char *why, size_t why_size)
{
    const struct store *store = save->store;
    const char *name = ASSIGNED_FILE;
    int error = replace_assigned(save);

    if (error == 0)
        error = replace_startup(save, &name);
    if (error < 0) {
        take_back(save);
        return store_error(store, name, error, why, why_size);
    }
    save->saved = true;
    for (size_t i = 0; i < expired(save); i++)
        remove_entry(store, store->archived[i].serial);
    return 0;
}

/* What the disk says now, the store knows. */
static void note(struct store_save *save)
{
    struct store *store = save->store;
    size_t gone = expired(save);

    store->archive_count -= gone;
    if (gone > 0)
        memmove(store->archived, store->archived + gone,
                store->archive_count * sizeof *store->archived);
    if (save->serial > 0) {
        struct store_entry *entry = archive_add(store, save->serial);

        if (entry) {
            entry->digest = record_digest(store->runs.data, store->runs.length);
            entry->record = store->record;
        }
        store->last_serial = save->serial;
    }
    free(store->runs.data);
    store->runs = save->text;
    store->record = save->record;
    save->text = (struct store_text){0};
    free(store->fallback);
    store->fallback = NULL;
}

void store_save_end(struct store_save *save)
{
    if (!save)
        return;
    if (save->saved)
        note(save);
    if (save->assigned_saved) {
        free(save->store->assigned_text);
        save->store->assigned_text = save->assigned;
        save->assigned = NULL;
    }
    free(save->text.data);
    free(save->assigned);
    free(save);
}
