/* Binds the box's socket: see listener.h. */
#include "listener.h"
#include "../protocol.h"
#include "roles.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Two boxes that begin at once would each take the other's new socket for an abandoned one: the
 * directory is locked meanwhile. A descriptor; -1 where it cannot be, and nobody is hurt; or
 * -EADDRINUSE. */
static int lock_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    free(copy);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return fd;
    close(fd);
    return -EADDRINUSE;
}

/* What a box that was killed has left there goes; one that answers, and what is no socket, stays.
 */
static int remove_stale(const char *path)
{
    struct stat about;
    int fd;

    if (lstat(path, &about) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(about.st_mode))
        return -ENOTSOCK;
    fd = protocol_connect(path, SOCK_NONBLOCK);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 || fd == -EAGAIN) /* so many wait to be let in */
        return -EADDRINUSE;
    if (fd != -ECONNREFUSED)
        return fd;
    return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Binds with the mode that the socket shall have, from its first instant on. */
static int bind_socket(struct listener *listener, const struct sockaddr_un *address)
{
    mode_t mask = umask(0117);
    int error =
        bind(listener->fd, (const struct sockaddr *)address, sizeof *address) < 0 ? -errno : 0;
    const struct group *group = error == 0 ? getgrnam(ROLES_GROUP) : NULL;
    struct stat about;

    umask(mask);
    if (error < 0)
        return error;
    if (lstat(address->sun_path, &about) < 0)
        return -errno;
    listener->device = about.st_dev;
    listener->inode = about.st_ino;
    listener->path = strdup(address->sun_path);
    if (!listener->path) {
        unlink(address->sun_path);
        return -ENOMEM;
    }
    /* a box without privileges keeps its own group */
    if (group && chown(address->sun_path, (uid_t)-1, group->gr_gid) < 0 && errno != EPERM)
        return -errno;
    return 0;
}

static int listen_at(struct listener *listener, const char *path)
{
    struct sockaddr_un address;
    int error;

    if (!protocol_address(path, &address))
        return -ENAMETOOLONG;
    error = remove_stale(path);
    if (error < 0)
        return error;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        return -errno;
    error = bind_socket(listener, &address);
    if (error == 0 && listen(listener->fd, LISTENER_BACKLOG) < 0)
        error = -errno;
    return error;
}

int listener_open(struct listener *listener, const char *path, char *why, size_t why_size)
{
    int directory = lock_directory(path);
    int error = directory == -EADDRINUSE ? directory : 0;

    *listener = (struct listener){.fd = -1};
    if (error == 0)
        error = listen_at(listener, path);
    if (directory >= 0)
        close(directory);
    if (error == 0)
        return 0;
    listener_close(listener);
    snprintf(why, why_size, "%s: %s", path,
             error == -EADDRINUSE ? "a box is running already"
             : error == -ENOTSOCK ? "this is there and is not a socket"
                                  : strerror(-error));
    return error;
}

/* As long as the socket is open its number is nobody else's. */
void listener_close(struct listener *listener)
{
    struct stat about;

    if (listener->path && lstat(listener->path, &about) == 0 && about.st_dev == listener->device &&
        about.st_ino == listener->inode)
        unlink(listener->path);
    free(listener->path);
    if (listener->fd >= 0)
        close(listener->fd);
    *listener = (struct listener){.fd = -1};
}
