/* What arrives from one console, and what it is answered: see console.h. Lines go to
 * command/execute.c. */
#include "peer.h"
#include "../command/candidates.h"
#include "../command/commit.h"
#include "../command/execute.h"
#include "../command/monitor.h"
#include "../command/dispatch.h"
#include "../command/prompt.h"
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OUTPUT_CHUNK = 64 * 1024,
    ANSWER_MAX = QUEUE_MAX / 2, /* bytes; more is refused */
    QUEUE_FULL = 64 * 1024,     /* a console with more output than this waits with its lines */
    TURN_MAX = 256,             /* messages a turn, then the other consoles */
    HELLO_MS = 5000
};

int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void host_name(const struct node *running, char name[static PROMPT_MAX])
{
    const struct node *system = node_child(running, "system");
    const char *configured = system ? node_value(system, "host-name") : NULL;
    char machine[PROMPT_MAX] = "localhost";

    if (!configured) {
        gethostname(machine, sizeof machine - 1);
        machine[strcspn(machine, ".")] = '\0';
    }
    snprintf(name, PROMPT_MAX, "%s", configured ? configured : machine);
}

struct console *console_new(int fd, const struct role *role, struct running *running)
{
    struct console *console = calloc(1, sizeof *console);

    if (!console) {
        close(fd);
        return NULL;
    }
    channel_open(&console->channel, fd);
    console->running = running;
    console->mode = MODE_OPERATIONAL;
    console->role = *role;
    console->arrived_ms = clock_ms();
    edit_begin(&console->edit, running);
    return console;
}

void console_free(struct console *console)
{
    monitor_end(console);
    edit_end(&console->edit);
    console_top(console);
    bridge_free(console->bridge);
    channel_close(&console->channel);
    free(console);
}

void console_top(struct console *console)
{
    path_free(&console->path);
    console->path = (struct path){0};
    free(console->levels);
    console->levels = NULL;
    console->level_count = 0;
}

/* ---- answers ---- */

void console_output(struct console *console, const char *text, size_t length)
{
    if (channel_queued(&console->channel) + length > ANSWER_MAX) {
        console_problem(console, 0, "the answer has more than %d MiB: ask for a part of it",
                        ANSWER_MAX >> 20);
        return;
    }
    while (length > 0) {
        size_t part = length < OUTPUT_CHUNK ? length : OUTPUT_CHUNK;

        channel_send(&console->channel, MESSAGE_OUTPUT, text, part);
        text += part;
        length -= part;
    }
}

void console_notice(struct console *console, const char *format, ...)
{
    va_list arguments;
    char text[600];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    channel_send(&console->channel, MESSAGE_NOTICE, text, strlen(text));
}

/* A text about a column of the line. */
__attribute__((format(printf, 4, 0))) static void send_at(struct console *console,
                                                          enum message_type type, uint32_t column,
                                                          const char *format, va_list arguments)
{
    char *message = NULL;
    size_t size;
    FILE *out = open_memstream(&message, &size);

    if (!out)
        return;
    fwrite(&column, sizeof column, 1, out);
    vfprintf(out, format, arguments);
    if (fclose(out) == 0)
        channel_send(&console->channel, type, message, size);
    free(message);
}

void console_problem(struct console *console, uint32_t column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    console->request.failed = true;
    send_at(console, MESSAGE_PROBLEM, column, format, arguments);
    va_end(arguments);
}

void console_warning(struct console *console, uint32_t column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_at(console, MESSAGE_WARNING, column, format, arguments);
    va_end(arguments);
}

/* Whether the candidate has changes is worked out for people at every prompt, in batch only
 * where it ends or a blank line asks: it takes the time of a whole tree. */
static void send_prompt(struct console *console, enum message_type type, bool failed, bool exact)
{
    struct prompt prompt;
    char host[PROMPT_MAX];

    memset(&prompt, 0, sizeof prompt);
    exact |= console->hello.kind == CONSOLE_TERMINAL || console->logged_out;
    prompt.failed = failed;
    prompt.logged_out = console->logged_out;
    prompt.uncommitted = exact ? edit_changed(&console->edit) : edit_touched(&console->edit);
    prompt.page = !console->request.quiet;
    host_name(console->running->snapshot->tree, host);
    prompt_text(host, &console->path, console->mode, console->hello.size.columns, prompt.text);
    channel_send(&console->channel, type, &prompt, sizeof prompt);
    console->logged_out = false;
}

/* ---- messages ---- */

static void refuse(struct console *console, const char *text)
{
    channel_send(&console->channel, MESSAGE_REFUSED, text, strlen(text));
    channel_flush(&console->channel);
    console->channel.broken = true;
}

