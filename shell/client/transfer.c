/* Files that the box asks for, and those that an answer goes to: see transfer.h. */
#include "transfer.h"
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, END_OF_TRANSMISSION = 4 };

/* ---- asked for ---- */

bool transfer_is_asked(const struct words *words, const char *command, size_t index,
                       const char *file)
{
    const struct word *first = words ? words->at : NULL, *named = words ? first + index : NULL;

    if (!words || words->count <= index || first->quoted || *first->text == '\0' ||
        strncmp(command, first->text, strlen(first->text)) != 0)
        return false;
    return *file ? strcmp(named->text, file) == 0
                 : !named->quoted && strcmp(named->text, "terminal") == 0;
}

/* ---- to the box ---- */

static int send_end(struct connection *connection, const char *why)
{
    return connection_send(connection, MESSAGE_TEXT_END, why, strlen(why));
}

static int send_text(struct connection *connection, const char *text, size_t length)
{
    int failed = 0;

    while (!failed && length > 0) {
        size_t part = length < CHUNK ? length : CHUNK;

        failed = connection_send(connection, MESSAGE_TEXT, text, part);
        text += part;
        length -= part;
    }
    return failed;
}

/* A file that can be read to its end: never waits for a fifo. 0, or a positive errno. */
static int open_file(const char *path, int *fd)
{
    struct stat about;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0 || fstat(*fd, &about) < 0)
        return errno;
    return S_ISREG(about.st_mode) ? 0 : S_ISDIR(about.st_mode) ? EISDIR : ENOTSUP;
}

/* The rest of the file, but no more than the box takes and one piece. */
static int send_file(struct connection *connection, int fd)
{
    char *buffer = malloc(CHUNK);
    int failed = 0, error = buffer ? 0 : ENOMEM;
    size_t sent = 0;

    while (!failed && !error && sent <= LOAD_MAX) {
        ssize_t got = read(fd, buffer, CHUNK);

        if (got < 0 && errno != EINTR)
            error = errno;
        if (got == 0)
            break;
        if (got > 0) {
            failed = send_text(connection, buffer, (size_t)got);
            sent += (size_t)got;
        }
    }
    free(buffer);
    return failed ? failed : send_end(connection, error ? strerror(error) : "");
}

static int send_typed(struct connection *connection, const struct connection_handler *handler)
{
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    int failed = to ? 0 : -ENOMEM;

    if (to) {
        failed = handler->text ? handler->text(handler->context, to) : -ENOTSUP;
        if (fclose(to) != 0 && !failed)
            failed = -ENOMEM;
    }
    int lost = failed ? 0 : send_text(connection, text, length);
    free(text);
    if (lost || failed == -EINTR || failed == -ECONNRESET)
        return lost ? lost : failed;
    return send_end(connection, failed == -ECANCELED ? "interrupted"
                                : failed             ? strerror(-failed)
                                                     : "");
}

int transfer_read(struct connection *connection, const char *path,
                  const struct connection_handler *handler)
{
    int fd, result;

    if (*path == '\0')
        return send_typed(connection, handler);
    int error = open_file(path, &fd);
    if (error)
        result =
            send_end(connection, error == ENOTSUP ? "it is not a regular file" : strerror(error));
    else
        result = send_file(connection, fd);
    if (fd >= 0)
        close(fd);
    return result;
}

/* What was read and not taken yet: behind the end of a text comes the next one's. */
static struct {
    char bytes[CHUNK];
    size_t at, end;
} ahead;

/* Waits for bytes: 1 when there are some, 0 at the end of all, or -errno. Of a terminal no more
 * than one, for what comes behind the ^D is the editor's. */
static int read_ahead(struct connection *connection, const struct connection_handler *handler)
{
    for (;;) {
        int ready = terminal_wait(STDIN_FILENO, connection->wire.fd, -1);

        if (terminal_ended())
            return -EINTR;
        if (terminal_interrupted())
            return -ECANCELED;
        if (ready > 0 && ready & 2) {
            int failed = connection_news(connection, handler);

            if (failed)
                return failed;
        }
        if (ready < 0 || !(ready & 1))
            continue;
        ssize_t got = read(STDIN_FILENO, ahead.bytes, isatty(STDIN_FILENO) ? 1 : CHUNK);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        ahead.at = 0;
        ahead.end = got < 0 ? 0 : (size_t)got;
        return got < 0 ? -errno : got > 0;
    }
}

int transfer_typed(struct connection *connection, const struct connection_handler *handler,
                   FILE *to)
{
    bool line_starts = true;
    size_t length = 0;

    for (;;) {
        int more = ahead.at < ahead.end ? 1 : read_ahead(connection, handler);
        char byte;

        if (more <= 0)
            return more;
        byte = ahead.bytes[ahead.at++];
        if (byte == END_OF_TRANSMISSION && line_starts)
            return 0;
        byte = byte == '\r' ? '\n' : byte;
        line_starts = byte == '\n';
        if (length++ <= LOAD_MAX) /* else the box says so */
            putc(byte, to);
    }
}

/* ---- from the box ---- */

/* What the box does not know of. */
static void tell(struct connection *connection, const struct connection_handler *handler,
                 const char *why)
{
    connection->unsaved = true;
    handler->problem(handler->context, 0, why);
}

void transfer_begin(struct connection *connection, const char *path,
                    const struct connection_handler *handler)
{
    char why[400];

    connection->saves = true;
    if (!output_file_open(&connection->file, path, why, sizeof why))
        tell(connection, handler, why);
}

bool transfer_takes(struct connection *connection, const char *text, size_t length)
{
    if (connection->file.fd >= 0)
        output_file_write(&connection->file, text, length);
    return connection->saves;
}

void transfer_end(struct connection *connection, const struct connection_handler *handler)
{
    char why[400];

    if (!output_file_close(&connection->file, !connection->prompt.failed, why, sizeof why))
        tell(connection, handler, why);
    connection->prompt.failed |= connection->unsaved;
    connection->saves = connection->unsaved = false;
}
