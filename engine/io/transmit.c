/* Sockets towards receivers. They never fragment, and hold up to SEND_BUFFER of unsent bytes. They
 * ask for errors (IP_RECVERR), without which the kernel calls a packet sent that the queue of the
 * interface dropped; so the errors that answer earlier packets have to be told from a send's own.
 */
#include "transmit.h"

#include "../own_lines.h"
#include "../plan/exclusions.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    SEND_BUFFER = 4 << 20,
    ERROR_BUFFER = 16 << 10, /* a few packets, quoted in errors */
    FAMILIES = 2,
};

static const uint8_t families[FAMILIES] = {4, 6};

/* A UDP socket at the address; -errno. */
static int port_socket(const struct socket_address *at, bool shared)
{
    int fd = socket(at->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    const int on = 1;
    bool is6 = at->any.sa_family == AF_INET6;
    /* Whether the address is this machine's, or is yet, is a matter of the receiver's health. */
    bool failed = is6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) ||
                            setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on)
                      : setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    if (failed || (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) ||
        bind(fd, &at->any, at->size)) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

/* Nobody reads here: what strangers send to the port is dropped at once. The buffer is for the
 * queue of errors alone. */
static int deafen(int fd, uint8_t family)
{
    struct sock_filter reject = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &reject};
    const int buffer = ERROR_BUFFER, on = 1;
    int failed = family == 4 ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on)
                             : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    if (failed || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer))
        return -errno;
    return 0;
}

/* `answers` tells of errors. */
static int listen_at(int fd, int answers)
{
    struct epoll_event event = {.data.fd = fd}; /* errors in any case */
    return epoll_ctl(answers, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* Bound without sharing first, which shows that nobody else has the port; shared from then on
 * with the senders. A family that this machine lacks needs no reservation. */
static int reserve_port(int reserved[static FAMILIES], uint16_t port, int answers)
{
    const int on = 1;
    int error = 0;
    for (int i = 0; i < FAMILIES; i++) {
        const struct socket_address any = socket_address(families[i], NULL, port);
        int fd = port_socket(&any, false);
        reserved[i] = fd < 0 ? -1 : fd;
        if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
            continue;
        error = fd < 0 ? fd : deafen(fd, families[i]);
        if (!error)
            error = listen_at(fd, answers);
        if (!error && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on))
            error = -errno;
        if (error)
            break;
    }
    for (int i = 0; error && i < FAMILIES; i++) {
        if (reserved[i] >= 0)
            close(reserved[i]);
        reserved[i] = -1;
    }
    return error;
}

static bool set_mark(int fd, uint32_t mark)
{
    return !setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark);
}

/* Allowed with the rights that a capture needs; before Linux 5.17 only with CAP_NET_ADMIN. */
static uint32_t possible_mark(const struct outer_ports *ports)
{
    for (int i = 0; i < FAMILIES; i++)
        if (ports->reserved[0][i] >= 0 && set_mark(ports->reserved[0][i], MIRROR_MARK))
            return MIRROR_MARK;
    return 0;
}

int outer_ports_reserve(struct outer_ports *ports, char *why, size_t why_size)
{
    enum { SHARE = (ENTROPY_PORT_MAX - ENTROPY_PORT_MIN + 1) / OUTER_PORTS };
    memset(ports->reserved, -1, sizeof ports->reserved);
    ports->answers = epoll_create1(EPOLL_CLOEXEC);
    int error = ports->answers < 0 ? -errno : 0;
    for (unsigned port = 0; !error && port < OUTER_PORTS; port++) {
        /* Each port has its own part of the range and tries it from a random place on. */
        uint16_t start = 0;
        if (getrandom(&start, sizeof start, 0) != sizeof start)
            start = (uint16_t)getpid();
        error = -EADDRINUSE;
        for (unsigned i = 0; i < SHARE && error == -EADDRINUSE; i++) {
            ports->number[port] = (uint16_t)(ENTROPY_PORT_MIN + port * SHARE + (start + i) % SHARE);
            error = reserve_port(ports->reserved[port], ports->number[port], ports->answers);
        }
    }
    if (error) {
        snprintf(why, why_size, "outer source ports: %s", strerror(-error));
        outer_ports_release(ports);
        return error;
    }
    ports->mark = possible_mark(ports);
    return 0;
}

