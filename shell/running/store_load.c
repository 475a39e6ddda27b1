/* Which configuration a box starts with, and those that a rollback brings back: see store.h. */
#include "../journal/journal.h"
#include "assigned_file.h"
#include "store_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A whole file as a tree, and its text; NULL with *why: the first problem and its place. */
static struct node *load_file(int dir, const char *name, struct store_text *text, char *why,
                              size_t why_size)
{
    struct problems problems = {0};
    struct node *tree = NULL;
    int error = file_read(dir, name, &text->data, &text->length);

    if (error == 0 && !(tree = tree_new()))
        error = -ENOMEM;
    if (error < 0) {
        snprintf(why, why_size, "%s", file_error(error));
    } else if (!text_load(tree, text->data, text->length, &problems)) {
        const struct problem_line *first = &problems.at[0];

        snprintf(why, why_size, "line %u, column %u: %s", first->line, first->column, first->text);
        tree_free(tree);
        tree = NULL;
    }
    problems_free(&problems);
    if (!tree) {
        free(text->data);
        text->data = NULL;
    }
    return tree;
}

static void read_assigned(struct store *store, struct assignments *assigned)
{
    size_t length;

    memset(assigned, 0, sizeof *assigned);
    free(store->assigned_text);
    store->assigned_text = NULL;
    if (file_read(store->dir, ASSIGNED_FILE, &store->assigned_text, &length) == 0)
        assigned_parse(store->assigned_text, length, assigned);
}

