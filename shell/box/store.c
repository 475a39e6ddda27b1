/* The commit's last steps and the archive: see store.h. What is loaded at start is chosen in
 * store_load.c. */
#include "store_internal.h"
#include "vni_file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int store_error(const struct store *store, const char *name, int error, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s%s%s: %s", store->path, *name ? "/" : "", name, strerror(-error));
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
        if (mkdir(part, 0750) < 0 && errno != EEXIST)
            return -errno;
        if (path[i] == '\0')
            return 0;
    }
}

static int open_directory(int dir, const char *path)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static int lock(struct store *store)
{
    store->lock = openat(store->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (store->lock < 0)
        return -errno;
    return flock(store->lock, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

/* A crash between a commit's link and its rename leaves startup.conf archived already, and
 * one before leaves the staged file. */
static void tidy(struct store *store)
{
    struct stat startup, archived;
    char name[ARCHIVE_NAME_MAX];

    unlinkat(store->dir, STAGED, 0);
    if (store->archive_count == 0)
        return;
    archive_name(store->archived[store->archive_count - 1], name);
    if (fstatat(store->dir, STARTUP, &startup, 0) == 0 &&
        fstatat(store->archive, name, &archived, 0) == 0 && startup.st_ino == archived.st_ino &&
        unlinkat(store->archive, name, 0) == 0)
        store->archive_count--;
}

void archive_name(unsigned long serial, char name[static ARCHIVE_NAME_MAX])
{
    snprintf(name, ARCHIVE_NAME_MAX, "%06lu.conf", serial);
}

static int compare_serials(const void *a, const void *b)
{
    unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

    return (x > y) - (x < y);
}

static int read_archive(struct store *store)
{
    int fd = dup(store->archive);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!directory) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return -error;
    }
    while ((entry = readdir(directory))) {
        char *behind;
        unsigned long serial = strtoul(entry->d_name, &behind, 10);
        unsigned long *more;

        if (behind == entry->d_name || strcmp(behind, ".conf") != 0)
            continue;
        more = realloc(store->archived, (store->archive_count + 1) * sizeof *more);
        if (!more) {
            closedir(directory);
            return -ENOMEM;
        }
        store->archived = more;
        more[store->archive_count++] = serial;
    }
    closedir(directory);
    if (store->archive_count > 0)
        qsort(store->archived, store->archive_count, sizeof *store->archived, compare_serials);
    return 0;
}

static int open_parts(struct store *store, char *why, size_t why_size)
{
    int error = make_directories(store->path);

    if (error == 0)
        store->dir = error = open_directory(AT_FDCWD, store->path);
    if (error < 0)
        return store_error(store, "", error, why, why_size);
    error = lock(store);
    if (error == -EWOULDBLOCK)
        snprintf(why, why_size, "%s is in use by another mirrorsh", store->path);
    if (error < 0)
        return error == -EWOULDBLOCK ? error : store_error(store, "lock", error, why, why_size);
    if (mkdirat(store->dir, "archive", 0750) < 0 && errno != EEXIST)
        return store_error(store, "archive", -errno, why, why_size);
    store->archive = error = open_directory(store->dir, "archive");
    if (error >= 0)
        error = read_archive(store);
    if (error < 0)
        return store_error(store, "archive", error, why, why_size);
    tidy(store);
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
    return error < 0 ? error : 0;
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
    free(store->vni_text);
    free(store->path);
    free(store);
}

/* Through a file of its own: what stands in the place of `name` is the old text or the new. */
static int replace_vni_file(struct store *store, char *text)
{
    int error = file_write(store->dir, VNI_STAGED, text, strlen(text));

    if (error == 0 && renameat(store->dir, VNI_STAGED, store->dir, VNI_FILE) < 0)
        error = -errno;
    return error < 0 ? error : file_sync_directory(store->dir);
}

static int stage_vnis(struct store *store, const struct vni_book *old_book,
                      const struct vni_book *new_book)
{
    char *text = vni_file_print(old_book, new_book);

    if (!text)
        return -ENOMEM;
    if (strcmp(text, store->vni_text ? store->vni_text : "") == 0) {
        free(text);
        return 0;
    }
    int error = replace_vni_file(store, text);
    if (error < 0) {
        free(text);
        return error;
    }
    free(store->vni_text);
    store->vni_text = text;
    return 0;
}

static int stage_tree(struct store *store, const struct node *tree)
{
    const struct path whole = {0};
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return -ENOMEM;
    text_print_set(tree, &whole, out);
    int error = fclose(out) != 0 ? -ENOMEM : file_write(store->dir, STAGED, text, length);
    free(text);
    return error;
}

int store_stage(struct store *store, const struct node *tree, const struct vni_book *old_book,
                const struct vni_book *new_book, char *why, size_t why_size)
{
    int error = stage_vnis(store, old_book, new_book);

    if (error < 0)
        return store_error(store, VNI_FILE, error, why, why_size);
    error = stage_tree(store, tree);
    return error < 0 ? store_error(store, STAGED, error, why, why_size) : 0;
}

static void drop_staged(const struct store *store)
{
    unlinkat(store->dir, STAGED, 0);
}

static void prune(struct store *store)
{
    char name[ARCHIVE_NAME_MAX];

    while (store->archive_count > ARCHIVE_MAX) {
        archive_name(store->archived[0], name);
        unlinkat(store->archive, name, 0);
        store->archive_count--;
        memmove(store->archived, store->archived + 1,
                store->archive_count * sizeof *store->archived);
    }
}

/* Gives startup.conf a second name, in the archive; *name is "" when there is none to keep. */
static int keep_old(struct store *store, char name[static ARCHIVE_NAME_MAX])
{
    unsigned long serial =
        store->archive_count > 0 ? store->archived[store->archive_count - 1] + 1 : 1;
    unsigned long *more =
        realloc(store->archived, (store->archive_count + 1) * sizeof *store->archived);

    if (!more)
        return -ENOMEM;
    store->archived = more;
    name[0] = '\0';
    if (store->startup_unusable) {
        /* not a configuration that anybody could go back to, but perhaps worth a look */
        unlinkat(store->dir, STARTUP ".broken", 0);
        return linkat(store->dir, STARTUP, store->dir, STARTUP ".broken", 0) < 0 ? -errno : 0;
    }
    archive_name(serial, name);
    if (linkat(store->dir, STARTUP, store->archive, name, 0) < 0) {
        name[0] = '\0';
        return errno == ENOENT ? 0 : -errno;
    }
    more[store->archive_count++] = serial;
    return 0;
}

/* The step that counts: the rename. What cannot be made durable is taken back. */
static int put_in_place(struct store *store, const char *archived)
{
    int error;

    if (renameat(store->dir, STAGED, store->dir, STARTUP) < 0)
        return -errno;
    error = file_sync_directory(store->dir);
    if (error == 0)
        error = file_sync_directory(store->archive);
    if (error < 0 && *archived && linkat(store->archive, archived, store->dir, STAGED, 0) == 0)
        renameat(store->dir, STAGED, store->dir, STARTUP);
    else if (error < 0)
        unlinkat(store->dir, STARTUP, 0);
    return error;
}

int store_finish(struct store *store, char *why, size_t why_size)
{
    char archived[ARCHIVE_NAME_MAX];
    int error = keep_old(store, archived);

    if (error < 0) {
        drop_staged(store);
        return store_error(store, "archive", error, why, why_size);
    }
    error = put_in_place(store, archived);
    if (error < 0) {
        drop_staged(store);
        if (*archived) {
            unlinkat(store->archive, archived, 0);
            store->archive_count--;
        }
        return store_error(store, STARTUP, error, why, why_size);
    }
    store->startup_unusable = false;
    prune(store);
    return 0;
}
