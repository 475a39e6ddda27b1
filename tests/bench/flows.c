/* A real flow for the bench: TCP with the kernel's offloads, from one host to another.
 *
 *   flows SENDER GETTER ADDRESS GIGABITS BYTES
 *
 * SENDER, GETTER: network namespaces; ADDRESS: of the getter, IPv4. At most GIGABITS a second, 0:
 * as much as goes; about BYTES, and at most SECONDS_MOST seconds. Prints a line as generator.c
 * does: packets as the sender's kernel counts those of the wire, and their bytes with Ethernet
 * headers; the processor time is that of both ends. What is sent is said in payload.h. */
#include "payload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK = STREAM_PERIOD * 1024,
    SECONDS_MOST = 20,
    HEADERS = 14 + 20 + 32, /* of a segment with timestamps */
    SYN_MORE = 8,           /* options of a SYN beside those */
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "flows: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void enter(const char *namespace)
{
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && !setns(fd, CLONE_NEWNET), path);
    close(fd);
}

/* A socket that does not wait for ever. */
static int open_end(void)
{
    const struct timeval patience = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) &&
             !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience),
         "socket");
    return fd;
}

static void connect_ends(char **argv, int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    must(inet_pton(AF_INET, argv[3], &address.sin_addr) == 1, argv[3]);
    enter(argv[2]);
    int listener = open_end();
    must(!bind(listener, (struct sockaddr *)&address, length) && !listen(listener, 1) &&
             !getsockname(listener, (struct sockaddr *)&address, &length),
         "listen");
    enter(argv[1]);
    ends[0] = open_end();
    must(!connect(ends[0], (struct sockaddr *)&address, length), "connect");
    ends[1] = accept(listener, NULL, NULL);
    must(ends[1] >= 0, "accept");
    close(listener);
}

/* Takes all that comes and looks at none of it. */
static void *get(void *argument)
{
    static char bytes[1 << 18];
    int fd = *(int *)argument;
    while (recv(fd, bytes, sizeof bytes, MSG_TRUNC) > 0)
        ;
    close(fd);
    return NULL;
}

static void send_all(int fd, double gigabits, uint64_t bytes)
{
    static unsigned char chunk[CHUNK];
    for (unsigned i = 0; i < sizeof chunk; i++)
        chunk[i] = payload_byte(i);
    uint64_t begin = nanoseconds(CLOCK_MONOTONIC);
    for (uint64_t sent = 0; sent < bytes; sent += CHUNK) {
        for (size_t at = 0; at < CHUNK;) {
            ssize_t done = send(fd, chunk + at, CHUNK - at, MSG_NOSIGNAL);
            must(done > 0, "send");
            at += (size_t)done;
        }
        uint64_t now = nanoseconds(CLOCK_MONOTONIC);
        if (now > begin + SECONDS_MOST * 1000000000ull)
            return;
        uint64_t due = gigabits > 0 ? begin + (uint64_t)((double)(sent + CHUNK) * 8 / gigabits) : 0;
        if (due > now) {
            struct timespec when = {(time_t)(due / 1000000000), (long)(due % 1000000000)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
        }
    }
}

/* The connection's end, at both ends; what the sender has sent. */
static struct tcp_info finish(int fd)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    char byte;
    memset(&info, 0, sizeof info);
    must(!shutdown(fd, SHUT_WR) && !recv(fd, &byte, 1, 0), "the end");
    must(!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
    return info;
}

int main(int argc, char **argv)
{
    int ends[2];
    pthread_t getter;
    if (argc != 6) {
        fprintf(stderr, "usage: flows SENDER GETTER ADDRESS GIGABITS BYTES\n");
        return 2;
    }
    connect_ends(argv, ends);
    uint64_t begin = nanoseconds(CLOCK_MONOTONIC), used = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    must(!pthread_create(&getter, NULL, get, &ends[1]), "thread");
    send_all(ends[0], atof(argv[4]), strtoull(argv[5], NULL, 10));
    struct tcp_info info = finish(ends[0]);
    pthread_join(getter, NULL);
    used = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - used;
    printf("sent %u seconds %.3f cpu_ns %llu bytes %llu\n", info.tcpi_segs_out,
           1e-9 * (double)(nanoseconds(CLOCK_MONOTONIC) - begin), (unsigned long long)used,
           (unsigned long long)(info.tcpi_bytes_sent + (uint64_t)info.tcpi_segs_out * HEADERS +
                                SYN_MORE));
    return 0;
}
