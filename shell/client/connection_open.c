/* The beginning and the end of a client's conversation with the box, and what it is told between
 * two lines: that somebody is there. See connection.h. */
#include "../clock.h"
#include "connection_internal.h"
#include "terminal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HELLO_TIMEOUT_MS = 10000, /* a box that does not greet within this does not work */
    ACTIVE_MS = 5000
};

static int wait_within_message(void *context, int fd, short events)
{
    terminal_wait_for(fd, events);
    return connection_heed(context);
}

static int greet(struct connection *connection, enum console_kind kind, bool full_screen)
{
    struct hello hello = {.version = PROTOCOL_VERSION,
                          .kind = kind,
                          .size = terminal_size(),
                          .full_screen = full_screen};

    terminal_name(hello.terminal, sizeof hello.terminal);
    terminal_from(hello.terminal, hello.from, sizeof hello.from);
    return connection_send(connection, MESSAGE_HELLO, &hello, sizeof hello);
}

/* Receives messages until the box says WELCOME. */
static int await_welcome(struct connection *connection, const struct connection_handler *handler,
                         char *why, size_t why_size)
{
    int64_t until = clock_ms() + HELLO_TIMEOUT_MS;

    for (;;) {
        int64_t now = clock_ms();
        int ready = terminal_wait(connection->wire.fd, -1, now < until ? (int)(until - now) : 0);
        struct message message;
        int failed;

        if (ready == 0 || (ready == -EINTR && (terminal_ended() || terminal_interrupted()))) {
            snprintf(why, why_size, "%s", ready == 0 ? "the box does not answer" : "interrupted");
            return -ETIMEDOUT;
        }
        if (ready < 0)
            continue;
        failed = connection_receive(connection, &message);
        if (failed) {
            snprintf(why, why_size, "%s",
                     *connection->refused ? connection->refused : "the box hung up");
            return failed < 0 ? failed : -EPROTO;
        }
        if (message.type == MESSAGE_NOTICE)
            connection_notice(connection, handler, message.data);
        else if (message.type == MESSAGE_WELCOME && connection_prompt(connection, &message))
            failed = 1;
        free(message.data);
        if (failed)
            return failed < 0 ? failed : 0;
    }
}

/* Somebody uses the console: the box is told, every few seconds. */
static void tell_active(void *context)
{
    struct connection *connection = context;
    int64_t now = clock_ms();

    if (connection->noticing || now - connection->active_ms < ACTIVE_MS)
        return;
    connection->active_ms = now;
    connection_send(connection, MESSAGE_ACTIVE, NULL, 0);
}

static bool hear(void *context)
{
    struct connection *connection = context;

    return connection_news(connection, connection->handler) == 0;
}

int connection_open(struct connection *connection, int fd, enum console_kind kind, bool full_screen,
                    const struct connection_handler *handler, char *why, size_t why_size)
{
    int failed;

    *connection =
        (struct connection){.file = OUTPUT_FILE_NONE,
                            .handler = handler,
                            .wire = {.fd = fd, .wait = wait_within_message, .context = connection}};
    failed = greet(connection, kind, full_screen);
    if (!failed)
        failed = await_welcome(connection, handler, why, why_size);
    else
        snprintf(why, why_size, "%s", strerror(-failed));
    if (failed)
        connection_close(connection);
    else
        terminal_attend(&(struct attendant){connection, tell_active, hear, fd});
    return failed;
}

void connection_close(struct connection *connection)
{
    terminal_attend(&(struct attendant){0});
    if (connection->wire.fd >= 0)
        close(connection->wire.fd);
    connection->wire.fd = -1;
    output_file_close(&connection->file, false, NULL, 0);
}
