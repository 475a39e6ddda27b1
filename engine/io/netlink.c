/* rtnetlink's framing. Answers are read to their end before the next question, so a socket
 * that asks never has anything left over. */
#include "netlink.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_ROOM = 64 << 10, PATIENCE_MS = 1000, DRAIN_MOST = 4096 };

int netlink_open(uint32_t groups, int buffer)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0)
        return -errno;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *body,
                   size_t size)
{
    memset(request, 0, sizeof *request);
    request->message.header = (struct nlmsghdr){
        .nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
        .nlmsg_type = type,
        .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
    };
    memcpy(request->message.room + NLMSG_HDRLEN, body, size);
}

void netlink_add(struct netlink_request *request, uint16_t type, const void *value, size_t size)
{
    struct rtattr attribute = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(size)};
    uint8_t *place = request->message.room + NLMSG_ALIGN(request->message.header.nlmsg_len);
    memcpy(place, &attribute, sizeof attribute);
    memcpy(place + RTA_LENGTH(0), value, size);
    request->message.header.nlmsg_len =
        NLMSG_ALIGN(request->message.header.nlmsg_len) + (uint32_t)RTA_ALIGN(RTA_LENGTH(size));
}

/* The messages of one datagram. true: the answer to `sequence` has ended, with *error. A torn
 * dump has -EINTR there already. */
static bool walk(const uint8_t *bytes, size_t size, uint32_t sequence, int *error, netlink_fn *fn,
                 void *context)
{
    while (size >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)bytes;
        size_t length = message->nlmsg_len;
        if (length < sizeof *message || length > size)
            break;
        bool ours = !sequence || message->nlmsg_seq == sequence;
        if (ours && message->nlmsg_flags & NLM_F_DUMP_INTR)
            *error = -EINTR;
        if (ours && (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)) {
            int said = 0;
            if (length >= NLMSG_LENGTH(sizeof said))
                memcpy(&said, bytes + NLMSG_HDRLEN, sizeof said);
            *error = said ? said : *error;
            return true;
        }
        if (ours && fn)
            fn(context, message);
        if (NLMSG_ALIGN(length) >= size)
            break;
        bytes += NLMSG_ALIGN(length);
        size -= NLMSG_ALIGN(length);
    }
    return false;
}

/* One datagram: its size, 0 when none waits, -errno. */
static int receive(int fd, void *room, size_t size)
{
    for (;;) {
        ssize_t got = recv(fd, room, size, 0);
        if (got >= 0)
            return (int)got;
        if (errno == EINTR)
            continue;
        return errno == EAGAIN ? 0 : -errno;
    }
}

int netlink_ask(struct netlink *netlink, struct netlink_request *request, netlink_fn *fn,
                void *context)
{
    int fd = netlink->fd;
    if (!++netlink->sequence) /* 0 stands for events */
        netlink->sequence++;
    uint32_t sequence = netlink->sequence;
    request->message.header.nlmsg_seq = sequence;
    /* An acknowledgement ends the answer to what is not a dump. */
    if ((request->message.header.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
        request->message.header.nlmsg_flags |= NLM_F_ACK;
    if (send(fd, request, request->message.header.nlmsg_len, 0) < 0)
        return -errno;

    _Alignas(struct nlmsghdr) uint8_t room[ANSWER_ROOM];
    int error = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) == 0)
            return -ETIMEDOUT;
        int size = receive(fd, room, sizeof room);
        if (size < 0)
            return size;
        if (size && walk(room, (size_t)size, sequence, &error, fn, context))
            return error;
    }
}

int netlink_drain(int fd, netlink_fn *fn, void *context)
{
    _Alignas(struct nlmsghdr) uint8_t room[ANSWER_ROOM];
    int ignored = 0;
    for (int i = 0; i < DRAIN_MOST; i++) {
        int size = receive(fd, room, sizeof room);
        if (size <= 0)
            return size;
        walk(room, (size_t)size, 0, &ignored, fn, context);
    }
    return 0;
}

static const void *find_attribute(const void *value, size_t size, uint16_t type, size_t least)
{
    const uint8_t *at = value;
    while (size >= sizeof(struct rtattr)) {
        struct rtattr attribute;
        memcpy(&attribute, at, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > size)
            return NULL;
        if ((attribute.rta_type & NLA_TYPE_MASK) == type)
            return attribute.rta_len >= RTA_LENGTH(least) ? at + RTA_LENGTH(0) : NULL;
        size_t step = RTA_ALIGN(attribute.rta_len);
        if (step >= size)
            return NULL;
        at += step;
        size -= step;
    }
    return NULL;
}

const void *netlink_attribute(const struct nlmsghdr *message, size_t fixed, uint16_t type,
                              size_t least, size_t *size)
{
    size_t start = NLMSG_LENGTH(NLMSG_ALIGN(fixed));
    if (message->nlmsg_len < start)
        return NULL;
    const uint8_t *value =
        find_attribute((const uint8_t *)message + start, message->nlmsg_len - start, type, least);
    if (value && size) {
        struct rtattr attribute;
        memcpy(&attribute, value - RTA_LENGTH(0), sizeof attribute);
        *size = attribute.rta_len - RTA_LENGTH(0);
    }
    return value;
}

const void *netlink_nested(const void *attributes, size_t size, uint16_t type, size_t least)
{
    return find_attribute(attributes, size, type, least);
}
