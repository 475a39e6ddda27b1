/* A console's conversation with the box: every wait for an answer goes through here, and so
 * does every way in which it can end. */
#include "session.h"
#include "terminal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HELLO_TIMEOUT_MS = 10000, /* a box that does not greet within this does not work */
    IDLE_MS = 150,
    INTERRUPTS_MAX = 3, /* so many ^C without an answer: the box is given up */
};

bool session_prompt(struct prompt *prompt, const char *data, size_t length)
{
    if (length != sizeof *prompt)
        return false;
    memcpy(prompt, data, sizeof *prompt);
    prompt->text[PROMPT_MAX - 1] = '\0';
    return true;
}

static int greet(struct session *session, enum console_kind kind, bool full_screen)
{
    struct hello hello = {.version = PROTOCOL_VERSION,
                          .kind = kind,
                          .size = terminal_size(),
                          .full_screen = full_screen};

    terminal_name(hello.terminal, sizeof hello.terminal);
    return message_send(session->fd, MESSAGE_HELLO, &hello, sizeof hello);
}

/* Receives messages until the box says WELCOME. */
static int await_welcome(struct session *session, const struct session_handler *handler, char *why,
                         size_t why_size)
{
    uint64_t until = terminal_clock_ms() + HELLO_TIMEOUT_MS;

    for (;;) {
        uint64_t now = terminal_clock_ms();
        int ready = terminal_wait(session->fd, -1, now < until ? (int)(until - now) : 0);
        enum message_type type;
        char *data;
        size_t length;
        int failed;

        if (ready == 0 || (ready == -EINTR && (terminal_ended() || terminal_interrupted()))) {
            snprintf(why, why_size, "%s", ready == 0 ? "the box does not answer" : "interrupted");
            return -ETIMEDOUT;
        }
        if (ready < 0)
            continue;
        failed = message_receive(session->fd, &type, &data, &length);
        if (failed) {
            snprintf(why, why_size, "the box hung up");
            return failed;
        }
        if (type == MESSAGE_REFUSED)
            snprintf(why, why_size, "%s", data);
        else if (type == MESSAGE_NOTICE)
            handler->notice(handler->context, data);
        if (type == MESSAGE_REFUSED)
            failed = -EACCES;
        else if (type == MESSAGE_WELCOME && session_prompt(&session->prompt, data, length))
            failed = 1;
        free(data);
        if (failed)
            return failed < 0 ? failed : 0;
    }
}

int session_open(struct session *session, int fd, enum console_kind kind, bool full_screen,
                 const struct session_handler *handler, char *why, size_t why_size)
{
    int failed;

    *session = (struct session){.fd = fd};
    failed = greet(session, kind, full_screen);
    /* A refusal may already wait for us when the box hangs up before it has read us. */
    if (!failed || failed == -EPIPE)
        failed = await_welcome(session, handler, why, why_size);
    else
        snprintf(why, why_size, "%s", strerror(-failed));
    if (failed)
        session_close(session);
    return failed;
}

void session_close(struct session *session)
{
    if (session->fd >= 0)
        close(session->fd);
    session->fd = -1;
}

/* Hands one message on. 1: the line is done, 0: go on, or -errno. */
static int take(struct session *session, enum message_type type, const char *data, size_t length,
                const struct session_handler *handler)
{
    struct view_start view;
    uint32_t column;
    int failed;

    switch (type) {
    case MESSAGE_OUTPUT:
        return handler->output(handler->context, data, length);
    case MESSAGE_PROBLEM:
    case MESSAGE_WARNING:
        if (length < sizeof column)
            return -EPROTO;
        memcpy(&column, data, sizeof column);
        (type == MESSAGE_PROBLEM ? handler->problem : handler->warning)(handler->context, column,
                                                                        data + sizeof column);
        return 0;
    case MESSAGE_NOTICE:
        handler->notice(handler->context, data);
        return 0;
    case MESSAGE_DONE:
        return session_prompt(&session->prompt, data, length) ? 1 : -EPROTO;
    case MESSAGE_VIEW:
        if (length != sizeof view || !handler->view)
            return -EPROTO;
        memcpy(&view, data, sizeof view);
        failed = handler->view(handler->context, session->fd, &view, &session->prompt);
        return failed ? failed : 1;
    case MESSAGE_SAMPLE: /* one that crossed the end of a view */
        return 0;
    case MESSAGE_HELLO:
    case MESSAGE_LINE:
    case MESSAGE_COMPLETE:
    case MESSAGE_INTERRUPT:
    case MESSAGE_SIZE:
    case MESSAGE_WELCOME:
    case MESSAGE_REFUSED:
    case MESSAGE_CANDIDATES:
        break;
    }
    return -EPROTO;
}