/* "anna (pts/3)": for those who are told of what it commits. */
static void who(struct console *console)
{
    const struct passwd *user = getpwuid(console->role.user);
    const char *terminal = console->hello.terminal;
    char number[16];

    snprintf(number, sizeof number, "user %u", (unsigned)console->role.user);
    snprintf(console->edit.who, sizeof console->edit.who, "%.60s%s%s%s",
             user ? user->pw_name : number, *terminal ? " (" : "", terminal, *terminal ? ")" : "");
    for (char *at = console->edit.who; *at; at++) /* a name is the peer's own word for it */
        if (*at < ' ' || *at > '~')
            *at = '?';
}

/* Every console is told until a commit; one of the box's own process has read it at the start. */
static void tell_fallback(struct console *console)
{
    const char *fallback = store_fallback(console->running->store);

    if (fallback && !console->role.own_process)
        console_notice(console, "%s, until a commit", fallback);
}

static void take_hello(struct console *console, const struct waiting *message)
{
    if (console->bridge || message->length != sizeof console->hello) {
        refuse(console, "this console speaks another protocol than the box");
        return;
    }
    memcpy(&console->hello, message->data, sizeof console->hello);
    console->hello.terminal[sizeof console->hello.terminal - 1] = '\0';
    if (console->hello.version != PROTOCOL_VERSION) {
        refuse(console, "this console is of another version than the box");
        return;
    }
    who(console);
    console->bridge = bridge_new(console->role.may_configure);
    if (!console->bridge) {
        refuse(console, "out of memory");
    } else {
        tell_fallback(console);
        send_prompt(console, MESSAGE_WELCOME, false, true);
    }
    console->channel.largest = REQUEST_MAX;
}

/* The text of a LINE or COMPLETE behind its number, malloced; NULL, and the console is done
 * for, when there is none. */
static char *take_text(struct console *console, const struct waiting *message, uint32_t *number,
                       size_t *length)
{
    char *text;

    if (message->length < sizeof *number) {
        refuse(console, "this console speaks another protocol than the box");
        return NULL;
    }
    memcpy(number, message->data, sizeof *number);
    *length = message->length - sizeof *number;
    text = malloc(*length + 1);
    if (!text) {
        console->channel.broken = true;
        return NULL;
    }
    memcpy(text, message->data + sizeof *number, *length);
    text[*length] = '\0';
    return text;
}

static void take_line(struct console *console, const struct waiting *message)
{
    enum command_status status = COMMAND_FAILED;
    uint32_t flags;
    size_t length;
    char *line = take_text(console, message, &flags, &length);

    if (!line)
        return;
    console->request = (struct request){.filtered = flags & LINE_FILTERED};
    if (strlen(line) < length)
        console_problem(console, words_column(line, strlen(line)), "control character 0x00");
    else if (length > LINE_LENGTH_MAX)
        console_problem(console, words_column(line, LINE_LENGTH_MAX),
                        "the line is too long: more than %d bytes", LINE_LENGTH_MAX);
    else
        status = execute_line(console, line);
    if (status != COMMAND_RUNNING)
        send_prompt(console, MESSAGE_DONE, status != COMMAND_OK,
                    line[strspn(line, " \t\r\n")] == '\0');
    free(line);
}

static void take_complete(struct console *console, const struct waiting *message)
{
    uint32_t cursor, offset = 0;
    size_t length, size = 0;
    char *line = take_text(console, message, &cursor, &length), *text = NULL;
    FILE *out = line ? open_memstream(&text, &size) : NULL;

    if (out) {
        fwrite(&offset, sizeof offset, 1, out);
        candidates_print(console, line, cursor, &offset, out);
    }
    free(line);
    if (out && fclose(out) == 0) {
        memcpy(text, &offset, sizeof offset);
        channel_send(&console->channel, MESSAGE_CANDIDATES, text, size);
    } else {
        console->channel.broken = true;
    }
    free(text);
}

static void end_monitor(struct console *console)
{
    monitor_end(console);
    console->channel.looked_at = 0;
    send_prompt(console, MESSAGE_DONE, console->request.failed, false);
}

/* What is said of a monitor that has ended comes too late. */
static bool concerns_monitor(const struct console *console, const struct waiting *message)
{
    return console->monitor && message->request == console->channel.request;
}

static void resume_commit(struct console *console)
{
    enum command_status status = commit_resume(console);

    if (status == COMMAND_RUNNING)
        return;
    console->channel.looked_at = 0;
    send_prompt(console, MESSAGE_DONE, status != COMMAND_OK, false);
}

