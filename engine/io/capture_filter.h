/* Which frames a capture takes: the program (classic BPF) that the kernel runs over every frame
 * before it copies any. It spares work; what a frame belongs to is decided by who reads it. Pure.
 */
#ifndef MIRRORSH_CAPTURE_FILTER_H
#define MIRRORSH_CAPTURE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CAPTURE_FILTER_MAX = BPF_MAXINSNS,
    CAPTURE_FILTER_LEAST = 64, /* instructions that are enough for any interfaces */
};

struct capture_filter {
    struct sock_filter code[CAPTURE_FILTER_MAX];
    uint16_t length;
};

void capture_filter_everything(struct capture_filter *filter);

/* What is seen on these interfaces (their indices, ascending, each once); of `loopback`, which
 * shows each packet twice, only what it receives (0: it is not among them). Of at most `room`
 * instructions (CAPTURE_FILTER_LEAST or more): where they are too many and too scattered for that,
 * it takes some others between them too. */
void capture_filter_interfaces(struct capture_filter *filter, const uint32_t *interfaces,
                               size_t count, uint32_t loopback, size_t room);

#endif
