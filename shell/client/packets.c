/* Lines and capture files of packets: see packets.h. A file is written in whole blocks only: what
 * does not fit is taken back. */
#include "packets.h"
#include "../../engine/packet/print.h"
#include "../config/utf8.h"
#include "filter.h"
#include "pcapng.h"
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SHOWN = 300 };

struct interface {
    char name[17];
    uint64_t written;
};

struct capture_file {
    int fd;
    int error; /* positive errno: nothing more can be written */
    uint32_t column;
    char *path, *session;
    uint64_t begun_ns;
    struct interface *interfaces;
    uint32_t interface_count;
};

/* ---- text ---- */

static void print_packet(const struct packet_shown *packet, const uint8_t *bytes, FILE *out)
{
    time_t second = (time_t)(packet->time_ns / 1000000000u);
    struct tm local;
    char when[16] = "", interface[sizeof packet->interface + 1];

    snprintf(interface, sizeof interface, "%.*s", (int)sizeof packet->interface, packet->interface);
    utf8_make_printable(interface);
    if (localtime_r(&second, &local))
        strftime(when, sizeof when, "%H:%M:%S", &local);
    fprintf(out, "%s.%06u %-5s %-3s ", when, (unsigned)(packet->time_ns % 1000000000u / 1000),
            interface, packet->egress ? "Out" : "In");
    packet_print(bytes, packet->kept, packet->length, out);
    putc('\n', out);
}

/* ---- the file ---- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* It can be written no more: `error` is a positive errno. */
static void fail(struct connection *connection, const struct connection_handler *handler, int error)
{
    struct capture_file *file = connection->capture;
    char why[PATH_SHOWN + 100];

    file->error = error;
    snprintf(why, sizeof why, "%.*s: %s", PATH_SHOWN, file->path, strerror(error));
    handler->problem(handler->context, file->column, why);
}

/* Takes back what is only a part of a block, where it is a file of a disk. */
static void take_back(int fd, size_t part)
{
    off_t end = lseek(fd, 0, SEEK_CUR) - (off_t)part;

    if (end >= 0 && ftruncate(fd, end) == 0)
        lseek(fd, end, SEEK_SET);
}

/* Writes blocks, or of them as many as can be written whole. 0 or -errno, which was told. */
static int write_blocks(struct connection *connection, const struct connection_handler *handler,
                        const char *blocks, size_t length)
{
    struct capture_file *file = connection->capture;
    size_t written = 0;
    uint64_t packets;
    int error = 0;

    while (written < length && !error) {
        ssize_t put = write(file->fd, blocks + written, length - written);

        if (put > 0)
            written += (size_t)put;
        else if (errno == EAGAIN) /* a fifo, whose reader is slow */
            error = terminal_wait_for(file->fd, POLLOUT) < 0 && terminal_called() ? EINTR : 0;
        else if (errno != EINTR)
            error = errno;
    }
    size_t whole = pcapng_whole(blocks, written, &packets);
    connection->packets += packets;
    if (!error)
        return 0;
    if (written > whole)
        take_back(file->fd, written - whole);
    fail(connection, handler, error);
    return -error;
}

static void file_free(struct capture_file *file)
{
    free(file->path);
    free(file->session);
    free(file->interfaces);
    free(file);
}

/* The interface's number in the file, which hears of it the first time; UINT32_MAX: no memory. */
static uint32_t interface_number(struct capture_file *file, const char *name, FILE *out)
{
    struct interface *more;
    uint32_t i;

    for (i = 0; i < file->interface_count; i++)
        if (strncmp(file->interfaces[i].name, name, sizeof file->interfaces->name - 1) == 0)
            return i;
    more = reallocarray(file->interfaces, i + 1u, sizeof *more);
    if (!more)
        return UINT32_MAX;
    file->interfaces = more;
    more[i] = (struct interface){.written = 0};
    snprintf(more[i].name, sizeof more[i].name, "%.16s", name);
    file->interface_count++;
    pcapng_interface(out, more[i].name);
    return i;
}

static bool store_packet(struct capture_file *file, const struct packet_shown *packet,
                         const uint8_t *bytes, FILE *out)
{
    uint32_t interface = interface_number(file, packet->interface, out);
    char comment[400], rule[16] = "";

    if (interface == UINT32_MAX)
        return false;
    if (packet->rule)
        snprintf(rule, sizeof rule, " rule %u", packet->rule);
    snprintf(comment, sizeof comment, "session %s%s", file->session, rule);
    pcapng_packet(out, interface, packet, bytes, comment);
    file->interfaces[interface].written++;
    return true;
}

/* What the file ends with; one without a packet has an interface too, or tcpdump would not take it
 * for a capture. */
static void store_end(struct capture_file *file, uint64_t missed, FILE *out)
{
    struct pcapng_statistics statistics = {.start_ns = file->begun_ns, .end_ns = now_ns()};
    char comment[400];

    snprintf(comment, sizeof comment,
             "session %s: %" PRIu64 " packets, of all interfaces, were not kept up with",
             file->session, missed);
    if (file->interface_count == 0)
        interface_number(file, "", out);
    for (uint32_t i = 0; i < file->interface_count; i++) {
        statistics.written = file->interfaces[i].written;
        statistics.dropped = i ? 0 : missed;
        statistics.comment = i ? NULL : comment;
        pcapng_statistics(out, i, &statistics);
    }
}

/* ---- messages ---- */

