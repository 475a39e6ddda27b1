/* The bytes between the control thread and a client: see channel.h. Both buffers grow as
 * needed and are given back when they are empty, so that an idle client costs nothing. */
#include "channel.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, KEPT_CAPACITY = 16 * 1024 };

void channel_open(struct channel *channel, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    memset(channel, 0, sizeof *channel);
    channel->fd = fd;
    channel->largest = GREETING_MAX;
    channel->broken = flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0;
}

void channel_close(struct channel *channel)
{
    close(channel->fd);
    free(channel->in.data);
    free(channel->out.data);
    memset(channel, 0, sizeof *channel);
    channel->fd = -1;
}

/* Room for `more` bytes behind the end; false when memory runs out. */
static bool buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t waiting = buffer->end - buffer->start;

    if (buffer->capacity - buffer->end >= more)
        return true;
    /* moving is cheap as long as no more waits than was taken out already */
    if (buffer->start >= waiting && buffer->capacity - waiting >= more) {
        memmove(buffer->data, buffer->data + buffer->start, waiting);
    } else {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;

        while (capacity < waiting + more)
            capacity *= 2;
        char *data = malloc(capacity);
        if (!data)
            return false;
        if (waiting > 0)
            memcpy(data, buffer->data + buffer->start, waiting);
        free(buffer->data);
        buffer->data = data;
        buffer->capacity = capacity;
    }
    buffer->start = 0;
    buffer->end = waiting;
    return true;
}

static void buffer_consume(struct buffer *buffer, size_t bytes)
{
    buffer->start += bytes;
    if (buffer->start < buffer->end)
        return;
    buffer->start = buffer->end = 0;
    if (buffer->capacity > KEPT_CAPACITY) {
        free(buffer->data);
        memset(buffer, 0, sizeof *buffer);
    }
}

bool channel_wants_input(const struct channel *channel)
{
    /* one message more than the largest, for what may overtake it */
    return !channel->ended && !channel->broken && !channel->fault &&
           channel->in.end - channel->in.start < channel->largest + GREETING_MAX;
}

void channel_read(struct channel *channel)
{
    struct buffer *in = &channel->in;
    size_t piece = channel->largest < READ_SIZE ? channel->largest : READ_SIZE;

    while (channel_wants_input(channel)) {
        if (!buffer_reserve(in, piece)) {
            channel->broken = true;
            return;
        }
        ssize_t got = recv(channel->fd, in->data + in->end, piece, 0);
        if (got > 0) {
            in->end += (size_t)got;
            if ((size_t)got < piece)
                return;
        } else if (got == 0) {
            channel->ended = true;
        } else if (errno == EAGAIN || errno == EINTR) {
            return;
        } else {
            channel->ended = channel->broken = true;
        }
    }
}

bool channel_look(struct channel *channel, size_t offset, struct waiting *message, size_t *next)
{
    const struct buffer *in = &channel->in;
    size_t waiting = in->end - in->start;
    struct message_header header;

    if (channel->broken || channel->fault || waiting < offset + sizeof header)
        return false;
    memcpy(&header, in->data + in->start + offset, sizeof header);
    if (header.type > MESSAGE_DONE)
        channel->fault = "this console speaks another protocol than the box";
    else if (header.length > channel->largest)
        channel->fault = "a message of this console is longer than the box takes";
    if (channel->fault)
        return false;
    *next = offset + sizeof header + header.length;
    if (waiting < *next)
        return false;
    message->type = (enum message_type)header.type;
    message->request = header.request;
    message->data = in->data + in->start + offset + sizeof header;
    message->length = header.length;
    return true;
}

void channel_take(struct channel *channel, size_t offset)
{
    struct buffer *in = &channel->in;
    struct message_header header;

    memcpy(&header, in->data + in->start + offset, sizeof header);
    if (offset == 0) {
        buffer_consume(in, sizeof header + header.length);
        return;
    }
    header.type = 0;
    memcpy(in->data + in->start + offset, &header, sizeof header);
}

void channel_send(struct channel *channel, enum message_type type, const void *data, size_t length)
{
    struct buffer *out = &channel->out;
    struct message_header header = {type, (uint32_t)length, channel->request};

    if (channel->broken)
        return;
    if (length > MESSAGE_MAX || channel_queued(channel) + length > QUEUE_MAX ||
        !buffer_reserve(out, sizeof header + length)) {
        channel->broken = true;
        return;
    }
    memcpy(out->data + out->end, &header, sizeof header);
    if (length > 0)
        memcpy(out->data + out->end + sizeof header, data, length);
    out->end += sizeof header + length;
}

void channel_flush(struct channel *channel)
{
    struct buffer *out = &channel->out;

    while (!channel->broken && channel_queued(channel) > 0) {
        ssize_t sent = send(channel->fd, out->data + out->start, out->end - out->start,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            buffer_consume(out, (size_t)sent);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            channel->broken = true;
    }
}

size_t channel_queued(const struct channel *channel)
{
    return channel->out.end - channel->out.start;
}
