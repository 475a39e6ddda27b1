/* What arrives from one console, and what it is answered: see console.h. Lines go to
 * command/execute.c. */
#include "console.h"
#include "../command/candidates.h"
#include "../command/execute.h"
#include "../command/monitor.h"
#include "../config/utf8.h"
#include "../libcli_bridge.h"
#include "roles.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OUTPUT_CHUNK = 64 * 1024,
    QUEUE_FULL = 1024 * 1024, /* a console with more output than this waits with its lines */
    TURN_MAX = 256            /* messages a turn, then the other consoles */
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

struct console *console_new(int fd, struct running *running)
{
    struct console *console = calloc(1, sizeof *console);

    if (!console) {
        close(fd);
        return NULL;
    }
    channel_open(&console->channel, fd);
    console->running = running;
    console->mode = MODE_OPERATIONAL;
    console->may_configure = roles_may_configure(fd);
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
static void send_at(struct console *console, enum message_type type, uint32_t column,
                    const char *format, va_list arguments)
{
    struct {
        uint32_t column;
        char text[1200];
    } message = {.column = column};

    vsnprintf(message.text, sizeof message.text, format, arguments);
    utf8_trim(message.text);
    channel_send(&console->channel, type, &message, sizeof message.column + strlen(message.text));
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

static void prompt_text(const struct console *console, char text[static PROMPT_MAX])
{
    char host[PROMPT_MAX], path[PROMPT_MAX] = "";
    size_t used = 0;

    host_name(console->running->snapshot->tree, host);
    for (size_t i = 0; i < console->path.count && used < sizeof path; i++)
        used += (size_t)snprintf(path + used, sizeof path - used, "%s%s", i ? " " : "",
                                 console->path.words[i]);
    snprintf(text, PROMPT_MAX, "%.80s%s%.160s%s%s ", host, *path ? "[" : "", path, *path ? "]" : "",
             console->mode == MODE_CONFIGURATION ? "#" : ">");
}

/* Whether the candidate has changes is worked out for people at every prompt, in batch only
 * where it ends or a blank line asks: it takes the time of a whole tree. */
static void send_prompt(struct console *console, enum message_type type, bool failed, bool exact)
{
    struct prompt prompt;

    memset(&prompt, 0, sizeof prompt);
    exact |= console->hello.kind == CONSOLE_TERMINAL || console->logged_out;
    prompt.failed = failed;
    prompt.logged_out = console->logged_out;
    prompt.uncommitted = exact ? edit_changed(&console->edit) : edit_touched(&console->edit);
    prompt.page = !console->request.quiet;
    prompt_text(console, prompt.text);
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
    console->bridge = bridge_new(console->may_configure);
    if (!console->bridge)
        refuse(console, "out of memory");
    else
        send_prompt(console, MESSAGE_WELCOME, false, true);
}

static void take_line(struct console *console, const struct waiting *message)
{
    char *line = malloc(message->length + 1);
    const char *nul;
    enum command_status status = COMMAND_FAILED;

    console->request.failed = false;
    if (!line) {
        console->channel.broken = true;
        return;
    }
    memcpy(line, message->data, message->length);
    line[message->length] = '\0';
    nul = memchr(line, '\0', message->length);
    if (nul)
        console_problem(console, words_column(line, (size_t)(nul - line)),
                        "control character 0x00");
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
    size_t size = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);

    if (!out || message->length < sizeof cursor) {
        if (out)
            fclose(out);
        free(text);
        console->channel.broken = true;
        return;
    }
    memcpy(&cursor, message->data, sizeof cursor);
    char *line = strndup(message->data + sizeof cursor, message->length - sizeof cursor);
    fwrite(&offset, sizeof offset, 1, out);
    if (line)
        candidates_print(console, line, cursor, &offset, out);
    free(line);
    if (fclose(out) == 0) {
        memcpy(text, &offset, sizeof offset);
        channel_send(&console->channel, MESSAGE_CANDIDATES, text, size);
    }
    free(text);
}

static void end_monitor(struct console *console)
{
    monitor_end(console);
    send_prompt(console, MESSAGE_DONE, console->request.failed, false);
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
    if (console->monitor && size.interval_ms > 0)
        monitor_set_interval(console->monitor, size.interval_ms, clock_ms());
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
        take_line(console, message);
        break;
    case MESSAGE_COMPLETE:
        take_complete(console, message);
        break;
    case MESSAGE_INTERRUPT:
        if (console->monitor)
            end_monitor(console);
        break;
    case MESSAGE_SIZE:
        take_size(console, message);
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
    case MESSAGE_DONE:
    default:
        refuse(console, "a message of this kind is the box's");
        break;
    }
}

/* While a monitor runs, what would wait its turn does; what concerns the monitor does not. */
static bool can_take(const struct console *console, enum message_type type)
{
    if (console->monitor)
        return type == MESSAGE_INTERRUPT || type == MESSAGE_SIZE;
    return channel_queued(&console->channel) < QUEUE_FULL;
}

/* The first message that can be taken now, in the order they came. */
static bool next_message(struct console *console, size_t *offset, struct waiting *message)
{
    struct channel *channel = &console->channel;
    size_t next;

    *offset = console->monitor ? channel->looked_at : 0;
    while (channel_look(channel, *offset, message, &next)) {
        if (message->type == 0 && *offset == 0)
            channel_take(channel, 0); /* taken out of the middle before */
        else if (message->type != 0 && can_take(console, message->type))
            return true;
        else if (!console->monitor)
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

    for (int turn = 0; turn < TURN_MAX && next_message(console, &offset, &message); turn++) {
        take_message(console, &message);
        if (console->channel.broken)
            return;
        channel_take(&console->channel, offset);
        if (!console->monitor)
            console->channel.looked_at = 0;
    }
    channel_flush(&console->channel);
}

bool console_ready(struct console *console)
{
    struct waiting message;
    size_t offset;

    return next_message(console, &offset, &message);
}

int64_t console_due(const struct console *console, int64_t now_ms)
{
    return console->monitor ? monitor_due(console->monitor, now_ms) : -1;
}

void console_tick(struct console *console, int64_t now_ms)
{
    if (!console->monitor || monitor_due(console->monitor, now_ms) > 0)
        return;
    if (!monitor_round(console, now_ms)) {
        end_monitor(console);
        console->channel.looked_at = 0;
    }
    channel_flush(&console->channel);
}
