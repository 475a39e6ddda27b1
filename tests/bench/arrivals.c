/* Judges what arrives at the receiver of a mirror, for the bench:
 *
 *   arrivals DEVICE VNI KEPT [EVERY]
 *
 * DEVICE is the wire, so that it sees also what is not addressed to this host, and several packets
 * in one where segmentation is left to the device. Each must be VXLAN of that VNI, with what
 * generator.c or flows.c has sent: as long as KEPT or the packet, every byte as it was, of a flow
 * in order, none twice; a TCP checksum right where the segment is whole. EVERY: looks at one of so
 * many frames only, at random. Ends at SIGINT or SIGTERM, and prints one line:
 *
 *   packets P wrong W repeated R late L dropped D bytes B p50_us X p99_us X max_us X
 *
 * late: behind one sent later of the same flow; dropped: not seen for want of room here; bytes: of
 * the TCP stream without a gap; then how long after it was sent a packet came to this host (UDP).
 */
#include "../wire.h"
#include "payload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    OUTER = ETH_HLEN + 20 + 8, /* in front of the VXLAN header */
    VXLAN_HEADER = 8,
    MOST = 1 << 24, /* packets by number */
    BUFFER = 256 << 20,
};

static volatile sig_atomic_t ended;
static unsigned vni, kept;
static struct {
    uint64_t packets, wrong, repeated, late, dropped, bytes;
} seen;
static uint8_t numbers[MOST / 8];
static uint64_t last[1 << 16]; /* by source port, of the highest number so far plus one */
static uint32_t *delays;       /* in nanoseconds */
static uint32_t next_byte;     /* of the TCP stream: its sequence number */
static uint32_t first_byte;

static void end(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

/* Bytes from `at` on of which the first stands at `place`. */
static bool holds(const uint8_t *at, size_t length, size_t place)
{
    for (size_t i = 0; i < length; i++)
        if (at[i] != payload_byte(place + i))
            return false;
    return true;
}

/* One of generator.c's. */
static bool judge_numbered(const uint8_t *frame, size_t length, uint64_t now)
{
    uint64_t number, stamp;
    if (length < PATTERN_OFFSET)
        return false;
    memcpy(&number, frame + NUMBER_OFFSET, sizeof number);
    memcpy(&stamp, frame + STAMP_OFFSET, sizeof stamp);
    if (number >= MOST || stamp > now ||
        !holds(frame + PATTERN_OFFSET, length - PATTERN_OFFSET, PATTERN_OFFSET))
        return false;
    uint64_t *before = &last[get16(frame + 34)];
    uint8_t bit = (uint8_t)(1u << (number & 7));
    if (numbers[number >> 3] & bit)
        seen.repeated++;
    numbers[number >> 3] |= bit;
    if (number < *before)
        seen.late++;
    else
        *before = number + 1;
    if (seen.packets < MOST)
        delays[seen.packets] = now - stamp > UINT32_MAX ? UINT32_MAX : (uint32_t)(now - stamp);
    return true;
}

/* One of flows.c's. `whole`: nothing is cut off. */
static bool judge_segment(const uint8_t *frame, size_t length, bool whole)
{
    const uint8_t *tcp = frame + 34;
    if (length < 34 + 20)
        return false;
    size_t wire = get16(frame + 16) - 20, header = (size_t)(tcp[12] >> 4) * 4;
    if (header < 20 || 34 + header > length || header > wire)
        return false;
    if (whole && !right(sum(tcp, wire, sum(frame + 26, 8, 6 + wire))))
        return false;
    uint32_t sequence = get32(tcp + 4);
    if (tcp[13] & 2) {
        first_byte = next_byte = sequence + 1;
        return true;
    }
    if (!holds(tcp + header, length - 34 - header, sequence - first_byte))
        return false;
    if (wire > header && sequence == next_byte) {
        next_byte += (uint32_t)(wire - header);
        seen.bytes += wire - header;
    }
    return true;
}

static bool judge_packet(const uint8_t *vxlan, size_t length, uint64_t now)
{
    const uint8_t *frame = vxlan + VXLAN_HEADER;
    if (length < VXLAN_HEADER + 34 || get32(vxlan) != 0x08000000 || get32(vxlan + 4) != vni << 8)
        return false;
    length -= VXLAN_HEADER;
    size_t wire = ETH_HLEN + (size_t)get16(frame + 16);
    if (get16(frame + 12) != ETH_P_IP || !right(sum(frame + 14, 20, 0)) || wire > ETH_FRAME_LEN ||
        length != (wire < kept ? wire : kept))
        return false;
    return frame[23] == IPPROTO_UDP ? judge_numbered(frame, length, now)
                                    : judge_segment(frame, length, length == wire);
}

/* A frame of the wire: a packet, or several of `segment` bytes each behind the outer headers. */
static void judge_frame(const uint8_t *frame, size_t length, size_t segment, uint64_t now)
{
    if (length < OUTER || get16(frame + 12) != ETH_P_IP || frame[23] != IPPROTO_UDP ||
        get16(frame + 36) != 4789)
        return;
    /* What is shorter than Ethernet's least is padded */
    size_t left =
        ETH_HLEN + (size_t)get16(frame + 16) < length ? get16(frame + 38) - 8u : length - OUTER;
    if (!segment)
        segment = left;
    for (const uint8_t *at = frame + OUTER; left; at += segment, left -= segment) {
        if (segment > left)
            segment = left;
        seen.wrong += !judge_packet(at, segment, now);
        seen.packets++;
    }
}

/* Of all frames, or of one of `every`, all bytes. */
static void look_at(int fd, unsigned every)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, every),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program))
        exit(1);
}

