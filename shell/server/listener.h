/* The socket that consoles attach to, as a name in the file system: made without harm to what
 * others have there, and removed only while it is one's own. */
#ifndef MIRRORSH_LISTENER_H
#define MIRRORSH_LISTENER_H

#include <stddef.h>
#include <sys/types.h>

enum { LISTENER_BACKLOG = 64 };

struct listener {
    int fd;     /* non-blocking; -1: none */
    char *path; /* NULL: nothing stands there that is ours */
    dev_t device;
    ino_t inode;
};

/* Takes the place of a socket that nobody listens on, and of nothing else. -EADDRINUSE when a box
 * answers there, or takes the place at this moment; -errno; both with *why. */
int listener_open(struct listener *listener, const char *path, char *why, size_t why_size);
/* Removes the socket, unless another stands in its place by now. */
void listener_close(struct listener *listener);

#endif
