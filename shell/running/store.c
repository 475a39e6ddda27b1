/* The state directory, opened, locked and looked through: see store.h. Commits are in
 * store_save.c; what is loaded at start is chosen in store_load.c. */
#include "../journal/journal.h"
#include "store_internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int store_error(const struct store *store, const char *name, int error, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s%s%s: %s", store->path, *name ? "/" : "", name, file_error(error));
    return error;
}

/* mkdir -p */
static int make_directories(const char *path)
{
    char part[PATH_MAX];

    if (strlen(path) >= sizeof part)
        return -ENAMETOOLONG;
    for (size_t i = 1;; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        /* one that is there may stand where nothing can be made */
        if (mkdir(part, 0750) < 0 && errno != EEXIST && access(part, F_OK) < 0)
            return -errno;
        if (path[i] == '\0')
            return 0;
    }
}

/* A directory that is trusted: who may write there decides what this machine mirrors to whom. */
static int open_directory(const struct store *store, int dir, const char *path, const char *name,
                          char *why, size_t why_size)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat about;

    if (fd < 0 || fstat(fd, &about) < 0) {
        int error = -errno;
        if (fd >= 0)
            close(fd);
        return store_error(store, name, error, why, why_size);
    }
    if ((about.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH) {
        snprintf(why, why_size, "%s%s%s is writable by everybody, expected `chmod o-w`",
                 store->path, *name ? "/" : "", name);
        close(fd);
        return -EPERM;
    }
    if (about.st_uid != 0 && about.st_uid != geteuid())
        journal(LOG_ERR, "%s%s%s belongs to another user (%u)", store->path, *name ? "/" : "", name,
                (unsigned)about.st_uid);
    return fd;
}

/* What cannot be written to needs no lock. */
static int lock(struct store *store, char *why, size_t why_size)
{
    store->lock =
        openat(store->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
    if (store->lock < 0)
        return errno == EROFS ? 0 : store_error(store, "lock", -errno, why, why_size);
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return store_error(store, "lock", -errno, why, why_size);
    snprintf(why, why_size, "%s is in use by another mirrorsh", store->path);
    return -EWOULDBLOCK;
}

/* ---- the archive ---- */

void archive_name(unsigned long serial, char name[static ARCHIVE_NAME_MAX])
{
    snprintf(name, ARCHIVE_NAME_MAX, "%06lu.conf", serial);
}

/* The serial number of exactly such a name; 0: something else's. */
static unsigned long archive_serial(const char *name)
{
    char again[ARCHIVE_NAME_MAX];
    unsigned long serial = strtoul(name, NULL, 10);

    archive_name(serial, again);
    return serial < ULONG_MAX && strcmp(name, again) == 0 ? serial : 0;
}

struct store_entry *archive_add(struct store *store, unsigned long serial)
{
    struct store_entry *more =
        realloc(store->archived, (store->archive_count + 1) * sizeof *store->archived);

    if (!more)
        return NULL;
    store->archived = more;
    more += store->archive_count++;
    *more = (struct store_entry){.serial = serial};
    return more;
}

bool store_file_is(int dir, const char *name, const struct store_text *text)
{
    struct store_text file = {0};
    bool same = text->data && file_read(dir, name, &file.data, &file.length) == 0 &&
                file.length == text->length && memcmp(file.data, text->data, file.length) == 0;

    free(file.data);
    return same;
}

bool archive_newest_is(const struct store *store, const struct store_text *text)
{
    char name[ARCHIVE_NAME_MAX];

    if (store->archive_count == 0)
        return false;
    archive_name(store->archived[store->archive_count - 1].serial, name);
    return store_file_is(store->archive, name, text);
}

static int compare_serials(const void *a, const void *b)
{
    const struct store_entry *x = a, *y = b;

    return (x->serial > y->serial) - (x->serial < y->serial);
}

static int read_archive(struct store *store)
{
    int fd = dup(store->archive);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    struct stat about;

    if (!directory) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return -error;
    }
    while ((entry = readdir(directory))) {
        unsigned long serial = archive_serial(entry->d_name);

        if (serial > store->last_serial)
            store->last_serial = serial;
        if (serial > 0 &&
            fstatat(store->archive, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(about.st_mode) && !archive_add(store, serial)) {
            closedir(directory);
            return -ENOMEM;
        }
    }
    closedir(directory);
    if (store->archive_count > 0)
        qsort(store->archived, store->archive_count, sizeof *store->archived, compare_serials);
    return 0;
}

static int open_archive(struct store *store, char *why, size_t why_size)
{
    int error = mkdirat(store->dir, "archive", 0750) < 0 ? -errno : 0;

    /* Where nothing can be written there need not be one. */
    if (error < 0 && faccessat(store->dir, "archive", F_OK, 0) < 0)
        return error == -EROFS ? 0 : store_error(store, "archive", error, why, why_size);
    store->archive = open_directory(store, store->dir, "archive", "archive", why, why_size);
    if (store->archive < 0)
        return store->archive;
    error = read_archive(store);
    return error < 0 ? store_error(store, "archive", error, why, why_size) : 0;
}

/* ---- open and close ---- */

static int open_parts(struct store *store, char *why, size_t why_size)
{
    int error = make_directories(store->path);

    if (error < 0)
        return store_error(store, "", error, why, why_size);
    store->dir = open_directory(store, AT_FDCWD, store->path, "", why, why_size);
    if (store->dir < 0)
        return store->dir;
    error = lock(store, why, why_size);
    if (error == 0)
        error = open_archive(store, why, why_size);
    if (error < 0)
        return error;
    /* what a commit that was killed has left */
    unlinkat(store->dir, STAGED, 0);
    unlinkat(store->dir, ASSIGNED_STAGED, 0);
    unlinkat(store->dir, RECORDS_STAGED, 0);
    unlinkat(store->dir, UNCONFIRMED_STAGED, 0);
    unlinkat(store->dir, RESCUE_STAGED, 0);
    if (store->archive >= 0)
        unlinkat(store->archive, STAGED, 0);
    return 0;
}

int store_open(struct store **result, const char *directory, char *why, size_t why_size)
{
    struct store *store = calloc(1, sizeof *store);
    int error;

    *result = NULL;
    if (store)
        store->path = strdup(*directory ? directory : ".");
    if (!store || !store->path) {
        free(store);
        snprintf(why, why_size, "out of memory");
        return -ENOMEM;
    }
    store->dir = store->lock = store->archive = -1;
    error = open_parts(store, why, why_size);
    if (error < 0)
        store_close(store);
    else
        *result = store;
    return error;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->archive >= 0)
        close(store->archive);
    if (store->lock >= 0)
        close(store->lock);
    if (store->dir >= 0)
        close(store->dir);
    free(store->archived);
    free(store->runs.data);
    free(store->before.data);
    free(store->fallback);
    free(store->assigned_text);
    free(store->path);
    free(store);
}
