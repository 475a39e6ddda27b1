/* Framing of what consoles and the box say to each other: a header of type and length, then
 * the bytes. The console's side sends and receives whole messages, blocking, with these two;
 * nobody but a message's receiver looks into its bytes. */
#include "protocol.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Waits on a descriptor that somebody made non-blocking. */
static int wait_for(int fd, short events)
{
    struct pollfd wait = {.fd = fd, .events = events};

    if (poll(&wait, 1, -1) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

int message_send(int fd, enum message_type type, const void *data, size_t length)
{
    struct message_header header = {(uint32_t)type, (uint32_t)length};
    size_t whole = sizeof header + length, sent = 0;

    if (length > MESSAGE_MAX)
        return -EMSGSIZE;
    while (sent < whole) {
        struct iovec parts[2];
        struct msghdr message = {.msg_iov = parts};
        size_t body = sent > sizeof header ? sent - sizeof header : 0;
        ssize_t now;

        if (sent < sizeof header)
            parts[message.msg_iovlen++] =
                (struct iovec){(char *)&header + sent, sizeof header - sent};
        if (length > body)
            parts[message.msg_iovlen++] =
                (struct iovec){(void *)((uintptr_t)data + body), length - body};
        now = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (now < 0 && errno == EAGAIN) {
            int failed = wait_for(fd, POLLOUT);

            if (failed)
                return failed;
        } else if (now < 0 && errno != EINTR) {
            return errno == ECONNRESET ? -EPIPE : -errno;
        }
        sent += now > 0 ? (size_t)now : 0;
    }
    return 0;
}

static int receive_all(int fd, void *into, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t now = recv(fd, (char *)into + done, length - done, 0);

        if (now == 0)
            return -ECONNRESET;
        if (now < 0 && errno == EAGAIN) {
            int failed = wait_for(fd, POLLIN);

            if (failed)
                return failed;
        } else if (now < 0 && errno != EINTR) {
            return -errno;
        }
        done += now > 0 ? (size_t)now : 0;
    }
    return 0;
}

int message_receive(int fd, enum message_type *type, char **data, size_t *length)
{
    struct message_header header;
    char *body;
    int failed = receive_all(fd, &header, sizeof header);

    if (failed)
        return failed;
    if (header.length > MESSAGE_MAX || header.type < MESSAGE_HELLO || header.type > MESSAGE_DONE)
        return -EPROTO;
    body = malloc((size_t)header.length + 1);
    if (!body)
        return -ENOMEM;
    failed = receive_all(fd, body, header.length);
    if (failed) {
        free(body);
        return failed;
    }
    body[header.length] = '\0';
    *type = (enum message_type)header.type;
    *data = body;
    *length = header.length;
    return 0;
}
