/* The client's conversation with the box: every wait for an answer but the live view's goes
 * through here, and every way in which one can end. Signals are heard during each wait, within a
 * message too. */
#include "../clock.h"
#include "connection_internal.h"
#include "filter.h"
#include "packets.h"
#include "terminal.h"
#include "transfer.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COMPLETE_TIMEOUT_MS = 3000, /* then TAB gives up */
    IDLE_MS = 150,
    INTERRUPTS_MAX = 3, /* so many ^C without an answer: the box is given up */
};

int connection_heed(struct connection *connection)
{
    if (terminal_ended())
        return -EINTR;
    if (terminal_interrupted() && ++connection->interrupts > INTERRUPTS_MAX)
        return -ETIMEDOUT;
    return 0;
}

int connection_send(struct connection *connection, enum message_type type, const void *data,
                    size_t length)
{
    int failed = message_send(&connection->wire, type, data, length);

    return failed == -EPIPE || failed == -ECONNRESET ? 0 : failed;
}

int connection_receive(struct connection *connection, struct message *message)
{
    int failed = message_receive(&connection->wire, message);

    if (failed)
        return failed;
    if (message->type == MESSAGE_REFUSED)
        snprintf(connection->refused, sizeof connection->refused, "%s", message->data);
    else if (message->request == connection->wire.request || message->type == MESSAGE_NOTICE)
        return 0;
    free(message->data);
    return *connection->refused ? -ECONNRESET : 1;
}

const char *connection_lost(const struct connection *connection, int failed)
{
    switch (failed) {
    case -ECONNRESET:
        return *connection->refused ? connection->refused : "the box has gone";
    case -EPROTO:
        return "the box sent what this console does not understand";
    case -ETIMEDOUT:
        return "the box does not answer";
    default:
        return NULL;
    }
}

bool connection_prompt(struct connection *connection, const struct message *message)
{
    if (message->length != sizeof connection->prompt)
        return false;
    memcpy(&connection->prompt, message->data, sizeof connection->prompt);
    connection->prompt.text[PROMPT_MAX - 1] = '\0';
    return true;
}

void connection_notice(struct connection *connection, const struct connection_handler *handler,
                       const char *text)
{
    connection->noticing = true;
    handler->notice(handler->context, text);
    connection->noticing = false;
}

/* Begins a request: what is answered to earlier ones is of no use any more. */
static int ask(struct connection *connection, enum message_type type, uint32_t number,
               const char *text, size_t length)
{
    char *message = malloc(sizeof number + length);
    int failed;

    if (!message)
        return -ENOMEM;
    memcpy(message, &number, sizeof number);
    memcpy(message + sizeof number, text, length);
    connection->wire.request++;
    connection->interrupts = connection->told = 0;
    connection->cut = connection->round = false;
    failed = connection_send(connection, type, message, sizeof number + length);
    free(message);
    return failed;
}

int connection_cut(struct connection *connection)
{
    connection->cut = true;
    return connection_send(connection, MESSAGE_INTERRUPT, NULL, 0);
}

/* What a handler that shows output has said: after a ^C the line goes on, without its output. */
static int shown(struct connection *connection, int failed)
{
    return failed == -ECANCELED ? connection_cut(connection) : failed;
}

const struct words *connection_words(const struct connection *connection)
{
    return connection->filter ? &connection->filter->words : NULL;
}

uint32_t connection_column(const struct connection *connection, const struct word *word)
{
    return words_column(connection->filter->line, word->start);
}

/* A pipe that cannot go on: by a ^C, or it says why. */
static int pipe_failed(struct connection *connection, const struct connection_handler *handler)
{
    struct filter *filter = connection->filter;
    unsigned before = connection->interrupts;
    int failed = connection_heed(connection);

    if (failed)
        return failed;
    filter->failed = true;
    if (connection->interrupts == before)
        handler->problem(handler->context, words_column(filter->line, filter->pipe.problem.at),
                         filter->pipe.problem.text);
    return connection_cut(connection);
}

static int put_through(struct connection *connection, const struct connection_handler *handler,
                       const char *text, size_t length, bool last)
{
    int failed = filter_put(connection->filter, handler, text, length, last);

    return failed == FILTER_STOPPED ? pipe_failed(connection, handler) : failed;
}

int connection_put(struct connection *connection, const struct connection_handler *handler,
                   const char *text, size_t length)
{
    int failed = 0;

    if (transfer_takes(connection, text, length))
        return 0;
    if (connection->filter && pipe_filters(&connection->filter->pipe) && !connection->cut)
        failed = put_through(connection, handler, text, length, false);
    else if (!connection->cut)
        failed = handler->output(handler->context, text, length);
    return shown(connection, failed);
}