/* What signals ask for while a line runs; -errno: give up. */
static int heed_signals(struct session *session, unsigned *interrupts)
{
    if (terminal_ended())
        return -EINTR;
    if (terminal_interrupted()) {
        if (++*interrupts > INTERRUPTS_MAX)
            return -ETIMEDOUT;
        message_send(session->fd, MESSAGE_INTERRUPT, NULL, 0);
    }
    if (terminal_resized())
        session_resize(session);
    return 0;
}

int session_run(struct session *session, const char *line, size_t length,
                const struct session_handler *handler, bool *interrupted)
{
    unsigned interrupts = 0;
    int failed = message_send(session->fd, MESSAGE_LINE, line, length);

    /* The box may have gone with a last word: read on. */
    if (failed == -EPIPE)
        failed = 0;
    while (failed == 0) {
        int ready = terminal_wait(session->fd, -1, handler->idle ? IDLE_MS : -1);
        enum message_type type;
        char *data;

        if (ready == 0) {
            failed = handler->idle(handler->context);
            continue;
        }
        failed = heed_signals(session, &interrupts);
        if (failed || ready < 0)
            continue;
        failed = message_receive(session->fd, &type, &data, &length);
        if (!failed) {
            failed = take(session, type, data, length, handler);
            free(data);
        }
    }
    *interrupted = interrupts > 0;
    return failed > 0 ? 0 : failed;
}

int session_complete(struct session *session, const char *line, size_t offset,
                     const struct session_handler *handler, uint32_t *begin, char **text)
{
    size_t length = strlen(line);
    uint32_t cursor = (uint32_t)offset;
    char *ask = malloc(sizeof cursor + length);
    int failed;

    if (!ask)
        return -ENOMEM;
    memcpy(ask, &cursor, sizeof cursor);
    memcpy(ask + sizeof cursor, line, length);
    failed = message_send(session->fd, MESSAGE_COMPLETE, ask, sizeof cursor + length);
    free(ask);
    while (!failed) {
        int ready = terminal_wait(session->fd, -1, HELLO_TIMEOUT_MS);
        enum message_type type;
        char *data;

        if (ready == 0)
            return -ETIMEDOUT;
        if (ready < 0) {
            failed = terminal_ended() ? -EINTR : 0;
            continue;
        }
        failed = message_receive(session->fd, &type, &data, &length);
        if (failed)
            break;
        if (type == MESSAGE_CANDIDATES && length >= sizeof *begin) {
            memcpy(begin, data, sizeof *begin);
            memmove(data, data + sizeof *begin, length - sizeof *begin + 1);
            *text = data;
            return 0;
        }
        if (type == MESSAGE_NOTICE)
            handler->notice(handler->context, data);
        else
            failed = -EPROTO;
        free(data);
    }
    return failed;
}

int session_news(struct session *session, const struct session_handler *handler)
{
    enum message_type type;
    char *data;
    size_t length;
    int failed = message_receive(session->fd, &type, &data, &length);

    if (failed)
        return failed;
    if (type == MESSAGE_NOTICE)
        handler->notice(handler->context, data);
    else if (type == MESSAGE_REFUSED)
        failed = -ECONNRESET;
    free(data);
    return failed;
}

void session_resize(struct session *session)
{
    struct screen_size size = terminal_size();

    message_send(session->fd, MESSAGE_SIZE, &size, sizeof size);
}
