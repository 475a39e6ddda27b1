/* Talking rtnetlink (rtnetlink(7)): requests with their answers, and reading attributes.
 * The control thread's only; links.c says what is asked. */
#ifndef MIRRORSH_NETLINK_H
#define MIRRORSH_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A socket for questions. */
struct netlink {
    int fd;
    uint32_t sequence; /* of the last question */
};

/* A socket of the family NETLINK_ROUTE that listens to `groups` (0: none) and keeps up to so many
 * bytes of unread messages, or -errno. */
int netlink_open(uint32_t groups, int buffer);

/* A request being put together. */
struct netlink_request {
    union {
        struct nlmsghdr header;
        uint8_t room[256];
    } message;
};

/* Begins a request whose fixed part is `body`. */
void netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *body,
                   size_t size);
void netlink_add(struct netlink_request *request, uint16_t type, const void *value, size_t size);

typedef void netlink_fn(void *context, const struct nlmsghdr *message);

/* Sends it and hands each message of the answer to fn (may be NULL when only success is asked
 * for) until the kernel says it is done: 0, or the kernel's -errno. -EINTR: a dump during which
 * the table changed, so that it may be torn. */
int netlink_ask(struct netlink *netlink, struct netlink_request *request, netlink_fn *fn,
                void *context);

/* Hands the messages that wait to fn, but no more than a bounded number of them. -ENOBUFS: some
 * were lost, others may wait. */
int netlink_drain(int fd, netlink_fn *fn, void *context);

/* The value of the attribute `type` behind the fixed part of `fixed` bytes, with at least
 * `least` bytes; else NULL. *size (may be NULL) is its length. */
const void *netlink_attribute(const struct nlmsghdr *message, size_t fixed, uint16_t type,
                              size_t least, size_t *size);
/* The same among the attributes that such a value is made of. */
const void *netlink_nested(const void *attributes, size_t size, uint16_t type, size_t least);

#endif
