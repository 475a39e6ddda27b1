/* A commit's way to the disk (commit.c has the whole of it), in steps each of which leaves the old
 * configuration or the new one whole: see store.h.
 *
 * - begin, in the control thread: the new texts are printed, so that the tree is needed no more.
 * - run, in the saver's: vni.auto with the VNIs of both configurations, the new text beside the
 *   old one, what runs into the archive, the records of both, a startup.conf that is somebody
 *   else's aside, and the rename. What fails is taken back.
 * - end, in the control thread: the store learns what the disk has.
 *
 * What is only tried goes to unconfirmed.conf in the place of startup.conf, with the digest of the
 * text in that (a start finds by it that it has gone back): what ran before is startup.conf first,
 * also where it was not. What confirms it is a commit like any other, and takes unconfirmed.conf
 * away when all is done; to go back there is nothing to do that counts.
 *
 * Files are only ever made under another name, synced, renamed, and the directory synced. */
#include "assigned_file.h"
#include "store_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_save {
    struct store *store;
    enum store_step step;
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

static bool copy_text(const struct store_text *from, struct store_text *to)
{
    to->data = malloc(from->length + 1);
    if (to->data) {
        memcpy(to->data, from->data, from->length);
        to->data[from->length] = '\0';
        to->length = from->length;
    }
    return to->data;
}

/* unconfirmed.conf has a line before the text. */
enum { TEXT_SIZE_MAX = FILE_SIZE_MAX - 64 };

int store_save_begin(struct store *store, const struct store_commit *commit,
                     struct store_save **begun)
{
    struct store_save *save = calloc(1, sizeof *save);
    int error = 0;

