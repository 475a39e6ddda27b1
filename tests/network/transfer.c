/* A TCP transfer between two hosts, judged by its mirror while it runs, for network/offloads.sh;
 * linked with nothing of the engine.
 *
 *   transfer BYTES MTU VLAN SENDER GETTER ADDRESS SOURCE MIRROR
 *     SENDER, GETTER: network namespaces; ADDRESS: of the sender. VLAN: 0, or the tag on the wire
 *     SOURCE, MIRROR: NAMESPACE:DEVICE, of the wire that is mirrored and where its copy arrives
 *
 * The copy must hold every byte of the file once and in order, as many packets as the kernel says
 * that the two ends sent, no packet over the MTU, no wrong length, checksum or tag, in any layer.
 * The sender waits for the mirror (WINDOW), so that no ring on the way runs over: what is missing
 * was lost by fault, however slow the machine is. Prints what it saw; status 1 and why if not. */
#include "../wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    WINDOW = 1 << 20,    /* sent, and not in the mirror yet: no queue of 1,000 packets runs over */
    PATIENCE_MS = 20000, /* without any news */
    LINGER_MS = 200,     /* for what should not come */
    MIRROR_BUFFER = 64 << 20,
    FRAME_MAX = 4096,
    VXLAN_PORT = 4789,
    VXLAN_HEADER = 8,
};

static uint8_t *file; /* what is transferred */
static size_t size;
static uint32_t mtu, vlan;
static uint32_t tag;  /* the VLAN of the frame that is judged, or 0 */
static uint16_t port; /* the sender's; the getter's is whatever speaks to it */

static struct {
    size_t packets, bytes, repeated; /* bytes: of the file, so far */
    uint32_t start;                  /* the sequence number of its first byte */
    bool started;
} mirror;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf(" (after %zu packets of the mirror, %zu of %zu bytes)\n", mirror.packets, mirror.bytes,
           size);
    exit(1);
}

static void must(bool good, const char *what)
{
    if (!good)
        fail("%s: %s", what, strerror(errno));
}

/* ---- a packet of the mirror ---- */

/* A TCP segment of the transfer. */
static void judge_segment(const uint8_t *tcp, size_t length)
{
    size_t header = (size_t)(tcp[12] >> 4) * 4;
    bool syn = tcp[13] & 2;
    if (length < 20 || header < 20 || header > length)
        fail("a TCP header of %zu bytes in %zu", header, length);
    bool from = get16(tcp) == port;
    if (!from && get16(tcp + 2) != port)
        return;
    mirror.packets++;
    if (tag != vlan)
        fail("VLAN %u", tag);
    if (!from && length > header)
        fail("%zu bytes from who gets", length - header);
    if (!from)
        return;
    if (syn) {
        mirror.start = get32(tcp + 4) + 1;
        mirror.started = true;
        return;
    }
    size_t bytes = length - header;
    if (!bytes)
        return;
    /* The file is shorter than the sequence numbers reach */
    size_t at = get32(tcp + 4) - mirror.start;
    if (!mirror.started || at > mirror.bytes)
        fail("a packet of byte %zu", at);
    if (at + bytes > size || memcmp(file + at, tcp + header, bytes) != 0)
        fail("other bytes at %zu than the file's", at);
    if (at == mirror.bytes)
        mirror.bytes += bytes;
    else if (at + bytes <= mirror.bytes)
        mirror.repeated += bytes;
    else
        fail("a packet of byte %zu to %zu", at, at + bytes);
}

static void judge_frame(const uint8_t *frame, size_t length);

/* What an IP packet of exactly `length` bytes carries. */
static void judge_transport(uint8_t protocol, const uint8_t *data, size_t length,
                            const uint8_t *addresses, size_t addresses_size)
{
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        return;
    if (length < 20)
        fail("%zu bytes of protocol %u", length, protocol);
    uint64_t total = sum(addresses, addresses_size, protocol + length);
    bool unused = protocol == IPPROTO_UDP && !get16(data + 6);
    if (!unused && !right(sum(data, length, total)))
        fail("a wrong %s checksum", protocol == IPPROTO_TCP ? "TCP" : "UDP");
    if (protocol == IPPROTO_TCP)
        judge_segment(data, length);
    else if (get16(data + 4) != length)
        fail("a UDP length of %u in %zu bytes", get16(data + 4), length);
    else if (get16(data + 2) == VXLAN_PORT)
        judge_frame(data + 8 + VXLAN_HEADER, length - 8 - VXLAN_HEADER);
}

