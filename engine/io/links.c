/* The kernel's tables of links and addresses, dumped at the start and whenever events say
 * that they have changed: a machine has few of both, and a fresh dump cannot be wrong about
 * a deletion, a renaming or lost events. A dump that fails or is torn leaves the tables of
 * before, and is made again. */
#include "links.h"

#include "../packet/protocol.h"
#include "link_tables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, LEAST_BUFFER = 0 };

#define GROUP(number) (1u << ((number)-1))
static const uint32_t HINTS = RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE |
                              GROUP(RTNLGRP_IPV4_RULE) | GROUP(RTNLGRP_IPV6_RULE) |
                              GROUP(RTNLGRP_NEXTHOP);

struct links {
    int descriptor; /* epoll over the next two */
    int events;     /* of links, their addresses and queues */
    int hints;      /* of what leads the way, and of neighbours: it keeps only a few of a storm */
    struct netlink questions;
    struct link_tables tables;
    uint64_t version;
    uint32_t mark;
    bool stale;   /* the tables are to be dumped anew */
    bool doubted; /* likewise, without news */
};

/* What fails stays stale. */
static int dump(struct links *links)
{
    enum { TRIES = 3 };
    int error = -EINTR;
    for (int i = 0; i < TRIES && error == -EINTR; i++) {
        struct link_tables fresh = {0};
        error = link_tables_read(&links->questions, &fresh);
        if (error) {
            link_tables_free(&fresh);
            continue;
        }
        link_tables_free(&links->tables);
        links->tables = fresh;
        links->version++;
    }
    links->stale = error != 0;
    return error;
}

static int watch(const struct links *links, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0)
        return fd;
    return epoll_ctl(links->descriptor, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* Events first: what changes between them and the dump is then not missed. */
static int open_sockets(struct links *links)
{
    links->descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (links->descriptor < 0)
        return -errno;
    links->events =
        netlink_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_TC, BUFFER);
    links->hints = netlink_open(HINTS, LEAST_BUFFER);
    links->questions.fd = netlink_open(0, BUFFER);
    int error = watch(links, links->events);
    if (!error)
        error = watch(links, links->hints);
    return error || links->questions.fd >= 0 ? error : links->questions.fd;
}

int links_open(struct links **opened, char *why, size_t why_size)
{
    int error = -ENOMEM;
    struct links *links = calloc(1, sizeof *links);
    if (!links)
        goto fail;
    links->descriptor = links->events = links->hints = links->questions.fd = -1;
    error = open_sockets(links);
    if (!error)
        error = dump(links);
    if (!error) {
        *opened = links;
        return 0;
    }
    links_close(links);
fail:
    snprintf(why, why_size, "rtnetlink: %s", strerror(-error));
    return error;
}

void links_close(struct links *links)
{
    if (!links)
        return;
    const int sockets[] = {links->descriptor, links->events, links->hints, links->questions.fd};
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++)
        if (sockets[i] >= 0)
            close(sockets[i]);
    link_tables_free(&links->tables);
    free(links);
}

int links_descriptor(const struct links *links)
{
    return links->descriptor;
}

struct hearing {
    links_neighbour_fn *neighbour;
    void *context;
    enum links_news news;
};

/* Those of bridges are nobody's here. */
static void hear_neighbour(struct hearing *hearing, const struct nlmsghdr *message)
{
    struct ndmsg info;
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    if (info.ndm_family != AF_INET && info.ndm_family != AF_INET6)
        return;
    uint8_t family = info.ndm_family == AF_INET ? 4 : 6;
    const uint8_t *address =
        netlink_attribute(message, sizeof info, NDA_DST, address_size(family), NULL);
    if (address && hearing->neighbour)
        hearing->neighbour(hearing->context, info.ndm_ifindex, family, address);
    if (address && !hearing->news)
        hearing->news = LINKS_NEIGHBOURS;
}

static void hear(void *context, const struct nlmsghdr *message)
{
    struct hearing *hearing = context;
    if (message->nlmsg_type == RTM_NEWNEIGH || message->nlmsg_type == RTM_DELNEIGH)
        hear_neighbour(hearing, message);
    else
        hearing->news = LINKS_CHANGED;
}

/* Lost events are events, too. */
static void drain(int fd, struct hearing *hearing)
{
    if (netlink_drain(fd, hear, hearing))
        hearing->news = LINKS_CHANGED;
}

enum links_news links_service(struct links *links, links_neighbour_fn *neighbour, void *context)
{
    struct hearing hearing = {neighbour, context, LINKS_QUIET};
    drain(links->events, &hearing);
    if (hearing.news == LINKS_CHANGED)
        links->stale = true;
    drain(links->hints, &hearing);
    if (links->stale)
        hearing.news = LINKS_CHANGED;
    if (links->stale || links->doubted)
        dump(links);
    links->doubted = false;
    return hearing.news;
}

