/* The consoles of a box, served in turn by its control thread: see server.h. */
#include "server.h"
#include "../clock.h"
#include "logins.h"
#include "roles.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CONSOLES_MAX = 500,
    OWNERS_KEPT = 20,               /* of these, for root and the box's own user */
    USER_CONSOLES_MAX = 50,         /* of any other user */
    QUEUED_MAX = 256 * 1024 * 1024, /* bytes that wait for all consoles together */
    DEAF_MS = 1000
};

int server_open(struct server *server, const char *path, char *why, size_t why_size)
{
    *server = (struct server){.listener.fd = -1};
    return path ? listener_open(&server->listener, path, why, why_size) : 0;
}

static void remove_peer(struct server *server, struct peer *peer)
{
    struct peer **at = &server->peers;

    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    server->count--;
    peer_free(peer);
}

void server_close(struct server *server)
{
    while (server->peers)
        remove_peer(server, server->peers);
    listener_close(&server->listener);
    free(server->polls);
    memset(server, 0, sizeof *server);
    server->listener.fd = -1;
}

/* Why one more console is one too many; NULL: it is not. */
static const char *too_many(const struct server *server, const struct role *role)
{
    size_t same = 0;

    for (const struct peer *peer = server->peers; peer; peer = peer->next)
        same += peer->role.user == role->user;
    if (!role->owner && same >= USER_CONSOLES_MAX)
        return "you have too many consoles at this box: leave one of them";
    if (server->count >= (role->owner ? CONSOLES_MAX : CONSOLES_MAX - OWNERS_KEPT))
        return "this box has too many consoles";
    return NULL;
}

/* Whether it has not said hello; what it has said by now counts. */
static bool is_silent(struct peer *peer)
{
    if (!peer_greeted(peer)) {
        channel_read(&peer->channel);
        peer_serve(peer);
    }
    return !peer_greeted(peer);
}

/* Ends the oldest console that has not said hello, of the same user, for root of anybody. */
static bool make_place(struct server *server, const struct role *role)
{
    struct peer *oldest = NULL;

    for (struct peer *peer = server->peers; peer; peer = peer->next)
        if ((role->owner || peer->role.user == role->user) && is_silent(peer))
            oldest = peer;
    if (oldest)
        remove_peer(server, oldest);
    return oldest;
}

static void turn_away(int fd, const char *why)
{
    struct channel channel;

    channel_open(&channel, fd);
    channel_send(&channel, MESSAGE_REFUSED, why, strlen(why));
    channel_flush(&channel);
    channel_close(&channel);
}

void server_add(struct server *server, int fd)
{
    const struct role role = role_of_peer(fd);
    const char *why = too_many(server, &role);

    if (why && !make_place(server, &role)) {
        login_say_refused(&role, why);
        turn_away(fd, why);
        return;
    }
    struct peer *peer = peer_new(fd, &role, server->running);
    if (!peer)
        return;
    peer->next = server->peers;
    server->peers = peer;
    server->count++;
}

void server_tell(void *context, const char *text)
{
    struct server *server = context;

    for (struct peer *peer = server->peers; peer; peer = peer->next)
        if (peer_greeted(peer))
            channel_send(&peer->channel, MESSAGE_NOTICE, text, strlen(text));
}

/* Who takes least of what waits for them is hung up on, until the box has room again. */
static void bound_queues(struct server *server)
{
    for (;;) {
        struct peer *most = server->peers;
        size_t queued = 0;

        for (struct peer *peer = most; peer; peer = peer->next) {
            queued += channel_queued(&peer->channel);
            if (channel_queued(&peer->channel) > channel_queued(&most->channel))
                most = peer;
        }
        if (queued <= QUEUED_MAX)
            return;
        login_say_hung_up(most);
        remove_peer(server, most);
    }
}

static void accept_peers(struct server *server)
{
    for (int i = 0; i < LISTENER_BACKLOG; i++) {
        int fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0) {
            server_add(server, fd);
        } else {
            /* out of descriptors or memory: what waits would wake us again and again */
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                server->deaf_until = clock_ms() + DEAF_MS;
            return;
        }
    }
}

struct pollfd *server_poll(struct server *server, size_t used, size_t *count, int *timeout_ms)
{
    int64_t now = clock_ms();

    *count = used + 1 + server->count;
    if (*count > server->poll_capacity) {
        struct pollfd *more = realloc(server->polls, 2 * *count * sizeof *more);

        if (!more)
            return NULL;
        server->polls = more;
        server->poll_capacity = 2 * *count;
    }
    bool deaf = server->listener.fd < 0 || now < server->deaf_until;
    server->polls[used++] =
        (struct pollfd){.fd = deaf ? -1 : server->listener.fd, .events = POLLIN};
    for (struct peer *peer = server->peers; peer; peer = peer->next) {
        const struct channel *channel = &peer->channel;
        int64_t due = peer_ready(peer) ? 0 : peer_due(peer, now);
        short events = 0;

        if (channel_wants_input(channel))
            events |= POLLIN;
        if (channel_queued(channel) > 0)
            events |= POLLOUT;
        if (due >= 0 && due < *timeout_ms)
            *timeout_ms = (int)due;
        server->polls[used++] = (struct pollfd){.fd = channel->fd, .events = events};
    }
    return server->polls;
}

void server_serve(struct server *server, const struct pollfd *polls, size_t count)
{
    size_t i = 1; /* behind the listener, in the order of server_poll */

    for (struct peer *peer = server->peers, *next; peer && i < count; i++) {
        struct channel *channel = &peer->channel;

        next = peer->next;
        if (polls[i].revents & (POLLIN | POLLHUP | POLLERR))
            channel_read(channel);
        if (polls[i].revents & POLLOUT)
            channel_flush(channel);
        peer_serve(peer);
        peer_tick(peer, clock_ms());
        if (channel->broken || (channel->ended && (peer->context.monitor || !peer_ready(peer))))
            remove_peer(server, peer);
        peer = next;
    }
    bound_queues(server);
    if (polls[0].revents)
        accept_peers(server);
}