static void judge_frame(const uint8_t *frame, size_t length)
{
    if (length < ETH_HLEN + 20)
        fail("a frame of %zu bytes", length);
    uint16_t kind = get16(frame + 12);
    const uint8_t *ip = frame + ETH_HLEN;
    length -= ETH_HLEN;
    if (length > mtu)
        fail("a packet of %zu bytes", length);
    if (kind == ETH_P_IP) {
        size_t header = (size_t)(ip[0] & 15) * 4;
        if (get16(ip + 2) != length || header < 20 || header > length)
            fail("an IPv4 length of %u in %zu bytes", get16(ip + 2), length);
        if (get16(ip + 6) & 0x3fff)
            fail("a fragment");
        if (!right(sum(ip, header, 0)))
            fail("a wrong IPv4 checksum");
        judge_transport(ip[9], ip + header, length - header, ip + 12, 8);
    } else if (kind == ETH_P_IPV6) {
        if (length < 40 || get16(ip + 4) != length - 40)
            fail("an IPv6 length of %u in %zu bytes", get16(ip + 4), length);
        judge_transport(ip[6], ip + 40, length - 40, ip + 8, 32);
    }
}

/* ---- sockets ---- */

static void enter(const char *namespace)
{
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && !setns(fd, CLONE_NEWNET), path);
    close(fd);
}

/* All that passes NAMESPACE:DEVICE */
static int tap(char *place, int buffer)
{
    const int on = 1;
    char *device = strchr(place, ':');
    must(device, place);
    *device++ = '\0';
    enter(place);
    struct sockaddr_ll where = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = (int)if_nametoindex(device)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    must(fd >= 0 && where.sll_ifindex &&
             !setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) &&
             !setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) &&
             !bind(fd, (struct sockaddr *)&where, sizeof where),
         device);
    return fd;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void connect_ends(const char *text, const char *sender, const char *getter, int ends[2])
{
    union address address = {.v4.sin_family = AF_INET};
    socklen_t length = sizeof address.v4;
    if (!inet_pton(AF_INET, text, &address.v4.sin_addr)) {
        length = sizeof address.v6;
        address.v6.sin6_family = AF_INET6;
        must(inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1, text);
    }
    enter(sender);
    int listener = socket(address.any.sa_family, SOCK_STREAM, 0);
    must(listener >= 0 && !bind(listener, &address.any, length) && !listen(listener, 1) &&
             !getsockname(listener, &address.any, &length),
         "listen");
    port = ntohs(address.v4.sin_port); /* at the same place in both families */
    enter(getter);
    ends[1] = socket(address.any.sa_family, SOCK_STREAM, 0);
    must(ends[1] >= 0 && !connect(ends[1], &address.any, length), "connect");
    ends[0] = accept(listener, NULL, NULL);
    must(ends[0] >= 0, "accept");
    close(listener);
}

/* ---- the transfer ---- */

/* Takes what waits at the mirror; whether there was any. */
static bool take_mirror(int fd)
{
    static uint8_t frame[FRAME_MAX];
    bool any = false;
    for (;; any = true) {
        union {
            struct cmsghdr align;
            char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
        } control;
        struct iovec bytes = {.iov_base = frame, .iov_len = sizeof frame};
        struct msghdr message = {.msg_iov = &bytes,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof control};
        ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);
        if (length < 0)
            return any;
        if (length > FRAME_MAX)
            fail("a frame of %zd bytes", length);
        struct tpacket_auxdata about;
        memcpy(&about, CMSG_DATA(&control.align), sizeof about);
        tag = about.tp_status & TP_STATUS_VLAN_VALID ? about.tp_vlan_tci & 4095u : 0;
        judge_frame(frame, (size_t)length);
    }
}

/* How many frames that are too long for the wire wait at the source. */
static size_t take_source(int fd)
{
    uint8_t frame[64];
    size_t supers = 0;
    ssize_t length;
    while ((length = recv(fd, frame, sizeof frame, MSG_DONTWAIT | MSG_TRUNC)) >= 0)
        supers += (size_t)length > mtu + ETH_HLEN;
    return supers;
}