void links_doubt(struct links *links)
{
    links->doubted = true;
}

struct netlink *links_netlink(struct links *links)
{
    return &links->questions;
}

const struct link *links_all(const struct links *links, size_t *count)
{
    *count = links->tables.count;
    return links->tables.all;
}

const struct link *links_find(const struct links *links, const char *name)
{
    return link_tables_find(&links->tables, name);
}

uint64_t links_version(const struct links *links)
{
    return links->version;
}

static const struct link *by_index(const struct links *links, int index)
{
    for (size_t i = 0; i < links->tables.count; i++)
        if (links->tables.all[i].index == index)
            return &links->tables.all[i];
    return NULL;
}

const struct link *links_holder(const struct links *links, uint8_t family, const uint8_t *address,
                                size_t *at)
{
    while (*at < links->tables.address_count) {
        const struct link_address *held = &links->tables.addresses[(*at)++];
        if (held->family != family || memcmp(held->bytes, address, address_size(family)))
            continue;
        const struct link *link = by_index(links, held->index);
        if (link)
            return link;
    }
    return NULL;
}

struct mirror_prefix *links_addresses(const struct links *links, size_t *count)
{
    *count = links->tables.address_count;
    struct mirror_prefix *addresses = calloc(*count + 1, sizeof *addresses);
    for (size_t i = 0; addresses && i < *count; i++) {
        const struct link_address *held = &links->tables.addresses[i];
        addresses[i].family = held->family;
        addresses[i].bits = held->family == 4 ? 32 : 128;
        memcpy(addresses[i].address, held->bytes, sizeof held->bytes);
    }
    return addresses;
}

bool links_have(const struct links *links, uint8_t family, const uint8_t *address)
{
    return links_holder(links, family, address, &(size_t){0});
}

/* What a connected socket says: with the learned path MTU, and IPv6's per-interface one, which
 * the route's attributes leave out. */
static uint32_t path_mtu(const struct destination *to, uint16_t port, uint32_t mark)
{
    bool is4 = to->receiver.family == 4;
    const struct socket_address address = destination_address(to);
    const struct socket_address source = destination_source(to, port);
    const int on = 1;
    int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    int mtu = 0;
    socklen_t size = sizeof mtu;
    if ((mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark)) ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) ||
        bind(fd, &source.any, source.size) || connect(fd, &address.any, address.size) ||
        getsockopt(fd, is4 ? IPPROTO_IP : IPPROTO_IPV6, is4 ? IP_MTU : IPV6_MTU, &mtu, &size) ||
        mtu < 0)
        mtu = 0;
    close(fd);
    /* An IP packet's length has 16 bits; the loopback's MTU is over it. */
    return mtu > UINT16_MAX ? UINT16_MAX : (uint32_t)mtu;
}

struct route_answer {
    struct route *route;
    bool found;
    bool local; /* delivered on this machine, or to a group */
};

static void take_route(void *context, const struct nlmsghdr *message)
{
    struct route_answer *answer = context;
    struct rtmsg info;
    if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    const void *out = netlink_attribute(message, sizeof info, RTA_OIF, sizeof(int), NULL);
    if (out)
        memcpy(&answer->route->index, out, sizeof(int));
    answer->local = info.rtm_type == RTN_LOCAL || info.rtm_type == RTN_MULTICAST;
    answer->found = out && (info.rtm_type == RTN_UNICAST || answer->local);

    size_t size = address_size(info.rtm_family == AF_INET ? 4 : 6);
    const void *source = netlink_attribute(message, sizeof info, RTA_PREFSRC, size, NULL);
    if (source)
        memcpy(answer->route->source, source, size);
    const void *gateway = netlink_attribute(message, sizeof info, RTA_GATEWAY, size, NULL);
    if (gateway)
        memcpy(answer->route->hop, gateway, size);
    /* An IPv4 route over an IPv6 neighbour (RFC 5549). */
    size_t length = 0;
    const uint8_t *via =
        netlink_attribute(message, sizeof info, RTA_VIA, sizeof(struct rtvia) + 16, &length);
    if (!gateway && via) {
        answer->route->hop_family = 6;
        memcpy(answer->route->hop, via + offsetof(struct rtvia, rtvia_addr), 16);
    }
}

void links_mark(struct links *links, uint32_t mark)
{
    links->mark = mark;
}

struct destination links_destination(const struct links *links, const struct mirror_target *target,
                                     const struct mirror_receiver *receiver)
{
    const struct link *link =
        receiver->interface[0] ? links_find(links, receiver->interface) : NULL;
    struct destination to = {.receiver = *receiver,
                             .interface = link ? link->index : 0,
                             .dscp = target->dscp,
                             .ttl = target->ttl};
    if (receiver->family == 4)
        memcpy(to.source, target->source_ipv4, sizeof target->source_ipv4);
    else
        memcpy(to.source, target->source_ipv6, sizeof target->source_ipv6);
    return to;
}

