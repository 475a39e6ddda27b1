/* A console's conversation with the box: every wait for an answer goes through here, and so
 * does every way in which it can end. Signals are heard during each wait, within a message too. */
#include "connection.h"
#include "terminal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HELLO_TIMEOUT_MS = 10000,   /* a box that does not greet within this does not work */
    COMPLETE_TIMEOUT_MS = 3000, /* then TAB gives up */
    IDLE_MS = 150,
    INTERRUPTS_MAX = 3, /* so many ^C without an answer: the box is given up */
};

/* What signals ask for; -errno: give up. */
static int heed_signals(struct session *session)
{
    if (terminal_ended())
        return -EINTR;
    if (terminal_interrupted() && ++session->interrupts > INTERRUPTS_MAX)
        return -ETIMEDOUT;
    return 0;
}

static int wait_within_message(void *context, int fd, short events)
{
    terminal_wait_for(fd, events);
    return heed_signals(context);
}

int session_send(struct session *session, enum message_type type, const void *data, size_t length)
{
    return message_send(&session->wire, type, data, length);
}

int session_receive(struct session *session, struct message *message)
{
    int failed = message_receive(&session->wire, message);

    if (failed || message->request == session->wire.request || message->type == MESSAGE_NOTICE ||
        message->type == MESSAGE_REFUSED)
        return failed;
    free(message->data);
    return 1;
}

bool session_prompt(struct session *session, const struct message *message)
{
    if (message->length != sizeof session->prompt)
        return false;
    memcpy(&session->prompt, message->data, sizeof session->prompt);
    session->prompt.text[PROMPT_MAX - 1] = '\0';
    return true;
}

static int greet(struct session *session, enum console_kind kind, bool full_screen)
{
    struct hello hello = {.version = PROTOCOL_VERSION,
                          .kind = kind,
                          .size = terminal_size(),
                          .full_screen = full_screen};

    terminal_name(hello.terminal, sizeof hello.terminal);
    return session_send(session, MESSAGE_HELLO, &hello, sizeof hello);
}

/* Receives messages until the box says WELCOME. */
static int await_welcome(struct session *session, const struct session_handler *handler, char *why,
                         size_t why_size)
{
    uint64_t until = terminal_clock_ms() + HELLO_TIMEOUT_MS;

    for (;;) {
        uint64_t now = terminal_clock_ms();
        int ready = terminal_wait(session->wire.fd, -1, now < until ? (int)(until - now) : 0);
        struct message message;
        int failed;

        if (ready == 0 || (ready == -EINTR && (terminal_ended() || terminal_interrupted()))) {
            snprintf(why, why_size, "%s", ready == 0 ? "the box does not answer" : "interrupted");
            return -ETIMEDOUT;
        }
        if (ready < 0)
            continue;
        failed = session_receive(session, &message);
        if (failed) {
            snprintf(why, why_size, "the box hung up");
            return failed < 0 ? failed : -EPROTO;
        }
        if (message.type == MESSAGE_REFUSED)
            snprintf(why, why_size, "%s", message.data);
        else if (message.type == MESSAGE_NOTICE)
            handler->notice(handler->context, message.data);
        if (message.type == MESSAGE_REFUSED)
            failed = -EACCES;
        else if (message.type == MESSAGE_WELCOME && session_prompt(session, &message))
            failed = 1;
        free(message.data);
        if (failed)
            return failed < 0 ? failed : 0;
    }
}

int session_open(struct session *session, int fd, enum console_kind kind, bool full_screen,
                 const struct session_handler *handler, char *why, size_t why_size)
{
    int failed;

    *session =
        (struct session){.wire = {.fd = fd, .wait = wait_within_message, .context = session}};
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
    if (session->wire.fd >= 0)
        close(session->wire.fd);
    session->wire.fd = -1;
}

/* Begins a request: what is answered to earlier ones is of no use any more. */
static int ask(struct session *session, enum message_type type, uint32_t number, const char *text,
               size_t length)
{
    char *message = malloc(sizeof number + length);
    int failed;

    if (!message)
        return -ENOMEM;
    memcpy(message, &number, sizeof number);
    memcpy(message + sizeof number, text, length);
    session->wire.request++;
    session->interrupts = 0;
    session->cut = session->round = false;
    failed = session_send(session, type, message, sizeof number + length);
    free(message);
    return failed;
}

/* No more of the answer is wanted. */
static int cut(struct session *session)
{
    session->cut = true;
    return session_send(session, MESSAGE_INTERRUPT, NULL, 0);
}

/* What a handler that shows output has said: after a ^C the line goes on, without its output. */
static int shown(struct session *session, int failed)
{
    return failed == -ECANCELED ? cut(session) : failed;
}

/* The pipes of the line that runs. */
struct filter {
    struct pipe pipe;
    struct words words; /* of the line */
    const char *line;
    bool failed;
};