    *begun = NULL;
    if (!save)
        return -ENOMEM;
    save->store = store;
    save->step = commit->step;
    save->record = *commit->record;
    save->assigned = assigned_print(commit->old_assigned, commit->new_assigned);
    bool printed = commit->step == STORE_GO_BACK ? copy_text(&store->before, &save->text)
                                                 : print_tree(commit->tree, &save->text);
    if (!save->assigned || !printed)
        error = -ENOMEM;
    else if (commit->step != STORE_GO_BACK && save->text.length > TEXT_SIZE_MAX)
        error = -EFBIG; /* no start could load it */
    if (error < 0) {
        store_save_end(save);
        return error;
    }
    if (strcmp(save->assigned, store->assigned_text ? store->assigned_text : "") == 0) {
        free(save->assigned);
        save->assigned = NULL;
    }
    *begun = save;
    return 0;
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

/* A name that somebody else has taken meanwhile is passed over. */
int archive_write(const struct store *store, const struct store_text *text, unsigned long *serial)
{
    unsigned long next = store->last_serial;
    char name[ARCHIVE_NAME_MAX];
    struct stat about;
    int error = file_write(store->archive, STAGED, text->data, text->length);

    if (error < 0)
        return error;
    do
        archive_name(++next, name);
    while (fstatat(store->archive, name, &about, AT_SYMLINK_NOFOLLOW) == 0);
    if (renameat(store->archive, STAGED, store->archive, name) < 0)
        return -errno;
    *serial = next;
    return file_sync_directory(store->archive);
}

/* Puts what runs into the archive, unless it is there already as the newest: then it was loaded
 * from there. */
static int archive_running(struct store_save *save)
{
    const struct store *store = save->store;

    if (!store->runs.data || same_text(&store->runs, &save->text) ||
        archive_newest_is(store, &store->runs))
        return 0;
    return archive_write(store, &store->runs, &save->serial);
}

/* What startup.conf has. */
static const struct store_text *startup_text(const struct store *store)
{
    return store->unconfirmed ? &store->before : &store->runs;
}

/* What stands at startup.conf and is not what runs was never loaded, or was written by somebody
 * else: worth a look perhaps, and never overwritten. */
static int set_stranger_aside(struct store_save *save)
{
    const struct store *store = save->store;
    struct stat about;

    if (store_file_is(store->dir, STARTUP, startup_text(store)) ||
        fstatat(store->dir, STARTUP, &about, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if (renameat(store->dir, STARTUP, store->dir, ASIDE) < 0)
        return -errno;
    save->aside = true;
    return 0;
}

/* The step that counts: the rename. What cannot be made durable is taken back. */
static int put_in_place(const struct store *store)
{
    const struct store_text *before = startup_text(store);
    int error;

    if (renameat(store->dir, STAGED, store->dir, STARTUP) < 0)
        return -errno;
    error = file_sync_directory(store->dir);
    if (error < 0 && before->data &&
        file_write(store->dir, STAGED, before->data, before->length) == 0)
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

/* What runs, and whose it and the new one are. */
static int archive(struct store_save *save, const char **name)
{
    int error;

    *name = "archive";
    error = archive_running(save);
    if (error < 0)
        return error;
    *name = RECORDS;
    return records_write(save->store, expired(save), save->serial, &save->text, &save->record);
}

static int replace_startup(struct store_save *save, const char **name)
{
    const struct store *store = save->store;
    int error;

    *name = STAGED;
    error = file_write(store->dir, STAGED, save->text.data, save->text.length);
    if (error < 0)
        return error;
    error = archive(save, name);
    if (error < 0)
        return error;
    *name = ASIDE;
    error = set_stranger_aside(save);
    if (error < 0)
        return error;
    *name = STARTUP;
    return put_in_place(store);
}

/* What ran before is what a start comes to, also if it was not what it came to. */
static int keep_startup(struct store_save *save)
{
    const struct store *store = save->store;
    const struct store_text *text = startup_text(store);
    int error;

    if (store_file_is(store->dir, STARTUP, text))
        return 0;
    error = file_write(store->dir, STAGED, text->data ? text->data : "", text->length);
    if (error == 0)
        error = set_stranger_aside(save);
    if (error == 0 && renameat(store->dir, STAGED, store->dir, STARTUP) < 0)
        error = -errno;
    return error < 0 ? error : file_sync_directory(store->dir);
}

static int write_unconfirmed(const struct store_save *save)
{
    const struct store *store = save->store;
    const struct store_text *before = startup_text(store);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    int error = -ENOMEM;

    if (!out)
        return error;
    fprintf(out, UNCONFIRMED_HEAD "%016" PRIx64 "\n",
            record_digest(before->data ? before->data : "", before->length));
    fwrite(save->text.data, 1, save->text.length, out);
    if (fclose(out) == 0)
        error = file_write(store->dir, UNCONFIRMED_STAGED, text, length);
    free(text);
    if (error == 0 && renameat(store->dir, UNCONFIRMED_STAGED, store->dir, UNCONFIRMED) < 0)
        error = -errno;
    return error < 0 ? error : file_sync_directory(store->dir);
}

/* What ran is in the archive before anything becomes of startup.conf. What cannot be made durable
 * is taken back; that of one before it stays. */
static int replace_unconfirmed(struct store_save *save, const char **name)
{
    const struct store *store = save->store;
    int error = archive(save, name);

    if (error < 0)
        return error;
    *name = STARTUP;
    error = keep_startup(save);
    if (error < 0)
        return error;
    *name = UNCONFIRMED;
    error = write_unconfirmed(save);
    if (error < 0 && !store->unconfirmed)
        unlinkat(store->dir, UNCONFIRMED, 0);
    return error;
}

/* startup.conf has what runs again. */
static int drop_unconfirmed(struct store_save *save, const char **name)
{
    const struct store *store = save->store;
    int error = archive(save, name);

    if (error < 0)
        return error;
    *name = UNCONFIRMED;
    if (unlinkat(store->dir, UNCONFIRMED, 0) < 0 && errno != ENOENT)
        return -errno;
    return file_sync_directory(store->dir);
}

static int replace_rescue(struct store_save *save, const char **name)
{
    int dir = save->store->dir, error;

    *name = RESCUE;
    error = file_write(dir, RESCUE_STAGED, save->text.data, save->text.length);
    if (error == 0 && renameat(dir, RESCUE_STAGED, dir, RESCUE) < 0)
        error = -errno;
    return error < 0 ? error : file_sync_directory(dir);
}

static int delete_rescue(struct store_save *save, const char **name)
{
    int dir = save->store->dir;

    *name = RESCUE;
    return unlinkat(dir, RESCUE, 0) < 0 ? -errno : file_sync_directory(dir);
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
    static int (*const steps[])(struct store_save *, const char **) = {
        [STORE_COMMIT] = replace_startup,   [STORE_TRY] = replace_unconfirmed,
        [STORE_GO_BACK] = drop_unconfirmed, [STORE_RESCUE] = replace_rescue,
        [STORE_NO_RESCUE] = delete_rescue,
    };
    const struct store *store = save->store;
    const char *name = ASSIGNED_FILE;
    int error = replace_assigned(save);

    if (error == 0)
        error = steps[save->step](save, &name);
    if (error < 0) {
        take_back(save);
        return store_error(store, name, error, why, why_size);
    }
    if (save->step >= STORE_RESCUE)
        return 0;
    save->saved = true;
    if (save->step == STORE_COMMIT) /* there may be one that going back has left */
        unlinkat(store->dir, UNCONFIRMED, 0);
    for (size_t i = 0; i < expired(save); i++)
        remove_entry(store, store->archived[i].serial);
    return 0;
}

/* What startup.conf has, when it is not what runs. */
static void note_before(struct store *store, enum store_step step)
{
    if (step != STORE_TRY) {
        free(store->before.data);
        store->before = (struct store_text){0};
    } else if (!store->unconfirmed) {
        store->before = store->runs;
        store->runs = (struct store_text){0};
        if (!store->before.data)
            store->before.data = strdup("");
    }
    store->unconfirmed = step == STORE_TRY;
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
    note_before(store, save->step);
    free(store->runs.data);
    store->runs = save->text;
    store->record = save->record;
    save->text = (struct store_text){0};
    free(store->fallback);
    store->fallback = NULL;
}

bool store_save_set_aside(const struct store_save *save)
{
    return save->aside;
}

void store_save_end(struct store_save *save)
{
    if (!save)
        return;
    if (save->saved || save->step == STORE_GO_BACK)
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