/* A question for the route to it, as packets from that port have it; 0: whichever. */
static void begin_route(const struct links *links, const struct destination *to, uint16_t port,
                        uint32_t flags, struct netlink_request *request)
{
    size_t size = address_size(to->receiver.family);
    const uint8_t protocol = IPPROTO_UDP;
    const uint16_t ports[] = {htons(port), htons(to->receiver.port)};
    const struct rtmsg message = {
        .rtm_family = (unsigned char)socket_family(to->receiver.family),
        .rtm_dst_len = (unsigned char)(size * 8),
        .rtm_src_len = destination_has_source(to) ? (unsigned char)(size * 8) : 0,
        .rtm_tos = (unsigned char)(to->dscp << 2),
        .rtm_flags = flags,
    };
    netlink_begin(request, RTM_GETROUTE, 0, &message, sizeof message);
    netlink_add(request, RTA_DST, to->receiver.address, size);
    if (message.rtm_src_len)
        netlink_add(request, RTA_SRC, to->source, size);
    if (to->interface)
        netlink_add(request, RTA_OIF, &to->interface, sizeof to->interface);
    if (links->mark)
        netlink_add(request, RTA_MARK, &links->mark, sizeof links->mark);
    if (!port)
        return;
    netlink_add(request, RTA_IP_PROTO, &protocol, sizeof protocol);
    netlink_add(request, RTA_SPORT, &ports[0], sizeof ports[0]);
    netlink_add(request, RTA_DPORT, &ports[1], sizeof ports[1]);
}

static void take_hops(void *context, const struct nlmsghdr *message)
{
    bool *several = context;
    if (message->nlmsg_type == RTM_NEWROUTE &&
        message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)))
        *several = netlink_attribute(message, sizeof(struct rtmsg), RTA_MULTIPATH, 1, NULL) ||
                   netlink_attribute(message, sizeof(struct rtmsg), RTA_NH_ID, 1, NULL);
}

bool links_route_is_multipath(struct links *links, const struct destination *to)
{
    struct netlink_request request;
    bool several = false;
    begin_route(links, to, 0, RTM_F_FIB_MATCH, &request);
    return !netlink_ask(&links->questions, &request, take_hops, &several) && several;
}

bool links_route(struct links *links, const struct destination *to, uint16_t port,
                 struct route *route)
{
    struct netlink_request request;
    *route = (struct route){.hop_family = to->receiver.family};
    memcpy(route->hop, to->receiver.address, address_size(to->receiver.family));
    struct route_answer answer = {.route = route};
    begin_route(links, to, port, 0, &request);
    if (netlink_ask(&links->questions, &request, take_route, &answer) || !answer.found)
        return false;
    route->mtu = path_mtu(to, port, links->mark);
    if (destination_has_source(to))
        memcpy(route->source, to->source, sizeof route->source);
    const struct link *link = by_index(links, route->index);
    route->neighbours = !answer.local && (!link || link->neighbours);
    route->carrier = answer.local || !link || link->carrier;
    route->splits = link && link->splits;
    if (link)
        memcpy(route->link, link->name, sizeof route->link);
    return true;
}

static void take_neighbour(void *context, const struct nlmsghdr *message)
{
    enum neighbour_state *state = context;
    struct ndmsg info;
    if (message->nlmsg_type != RTM_NEWNEIGH || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    if (info.ndm_state &
        (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP))
        *state = NEIGHBOUR_RESOLVED;
    else if (info.ndm_state & NUD_FAILED)
        *state = NEIGHBOUR_FAILED;
}

static void begin_neighbour(struct netlink_request *request, uint16_t type, uint16_t flags,
                            uint8_t use, const struct route *route)
{
    const struct ndmsg message = {
        .ndm_family = (unsigned char)socket_family(route->hop_family),
        .ndm_ifindex = route->index,
        .ndm_flags = use,
    };
    netlink_begin(request, type, flags, &message, sizeof message);
    netlink_add(request, NDA_DST, route->hop, address_size(route->hop_family));
}

enum neighbour_state links_neighbour(struct links *links, const struct route *route)
{
    if (!route->neighbours)
        return NEIGHBOUR_RESOLVED;
    struct netlink_request request;
    enum neighbour_state state = NEIGHBOUR_UNRESOLVED;
    begin_neighbour(&request, RTM_GETNEIGH, 0, 0, route);
    netlink_ask(&links->questions, &request, take_neighbour, &state);
    return state;
}

int links_resolve(struct links *links, const struct route *route)
{
    struct netlink_request request;
    begin_neighbour(&request, RTM_NEWNEIGH, NLM_F_CREATE, NTF_USE, route);
    return netlink_ask(&links->questions, &request, NULL, NULL);
}