/* A pipe that cannot go on: by a ^C, or it says why. */
static int pipe_failed(struct session *session, const struct session_handler *handler)
{
    struct filter *filter = session->filter;
    unsigned before = session->interrupts;
    int failed = heed_signals(session);

    if (failed)
        return failed;
    filter->failed = true;
    if (session->interrupts == before)
        handler->problem(handler->context,
                         words_place(filter->line, &filter->words, filter->pipe.problem.word),
                         filter->pipe.problem.text);
    return cut(session);
}

/* Puts text through the pipes; the last time: what they have kept. */
static int put_through(struct session *session, const struct session_handler *handler,
                       const char *text, size_t length, bool last)
{
    struct pipe *pipe = &session->filter->pipe;
    char *through = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&through, &size);
    int failed = -ENOMEM;
    bool good;

    if (!out)
        return failed;
    good = last ? pipe_finish(pipe, out) : pipe_feed(pipe, text, length, out);
    if (fclose(out) == 0)
        failed = size ? handler->output(handler->context, through, size) : 0;
    free(through);
    return failed || good ? failed : pipe_failed(session, handler);
}

static int put(struct session *session, const struct session_handler *handler, const char *text,
               size_t length)
{
    int failed = 0;

    if (session->filter && pipe_filters(&session->filter->pipe) && !session->cut)
        failed = put_through(session, handler, text, length, false);
    else if (!session->cut)
        failed = handler->output(handler->context, text, length);
    return shown(session, failed);
}

/* Hands one message on. 1: the line is done, 0: go on, or -errno. */
static int take(struct session *session, const struct message *message,
                const struct session_handler *handler)
{
    struct view_start view;
    uint32_t column;
    int failed;

    switch (message->type) {
    case MESSAGE_OUTPUT:
        return put(session, handler, message->data, message->length);
    case MESSAGE_ROUND: /* it is not held back for more to come */
        session->round = true;
        return handler->idle ? shown(session, handler->idle(handler->context)) : 0;
    case MESSAGE_PROBLEM:
    case MESSAGE_WARNING:
        if (message->length < sizeof column)
            return -EPROTO;
        memcpy(&column, message->data, sizeof column);
        (message->type == MESSAGE_PROBLEM ? handler->problem : handler->warning)(
            handler->context, column, message->data + sizeof column);
        return 0;
    case MESSAGE_NOTICE:
        handler->notice(handler->context, message->data);
        return 0;
    case MESSAGE_DONE:
        return session_prompt(session, message) ? 1 : -EPROTO;
    case MESSAGE_VIEW:
        if (message->length != sizeof view || !handler->view)
            return -EPROTO;
        memcpy(&view, message->data, sizeof view);
        failed = handler->view(handler->context, session, &view);
        return failed ? failed : 1;
    case MESSAGE_REFUSED:
        return -ECONNRESET;
    case MESSAGE_HELLO:
    case MESSAGE_LINE:
    case MESSAGE_COMPLETE:
    case MESSAGE_INTERRUPT:
    case MESSAGE_SIZE:
    case MESSAGE_WATCH:
    case MESSAGE_SHOWN:
    case MESSAGE_WELCOME:
    case MESSAGE_CANDIDATES:
    case MESSAGE_SAMPLE:
        break;
    }
    return -EPROTO;
}

/* One wait for the box, the signals, and the line to the person, and what came of it. */
static int step(struct session *session, const struct session_handler *handler)
{
    unsigned before = session->interrupts;
    uint32_t busy = session->round ? terminal_busy() : 0;
    struct message message;
    int ready, failed;

    if (session->round && busy == 0) {
        session->round = false;
        return session_send(session, MESSAGE_SHOWN, NULL, 0);
    }
    ready = terminal_wait(session->wire.fd, -1,
                          session->round  ? (int)busy
                          : handler->idle ? IDLE_MS
                                          : -1);
    failed = heed_signals(session);
    if (!failed && session->interrupts > before)
        failed = session_send(session, MESSAGE_INTERRUPT, NULL, 0);
    if (!failed && terminal_resized())
        session_resize(session);
    if (!failed && ready == 0 && handler->idle)
        failed = shown(session, handler->idle(handler->context));
    if (failed || ready <= 0)
        return failed;
    failed = session_receive(session, &message);
    if (failed)
        return failed < 0 ? failed : 0;
    failed = take(session, &message, handler);
    free(message.data);
    return failed;
}

