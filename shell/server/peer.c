/* What arrives from one console, and what it is answered: see peer.h. Lines go to
 * command/execute.c. */
#include "../clock.h"
#include "../command/commit.h"
#include "../command/completion.h"
#include "../command/configure.h"
#include "../command/dispatch.h"
#include "../command/execute.h"
#include "../command/load.h"
#include "../command/monitor.h"
#include "../command/prompt.h"
#include "logins.h"
#include "peer_internal.h"
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    QUEUE_FULL = 64 * 1024, /* a console with more output than this waits with its lines */
    TURN_MAX = 256          /* messages a turn, then the other consoles */
};

_Static_assert(ANSWER_MAX <= QUEUE_MAX / 2, "an answer breaks no channel");

static void send_answer(void *peer, enum message_type type, const void *data, size_t length)
{
    channel_send(&((struct peer *)peer)->channel, type, data, length);
}

static size_t queued_answer(const void *peer)
{
    return channel_queued(&((const struct peer *)peer)->channel);
}

struct peer *peer_new(int fd, const struct role *role, struct running *running)
{
    struct peer *peer = calloc(1, sizeof *peer);

    if (!peer) {
        close(fd);
        return NULL;
    }
    channel_open(&peer->channel, fd);
    peer->context = (struct context){.running = running,
                                     .answer = {send_answer, queued_answer, peer},
                                     .may_configure = role->may_configure,
                                     .mode = MODE_OPERATIONAL};
    peer->role = *role;
    peer->arrived_ms = clock_ms();
    edit_begin(&peer->context.edit, running);
    return peer;
}

void peer_free(struct peer *peer)
{
    if (peer_greeted(peer))
        logout_say(peer);
    monitor_end(&peer->context);
    load_abandon(&peer->context);
    edit_end(&peer->context.edit);
    context_top(&peer->context);
    dispatch_free(peer->context.dispatch);
    channel_close(&peer->channel);
    free(peer);
}

bool peer_greeted(const struct peer *peer)
{
    return peer->context.dispatch;
}

void peer_tell_minutes_left(struct peer *peer)
{
    unsigned minutes = running_minutes_left(peer->context.running);

    if (minutes > 0 && !peer->context.logged_out)
        context_notice(&peer->context,
                       "commit confirmed: it goes back in %u minute%s unless a commit follows",
                       minutes, minutes == 1 ? "" : "s");
}

/* Whether the candidate has changes is worked out for people at every prompt, for scripts only
 * where it ends or a blank line asks: it takes the time of a whole tree. */
static void send_prompt(struct peer *peer, enum message_type type, bool failed, bool exact)
{
    struct context *context = &peer->context;
    struct prompt prompt;
    char host[PROMPT_MAX];

    memset(&prompt, 0, sizeof prompt);
    exact |= context->person || context->logged_out;
    prompt.failed = failed;
    prompt.logged_out = context->logged_out;
    prompt.uncommitted = exact ? edit_changed(&context->edit) : edit_touched(&context->edit);
    prompt.page = !context->request.quiet;
    if (context->person)
        peer_tell_minutes_left(peer);
    host_name(context->running->revision->active.tree, host);
    prompt_text(host, &context->path, context->mode, context->size.columns, prompt.text);
    channel_send(&peer->channel, type, &prompt, sizeof prompt);
    context->logged_out = false;
}

/* ---- messages ---- */

void peer_refuse(struct peer *peer, const char *text)
{
    login_say_refused(&peer->role, text);
    peer_hang_up(peer, text);
}

void peer_hang_up(struct peer *peer, const char *text)
{
    channel_send(&peer->channel, MESSAGE_REFUSED, text, strlen(text));
    channel_flush(&peer->channel);
    peer->channel.broken = true;
}

/* A name is the peer's own word for it. */
static void make_plain(char *name)
{
    for (; *name; name++)
        if (*name < ' ' || *name > '~')
            *name = '?';
}

/* For those who are told of what it commits, and that it is there. */
static void note_who(struct peer *peer, const struct hello *hello)
{
    const struct passwd *user = getpwuid(peer->role.user);
    struct edit *edit = &peer->context.edit;
    struct author *author = &edit->author;
    char number[16];

    snprintf(number, sizeof number, "user %u", (unsigned)peer->role.user);
    snprintf(author->user, sizeof author->user, "%s", user ? user->pw_name : number);
    snprintf(author->terminal, sizeof author->terminal, "%s", hello->terminal);
    snprintf(edit->from, sizeof edit->from, "%s", hello->from);
    make_plain(author->user);
    make_plain(author->terminal);
    make_plain(edit->from);
    edit->attached = time(NULL);
}

/* Every console is told until a commit; one of the box's own process has read it at the start. */
static void tell_fallback(struct peer *peer)
{
    const char *fallback = store_fallback(peer->context.running->store);

    if (fallback && !peer->role.own_process)
        context_notice(&peer->context, "%s, until a commit", fallback);
}