/* Hands one message on. 1: the line is done, 0: go on, or -errno. */
static int take(struct connection *connection, const struct message *message,
                const struct connection_handler *handler)
{
    struct terminal_setting setting;
    struct view_start view;
    uint32_t column;
    int failed;

    switch (message->type) {
    case MESSAGE_OUTPUT:
        return connection_put(connection, handler, message->data, message->length);
    case MESSAGE_ROUND: /* it is not held back for more to come */
        connection->round = true;
        filter_show(connection->filter);
        return handler->round ? shown(connection, handler->round(handler->context)) : 0;
    case MESSAGE_PROBLEM:
    case MESSAGE_WARNING:
        if (message->length < sizeof column)
            return -EPROTO;
        memcpy(&column, message->data, sizeof column);
        (message->type == MESSAGE_PROBLEM ? handler->problem : handler->warning)(
            handler->context, column, message->data + sizeof column);
        return 0;
    case MESSAGE_NOTICE:
        connection_notice(connection, handler, message->data);
        return 0;
    case MESSAGE_READ:
        if (!transfer_is_asked(connection_words(connection), "load", 2, message->data))
            return -EPROTO;
        return transfer_read(connection, message->data, handler);
    case MESSAGE_WRITE:
        if (connection->saves ||
            !transfer_is_asked(connection_words(connection), "save", 1, message->data))
            return -EPROTO;
        transfer_begin(connection, message->data, handler);
        return 0;
    case MESSAGE_CAPTURE:
    case MESSAGE_PACKETS:
    case MESSAGE_PACKETS_END:
        failed = packets_take(connection, message, handler);
        filter_show(connection->filter);
        return failed;
    case MESSAGE_SCREEN:
        if (message->length != sizeof setting)
            return -EPROTO;
        memcpy(&setting, message->data, sizeof setting);
        terminal_set((enum terminal_dimension)setting.what, (uint16_t)setting.value);
        connection_resize(connection);
        return 0;
    case MESSAGE_DONE:
        if (!connection_prompt(connection, message))
            return -EPROTO;
        transfer_end(connection, handler);
        return 1;
    case MESSAGE_VIEW:
        if (message->length != sizeof view || !handler->view)
            return -EPROTO;
        memcpy(&view, message->data, sizeof view);
        failed = handler->view(handler->context, connection, &view);
        return failed ? failed : 1;
    case MESSAGE_REFUSED:
    case MESSAGE_HELLO:
    case MESSAGE_LINE:
    case MESSAGE_COMPLETE:
    case MESSAGE_INTERRUPT:
    case MESSAGE_SIZE:
    case MESSAGE_WATCH:
    case MESSAGE_SHOWN:
    case MESSAGE_TEXT:
    case MESSAGE_TEXT_END:
    case MESSAGE_ACTIVE:
    case MESSAGE_WELCOME:
    case MESSAGE_CHOICES:
    case MESSAGE_SAMPLE:
        break;
    }
    return -EPROTO;
}

/* One wait for the box, the signals, and the line to the person, and what came of it. */
static int step(struct connection *connection, const struct connection_handler *handler)
{
    uint32_t busy = connection->round ? terminal_busy() : 0;
    struct message message;
    int ready, failed;

    if (connection->told < connection->interrupts) { /* it came within a message, maybe */
        connection->told = connection->interrupts;
        return connection_send(connection, MESSAGE_INTERRUPT, NULL, 0);
    }
    if (connection->round && busy == 0) {
        connection->round = false;
        return connection_send(connection, MESSAGE_SHOWN, NULL, 0);
    }
    ready = terminal_wait(connection->wire.fd, -1,
                          connection->round ? (int)busy
                          : handler->idle   ? IDLE_MS
                                            : -1);
    failed = connection_heed(connection);
    if (!failed && terminal_resized())
        connection_resize(connection);
    if (!failed && ready == 0 && handler->idle)
        failed = shown(connection, handler->idle(handler->context));
    if (failed || ready <= 0)
        return failed;
    failed = connection_receive(connection, &message);
    if (failed)
        return failed < 0 ? failed : 0;
    failed = take(connection, &message, handler);
    free(message.data);
    return failed;
}

/* Has the box run the first `length` bytes of a line, and filters what it answers. */
static int run(struct connection *connection, const char *line, size_t length,
               const struct connection_handler *handler)
{
    const struct filter *filter = connection->filter;
    bool filters = filter && pipe_filters(&filter->pipe);
    int failed = ask(connection, MESSAGE_LINE, filters ? LINE_FILTERED : 0, line, length);

    while (failed == 0)
        failed = step(connection, handler);
    packets_close(connection);
    if (failed > 0 && filters && !connection->cut) {
        int finished = put_through(connection, handler, NULL, 0, true);

        if (finished == -ECANCELED) /* the box need not hear of it any more */
            connection->cut = true;
        else if (finished < 0)
            return finished;
    }
    if (failed > 0 && filter) {
        connection->prompt.failed |= filter->failed;
        connection->prompt.page &= !filter->pipe.no_more;
    }
    return failed > 0 ? 0 : failed;
}

