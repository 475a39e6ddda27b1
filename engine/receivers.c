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
           !memcmp(a->address, b->address, a->family == 4 ? 4 : 16);
}

static void set_health(struct receiver *receiver, enum receiver_fault fault)
{
    receiver->health.up = fault == RECEIVER_FINE;
    receiver->health.fault = fault;
}

static void probe(struct receivers *receivers, struct receiver *receiver)
{
    struct route route;
    for (unsigned i = 0; i < receivers->workers; i++)
        atomic_store(&receiver->lanes[i]->too_long, false);
    if (!links_route(receivers->links, &receiver->address, &route)) {
        receiver->health.mtu = 0;
        set_health(receiver, RECEIVER_NO_ROUTE);
        return;
    }
    receiver->health.mtu = route.mtu;
    switch (links_neighbour(receivers->links, &route)) {
    case NEIGHBOUR_RESOLVED:
        receiver->settled = true;
        set_health(receiver, RECEIVER_FINE);
        return;
    case NEIGHBOUR_FAILED:
        receiver->settled = true;
        set_health(receiver, RECEIVER_NO_NEIGHBOUR);
        links_resolve(receivers->links, &route);
        return;
    case NEIGHBOUR_UNRESOLVED:
        /* Perhaps only forgotten for lack of use. An answer, or its absence, will tell. */
        if (links_resolve(receivers->links, &route) == -EPERM)
            set_health(receiver, RECEIVER_FINE); /* the kernel resolves it by itself */
        else if (!receiver->health.up)
            set_health(receiver, RECEIVER_NO_NEIGHBOUR);
        return;
    }
}

struct receiver *receivers_take(struct receivers *receivers, const struct mirror_receiver *address,
                                int *error, char *why, size_t why_size)
{
    struct receiver *receiver;
    for (receiver = receivers->first; receiver; receiver = receiver->next) {
        if (same_receiver(&receiver->address, address)) {
            receiver->users++;
            return receiver;
        }
    }
    receiver = calloc(1, sizeof(*receiver));
    struct lanes **lanes = calloc(receivers->workers, sizeof(*lanes));
    if (!receiver || !lanes) {
        free(receiver);
        free(lanes);
        *error = -ENOMEM;
        snprintf(why, why_size, "%s", strerror(ENOMEM));
        return NULL;
    }
    receiver->address = *address;
    receiver->lanes = lanes;
    receiver->users = 1;
    receiver->next = receivers->first;
    receivers->first = receiver;
    for (unsigned i = 0; i < receivers->workers; i++) {
        *error = lanes_open(&lanes[i], address, receivers->ports, why, why_size);
        if (*error) {
            receivers_drop(receivers, receiver);
            return NULL;
        }
    }
    probe(receivers, receiver);
    return receiver;
}

void receivers_drop(struct receivers *receivers, struct receiver *receiver)
{
    if (--receiver->users)
        return;
    struct receiver **link = &receivers->first;
    while (*link != receiver)
        link = &(*link)->next;
    *link = receiver->next;
    for (unsigned i = 0; i < receivers->workers; i++)
        lanes_close(receiver->lanes[i]);
    free(receiver->lanes);
    free(receiver);
}

void receivers_probe(struct receivers *receivers)
{
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next)
        probe(receivers, receiver);
}

void receivers_settle(struct receivers *receivers, unsigned patience_ms)
{
    enum { STEP_MS = 5 };
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    for (unsigned waited = 0;; waited += STEP_MS) {
        bool waiting = false;
        for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next) {
            if (!receiver->settled && receiver->health.fault == RECEIVER_NO_NEIGHBOUR) {
                if (waited)
                    probe(receivers, receiver);
                waiting |= !receiver->health.up;
            }
        }
        if (!waiting || waited >= patience_ms)
            break;
        nanosleep(&step, NULL);
    }
    for (struct receiver *receiver = receivers->first; receiver; receiver = receiver->next)
        receiver->settled = true;
}

const char *receiver_fault_text(enum receiver_fault fault)
{
    switch (fault) {
    case RECEIVER_FINE:
        return "";
    case RECEIVER_NO_ROUTE:
        return "no route";
    case RECEIVER_NO_NEIGHBOUR:
        return "neighbour does not resolve";
    }
    return "";
}

void receiver_print(const struct mirror_receiver *receiver, char text[static RECEIVER_TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN];
    bool is4 = receiver->family == 4;
    inet_ntop(is4 ? AF_INET : AF_INET6, receiver->address, address, sizeof(address));
    if (receiver->port == VXLAN_PORT)
        snprintf(text, RECEIVER_TEXT_MAX, "%s", address);
    else
        snprintf(text, RECEIVER_TEXT_MAX, is4 ? "%s:%u" : "[%s]:%u", address,
                 (unsigned)receiver->port);
}
