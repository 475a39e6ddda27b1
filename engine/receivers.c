/* The health of receivers. A send towards an unresolved neighbour succeeds and is lost, so
 * health is what the kernel's route and neighbour tables say, and what the network answers.
 *
 * A closed port, or a router that knows no way on, answers some of the packets sent to it, and the
 * receiver is down. That it takes packets again nobody says: it is asked, with packets without
 * content, and is up when these have found no answer for long enough; nothing that is mirrored is
 * risked. A host answers about once a second in all (icmp_ratelimit), so one that has just answered
 * is left alone for a while: the next answers are for those that are still asked. */
#include "receivers.h"

#include "clock.h"
#include "packet/vxlan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of receivers, by their destinations: an order, whichever. */
static int by_destination(const void *a, const void *b)
{
    const struct destination *left = &((const struct receiver *)a)->to;
    const struct destination *right = &((const struct receiver *)b)->to;
    const struct mirror_receiver *x = &left->receiver, *y = &right->receiver;
    size_t size = address_size(x->family);
    int order = x->family - y->family;
    order = order ? order : memcmp(x->address, y->address, size);
    order = order ? order : x->port - y->port;
    order = order ? order : strcmp(x->interface, y->interface);
    order = order ? order : left->dscp - right->dscp;
    order = order ? order : left->ttl - right->ttl;
    order = order ? order : left->interface - right->interface;
    return order ? order : memcmp(left->source, right->source, size);
}

/* Down for the reason, which may name the link. */
static void down(struct receiver *receiver, const char *reason, const char *link)
{
    receiver->health.up = false;
    snprintf(receiver->health.reason, sizeof receiver->health.reason, reason, link);
}

static void up(struct receiver *receiver)
{
    receiver->health.up = true;
    receiver->health.reason[0] = '\0';
}

/* Those of the workers from that one on. */
static void close_senders(struct receivers *receivers, struct receiver *receiver, unsigned first)
{
    for (unsigned i = first; i < WORKERS_MAX; i++) {
        sender_close(receiver->senders[i], &receivers->sets[i]);
        receiver->senders[i] = NULL;
    }
}

bool receiver_is_open(const struct receiver *receiver)
{
    return receiver->senders[0];
}

static unsigned sender_count(const struct receiver *receiver)
{
    unsigned count = 0;
    while (count < WORKERS_MAX && receiver->senders[count])
        count++;
    return count;
}

/* Every worker's, or, with *why, no more than there were. */
static int add_senders(struct receivers *receivers, struct receiver *receiver, char *why,
                       size_t why_size)
{
    unsigned before = sender_count(receiver);
    int error = 0;
    for (unsigned i = before; !error && i < receivers->workers; i++)
        error = sender_open(&receiver->senders[i], &receiver->to, receivers->ports,
                            &receivers->sets[i], why, why_size);
    if (error)
        close_senders(receivers, receiver, before);
    return error;
}

/* false: what keeps them closed may pass. */
static bool open_senders(struct receivers *receivers, struct receiver *receiver)
{
    char why[RECEIVER_REASON_MAX];
    if (!add_senders(receivers, receiver, why, sizeof why))
        return true;
    receiver->health.interface[0] = '\0';
    receiver->health.mtu = 0;
    down(receiver, "%s", why);
    return false;
}

int receivers_serve(struct receivers *receivers, unsigned workers, char *why, size_t why_size)
{
    int error = 0;
    receivers->workers = workers;
    for (struct receiver *each = receivers->first; !error && each; each = each->next) {
        char reason[RECEIVER_REASON_MAX], name[RECEIVER_TEXT_MAX];
        if (receiver_is_open(each))
            error = add_senders(receivers, each, reason, sizeof reason);
        if (!error)
            continue;
        receiver_print(&each->to.receiver, name);
        snprintf(why, why_size, "receiver %s: %s", name, reason);
    }
    return error;
}

void receivers_trim(struct receivers *receivers)
{
    for (struct receiver *each = receivers->first; each; each = each->next)
        close_senders(receivers, each, receivers->workers);
}

/* Who is there answers at once; what is sent meanwhile the kernel keeps, but not much of it. */
static bool asked_in_vain(struct receiver *receiver, uint64_t now_ns)
{
    const uint64_t patience_ns = 300000000;
    if (receiver->asked_ns == 0)
        receiver->asked_ns = now_ns;
    return now_ns - receiver->asked_ns >= patience_ns;
}

/* ---- the path ---- */

/* The way of packets from that outer port (0: whichever); unless it is good the receiver is down.
 * PATH_RESOLVES: for its neighbour alone, which has been asked for. */
