/* One console as the box has it: the channel to its client, which is
 * this process's or another's, who is there, and the context that its commands run in. */
#ifndef MIRRORSH_PEER_H
#define MIRRORSH_PEER_H

#include "../command/context.h"
#include "channel.h"
#include "idle.h"
#include "roles.h"

struct peer {
    struct channel channel;
    struct role role;
    int64_t arrived_ms;
    struct idle idle;
    struct context context; /* what it said of itself in HELLO is there */
    struct peer *next;      /* server.c */
};

/* Takes the connected descriptor over; NULL, and it is closed, when memory runs out. */
struct peer *peer_new(int fd, const struct role *role, struct running *running);
void peer_free(struct peer *peer);

bool peer_greeted(const struct peer *peer);
/* Runs what its input holds, as far as its output is taken. */
void peer_serve(struct peer *peer);
/* Whether peer_serve has something to do without new input. */
bool peer_ready(struct peer *peer);
/* Milliseconds until its monitor's next round, until it should have said hello, or until it has
 * been idle for long, -1: none of them; and what is due then. */
int64_t peer_due(const struct peer *peer, int64_t now_ms);
void peer_tick(struct peer *peer, int64_t now_ms);

#endif
