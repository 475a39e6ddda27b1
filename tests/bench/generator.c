/* Puts UDP frames on a wire at a steady rate, for the bench and for tests under load:
 *
 *   generator DEVICE SIZE FLOWS RATE COUNT
 *
 * SIZE bytes from the MAC address on, at least 60; FLOWS by source port; RATE packets a second,
 * 0: as many as go; COUNT packets, 0: until SIGINT or SIGTERM. Prints one line at the end:
 * "sent N seconds S cpu_ns C", the processor time being all that this process was charged,
 * which includes what the kernel did with the frames in its name. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, FRAME_MAX = 1514, UDP_OFFSET = 34, PAYLOAD_OFFSET = 42, FIRST_PORT = 10000 };

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
static void write_frame(unsigned char *frame, unsigned size, unsigned flow)
{
    static const unsigned char head[] = {
        2,    0, 0, 0,  0xaa, 2, 2,    0, 0,  0,  0xaa, 1, 8,  0,                    /* Ethernet */
        0x45, 0, 0, 0,  0,    0, 0x40, 0, 64, 17, 0,    0, 10, 0, 0, 1, 10, 1, 0, 1, /* IPv4 */
        0,    0, 0, 80, 0,    0, 0,    0,                                            /* UDP */
    };
    memset(frame, 0, size);
    memcpy(frame, head, sizeof head);
    put16(frame + 16, size - 14);
    uint32_t sum = 0;
    for (unsigned i = 14; i < UDP_OFFSET; i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put16(frame + 24, ~sum & 0xffff);
    put16(frame + UDP_OFFSET, FIRST_PORT + flow);
    put16(frame + UDP_OFFSET + 4, size - UDP_OFFSET);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
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

static uint64_t generate(int wire, unsigned size, unsigned flows, double rate, uint64_t count,
                         const struct timespec *start)
{
    static unsigned char frames[BATCH][FRAME_MAX];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (unsigned i = 0; i < BATCH; i++) {
        write_frame(frames[i], size, 0);
        parts[i] = (struct iovec){frames[i], size};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    uint64_t sent = 0;
    while (!ended && (count == 0 || sent < count)) {
        unsigned batch = BATCH;
        if (count != 0 && count - sent < batch)
            batch = (unsigned)(count - sent);
        for (unsigned i = 0; i < batch; i++) {
            uint64_t number = sent + i;
            put16(frames[i] + UDP_OFFSET, FIRST_PORT + (unsigned)(number % flows));
            memcpy(frames[i] + PAYLOAD_OFFSET, &number, sizeof number);
        }
        int done = sendmmsg(wire, messages, batch, 0);
        if (done > 0)
            sent += (unsigned)done;
        else if (errno != ENOBUFS && errno != EINTR && errno != EAGAIN)
            exit(1);
        if (rate > 0)
            pace(start, sent, rate);
    }
    return sent;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: generator DEVICE SIZE FLOWS RATE COUNT\n");
        return 2;
    }
    unsigned size = (unsigned)atoi(argv[2]), flows = (unsigned)atoi(argv[3]);
    if (size < 60 || size > FRAME_MAX || flows < 1 || flows > 50000)
        return 2;
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int wire = open_wire(argv[1]);
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    uint64_t sent = generate(wire, size, flows, atof(argv[4]), strtoull(argv[5], NULL, 10), &start);
    double seconds = seconds_since(&start);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    uint64_t cpu =
        1000 * ((uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec +
                (uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec);
    printf("sent %llu seconds %.3f cpu_ns %llu\n", (unsigned long long)sent, seconds,
           (unsigned long long)cpu);
    return 0;
}
