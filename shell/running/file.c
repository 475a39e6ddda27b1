/* Reads and writes the files of the state directory: see file.h. */
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read_all(int fd, char **text, size_t *length)
{
    size_t size = 64 * 1024, got = 0;
    char *data = malloc(size + 1);

    while (data) {
        ssize_t n = read(fd, data + got, size - got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || got + (size_t)n > FILE_SIZE_MAX) {
            int error = n < 0 ? errno : EFBIG;
            free(data);
            return -error;
        }
        got += (size_t)n;
        if (n == 0)
            break;
        if (got == size) {
            char *more = realloc(data, 2 * size + 1);
            if (!more)
                free(data);
            data = more;
            size *= 2;
        }
    }
    if (!data)
        return -ENOMEM;
    data[got] = '\0';
    *text = data;
    *length = got;
    return 0;
}

int file_read(int dir, const char *name, char **text, size_t *length)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about;
    int result;

    if (fd < 0)
        return errno == ENXIO ? -ENOTSUP : -errno; /* a socket */
    if (fstat(fd, &about) < 0)
        result = -errno;
    else
        result = S_ISREG(about.st_mode) ? file_read_all(fd, text, length) : -ENOTSUP;
    close(fd);
    return result;
}

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            text += n;
            length -= (size_t)n;
        }
    }
    return fsync(fd) < 0 ? -errno : 0;
}

int file_write(int dir, const char *name, const char *text, size_t length)
{
    int fd;

    unlinkat(dir, name, 0);
    fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    int result = write_all(fd, text, length);
    if (close(fd) < 0 && result == 0)
        result = -errno;
    if (result < 0)
        unlinkat(dir, name, 0);
    return result;
}

/* Some network file systems have directories that cannot be synchronised, and need not be. */
int file_sync_directory(int dir)
{
    return fsync(dir) < 0 && errno != EINVAL ? -errno : 0;
}

const char *file_error(int error)
{
    return error == -ENOTSUP ? "not a regular file" : strerror(-error);
}