/* Has the box run the first `length` bytes of a line, and filters what it answers. */
static int run(struct session *session, const char *line, size_t length,
               const struct session_handler *handler)
{
    const struct filter *filter = session->filter;
    bool filters = filter && pipe_filters(&filter->pipe);
    int failed = ask(session, MESSAGE_LINE, filters ? LINE_FILTERED : 0, line, length);

    /* The box may have gone with a last word: read on. */
    if (failed == -EPIPE)
        failed = 0;
    while (failed == 0)
        failed = step(session, handler);
    if (failed > 0 && filters && !session->cut) {
        int finished = put_through(session, handler, NULL, 0, true);

        if (finished < 0 && finished != -ECANCELED)
            return finished;
    }
    if (failed > 0 && filter) {
        session->prompt.failed |= filter->failed;
        session->prompt.page &= !filter->pipe.no_more;
    }
    return failed > 0 ? 0 : failed;
}

/* A line that the box need not hear of. */
static int refuse(struct session *session, const struct session_handler *handler, uint32_t column,
                  const char *text)
{
    handler->problem(handler->context, column, text);
    session->prompt.failed = 1;
    session->prompt.logged_out = session->prompt.page = 0;
    return 0;
}

/* Runs a line whose words are known: its pipes stay here. */
static int run_words(struct session *session, struct filter *filter, size_t length,
                     const struct session_handler *handler)
{
    const struct words *words = &filter->words;
    struct problem problem;
    size_t kept;
    int failed;

    if (!pipe_parse(words->at, words->count, &filter->pipe, &kept, &problem))
        return refuse(session, handler, words_place(filter->line, words, problem.word),
                      problem.text);
    if (kept == 0 && words->count > 0) {
        pipe_close(&filter->pipe);
        return refuse(session, handler, words_place(filter->line, words, 0),
                      "a command is missing in front of the pipe");
    }
    filter->pipe.stopped = terminal_called;
    session->filter = filter;
    failed =
        run(session, filter->line, kept < words->count ? words->at[kept].start : length, handler);
    session->filter = NULL;
    pipe_close(&filter->pipe);
    return failed;
}

int session_run(struct session *session, const char *line, size_t length,
                const struct session_handler *handler, bool *interrupted)
{
    struct filter filter = {.line = line};
    struct problem problem;
    char why[80];
    int failed;

    session->interrupts = 0;
    session->cut = false;
    snprintf(why, sizeof why, "the line is too long: more than %d bytes", LINE_LENGTH_MAX);
    if (length > LINE_LENGTH_MAX)
        failed = refuse(session, handler, LINE_LENGTH_MAX + 1, why);
    else if (words_split(line, &filter.words, &problem))
        failed = run_words(session, &filter, length, handler);
    else /* the box says what is wrong with it */
        failed = run(session, line, length, handler);
    words_free(&filter.words);
    *interrupted = session->interrupts > 0 || (session->cut && !filter.failed);
    return failed;
}

/* What the box says, behind what pipes of our own can stand there; malloced. */
static char *with_pipes(const char *line, size_t offset, const char *candidates)
{
    char *front = strndup(line, offset), *text = NULL;
    size_t size;
    FILE *out = front ? open_memstream(&text, &size) : NULL;

    if (out) {
        pipe_complete(front, out);
        fputs(candidates, out);
        if (fclose(out)) {
            free(text);
            text = NULL;
        }
    }
    free(front);
    return text;
}

int session_complete(struct session *session, const char *line, size_t offset,
                     const struct session_handler *handler, uint32_t *begin, char **text)
{
    uint64_t until = terminal_clock_ms() + COMPLETE_TIMEOUT_MS;
    int failed = ask(session, MESSAGE_COMPLETE, (uint32_t)offset, line, strlen(line));

    while (failed >= 0) {
        uint64_t now = terminal_clock_ms();
        int ready = terminal_wait(session->wire.fd, -1, now < until ? (int)(until - now) : 0);
        struct message message;

        if (ready == 0)
            return -ETIMEDOUT;
        failed = heed_signals(session);
        if (failed || ready < 0)
            continue;
        failed = session_receive(session, &message);
        if (failed)
            continue;
        if (message.type == MESSAGE_CANDIDATES && message.length >= sizeof *begin) {
            memcpy(begin, message.data, sizeof *begin);
            *text = with_pipes(line, offset, message.data + sizeof *begin);
            free(message.data);
            return *text ? 0 : -ENOMEM;
        }
        if (message.type == MESSAGE_NOTICE)
            handler->notice(handler->context, message.data);
        else
            failed = -EPROTO;
        free(message.data);
    }
    return failed;
}

int session_news(struct session *session, const struct session_handler *handler)
{
    struct message message;
    int failed;

    session->interrupts = 0;
    failed = session_receive(session, &message);
    if (failed)
        return failed < 0 ? failed : 0;
    if (message.type == MESSAGE_NOTICE)
        handler->notice(handler->context, message.data);
    else if (message.type == MESSAGE_REFUSED)
        failed = -ECONNRESET;
    free(message.data);
    return failed;
}

void session_resize(struct session *session)
{
    struct screen_size size = terminal_size();

    session_send(session, MESSAGE_SIZE, &size, sizeof size);
}