static void take_hello(struct peer *peer, const struct waiting *message)
{
    struct context *context = &peer->context;
    struct hello hello;

    if (peer_greeted(peer) || message->length != sizeof hello) {
        peer_refuse(peer, "this console speaks another protocol than the box");
        return;
    }
    memcpy(&hello, message->data, sizeof hello);
    hello.terminal[sizeof hello.terminal - 1] = '\0';
    hello.from[sizeof hello.from - 1] = '\0';
    if (hello.version != PROTOCOL_VERSION) {
        peer_refuse(peer, "this console is of another version than the box");
        return;
    }
    note_who(peer, &hello);
    context->person = hello.kind == CONSOLE_TERMINAL;
    context->full_screen = hello.full_screen;
    context->size = hello.size;
    context->dispatch = dispatch_new(context->may_configure);
    if (!context->dispatch) {
        peer_refuse(peer, "out of memory");
    } else {
        login_say(peer);
        tell_fallback(peer);
        send_prompt(peer, MESSAGE_WELCOME, false, true);
    }
    peer->channel.largest = REQUEST_MAX;
}

/* The text of a LINE or COMPLETE behind its number, malloced; NULL, and the console is done
 * for, when there is none. */
static char *take_text(struct peer *peer, const struct waiting *message, uint32_t *number,
                       size_t *length)
{
    char *text;

    if (message->length < sizeof *number) {
        peer_refuse(peer, "this console speaks another protocol than the box");
        return NULL;
    }
    memcpy(number, message->data, sizeof *number);
    *length = message->length - sizeof *number;
    text = malloc(*length + 1);
    if (!text) {
        peer->channel.broken = true;
        return NULL;
    }
    memcpy(text, message->data + sizeof *number, *length);
    text[*length] = '\0';
    return text;
}

static void take_line(struct peer *peer, const struct waiting *message)
{
    enum command_status status = COMMAND_FAILED;
    uint32_t flags;
    size_t length;
    char *line = take_text(peer, message, &flags, &length);

    if (!line)
        return;
    peer->context.request = (struct request){.filtered = flags & LINE_FILTERED};
    if (strlen(line) < length)
        context_problem(&peer->context, words_column(line, strlen(line)), "control character 0x00");
    else if (length > LINE_LENGTH_MAX)
        context_problem(&peer->context, words_column(line, LINE_LENGTH_MAX),
                        "the line is too long: more than %d bytes", LINE_LENGTH_MAX);
    else
        status = execute_line(&peer->context, line);
    if (status != COMMAND_RUNNING)
        send_prompt(peer, MESSAGE_DONE, status != COMMAND_OK,
                    line[strspn(line, " \t\r\n")] == '\0');
    free(line);
}

static void take_complete(struct peer *peer, const struct waiting *message)
{
    uint32_t cursor, offset = 0;
    size_t length, size = 0;
    char *line = take_text(peer, message, &cursor, &length), *text = NULL;
    FILE *out = line ? open_memstream(&text, &size) : NULL;

    if (out) {
        fwrite(&offset, sizeof offset, 1, out);
        completion_print(&peer->context, line, cursor, &offset, out);
    }
    free(line);
    if (out && fclose(out) == 0) {
        memcpy(text, &offset, sizeof offset);
        channel_send(&peer->channel, MESSAGE_CHOICES, text, size);
    } else {
        peer->channel.broken = true;
    }
    free(text);
}

void peer_end_monitor(struct peer *peer)
{
    monitor_end(&peer->context);
    peer->channel.looked_at = 0;
    send_prompt(peer, MESSAGE_DONE, peer->context.request.failed, false);
}

/* What is said of a monitor that has ended comes too late. */
static bool concerns_monitor(const struct peer *peer, const struct waiting *message)
{
    return peer->context.monitor && message->request == peer->channel.request;
}

static void resume_commit(struct peer *peer)
{
    enum command_status status = commit_resume(&peer->context);

    if (status == COMMAND_RUNNING)
        return;
    peer->channel.looked_at = 0;
    send_prompt(peer, MESSAGE_DONE, status != COMMAND_OK, false);
}

static void resume_configure(struct peer *peer, bool give_up)
{
    enum command_status status = configure_resume(&peer->context, give_up);

    if (status == COMMAND_RUNNING)
        return;
    peer->channel.looked_at = 0;
    send_prompt(peer, MESSAGE_DONE, status != COMMAND_OK, false);
}

/* Whether it is of the text that a load waits for. */
static bool concerns_load(const struct peer *peer, const struct waiting *message)
{
    return peer->context.loading && message->request == peer->channel.request;
}

static void end_load(struct peer *peer, const struct waiting *message)
{
    char why[200];

    snprintf(why, sizeof why, "%.*s",
             message->length < sizeof why ? (int)message->length : (int)sizeof why - 1,
             message->data);
    enum command_status status = load_end(&peer->context, why);
    peer->channel.looked_at = 0;
    send_prompt(peer, MESSAGE_DONE, status != COMMAND_OK, false);
}