static bool is_there(const struct store *store, const char *name)
{
    struct stat about;

    return fstatat(store->dir, name, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

/* One attempt of the start. */
struct attempt {
    struct store *store;
    store_accept_fn *accept;
    void *context;
    const struct assignments *kept; /* the entries of vni.auto */
    struct assignments *assigned;   /* those of the configuration that is taken */
};

/* The tree of one file, if it can be taken; its text is what runs then. */
static struct node *try_file(struct attempt *attempt, int dir, const char *name, char *why,
                             size_t why_size)
{
    struct store_text text = {0};
    struct node *tree = load_file(dir, name, &text, why, why_size);

    if (!tree)
        return NULL;
    if (assignments_settle(attempt->kept, tree, attempt->assigned)) {
        if (attempt->accept(attempt->context, tree, attempt->assigned, why, why_size)) {
            attempt->store->runs = text;
            return tree;
        }
        assignments_free(attempt->assigned);
    } else {
        snprintf(why, why_size, "out of memory");
    }
    memset(attempt->assigned, 0, sizeof *attempt->assigned);
    free(text.data);
    tree_free(tree);
    return NULL;
}

/* Says so, and remembers that it has to be said. */
static void fall_back(struct store *store, const char *to, const char *name)
{
    if (asprintf(&store->fallback, "RUNNING %s CONFIGURATION%s%s%s", to, *name ? ": " : "",
                 *name ? store->path : "", name) < 0)
        store->fallback = NULL;
    journal(LOG_ERR, "%s", store->fallback ? store->fallback : strerror(ENOMEM));
}

/* Tries the archive, newest first, then the rescue configuration. */
static struct node *try_others(struct attempt *attempt)
{
    struct store *store = attempt->store;
    struct node *tree;
    char why[600];

    for (size_t i = store->archive_count; i-- > 0;) {
        char name[ARCHIVE_NAME_MAX], path[ARCHIVE_NAME_MAX + 10];

        if (store->archived[i].record.unconfirmed)
            continue; /* it may be what cut somebody off */
        archive_name(store->archived[i].serial, name);
        snprintf(path, sizeof path, "/archive/%s", name);
        tree = try_file(attempt, store->archive, name, why, sizeof why);
        if (tree) {
            fall_back(store, "AN OLD", path);
            return tree;
        }
        journal(LOG_ERR, "%s%s: %s", store->path, path, why);
    }
    tree = try_file(attempt, store->dir, RESCUE, why, sizeof why);
    if (tree)
        fall_back(store, "THE RESCUE", "/" RESCUE);
    else if (is_there(store, RESCUE))
        journal(LOG_ERR, "%s/" RESCUE ": %s", store->path, why);
    return tree;
}

/* The text of unconfirmed.conf, without its first line, and the digest in that. */
static bool read_unconfirmed(const struct store *store, struct store_text *text, uint64_t *before)
{
    char *line, *behind;

    if (file_read(store->dir, UNCONFIRMED, &text->data, &text->length) < 0)
        return false;
    line = text->data;
    if (strncmp(line, UNCONFIRMED_HEAD, strlen(UNCONFIRMED_HEAD)) == 0) {
        *before = strtoull(line + strlen(UNCONFIRMED_HEAD), &behind, 16);
        if (*behind == '\n') {
            text->length -= (size_t)(behind + 1 - line);
            memmove(line, behind + 1, text->length + 1);
            return true;
        }
    }
    free(text->data);
    return false;
}

/* Into the archive, where who wants it after all finds it. */
static void archive_unconfirmed(struct store *store, const struct store_text *text,
                                const struct record *record)
{
    unsigned long serial;
    struct store_entry *entry;

    if (archive_newest_is(store, text) || archive_write(store, text, &serial) < 0)
        return;
    store->last_serial = serial;
    entry = archive_add(store, serial);
    if (!entry)
        return;
    entry->digest = record_digest(text->data, text->length);
    entry->record = *record;
    entry->record.unconfirmed = true;
    records_write(store, 0, 0, &store->runs, &store->record);
}

/* Says so, behind what is said already of what runs. */
static void note_unconfirmed(struct store *store, const struct author *author)
{
    char name[AUTHOR_MAX], *notice;

    author_text(author, name);
    if (asprintf(&notice, "%s%sTHE COMMIT%s%s WAS NOT CONFIRMED%s",
                 store->fallback ? store->fallback : "", store->fallback ? "; " : "",
                 *name ? " OF " : "", name,
                 store->fallback ? "" : ": RUNNING THE CONFIGURATION BEFORE IT") >= 0) {
        free(store->fallback);
        store->fallback = notice;
    }
    journal(LOG_ERR, "%s", store->fallback ? store->fallback : strerror(ENOMEM));
}

/* What ran when the box was killed, and was not confirmed: startup.conf has what ran before. Has it
 * another text than then, there was a commit, which had no time to take the file away, or somebody
 * wrote it. */
static void take_unconfirmed(struct store *store)
{
    struct store_text text = {0};
    uint64_t before;

    if (!read_unconfirmed(store, &text, &before))
        return;
    bool replaced = store->runs.data && !store->fallback &&
                    record_digest(store->runs.data, store->runs.length) != before;
    if (!replaced) {
        const struct record record = records_find(store, &text);

        archive_unconfirmed(store, &text, &record);
        note_unconfirmed(store, &record.author);
    }
    free(text.data);
    if (unlinkat(store->dir, UNCONFIRMED, 0) == 0)
        file_sync_directory(store->dir);
}

/* A commit that was killed between its last two steps has archived what still runs. Where another
 * one ran in between it is archived as it should be. */
static void drop_archived_twice(struct store *store)
{
    char name[ARCHIVE_NAME_MAX];

    if (is_there(store, UNCONFIRMED) || !archive_newest_is(store, &store->runs))
        return;
    archive_name(store->archived[store->archive_count - 1].serial, name);
    if (unlinkat(store->archive, name, 0) == 0)
        store->archive_count--;
}

struct node *store_load(struct store *store, store_accept_fn *accept, void *context,
                        struct assignments *assigned)
{
    struct assignments kept;
    struct attempt attempt = {store, accept, context, &kept, assigned};
    struct node *tree;
    char why[600];

    memset(assigned, 0, sizeof *assigned);
    free(store->runs.data);
    store->runs = (struct store_text){0};
    free(store->fallback);
    store->fallback = NULL;
    read_assigned(store, &kept);
    records_read(store);
    tree = try_file(&attempt, store->dir, STARTUP, why, sizeof why);
    if (tree) {
        drop_archived_twice(store);
    } else {
        bool first = !is_there(store, STARTUP) && !is_there(store, ASIDE) &&
                     !is_there(store, RESCUE) && store->archive_count == 0;

        if (!first)
            journal(LOG_ERR, "%s/" STARTUP " cannot be loaded: %s", store->path, why);
        tree = try_others(&attempt);
        if (!tree && !first)
            fall_back(store, "AN EMPTY", "");
    }
    assignments_free(&kept);
    store->record = records_find(store, &store->runs);
    take_unconfirmed(store);
    if (!tree && (tree = tree_new()) && !accept(context, tree, assigned, why, sizeof why))
        journal(LOG_ERR, "even an empty configuration is refused: %s", why);
    return tree;
}

const char *store_fallback(const struct store *store)
{
    return store->fallback;
}

size_t store_archive_count(const struct store *store)
{
    return store->archive_count;
}

const struct record *store_record(const struct store *store, size_t back)
{
    return back == 0 ? &store->record : &store->archived[store->archive_count - back].record;
}

struct node *store_archived(struct store *store, unsigned long back, char *why, size_t why_size)
{
    char name[ARCHIVE_NAME_MAX], reason[600];
    struct store_text text = {0};
    struct node *tree;

    if (back == 0 || back > store->archive_count) {
        if (store->archive_count == 0)
            snprintf(why, why_size, "there is no rollback %lu: no commit is archived yet", back);
        else
            snprintf(why, why_size, "there is no rollback %lu, expected 0-%zu", back,
                     store->archive_count);
        return NULL;
    }
    archive_name(store->archived[store->archive_count - back].serial, name);
    tree = load_file(store->archive, name, &text, reason, sizeof reason);
    if (!tree)
        snprintf(why, why_size, "archive/%s: %s", name, reason);
    free(text.data);
    return tree;
}

struct node *store_rescue(struct store *store, char *why, size_t why_size)
{
    struct store_text text = {0};
    struct node *tree;
    char reason[600];

    if (!is_there(store, RESCUE)) {
        snprintf(why, why_size, "there is no rescue configuration, expected request rescue save");
        return NULL;
    }
    tree = load_file(store->dir, RESCUE, &text, reason, sizeof reason);
    if (!tree)
        snprintf(why, why_size, RESCUE ": %s", reason);
    free(text.data);
    return tree;
}