void outer_ports_release(struct outer_ports *ports)
{
    for (unsigned port = 0; port < OUTER_PORTS; port++) {
        for (int i = 0; i < FAMILIES; i++) {
            if (ports->reserved[port][i] >= 0)
                close(ports->reserved[port][i]);
            ports->reserved[port][i] = -1;
        }
    }
    if (ports->answers >= 0)
        close(ports->answers);
    ports->answers = -1;
}

/* Don't fragment: a packet over the path MTU comes back as EMSGSIZE instead. */
static int tune(int fd, const struct destination *to, const struct outer_ports *ports)
{
    const int on = 1, buffer = SEND_BUFFER, traffic_class = to->dscp << 2, ttl = to->ttl;
    const int discover4 = IP_PMTUDISC_DO, discover6 = IPV6_PMTUDISC_DO;
    int failed;
    if (to->receiver.family == 4)
        failed = setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover4, sizeof discover4) ||
                 setsockopt(fd, IPPROTO_IP, IP_TOS, &traffic_class, sizeof traffic_class) ||
                 (ttl && setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl));
    else
        failed = setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discover6, sizeof discover6) ||
                 setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof on) ||
                 setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class) ||
                 (ttl && setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof ttl));
    if (failed || (ports->mark && !set_mark(fd, ports->mark)))
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) &&
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer))
        return -errno;
    return deafen(fd, to->receiver.family);
}

/* Receivers leave some descriptors to consoles and captures: the number that the next one to
 * open has tells how many are in use. */
static bool descriptors_run_out(int fd)
{
    enum { SPARE = 16 };
    struct rlimit limit;
    return !getrlimit(RLIMIT_NOFILE, &limit) && (rlim_t)fd + SPARE >= limit.rlim_cur;
}

/* ---- sets of sockets ---- */

static bool are_alike(const struct destination *a, const struct destination *b)
{
    uint8_t family = a->receiver.family;
    return family == b->receiver.family && a->dscp == b->dscp && a->ttl == b->ttl &&
           !memcmp(a->source, b->source, address_size(family));
}

static void close_set(struct socket_set *set)
{
    for (int port = 0; port < OUTER_PORTS; port++)
        if (set->at[port] >= 0)
            close(set->at[port]);
    free(set);
}

static int open_set(struct socket_set **opened, const struct destination *to,
                    const struct outer_ports *ports)
{
    int error = 0;
    struct socket_set *set = calloc(1, sizeof *set);
    if (!set)
        return -ENOMEM;
    set->alike = *to;
    memset(set->at, -1, sizeof set->at);
    for (uint32_t port = 0; !error && port < OUTER_PORTS; port++) {
        const struct socket_address source = destination_source(to, ports->number[port]);
        int fd = port_socket(&source, true);
        error = fd < 0 ? fd : 0;
        set->at[port] = fd < 0 ? -1 : fd;
        if (!error)
            error = descriptors_run_out(fd) ? -EMFILE : tune(fd, to, ports);
    }
    if (error)
        close_set(set);
    else
        *opened = set;
    return error;
}

/* One of its own; when there are many, or no more descriptors, the one with the fewest users. */
static int take_set(struct socket_set **taken, const struct destination *to,
                    const struct outer_ports *ports, struct socket_set **sets)
{
    enum { SETS_MOST = 32 };
    struct socket_set *least = NULL;
    unsigned count = 0;
    for (struct socket_set *set = *sets; set; set = set->next) {
        if (!are_alike(&set->alike, to))
            continue;
        count++;
        if (!least || set->users < least->users)
            least = set;
    }
    int error = -EMFILE;
    *taken = least;
    if (count < SETS_MOST)
        error = open_set(taken, to, ports);
    if (!error) {
        (*taken)->next = *sets;
        *sets = *taken;
    }
    if (error && !(error == -EMFILE && least))
        return error;
    (*taken)->users++;
    return 0;
}

static void release_set(struct socket_set *set, struct socket_set **sets)
{
    if (--set->users)
        return;
    while (*sets != set)
        sets = &(*sets)->next;
    *sets = set->next;
    close_set(set);
}

