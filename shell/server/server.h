/* Where consoles attach: the listening socket and the peers that came, from it or as
 * socket pairs of this process. */
#ifndef MIRRORSH_SERVER_H
#define MIRRORSH_SERVER_H

#include "listener.h"
#include "peer.h"
#include <poll.h>

struct server {
    struct listener listener;
    int64_t deaf_until; /* no accept before: descriptors ran out */
    struct running *running;
    struct peer *peers; /* the newest first */
    size_t count;
    struct pollfd *polls; /* what server_poll asked for */
    size_t poll_capacity;
};

/* path NULL: no listener. -EADDRINUSE when a box answers there; -errno with *why. */
int server_open(struct server *server, const char *path, char *why, size_t why_size);
void server_close(struct server *server);

/* Takes a connected descriptor over as a console; where there is no place for it, it is told
 * so. One that has not said hello gives its place up to the next. */
void server_add(struct server *server, int fd);

/* Every console is told: a line for standard error. `server` is one, for running.tell. */
void server_tell(void *server, const char *text);

/* Appends what it waits for behind polls[used]; *timeout_ms comes down to the next round of a
 * monitor. NULL when memory runs out; else the array and its new length. */
struct pollfd *server_poll(struct server *server, size_t used, size_t *count, int *timeout_ms);
/* Serves what poll found in that part of the array. */
void server_serve(struct server *server, const struct pollfd *polls, size_t count);

#endif
