/* The health of receivers. A send towards an unresolved neighbour succeeds and is lost, so
 * health is what the kernel's route and neighbour tables say. */
#include "receivers.h"

#include "packet/vxlan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool same_receiver(const struct mirror_receiver *a, const struct mirror_receiver *b)
{
    return a->family == b->family && a->port == b->port &&
           !memcmp(a->address, b->address, address_size(a->family));
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
    receiver->asked_ns = 0;
    receiver->health.reason[0] = '\0';
}

static void close_senders(const struct receivers *receivers, struct receiver *receiver)
{
    for (unsigned i = 0; i < receivers->workers; i++) {
        sender_close(receiver->senders[i]);
        receiver->senders[i] = NULL;
    }
}

bool receiver_is_open(const struct receiver *receiver)
{
    return receiver->senders[0];
}

/* Every worker's, or none: what keeps them closed may pass. */
static bool open_senders(const struct receivers *receivers, struct receiver *receiver)
{
    char why[RECEIVER_REASON_MAX];
    int error = 0;
    if (receiver_is_open(receiver))
        return true;
    for (unsigned i = 0; !error && i < receivers->workers; i++)
        error = sender_open(&receiver->senders[i], &receiver->address, receivers->ports, why,
                            sizeof why);
    if (!error)
        return true;
    close_senders(receivers, receiver);
    receiver->health.interface[0] = '\0';
    receiver->health.mtu = 0;
    down(receiver, "%s", why);
    return false;
}

/* Who is there answers at once; what is sent meanwhile the kernel keeps, but not much of it. */
static bool asked_in_vain(struct receiver *receiver, uint64_t now_ns)
{
    const uint64_t patience_ns = 300000000;
    if (receiver->asked_ns == 0)
        receiver->asked_ns = now_ns;
    return now_ns - receiver->asked_ns >= patience_ns;
}

/* true: it is down for its neighbour alone, which has been asked for. */
static bool probe(struct receivers *receivers, struct receiver *receiver, uint64_t now_ns)
{
    struct route route;
    if (!open_senders(receivers, receiver))
        return false;
    for (unsigned i = 0; i < receivers->workers; i++) {
        atomic_store(&receiver->senders[i]->failing, false);
        atomic_store(&receiver->senders[i]->ask, true);
    }
    receiver->health.interface[0] = '\0';
    receiver->health.mtu = 0;
    if (!links_route(receivers->links, &receiver->address, &route)) {
        down(receiver, "no route%s", "");
        return false;
    }
    memcpy(receiver->health.interface, route.link, sizeof receiver->health.interface);
    receiver->health.mtu = route.mtu;
    for (unsigned i = 0; i < receivers->workers; i++)
        atomic_store(&receiver->senders[i]->splits, route.splits);
    if (!route.carrier) {
        down(receiver, "link %s has no carrier", route.link);
        return false;
    }
    switch (links_neighbour(receivers->links, &route)) {
    case NEIGHBOUR_RESOLVED:
        up(receiver);
        return false;
    case NEIGHBOUR_FAILED:
        down(receiver, "neighbour does not resolve%s", "");
        links_resolve(receivers->links, &route);
        return false;
    case NEIGHBOUR_UNRESOLVED:
        /* Perhaps only forgotten for lack of use. */
        if (links_resolve(receivers->links, &route) == -EPERM)
            up(receiver); /* the kernel resolves it by itself */
        else if (!receiver->health.up || asked_in_vain(receiver, now_ns))
            down(receiver, "neighbour does not resolve%s", "");
        return !receiver->health.up;
    }
    return false;
}

struct receiver *receivers_take(struct receivers *receivers, const struct mirror_receiver *address)
{
    struct receiver *receiver;
    for (receiver = receivers->first; receiver; receiver = receiver->next) {
        if (same_receiver(&receiver->address, address)) {
            receiver->users++;
            return receiver;
        }
    }
    receiver = calloc(1, sizeof *receiver);
    struct sender **senders = calloc(receivers->workers, sizeof *senders);
    if (!receiver || !senders) {
        free(receiver);
        free(senders);
        return NULL;
    }
    receiver->address = *address;
    receiver->senders = senders;
    receiver->users = 1;
    receiver->next = receivers->first;
    receivers->first = receiver;
    open_senders(receivers, receiver);
    return receiver;
}

void receivers_release(struct receivers *receivers, struct receiver *receiver)
{
    if (--receiver->users)
        return;
    struct receiver **link = &receivers->first;
    while (*link != receiver)
        link = &(*link)->next;
    *link = receiver->next;
    close_senders(receivers, receiver);
    free(receiver->senders);
    free(receiver);
}

bool receivers_probe(struct receivers *receivers, uint64_t now_ns)
{
    bool asking = false;
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next) {
        probe(receivers, receiver, now_ns);
        asking |= receiver->health.up && receiver->asked_ns != 0;
    }
    return asking;
}

void receivers_settle(struct receivers *receivers, unsigned patience_ms)
{
    enum { STEP_MS = 5 };
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    for (unsigned waited = 0;; waited += STEP_MS) {
        bool waiting = false;
        for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next) {
            if (receiver->settled)
                continue;
            receiver->settled = !probe(receivers, receiver, 0);
            waiting |= !receiver->settled;
        }
        if (!waiting || waited >= patience_ms)
            break;
        nanosleep(&step, NULL);
    }
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next)
        receiver->settled = true;
}

void receiver_print(const struct mirror_receiver *receiver, char text[static RECEIVER_TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN];
    inet_ntop(socket_family(receiver->family), receiver->address, address, sizeof address);
    if (receiver->port == VXLAN_PORT)
        snprintf(text, RECEIVER_TEXT_MAX, "%s", address);
    else
        snprintf(text, RECEIVER_TEXT_MAX, receiver->family == 4 ? "%s:%u" : "[%s]:%u", address,
                 (unsigned)receiver->port);
}