int sender_open(struct sender **opened, const struct destination *to,
                const struct outer_ports *ports, struct socket_set **sets, char *why,
                size_t why_size)
{
    struct sender *sender = own_lines(1, sizeof *sender);
    int error = sender ? take_set(&sender->sockets, to, ports, sets) : -ENOMEM;
    if (error) {
        snprintf(why, why_size, "sockets: %s", strerror(-error));
        free(sender);
        return error;
    }
    sender->address = destination_address(to);
    for (uint32_t port = 0; port < OUTER_PORTS; port++)
        sender->queues[port] = (struct batch_queue){.sender = sender, .port = port};
    *opened = sender;
    return 0;
}

void sender_close(struct sender *sender, struct socket_set **sets)
{
    if (!sender)
        return;
    release_set(sender->sockets, sets);
    free(sender);
}

/* Where the bytes of a packet are. */
static size_t packet_parts(const struct batch *batch, uint32_t index, struct iovec parts[static 2])
{
    const struct batch_packet *packet = &batch->packets[index];
    uint32_t length = batch_packet_length(batch, index);
    parts[0] = (struct iovec){.iov_base = packet->head, .iov_len = packet->copied};
    parts[1] = (struct iovec){.iov_base = (void *)(uintptr_t)packet->rest,
                              .iov_len = length - packet->copied};
    return packet->copied < length ? 2 : 1;
}

/* The parts of all packets; copied ones side by side are one. */
static size_t batch_parts(const struct batch *batch, struct iovec parts[static 2 * BATCH_PACKETS])
{
    size_t count = 0;
    bool joins = false;
    for (uint32_t i = 0; i < batch->count; i++) {
        struct iovec of[2];
        size_t more = packet_parts(batch, i, of);
        if (joins)
            parts[count - 1].iov_len += of[0].iov_len;
        else
            parts[count++] = of[0];
        if (more == 2)
            parts[count++] = of[1];
        joins = more == 1;
    }
    return count;
}

void message_fill(struct message *message, const struct batch *batch)
{
    struct sender *sender = batch->queue->sender;
    message->header = (struct msghdr){
        .msg_name = &sender->address,
        .msg_namelen = sender->address.size,
        .msg_iov = message->parts,
        .msg_iovlen = batch_parts(batch, message->parts),
    };
    if (batch->count == 1)
        return;
    message->header.msg_control = &message->control;
    message->header.msg_controllen = sizeof message->control.room;
    struct cmsghdr *control = CMSG_FIRSTHDR(&message->header);
    uint16_t segment = (uint16_t)batch->segment;
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(control), &segment, sizeof segment);
}

bool segmentation_error(int error)
{
    return error == -EIO || error == -EINVAL || error == -EOPNOTSUPP;
}

bool backlog_error(int error)
{
    return error == -EAGAIN || error == -ENOBUFS;
}

bool send_again(int error, unsigned *tries)
{
    /* A send has no error of its own that is called ECONNREFUSED. */
    enum { ANSWERED = 8, OTHERS = 3 };
    return !backlog_error(error) && ++*tries < (error == -ECONNREFUSED ? ANSWERED : OTHERS);
}

void sender_ask(const struct sender *sender, uint32_t port)
{
    /* An error that waits on the socket would be this send's result, once. */
    for (int i = 0; i < 2; i++)
        if (!sendto(sender->sockets->at[port], NULL, 0, MSG_DONTWAIT, &sender->address.any,
                    sender->address.size))
            return;
}

bool send_singly(const struct batch *batch, int results[static BATCH_PACKETS])
{
    struct sender *sender = batch->queue->sender;
    uint32_t port = batch->queue->port;
    struct mmsghdr messages[BATCH_PACKETS];
    struct iovec parts[BATCH_PACKETS][2];
    for (uint32_t i = 0; i < batch->count; i++)
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &sender->address,
            .msg_namelen = sender->address.size,
            .msg_iov = parts[i],
            .msg_iovlen = packet_parts(batch, i, parts[i]),
        };
    unsigned tries = 0;
    bool again = false;
    for (uint32_t i = 0; i < batch->count;) {
        int sent =
            sendmmsg(sender->sockets->at[port], messages + i, batch->count - i, MSG_DONTWAIT);
        int error = sent < 0 ? -errno : 0;
        if (error && send_again(error, &tries)) {
            again = true;
            continue;
        }
        if (error) /* it ends at the packet that fails: go on behind it */
            results[i++] = error;
        for (int k = 0; k < sent; k++)
            results[i++] = 0;
        tries = 0;
    }
    return again;
}