/* Whether it is a keyword, or the beginning of it. */
static bool may_be(const char *keyword, const struct word *word)
{
    return !word->quoted && *word->text != '\0' &&
           strncmp(keyword, word->text, strlen(word->text)) == 0;
}

/* The word of a line that is the file which it wants captured; NULL: it is none. */
static const struct word *asked_file(const struct words *words, const char *path)
{
    const struct word *word = words ? words->at : NULL, *end = words ? word + words->count : NULL;

    if (word < end && may_be("run", word))
        word++;
    if (word >= end || !may_be("capture", word))
        return NULL;
    for (word++; word + 1 < end; word++)
        if (may_be("file", word) && strcmp(word[1].text, path) == 0)
            return word + 1;
    return NULL;
}

static int begin_file(struct connection *connection, const struct connection_handler *handler,
                      const char *path)
{
    struct capture_file *file = connection->capture;
    char *blocks = NULL;
    size_t size;
    FILE *out = open_memstream(&blocks, &size);
    int failed = -ENOMEM;

    if (!out)
        return failed;
    pcapng_section(out);
    /* never waits for the reader of a fifo */
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (file->fd < 0)
        fail(connection, handler, errno);
    if (fclose(out) == 0)
        failed = file->error ? -file->error : write_blocks(connection, handler, blocks, size);
    free(blocks);
    return failed;
}

static int take_capture(struct connection *connection, const struct message *message,
                        const struct connection_handler *handler)
{
    size_t name = strlen(message->data);
    const char *path = message->data + name + 1;
    const struct word *word;

    if (connection->capture || name >= message->length)
        return -EPROTO;
    word = asked_file(connection_words(connection), path);
    if (!word)
        return -EPROTO;
    connection->capture = calloc(1, sizeof *connection->capture);
    if (!connection->capture)
        return -ENOMEM;
    *connection->capture = (struct capture_file){
        .fd = -1,
        .column = connection_column(connection, word),
        .path = strdup(path),
        .session = strdup(message->data),
        .begun_ns = now_ns(),
    };
    if (!connection->capture->path || !connection->capture->session)
        return -ENOMEM;
    return begin_file(connection, handler, path);
}

/* Each packet of a message to the stream: 0, -EPROTO or -ENOMEM. */
static int each(struct capture_file *file, const struct message *message, FILE *out)
{
    const uint8_t *at = (const uint8_t *)message->data;
    size_t left = message->length;
    struct packet_shown packet;

    while (left > 0) {
        if (left < sizeof packet)
            return -EPROTO;
        memcpy(&packet, at, sizeof packet);
        size_t size = sizeof packet + (((size_t)packet.kept + 7) & ~(size_t)7);
        if (left < size)
            return -EPROTO;
        if (!file)
            print_packet(&packet, at + sizeof packet, out);
        else if (!store_packet(file, &packet, at + sizeof packet, out))
            return -ENOMEM;
        at += size;
        left -= size;
    }
    return 0;
}

static uint64_t count_lines(const char *text, size_t size)
{
    uint64_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    return count;
}

static int take_packets(struct connection *connection, const struct message *message,
                        const struct connection_handler *handler)
{
    struct capture_file *file = connection->capture;
    char *text = NULL;
    size_t size;
    FILE *out;
    int failed;

    if (file && file->error)
        return 0; /* the box has not heard of it yet */
    out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    failed = each(file, message, out);
    if (fclose(out) != 0 && !failed)
        failed = -ENOMEM;
    if (!failed && file)
        failed = write_blocks(connection, handler, text, size);
    else if (!failed) {
        connection->packets += count_lines(text, size);
        failed = connection_put(connection, handler, text, size);
    }
    free(text);
    return failed;
}

static int take_end(struct connection *connection, const struct message *message,
                    const struct connection_handler *handler)
{
    struct capture_file *file = connection->capture;
    char summary[100], *blocks = NULL;
    size_t size;
    uint64_t missed;
    FILE *out = file && !file->error ? open_memstream(&blocks, &size) : NULL;

    if (message->length != sizeof missed) {
        if (out)
            fclose(out);
        free(blocks);
        return -EPROTO;
    }
    memcpy(&missed, message->data, sizeof missed);
    if (out) {
        store_end(file, missed, out);
        if (fclose(out) == 0)
            write_blocks(connection, handler, blocks, size);
        free(blocks);
    }
    snprintf(summary, sizeof summary, "%" PRIu64 " packet%s, %" PRIu64 " not kept up with",
             connection->packets, connection->packets == 1 ? "" : "s", missed);
    handler->notice(handler->context, summary);
    return 0;
}

int packets_take(struct connection *connection, const struct message *message,
                 const struct connection_handler *handler)
{
    int failed = -EPROTO;

    if (message->type == MESSAGE_PACKETS_END)
        return take_end(connection, message, handler);
    if (message->type == MESSAGE_CAPTURE)
        failed = take_capture(connection, message, handler);
    else
        failed = take_packets(connection, message, handler);
    if (!connection->capture || !connection->capture->error)
        return failed;
    connection->filter->failed = true; /* it is no ^C that ends the line */
    return connection_cut(connection); /* the box ends it, and says how */
}

void packets_close(struct connection *connection)
{
    struct capture_file *file = connection->capture;

    connection->packets = 0;
    if (!file)
        return;
    if (file->fd >= 0 && close(file->fd) < 0 && !file->error)
        file->error = errno;
    connection->prompt.failed |= file->error != 0;
    file_free(file);
    connection->capture = NULL;
}