static void take_size(struct console *console, const struct waiting *message)
{
    struct screen_size size;

    if (message->length != sizeof size) {
        console->channel.broken = true;
        return;
    }
    memcpy(&size, message->data, sizeof size);
    console->hello.size = size;
}

static void take_watch(struct console *console, const struct waiting *message)
{
    struct watch watch;

    if (message->length != sizeof watch) {
        console->channel.broken = true;
        return;
    }
    memcpy(&watch, message->data, sizeof watch);
    watch.session[sizeof watch.session - 1] = '\0';
    if (concerns_monitor(console, message))
        monitor_watch(console->monitor, &watch, clock_ms());
}

static void take_message(struct console *console, const struct waiting *message)
{
    if (!console->bridge && message->type != MESSAGE_HELLO) {
        refuse(console, "a console has to say hello first");
        return;
    }
    switch (message->type) {
    case MESSAGE_HELLO:
        take_hello(console, message);
        break;
    case MESSAGE_LINE:
        console->channel.request = message->request;
        take_line(console, message);
        break;
    case MESSAGE_COMPLETE:
        console->channel.request = message->request;
        take_complete(console, message);
        break;
    case MESSAGE_INTERRUPT:
        if (concerns_monitor(console, message))
            end_monitor(console);
        break;
    case MESSAGE_SIZE:
        take_size(console, message);
        break;
    case MESSAGE_WATCH:
        take_watch(console, message);
        break;
    case MESSAGE_SHOWN:
        if (concerns_monitor(console, message))
            monitor_shown(console->monitor);
        break;
    case MESSAGE_WELCOME:
    case MESSAGE_REFUSED:
    case MESSAGE_OUTPUT:
    case MESSAGE_NOTICE:
    case MESSAGE_PROBLEM:
    case MESSAGE_WARNING:
    case MESSAGE_CANDIDATES:
    case MESSAGE_VIEW:
    case MESSAGE_SAMPLE:
    case MESSAGE_ROUND:
    case MESSAGE_DONE:
    default:
        refuse(console, "a message of this kind is the box's");
        break;
    }
}

/* Whether a line goes on that was begun. */
static bool is_busy(const struct console *console)
{
    return console->monitor || console->committing.running;
}

/* While a monitor or a commit runs, what would wait its turn does; what concerns the monitor does
 * not. */
static bool can_take(const struct console *console, enum message_type type)
{
    if (is_busy(console))
        return type == MESSAGE_INTERRUPT || type == MESSAGE_SIZE || type == MESSAGE_WATCH ||
               type == MESSAGE_SHOWN;
    return channel_queued(&console->channel) < QUEUE_FULL;
}

/* The first message that can be taken now, in the order they came. */
static bool next_message(struct console *console, size_t *offset, struct waiting *message)
{
    struct channel *channel = &console->channel;
    size_t next;

    *offset = is_busy(console) ? channel->looked_at : 0;
    while (channel_look(channel, *offset, message, &next)) {
        if (message->type == 0 && *offset == 0)
            channel_take(channel, 0); /* taken out of the middle before */
        else if (message->type != 0 && can_take(console, message->type))
            return true;
        else if (!is_busy(console))
            return false;
        else
            channel->looked_at = *offset = next;
    }
    return false;
}

void console_serve(struct console *console)
{
    struct waiting message;
    size_t offset;

    if (console->committing.running)
        resume_commit(console);
    for (int turn = 0; turn < TURN_MAX && next_message(console, &offset, &message); turn++) {
        take_message(console, &message);
        if (console->channel.broken)
            return;
        channel_take(&console->channel, offset);
        if (!is_busy(console))
            console->channel.looked_at = 0;
    }
    if (console->channel.fault)
        refuse(console, console->channel.fault);
    channel_flush(&console->channel);
}

bool console_ready(struct console *console)
{
    struct waiting message;
    size_t offset;

    return next_message(console, &offset, &message) || console->channel.fault;
}

int64_t console_due(const struct console *console, int64_t now_ms)
{
    int64_t left = console->arrived_ms + HELLO_MS - now_ms;

    if (!console->bridge)
        return left > 0 ? left : 0;
    return console->monitor ? monitor_due(console->monitor, now_ms) : -1;
}

void console_tick(struct console *console, int64_t now_ms)
{
    if (console_due(console, now_ms) != 0)
        return;
    if (!console->bridge) {
        refuse(console, "this console did not say hello in time");
        return;
    }
    if (!monitor_round(console, now_ms))
        end_monitor(console);
    channel_flush(&console->channel);
}