/* A line that the box need not hear of. */
static int refuse(struct connection *connection, const struct connection_handler *handler,
                  uint32_t column, const char *text)
{
    handler->problem(handler->context, column, text);
    connection->prompt.failed = 1;
    connection->prompt.logged_out = connection->prompt.page = 0;
    return 0;
}

/* Runs a line whose words are known: its pipes stay here. */
static int run_words(struct connection *connection, struct filter *filter, size_t length,
                     const struct connection_handler *handler)
{
    const struct words *words = &filter->words;
    struct problem problem = {0};
    size_t kept;
    int failed;

    if (!filter_open(filter, &kept, &problem))
        return refuse(connection, handler, words_column(filter->line, problem.at), problem.text);
    connection->filter = filter;
    failed = run(connection, filter->line, kept < words->count ? words->at[kept].start : length,
                 handler);
    connection->filter = NULL;
    if (!filter_close(filter, handler, failed == 0 && !connection->prompt.failed))
        connection->prompt.failed = 1;
    return failed;
}

int connection_run(struct connection *connection, const char *line, size_t length,
                   const struct connection_handler *handler, bool *interrupted)
{
    struct filter filter = {.line = line, .file = OUTPUT_FILE_NONE};
    struct problem problem;
    char why[80];
    int failed;

    connection->interrupts = connection->told = 0;
    connection->cut = false;
    snprintf(why, sizeof why, "the line is too long: more than %d bytes", LINE_LENGTH_MAX);
    if (length > LINE_LENGTH_MAX)
        failed = refuse(connection, handler, LINE_LENGTH_MAX + 1, why);
    else if (words_split(line, &filter.words, &problem))
        failed = run_words(connection, &filter, length, handler);
    else /* the box says what is wrong with it */
        failed = run(connection, line, length, handler);
    words_free(&filter.words);
    *interrupted = connection->interrupts > 0 || (connection->cut && !filter.failed);
    return failed;
}

/* What the box says, and where pipes can stand; malloced. */
static char *with_pipes(const char *line, size_t offset, const char *choices)
{
    char *front = strndup(line, offset), *text = NULL;
    size_t size;
    FILE *out = front ? open_memstream(&text, &size) : NULL;

    if (out) {
        pipe_complete(front, choices, out);
        if (fclose(out)) {
            free(text);
            text = NULL;
        }
    }
    free(front);
    return text;
}

int connection_complete(struct connection *connection, const char *line, size_t offset,
                        const struct connection_handler *handler, uint32_t *begin, char **text)
{
    int64_t until = clock_ms() + COMPLETE_TIMEOUT_MS;
    int failed = ask(connection, MESSAGE_COMPLETE, (uint32_t)offset, line, strlen(line));

    while (failed >= 0) {
        int64_t now = clock_ms();
        int ready = terminal_wait(connection->wire.fd, -1, now < until ? (int)(until - now) : 0);
        struct message message;

        if (ready == 0)
            return -ETIMEDOUT;
        failed = connection_heed(connection);
        if (!failed && connection->interrupts)
            failed = -ECANCELED;
        if (failed || ready < 0)
            continue;
        failed = connection_receive(connection, &message);
        if (failed)
            continue;
        if (message.type == MESSAGE_CHOICES && message.length >= sizeof *begin) {
            memcpy(begin, message.data, sizeof *begin);
            *text = with_pipes(line, offset, message.data + sizeof *begin);
            free(message.data);
            return *text ? 0 : -ENOMEM;
        }
        if (message.type == MESSAGE_NOTICE)
            connection_notice(connection, handler, message.data);
        else
            failed = -EPROTO;
        free(message.data);
    }
    return failed;
}

int connection_news(struct connection *connection, const struct connection_handler *handler)
{
    struct message message;
    int failed;

    connection->interrupts = 0;
    failed = connection_receive(connection, &message);
    if (failed)
        return failed < 0 ? failed : 0;
    if (message.type == MESSAGE_NOTICE)
        connection_notice(connection, handler, message.data);
    free(message.data);
    return 0;
}

void connection_resize(struct connection *connection)
{
    struct screen_size size = terminal_size();

    connection_send(connection, MESSAGE_SIZE, &size, sizeof size);
}