static void take_size(struct peer *peer, const struct waiting *message)
{
    struct screen_size size;

    if (message->length != sizeof size) {
        peer->channel.broken = true;
        return;
    }
    memcpy(&size, message->data, sizeof size);
    peer->context.size = size;
}

static void take_watch(struct peer *peer, const struct waiting *message)
{
    struct watch watch;

    if (message->length != sizeof watch) {
        peer->channel.broken = true;
        return;
    }
    memcpy(&watch, message->data, sizeof watch);
    watch.session[sizeof watch.session - 1] = '\0';
    if (concerns_monitor(peer, message))
        monitor_watch(peer->context.monitor, &watch, clock_ms());
}

static void take_message(struct peer *peer, const struct waiting *message)
{
    if (!peer_greeted(peer) && message->type != MESSAGE_HELLO) {
        peer_refuse(peer, "a console has to say hello first");
        return;
    }
    if (message->type != MESSAGE_SIZE)
        peer->context.edit.active_ms = clock_ms();
    switch (message->type) {
    case MESSAGE_HELLO:
        take_hello(peer, message);
        break;
    case MESSAGE_LINE:
        peer->channel.request = message->request;
        take_line(peer, message);
        break;
    case MESSAGE_COMPLETE:
        peer->channel.request = message->request;
        take_complete(peer, message);
        break;
    case MESSAGE_INTERRUPT:
        if (concerns_monitor(peer, message))
            peer_end_monitor(peer);
        else if (peer->context.lock_until_ms && message->request == peer->channel.request)
            resume_configure(peer, true);
        break;
    case MESSAGE_SIZE:
        take_size(peer, message);
        break;
    case MESSAGE_WATCH:
        take_watch(peer, message);
        break;
    case MESSAGE_SHOWN:
        if (concerns_monitor(peer, message))
            monitor_shown(peer->context.monitor);
        break;
    case MESSAGE_TEXT:
        if (concerns_load(peer, message))
            load_take(&peer->context, message->data, message->length);
        break;
    case MESSAGE_TEXT_END:
        if (concerns_load(peer, message))
            end_load(peer, message);
        break;
    case MESSAGE_ACTIVE:
        break;
    case MESSAGE_WELCOME:
    case MESSAGE_REFUSED:
    case MESSAGE_OUTPUT:
    case MESSAGE_NOTICE:
    case MESSAGE_PROBLEM:
    case MESSAGE_WARNING:
    case MESSAGE_CHOICES:
    case MESSAGE_VIEW:
    case MESSAGE_SAMPLE:
    case MESSAGE_ROUND:
    case MESSAGE_READ:
    case MESSAGE_WRITE:
    case MESSAGE_SCREEN:
    case MESSAGE_DONE:
    default:
        peer_refuse(peer, "a message of this kind is the box's");
        break;
    }
}

/* Whether a line goes on that was begun. */
static bool is_busy(const struct peer *peer)
{
    return peer->context.monitor || peer->context.loading || peer->context.committing.running ||
           peer->context.lock_until_ms;
}

/* While a monitor or a commit runs, what would wait its turn does; what concerns the monitor does
 * not. */
static bool can_take(const struct peer *peer, enum message_type type)
{
    if (is_busy(peer))
        return type == MESSAGE_INTERRUPT || type == MESSAGE_SIZE || type == MESSAGE_WATCH ||
               type == MESSAGE_SHOWN || type == MESSAGE_TEXT || type == MESSAGE_TEXT_END ||
               type == MESSAGE_ACTIVE;
    return channel_queued(&peer->channel) < QUEUE_FULL;
}

/* The first message that can be taken now, in the order they came. */
static bool next_message(struct peer *peer, size_t *offset, struct waiting *message)
{
    struct channel *channel = &peer->channel;
    size_t next;

    *offset = is_busy(peer) ? channel->looked_at : 0;
    while (channel_look(channel, *offset, message, &next)) {
        if (message->type == 0 && *offset == 0)
            channel_take(channel, 0); /* taken out of the middle before */
        else if (message->type != 0 && can_take(peer, message->type))
            return true;
        else if (!is_busy(peer))
            return false;
        else
            channel->looked_at = *offset = next;
    }
    return false;
}

void peer_serve(struct peer *peer)
{
    struct waiting message;
    size_t offset;

    if (peer->context.committing.running)
        resume_commit(peer);
    if (peer->context.lock_until_ms)
        resume_configure(peer, false);
    for (int turn = 0; turn < TURN_MAX && next_message(peer, &offset, &message); turn++) {
        take_message(peer, &message);
        if (peer->channel.broken)
            return;
        channel_take(&peer->channel, offset);
        if (!is_busy(peer))
            peer->channel.looked_at = 0;
    }
    if (peer->channel.fault)
        peer_refuse(peer, peer->channel.fault);
    channel_flush(&peer->channel);
}

bool peer_ready(struct peer *peer)
{
    struct waiting message;
    size_t offset;

    return next_message(peer, &offset, &message) || peer->channel.fault;
}