static int open_wire(const char *device, unsigned every)
{
    const int on = 1, bytes = BUFFER;
    const struct timeval step = {.tv_usec = 50000};
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)if_nametoindex(device)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd >= 0)
        look_at(fd, every);
    if (fd < 0 || address.sll_ifindex == 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &step, sizeof step) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) ||
        bind(fd, (struct sockaddr *)&address, sizeof address)) {
        fprintf(stderr, "arrivals: %s: %s\n", device, strerror(errno));
        exit(1);
    }
    return fd;
}

/* The next frame, if one comes soon. */
static void take(int fd)
{
    static struct {
        struct virtio_net_hdr about;
        uint8_t frame[1 << 16];
    } from;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec part = {&from, sizeof from};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, 0);
    if (length < (ssize_t)sizeof from.about || !CMSG_FIRSTHDR(&message))
        return;
    struct timespec when;
    memcpy(&when, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof when);
    judge_frame(from.frame, (size_t)length - sizeof from.about,
                from.about.gso_type ? from.about.gso_size : 0,
                (uint64_t)when.tv_sec * 1000000000u + (uint64_t)when.tv_nsec);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* In microseconds, of what share of all is not above it. */
static double delay(double share)
{
    uint64_t count = seen.packets < MOST ? seen.packets : MOST;
    return count ? delays[(uint64_t)((double)(count - 1) * share)] / 1e3 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: arrivals DEVICE VNI KEPT [EVERY]\n");
        return 2;
    }
    vni = (unsigned)atoi(argv[2]);
    kept = (unsigned)atoi(argv[3]);
    delays = calloc(MOST, sizeof *delays);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int fd = open_wire(argv[1], argc == 5 ? (unsigned)atoi(argv[4]) : 1);
    puts("listening");
    fflush(stdout);
    while (!ended)
        take(fd);
    struct tpacket_stats lost;
    socklen_t size = sizeof lost;
    if (!getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &lost, &size))
        seen.dropped = lost.tp_drops;
    qsort(delays, seen.packets < MOST ? seen.packets : MOST, sizeof *delays, by_size);
    printf("packets %llu wrong %llu repeated %llu late %llu dropped %llu bytes %llu "
           "p50_us %.1f p99_us %.1f max_us %.1f\n",
           (unsigned long long)seen.packets, (unsigned long long)seen.wrong,
           (unsigned long long)seen.repeated, (unsigned long long)seen.late,
           (unsigned long long)seen.dropped, (unsigned long long)seen.bytes, delay(0.5),
           delay(0.99), delay(1));
    return 0;
}