static enum receiver_path look_at_way(const struct receivers *receivers, struct receiver *receiver,
                                      uint16_t port, struct route *route)
{
    if (!links_route(receivers->links, &receiver->to, port, route)) {
        down(receiver, "no route%s", "");
        return PATH_BAD;
    }
    if (!route->carrier) {
        down(receiver, "link %s has no carrier", route->link);
        return PATH_BAD;
    }
    switch (links_neighbour(receivers->links, route)) {
    case NEIGHBOUR_RESOLVED:
        return PATH_GOOD;
    case NEIGHBOUR_FAILED:
        down(receiver, "neighbour does not resolve%s", "");
        links_resolve(receivers->links, route);
        return PATH_BAD;
    case NEIGHBOUR_UNRESOLVED:
        if (links_resolve(receivers->links, route) == -EPERM)
            return PATH_GOOD; /* the kernel resolves it by itself */
        down(receiver, "neighbour does not resolve%s", "");
        return PATH_RESOLVES;
    }
    return PATH_BAD;
}

/* The ways to a receiver, a bit each. */
struct ways {
    uint32_t good, resolving;
    bool splits; /* some link does */
    bool asking; /* for a neighbour that is perhaps only forgotten for lack of use */
};

/* The interface is that of the first good way, the MTU the least of good ones; else the first's. */
static void add_way(struct receiver_health *health, struct ways *ways, uint32_t bit,
                    enum receiver_path path, const struct route *route)
{
    bool good = path == PATH_GOOD;
    if (good ? !ways->good : !ways->good && !health->interface[0]) {
        memcpy(health->interface, route->link, sizeof health->interface);
        memcpy(health->source, route->source, sizeof health->source);
        health->mtu = route->mtu;
    } else if (good && route->mtu && route->mtu < health->mtu) {
        health->mtu = route->mtu;
    }
    ways->good |= good ? bit : 0;
    ways->resolving |= path == PATH_RESOLVES ? bit : 0;
    ways->splits |= route->splits;
}

static void note_hop(struct receiver *receiver, const struct route *route)
{
    receiver->hop = (struct hop){.index = route->index, .family = route->hop_family};
    memcpy(receiver->hop.address, route->hop, sizeof receiver->hop.address);
}

/* What the kernel's tables say of the way to the receiver; where there are several, each outer port
 * has its own, and one that is good will do. */
static enum receiver_path look_at_path(const struct receivers *receivers, struct receiver *receiver,
                                       uint64_t now_ns)
{
    struct receiver_health *health = &receiver->health;
    bool was_good = health->up || receiver->refusal;
    bool several = links_route_is_multipath(receivers->links, &receiver->to);
    receiver->hop = (struct hop){0};
    uint32_t count = several ? OUTER_PORTS : 1;
    struct ways ways = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct route route;
        uint16_t port = several ? receivers->ports->number[i] : 0;
        enum receiver_path path = look_at_way(receivers, receiver, port, &route);
        if (path == PATH_RESOLVES && was_good && !(health->dead_ports >> i & 1) &&
            !asked_in_vain(receiver, now_ns)) {
            ways.asking = true;
            path = PATH_GOOD;
        }
        add_way(health, &ways, 1u << i, path, &route);
        if (!several)
            note_hop(receiver, &route);
    }
    for (unsigned i = 0; i < sender_count(receiver); i++)
        atomic_store(&receiver->senders[i]->splits, ways.splits);
    if (ways.good && !ways.asking)
        receiver->asked_ns = 0;
    health->dead_ports = ways.good ? ((1u << count) - 1) & ~ways.good : 0;
    return ways.good ? PATH_GOOD : ways.resolving ? PATH_RESOLVES : PATH_BAD;
}

/* ---- answers ---- */

/* A way that leads to it: where the path is good, not all are dead. */
static uint32_t first_good_port(const struct receiver *receiver)
{
    uint32_t port = 0;
    while (port < OUTER_PORTS - 1 && receiver->health.dead_ports >> port & 1)
        port++;
    return port;
}

/* Brings up to date what the network says of packets to it. On a bad path nobody is asked. A host
 * or router answers about once a second, whomever: so each of the `refused` receivers rests until
 * the others have been answered. A router that looks for a host's neighbour answers after 3 s. */
