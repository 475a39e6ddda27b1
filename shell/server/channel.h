/* The box's end of a client's socket: whole messages come out of its input, messages go into a
 * queue that is sent as the client takes it. Nothing here blocks, and what waits is
 * bounded in both directions. */
#ifndef MIRRORSH_CHANNEL_H
#define MIRRORSH_CHANNEL_H

#include "../protocol.h"

struct channel {
    int fd;
    struct buffer {
        char *data;
        size_t start, end, capacity; /* data[start..end) waits */
    } in, out;
    size_t looked_at;  /* of the input that waits: these bytes of messages were looked through */
    size_t largest;    /* bytes of a message that is taken */
    uint32_t request;  /* what is sent belongs to it */
    const char *fault; /* the input cannot go on: why the client is to be refused */
    bool ended;        /* no more input will come */
    bool broken;       /* gone, or too slow: to be closed */
};

/* A message that waits in the input; holds until the next channel_read. */
struct waiting {
    enum message_type type; /* 0: taken already */
    uint32_t request;
    const char *data;
    size_t length;
};

/* Takes the descriptor over and makes it non-blocking. Messages of up to GREETING_MAX bytes are
 * taken, until `largest` is raised. */
void channel_open(struct channel *channel, int fd);
void channel_close(struct channel *channel);

/* Whether it has room for more input. */
bool channel_wants_input(const struct channel *channel);
/* Reads what is there; sets ended or broken. */
void channel_read(struct channel *channel);
/* The whole message at *offset of what waits; false: none, or a fault. */
bool channel_look(struct channel *channel, size_t offset, struct waiting *message, size_t *next);
/* Takes that message out; the space is freed when all before it are taken. */
void channel_take(struct channel *channel, size_t offset);

/* Queues a message; a queue of more than QUEUE_MAX bytes breaks the channel. */
enum { QUEUE_MAX = 64 * 1024 * 1024 };
void channel_send(struct channel *channel, enum message_type type, const void *data, size_t length);
void channel_flush(struct channel *channel);
size_t channel_queued(const struct channel *channel);

#endif
