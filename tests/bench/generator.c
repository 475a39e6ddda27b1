/* Puts UDP frames on a wire at a steady rate, for the bench and for tests under load:
 *
 *   generator DEVICE SIZE FLOWS RATE COUNT
 *
 * SIZE bytes from the MAC address on, at least 60, or several as 60x7,590x4,1514x1: seven of twelve
 * packets have 60 bytes, and so on. FLOWS by source port; RATE packets a second, 0: as many as go;
 * COUNT packets, 0: until SIGINT or SIGTERM. What a packet holds is said in payload.h. Prints one
 * line at the end: "sent N seconds S cpu_ns C bytes B", the processor time being all that this
 * process was charged for sending, which includes what the kernel did with the frames in its name.
 */
#include "payload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
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

enum { BATCH = 32, FRAME_MAX = 1514, UDP_OFFSET = 34, FIRST_PORT = 10000, PATTERN_MAX = 64 };

/* Frames of one size, one for each of a batch. */
struct kind {
    unsigned size;
    unsigned char frames[BATCH][FRAME_MAX];
};

struct stream {
    unsigned flows;
    double rate; /* 0: as many as go */
    uint64_t count;
    struct kind kinds[PATTERN_MAX];
    unsigned kind_count;
    unsigned char pattern[PATTERN_MAX]; /* which kind, again and again */
    unsigned period;
};

static volatile sig_atomic_t ended;

static void end(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

/* 10.0.0.1:port -> 10.1.0.1:80 over UDP, without a UDP checksum, which IPv4 allows. */
static void write_frame(unsigned char *frame, unsigned size)
{
    static const unsigned char head[] = {
        2,    0, 0, 0,  0xaa, 2, 2,    0, 0,  0,  0xaa, 1, 8,  0,                    /* Ethernet */
        0x45, 0, 0, 0,  0,    0, 0x40, 0, 64, 17, 0,    0, 10, 0, 0, 1, 10, 1, 0, 1, /* IPv4 */
        0,    0, 0, 80, 0,    0, 0,    0,                                            /* UDP */
    };
    for (unsigned i = 0; i < size; i++)
        frame[i] = payload_byte(i);
    memcpy(frame, head, sizeof head);
    put16(frame + 16, size - 14);
    uint32_t sum = 0;
    for (unsigned i = 14; i < UDP_OFFSET; i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put16(frame + 24, ~sum & 0xffff);
    put16(frame + UDP_OFFSET + 4, size - UDP_OFFSET);
}

/* Sleeps until `sent` packets are due. */
static void pace(const struct timespec *start, uint64_t sent, double rate)
{
    double due = (double)sent / rate;
    struct timespec when = {start->tv_sec + (time_t)due,
                            start->tv_nsec + (long)(1e9 * (due - (double)(time_t)due))};
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static int open_wire(const char *device)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_ifindex = (int)if_nametoindex(device)};
    int wire = socket(AF_PACKET, SOCK_RAW, 0);
    if (wire < 0 || address.sll_ifindex == 0 ||
        bind(wire, (struct sockaddr *)&address, sizeof address) < 0) {
        fprintf(stderr, "generator: %s: %s\n", device, strerror(errno));
        exit(1);
    }
    int bytes = 8 << 20;
    setsockopt(wire, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    return wire;
}

/* Packet `number` of the stream, as one of a batch. */
static struct iovec fill(struct stream *stream, unsigned place, uint64_t number, uint64_t stamp)
{
    struct kind *kind = &stream->kinds[stream->pattern[number % stream->period]];
    unsigned char *frame = kind->frames[place];
    put16(frame + UDP_OFFSET, FIRST_PORT + (unsigned)(number % stream->flows));
    memcpy(frame + NUMBER_OFFSET, &number, sizeof number);
    memcpy(frame + STAMP_OFFSET, &stamp, sizeof stamp);
    return (struct iovec){frame, kind->size};
}

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* How many go at once: of a slow stream one by one, as far apart as they are due. */
static unsigned batch_size(const struct stream *stream, uint64_t sent)
{
    unsigned batch = BATCH;
    if (stream->rate > 0 && stream->rate < 1000. * BATCH)
        batch = stream->rate > 1000 ? (unsigned)(stream->rate / 1000) : 1;
    if (stream->count != 0 && stream->count - sent < batch)
        batch = (unsigned)(stream->count - sent);
    return batch;
}

/* Returns how many were sent, *bytes of them. */
static uint64_t generate(int wire, struct stream *stream, uint64_t *bytes)
{
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    struct timespec start;
    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < BATCH; i++) {
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    uint64_t sent = 0;
    while (!ended && (stream->count == 0 || sent < stream->count)) {
        unsigned batch = batch_size(stream, sent);
        uint64_t stamp = nanoseconds(CLOCK_REALTIME);
        for (unsigned i = 0; i < batch; i++)
            parts[i] = fill(stream, i, sent + i, stamp);
        int done = sendmmsg(wire, messages, batch, 0);
        if (done < 0 && errno != ENOBUFS && errno != EINTR && errno != EAGAIN)
            exit(1);
        for (int i = 0; i < done; i++)
            *bytes += parts[i].iov_len;
        if (done > 0)
            sent += (unsigned)done;
        if (stream->rate > 0)
            pace(&start, sent, stream->rate);
    }
    return sent;
}

/* SIZE[xTIMES][,...]: the sizes come as evenly mixed as their numbers allow. */
static bool read_sizes(struct stream *stream, const char *text)
{
    unsigned times[PATTERN_MAX] = {0};
    for (char *end; stream->kind_count < PATTERN_MAX; text = end + 1) {
        struct kind *kind = &stream->kinds[stream->kind_count];
        kind->size = (unsigned)strtoul(text, &end, 10);
        times[stream->kind_count] = *end == 'x' ? (unsigned)strtoul(end + 1, &end, 10) : 1;
        if (kind->size < 60 || kind->size > FRAME_MAX || times[stream->kind_count] == 0)
            return false;
        for (unsigned i = 0; i < BATCH; i++)
            write_frame(kind->frames[i], kind->size);
        stream->period += times[stream->kind_count++];
        if (*end != ',')
            break;
    }
    if (stream->period > PATTERN_MAX)
        return false;
    double due[PATTERN_MAX] = {0};
    for (unsigned i = 0; i < stream->period; i++) {
        unsigned best = 0;
        for (unsigned k = 0; k < stream->kind_count; k++) {
            due[k] += times[k];
            best = due[k] > due[best] ? k : best;
        }
        due[best] -= stream->period;
        stream->pattern[i] = (unsigned char)best;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct stream stream;
    if (argc != 6) {
        fprintf(stderr, "usage: generator DEVICE SIZE FLOWS RATE COUNT\n");
        return 2;
    }
    stream.flows = (unsigned)atoi(argv[3]);
    stream.rate = atof(argv[4]);
    stream.count = strtoull(argv[5], NULL, 10);
    if (!read_sizes(&stream, argv[2]) || stream.flows < 1 || stream.flows > 50000)
        return 2;
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int wire = open_wire(argv[1]);
    uint64_t bytes = 0, begin = nanoseconds(CLOCK_MONOTONIC);
    uint64_t used = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t sent = generate(wire, &stream, &bytes);
    used = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - used;
    printf("sent %llu seconds %.3f cpu_ns %llu bytes %llu\n", (unsigned long long)sent,
           1e-9 * (double)(nanoseconds(CLOCK_MONOTONIC) - begin), (unsigned long long)used,
           (unsigned long long)bytes);
    return 0;
}