static struct tcp_info info(int fd)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    must(!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
    return info;
}

/* Takes what has arrived at who gets; whether there was any. *got: how far it has the file */
static bool take_file(int fd, size_t *got, bool *ended)
{
    static uint8_t bytes[1 << 18];
    ssize_t length = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length < 0)
        return false;
    if ((size_t)length > size - *got || memcmp(file + *got, bytes, (size_t)length) != 0)
        fail("the transfer itself went wrong at byte %zu", *got);
    *got += (size_t)length;
    *ended = !length;
    return true;
}

/* Until all has arrived at both; returns how many super-frames there were. */
static size_t transfer(const int ends[2], int source, int copy)
{
    size_t sent = 0, got = 0, supers = 0;
    bool ended = false;
    while (!ended || mirror.bytes < size) {
        bool may_send = sent < size && sent - mirror.bytes < WINDOW;
        struct pollfd wait[] = {{.fd = copy, .events = POLLIN},
                                {.fd = ended ? -1 : ends[1], .events = POLLIN},
                                {.fd = may_send ? ends[0] : -1, .events = POLLOUT}};
        if (!poll(wait, 3, PATIENCE_MS))
            fail("nothing more comes: %zu bytes sent, %zu got", sent, got);
        supers += take_source(source);
        take_mirror(copy);
        take_file(ends[1], &got, &ended);
        if (!may_send)
            continue;
        size_t most = size - sent < 1 << 18 ? size - sent : 1 << 18;
        ssize_t length = send(ends[0], file + sent, most, MSG_DONTWAIT);
        sent += length > 0 ? (size_t)length : 0;
        if (sent == size)
            shutdown(ends[0], SHUT_WR);
    }
    return supers;
}

/* The end of the connection, and as many packets as its ends sent, no more. */
static size_t finish(const int ends[2], int copy)
{
    char byte;
    struct pollfd wait = {.fd = copy, .events = POLLIN};
    shutdown(ends[1], SHUT_WR);
    must(!recv(ends[0], &byte, 1, 0), "the end");
    /* The SYN-ACK is from before there is a socket that counts. */
    size_t sent = 1 + info(ends[0]).tcpi_segs_out + info(ends[1]).tcpi_segs_out;
    while (poll(&wait, 1, mirror.packets < sent ? PATIENCE_MS : LINGER_MS) > 0)
        take_mirror(copy);
    if (mirror.packets != sent)
        fail("%zu packets were sent", sent);
    size_t again = info(ends[0]).tcpi_bytes_retrans;
    if (mirror.repeated != again)
        fail("%zu bytes were sent again, %zu mirrored again", again, mirror.repeated);
    return again;
}

static void make_file(void)
{
    uint64_t state = 88172645463325252u; /* xorshift64 */
    file = malloc(size + sizeof state);
    must(file, "memory");
    for (size_t at = 0; at < size; at += sizeof state) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        memcpy(file + at, &state, sizeof state);
    }
}

static double now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    int ends[2];
    if (argc != 9)
        return 2;
    size = strtoul(argv[1], NULL, 10);
    mtu = (uint32_t)strtoul(argv[2], NULL, 10);
    vlan = (uint32_t)strtoul(argv[3], NULL, 10);
    make_file();
    int source = tap(argv[7], 1 << 20), copy = tap(argv[8], MIRROR_BUFFER);
    double begin = now();
    connect_ends(argv[6], argv[4], argv[5], ends);
    size_t supers = transfer(ends, source, copy);
    size_t again = finish(ends, copy);
    struct tpacket_stats lost;
    socklen_t length = sizeof lost;
    must(!getsockopt(copy, SOL_PACKET, PACKET_STATISTICS, &lost, &length), "statistics");
    if (lost.tp_drops)
        fail("the judge lost %u", lost.tp_drops);
    if (supers < size >> 18)
        fail("only %zu super-frames: no offload is at work", supers);
    printf("%zu packets, %zu super-frames, %zu bytes sent again, %.1f s\n", mirror.packets, supers,
           again, now() - begin);
    return 0;
}
