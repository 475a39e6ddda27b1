/* What the network answers to mirror packets. It stands in the error queues of the sockets that
 * have their ports, whichever of them the kernel chooses. */
#include "answers.h"

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static enum refusal refusal_of(const struct sock_extended_err *error)
{
    if (error->ee_origin == SO_EE_ORIGIN_ICMP && error->ee_type == ICMP_DEST_UNREACH) {
        switch (error->ee_code) {
        case ICMP_PORT_UNREACH:
            return REFUSAL_PORT;
        case ICMP_HOST_UNREACH:
        case ICMP_HOST_UNKNOWN:
            return REFUSAL_HOST;
        case ICMP_NET_UNREACH:
        case ICMP_NET_UNKNOWN:
            return REFUSAL_NETWORK;
        case ICMP_NET_ANO:
        case ICMP_HOST_ANO:
        case ICMP_PKT_FILTERED:
            return REFUSAL_PROHIBITED;
        }
    }
    if (error->ee_origin == SO_EE_ORIGIN_ICMP6 && error->ee_type == ICMPV6_DEST_UNREACH) {
        switch (error->ee_code) {
        case ICMPV6_PORT_UNREACH:
            return REFUSAL_PORT;
        case ICMPV6_ADDR_UNREACH:
            return REFUSAL_HOST;
        case ICMPV6_NOROUTE:
            return REFUSAL_NETWORK;
        case ICMPV6_ADM_PROHIBITED:
        case ICMPV6_POLICY_FAIL:
        case ICMPV6_REJECT_ROUTE:
            return REFUSAL_PROHIBITED;
        }
    }
    return REFUSAL_NONE;
}

/* Takes one error off a socket's queue; false: there was none. An error is delivered to any of the
 * sockets that share the port, so it is the address in it that counts. *told: by the network. */
static bool take_error(int fd, struct network_answer *answer, bool *told)
{
    union {
        struct cmsghdr align;
        char room[256];
    } control;
    struct socket_address to = {.size = sizeof to.v6};
    struct msghdr message = {.msg_name = &to.any,
                             .msg_namelen = to.size,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    *told = false;
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        struct sock_extended_err error;
        bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                        (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        if (!is_error || c->cmsg_len < CMSG_LEN(sizeof error))
            continue;
        memcpy(&error, CMSG_DATA(c), sizeof error);
        *told = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
        *answer = (struct network_answer){.refusal = refusal_of(&error), .to = to};
        size_t size = c->cmsg_len - CMSG_LEN(sizeof error);
        memcpy(&answer->from.v6, CMSG_DATA(c) + sizeof error,
               size < sizeof answer->from.v6 ? size : sizeof answer->from.v6);
    }
    return true;
}

/* Takes errors off a socket's queue, of which senders have some of their own, as fast as they
 * fail: not more than a few. */
static void hear(int fd, network_answer_fn *heard, void *context)
{
    enum { AT_ONCE = 64 };
    struct pollfd socket = {.fd = fd};
    struct network_answer answer;
    bool told;
    int error;
    socklen_t size = sizeof error;
    for (int i = 0; i < AT_ONCE && poll(&socket, 1, 0) > 0; i++) {
        if (!take_error(fd, &answer, &told)) /* one that has found no room in the queue */
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        else if (told)
            heard(context, &answer);
    }
}

bool outer_ports_hear(const struct outer_ports *ports, network_answer_fn *heard, void *context)
{
    struct epoll_event events[OUTER_PORTS];
    int count = epoll_wait(ports->answers, events, OUTER_PORTS, 0);
    for (int i = 0; i < count; i++)
        hear(events[i].data.fd, heard, context);
    return count > 0;
}

void socket_sets_hear(const struct socket_set *sets, network_answer_fn *heard, void *context)
{
    struct pollfd sockets[OUTER_PORTS];
    for (; sets; sets = sets->next) {
        for (int port = 0; port < OUTER_PORTS; port++)
            sockets[port] = (struct pollfd){.fd = sets->at[port]};
        if (poll(sockets, OUTER_PORTS, 0) <= 0)
            continue;
        for (int port = 0; port < OUTER_PORTS; port++)
            if (sockets[port].revents)
                hear(sockets[port].fd, heard, context);
    }
}
