/* A temporary file beside the one that it becomes: see output_file.h. */
#include "output_file.h"
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_FLAGS = O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* As the file that it replaces, else as a new one is. */
static bool take_after(int fd, const struct stat *old)
{
    struct stat now;

    if (fstat(fd, &now))
        return false;
    if (now.st_uid != old->st_uid || now.st_gid != old->st_gid)
        if (fchown(fd, old->st_uid, old->st_gid))
            return false;
    return now.st_mode == old->st_mode || fchmod(fd, old->st_mode & 07777) == 0;
}

/* Creates it beside file->path. false: it cannot be, and nothing is left of it. */
static bool open_temporary(struct output_file *file, const struct stat *old)
{
    const char *slash = strrchr(file->path, '/');
    int directory = slash ? (int)(slash + 1 - file->path) : 0;

    if (asprintf(&file->temporary, "%.*s.%s.%ld", directory, file->path, file->path + directory,
                 (long)getpid()) < 0)
        file->temporary = NULL;
    if (file->temporary)
        file->fd = open(file->temporary, OPEN_FLAGS | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (file->fd >= 0 && old && !take_after(file->fd, old)) {
        close(file->fd);
        unlink(file->temporary);
        file->fd = -1;
    }
    if (file->fd < 0) {
        free(file->temporary);
        file->temporary = NULL;
    }
    return file->fd >= 0;
}

/* 0 or a positive errno. */
static int open_path(struct output_file *file, const char *path)
{
    struct stat old, link;
    bool exists = stat(path, &old) == 0;

    if (exists && S_ISDIR(old.st_mode))
        return EISDIR;
    file->regular = !exists || S_ISREG(old.st_mode);
    /* whoever may not write to a file may not replace it either */
    if (exists && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
        return errno;
    file->path = exists && file->regular ? realpath(path, NULL) : strdup(path);
    if (!file->path)
        return errno;
    if (exists ? file->regular && old.st_nlink == 1 : lstat(path, &link) != 0)
        if (open_temporary(file, exists ? &old : NULL))
            return 0;
    file->fd = open(path, OPEN_FLAGS | (file->regular ? O_CREAT : 0), 0666);
    return file->fd < 0 ? errno : 0;
}

static void forget(struct output_file *file)
{
    free(file->path);
    free(file->temporary);
    *file = OUTPUT_FILE_NONE;
}

bool output_file_open(struct output_file *file, const char *path, char *why, size_t why_size)
{
    int error;

    *file = OUTPUT_FILE_NONE;
    error = open_path(file, path);
    if (error == 0)
        return true;
    snprintf(why, why_size, "%s: %s", path,
             error == ENXIO && !file->regular ? "nobody reads it" : strerror(error));
    forget(file);
    return false;
}

/* What stands in a file that is not replaced goes when there is something else. */
static void begin(struct output_file *file)
{
    if (!file->begun && file->regular && !file->temporary && ftruncate(file->fd, 0))
        file->error = errno;
    file->begun = true;
}

void output_file_write(struct output_file *file, const char *text, size_t length)
{
    begin(file);
    while (length > 0 && !file->error) {
        ssize_t put = write(file->fd, text, length);

        if (put < 0 && errno == EAGAIN) {
            if (terminal_wait_for(file->fd, POLLOUT) < 0 && terminal_called())
                file->error = EINTR;
        } else if (put < 0 && errno != EINTR) {
            file->error = errno;
        }
        for (ssize_t i = 0; i < put; i++)
            file->lines += text[i] == '\n';
        if (put > 0) {
            text += put;
            length -= (size_t)put;
        }
    }
}

void output_file_show(struct output_file *file)
{
    begin(file);
    if (file->error || !file->temporary)
        return;
    if ((fsync(file->fd) && errno != EINVAL) || rename(file->temporary, file->path)) {
        file->error = errno;
        return;
    }
    free(file->temporary);
    file->temporary = NULL;
}

bool output_file_close(struct output_file *file, bool keep, char *why, size_t why_size)
{
    bool replaced;
    int error;

    if (file->fd < 0)
        return true;
    if (keep)
        output_file_show(file);
    replaced = !file->temporary; /* or was never to be */
    if (keep && replaced && file->regular && !file->error && fsync(file->fd) && errno != EINVAL)
        file->error = errno;
    if (close(file->fd) && !file->error)
        file->error = errno;
    if (file->temporary)
        unlink(file->temporary);
    error = file->error;
    if (error)
        snprintf(why, why_size, "%s: %s%s", file->path,
                 replaced && file->begun ? "the file is not whole: " : "", strerror(error));
    forget(file);
    return error == 0;
}