static void look_at_answers(struct receiver *receiver, enum receiver_path path, unsigned refused,
                            uint64_t now_ns)
{
    enum { NS_PER_S = 1000000000 };
    uint64_t rest_ns = NS_PER_S / 2 + (uint64_t)NS_PER_S * (refused > 0 ? refused : 1);
    uint64_t silence_ns = receiver->refusal == REFUSAL_PORT ? 5ull * NS_PER_S / 2 : 4ull * NS_PER_S;
    enum refusal heard = receiver->heard;
    receiver->heard = REFUSAL_NONE;
    if (heard) {
        receiver->refusal = heard;
        receiver->refused_ns = now_ns;
        receiver->unanswered_ns = 0;
    } else if (path != PATH_GOOD) {
        receiver->unanswered_ns = 0;
    } else if (receiver->unanswered_ns && now_ns - receiver->unanswered_ns >= silence_ns) {
        receiver->refusal = REFUSAL_NONE;
        receiver->unanswered_ns = 0;
    } else if (receiver->refusal && now_ns - receiver->refused_ns >= rest_ns) {
        receiver->unanswered_ns = receiver->unanswered_ns ? receiver->unanswered_ns : now_ns;
        sender_ask(receiver->senders[0], first_good_port(receiver));
    }
}

/* Of a receiver with a good path. */
static void heed_answers(struct receiver *receiver)
{
    char port[8];
    switch (receiver->refusal) {
    case REFUSAL_NONE:
        up(receiver);
        return;
    case REFUSAL_PORT:
        snprintf(port, sizeof port, "%u", receiver->to.receiver.port);
        down(receiver, "port %s is closed (port unreachable)", port);
        return;
    case REFUSAL_HOST:
        down(receiver, "a router does not reach it (host unreachable)%s", "");
        return;
    case REFUSAL_NETWORK:
        down(receiver, "a router has no route to it (network unreachable)%s", "");
        return;
    case REFUSAL_PROHIBITED:
        down(receiver, "packets to it are refused on the way (prohibited)%s", "");
        return;
    }
}

/* ---- both ---- */

/* What the configuration names is there; else it is down. */
static bool is_complete(const struct receivers *receivers, struct receiver *receiver)
{
    const struct destination *to = &receiver->to;
    char address[INET6_ADDRSTRLEN];
    receiver->health.interface[0] = '\0';
    receiver->health.mtu = 0;
    if (to->receiver.interface[0] && !to->interface) {
        down(receiver, "interface %s is absent", to->receiver.interface);
        return false;
    }
    if (!destination_has_source(to) ||
        links_have(receivers->links, to->receiver.family, to->source))
        return true;
    inet_ntop(socket_family(to->receiver.family), to->source, address, sizeof address);
    down(receiver, "source address %s is not one of this machine's", address);
    return false;
}

/* What the kernel says of it. */
static void look(struct receivers *receivers, struct receiver *receiver, uint64_t now_ns)
{
    receiver->stirred = false;
    receiver->path = PATH_BAD;
    if (!open_senders(receivers, receiver))
        return;
    for (unsigned i = 0; i < sender_count(receiver); i++) {
        atomic_store(&receiver->senders[i]->failing, false);
        atomic_store(&receiver->senders[i]->ask, true);
    }
    if (is_complete(receivers, receiver))
        receiver->path = look_at_path(receivers, receiver, now_ns);
}

/* What the network says of it. */
static void listen_to_answers(struct receiver *receiver, unsigned refused, uint64_t now_ns)
{
    look_at_answers(receiver, receiver->path, refused, now_ns);
    if (receiver->path == PATH_GOOD)
        heed_answers(receiver);
}

struct receiver *receivers_take(struct receivers *receivers, const struct mirror_target *target,
                                const struct mirror_receiver *configured)
{
    struct receiver wanted = {.to = links_destination(receivers->links, target, configured)};
    struct receiver *const *found = tfind(&wanted, &receivers->by_destination, by_destination);
    if (found) {
        (*found)->users++;
        return *found;
    }
    struct receiver *receiver = calloc(1, sizeof *receiver);
    if (!receiver)
        return NULL;
    receiver->to = wanted.to;
    if (!tsearch(receiver, &receivers->by_destination, by_destination)) {
        free(receiver);
        return NULL;
    }
    receiver->path = PATH_BAD;
    receiver->users = 1;
    receiver->next = receivers->first;
    receiver->link = &receivers->first;
    if (receiver->next)
        receiver->next->link = &receiver->next;
    receivers->first = receiver;
    receivers->count++;
    receiver->number = receivers->taken++;
    open_senders(receivers, receiver);
    return receiver;
}

bool receiver_holds(const struct receivers *receivers, const struct receiver *receiver)
{
    const char *name = receiver->to.receiver.interface;
    const struct link *link = name[0] ? links_find(receivers->links, name) : NULL;
    return receiver->to.interface == (link ? link->index : 0);
}

void receivers_release(struct receivers *receivers, struct receiver *receiver)
{
    if (--receiver->users)
        return;
    *receiver->link = receiver->next;
    if (receiver->next)
        receiver->next->link = receiver->link;
    tdelete(receiver, &receivers->by_destination, by_destination);
    receivers->count--;
    close_senders(receivers, receiver, 0);
    free(receiver);
}

