/* The way to a box's socket, and the framing of what is said there: a header, then the bytes. The
 * client's side sends and receives whole messages with these two; nobody but a message's
 * receiver looks into its bytes. */
#include "protocol.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

bool protocol_address(const char *path, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path)
        return false;
    strcpy(address->sun_path, path);
    return true;
}

int protocol_connect(const char *path, int flags)
{
    struct sockaddr_un address;
    int fd;

    if (!protocol_address(path, &address))
        return -ENAMETOOLONG;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

/* What a call of the socket said: bytes moved, 0 after a wait for its turn, or -errno. */
static ssize_t moved(const struct wire *wire, ssize_t bytes, short events)
{
    if (bytes >= 0)
        return bytes;
    if (errno == EAGAIN)
        return wire->wait(wire->context, wire->fd, events);
    return errno == EINTR ? 0 : -errno;
}

int message_send(const struct wire *wire, enum message_type type, const void *data, size_t length)
{
    struct message_header header = {(uint32_t)type, (uint32_t)length, wire->request};
    size_t whole = sizeof header + length, sent = 0;

    if (length > MESSAGE_MAX)
        return -EMSGSIZE;
    while (sent < whole) {
        struct iovec parts[2];
        struct msghdr vector = {.msg_iov = parts};
        size_t body = sent > sizeof header ? sent - sizeof header : 0;
        ssize_t now;

        if (sent < sizeof header)
            parts[vector.msg_iovlen++] =
                (struct iovec){(char *)&header + sent, sizeof header - sent};
        if (length > body)
            parts[vector.msg_iovlen++] =
                (struct iovec){(void *)((uintptr_t)data + body), length - body};
        now = moved(wire, sendmsg(wire->fd, &vector, MSG_NOSIGNAL | MSG_DONTWAIT), POLLOUT);
        if (now < 0)
            return now == -ECONNRESET ? -EPIPE : (int)now;
        sent += (size_t)now;
    }
    return 0;
}

static int receive_all(const struct wire *wire, void *into, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t now = recv(wire->fd, (char *)into + done, length - done, MSG_DONTWAIT);

        if (now == 0)
            return -ECONNRESET;
        now = moved(wire, now, POLLIN);
        if (now < 0)
            return (int)now;
        done += (size_t)now;
    }
    return 0;
}

int message_receive(const struct wire *wire, struct message *message)
{
    struct message_header header;
    char *body;
    int failed = receive_all(wire, &header, sizeof header);

    if (failed)
        return failed;
    if (header.length > MESSAGE_MAX || header.type < MESSAGE_HELLO || header.type > MESSAGE_DONE)
        return -EPROTO;
    body = malloc((size_t)header.length + 1);
    if (!body)
        return -ENOMEM;
    failed = receive_all(wire, body, header.length);
    if (failed) {
        free(body);
        return failed;
    }
    body[header.length] = '\0';
    *message = (struct message){.type = (enum message_type)header.type,
                                .request = header.request,
                                .data = body,
                                .length = header.length};
    return 0;
}