/* What this machine says of hosts itself it says of neighbours, whose state look_at_path knows. */
static bool is_own(const struct receivers *receivers, const struct socket_address *address)
{
    bool is4 = address->any.sa_family == AF_INET;
    return links_have(receivers->links, is4 ? 4 : 6,
                      is4 ? (const uint8_t *)&address->v4.sin_addr
                          : (const uint8_t *)&address->v6.sin6_addr);
}

/* Whoever sent it: an answer may be to what another has sent from the same port. */
static void note_answer(void *context, const struct network_answer *answer)
{
    const struct receivers *receivers = context;
    if (!answer->refusal || (answer->refusal != REFUSAL_PORT && is_own(receivers, &answer->from)))
        return;
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next)
        if (receiver_is_open(receiver) &&
            socket_address_same(&answer->to, &receiver->senders[0]->address))
            receiver->heard = answer->refusal;
}

bool receivers_hear(struct receivers *receivers)
{
    return outer_ports_hear(receivers->ports, note_answer, receivers);
}

void receivers_hear_neighbour(void *context, int index, uint8_t family, const uint8_t *address)
{
    const struct receivers *receivers = context;
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next) {
        const struct hop *hop = &receiver->hop;
        if (!hop->index || (hop->index == index && hop->family == family &&
                            !memcmp(hop->address, address, address_size(family))))
            receiver->stirred = true;
    }
}

static bool is_failing(const struct receiver *receiver)
{
    for (unsigned i = 0; i < WORKERS_MAX && receiver->senders[i]; i++)
        if (atomic_load_explicit(&receiver->senders[i]->failing, memory_order_relaxed))
            return true;
    return false;
}

/* Whether to ask the kernel about it. What it does not tell by itself (a path MTU that was learned
 * and is forgotten) is found in a while: each is asked about every so many rounds, which is every
 * round where they are few, and those that are down more often. */
static bool is_due(const struct receivers *receivers, const struct receiver *receiver, bool alarmed)
{
    enum { FEW = 64, ROUNDS_MOST = 40, DOWN = 8 };
    unsigned every = receivers->count / FEW < ROUNDS_MOST ? receivers->count / FEW : ROUNDS_MOST;
    if (receivers->stirred || receiver->stirred || receiver->heard ||
        (alarmed && is_failing(receiver)) || (receiver->health.up && receiver->asked_ns))
        return true;
    every = receiver->health.up ? every : every / DOWN;
    return every <= 1 || (receivers->round + receiver->number) % every == 0;
}

unsigned receivers_probe(struct receivers *receivers, bool alarmed, uint64_t now_ns)
{
    enum { NEIGHBOUR_MS = 100, REFUSAL_MS = 250 };
    bool asking = false, refused = false;
    unsigned before = 0;
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        socket_sets_hear(receivers->sets[i], note_answer, receivers);
    for (const struct receiver *each = receivers->first; each; each = each->next)
        before += each->refusal != REFUSAL_NONE;
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next) {
        if (is_due(receivers, receiver, alarmed))
            look(receivers, receiver, now_ns);
        listen_to_answers(receiver, before, now_ns);
        asking |= receiver->health.up && receiver->asked_ns != 0;
        refused |= receiver->refusal != REFUSAL_NONE;
    }
    receivers->stirred = false;
    receivers->round++;
    return asking ? NEIGHBOUR_MS : refused ? REFUSAL_MS : 0;
}

void receivers_settle(struct receivers *receivers, unsigned patience_ms)
{
    const struct timespec step = {.tv_nsec = 5000000};
    uint64_t until = clock_ns() + patience_ms * 1000000ull;
    for (;;) {
        bool waiting = false;
        for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next) {
            if (receiver->settled)
                continue;
            look(receivers, receiver, 0);
            listen_to_answers(receiver, 0, 0);
            receiver->settled = receiver->path != PATH_RESOLVES;
            waiting |= !receiver->settled;
        }
        if (!waiting || clock_ns() >= until)
            break;
        nanosleep(&step, NULL);
    }
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next)
        receiver->settled = true;
}

void receiver_print(const struct mirror_receiver *receiver, char text[static RECEIVER_TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN];
    const char *zone = receiver->interface[0] ? "%" : "";
    inet_ntop(socket_family(receiver->family), receiver->address, address, sizeof address);
    if (receiver->port == VXLAN_PORT)
        snprintf(text, RECEIVER_TEXT_MAX, "%s%s%s", address, zone, receiver->interface);
    else
        snprintf(text, RECEIVER_TEXT_MAX, receiver->family == 4 ? "%s%s%s:%u" : "[%s%s%s]:%u",
                 address, zone, receiver->interface, (unsigned)receiver->port);
}
