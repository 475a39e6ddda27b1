/* The consoles' protocol, both ends of it, spoken wrongly: a box with an offline configuration
 * and many consoles that send noise, half messages, false lengths and messages out of turn, and
 * this side's connection with boxes that do. The box goes on serving a console that behaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/client/choices.h"
#include "../../shell/client/connection.h"
#include "../../shell/client/live_sample.h"
#include "../../shell/server/box.h"
#include "../unit/state_directory.h"
#include "random.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

enum { CONSOLES = 24, SCRIPT_MAX = 300000 };

static unsigned rounds;
static struct box *box;

static const char *const lines[] = {"show version",
                                    "show configuration | display json",
                                    "show sessions",
                                    "configure",
                                    "configure exclusive",
                                    "set session web priority 1",
                                    "set filter f ingress rule 1 action accept",
                                    "delete filter f",
                                    "edit session web",
                                    "show | compare",
                                    "commit",
                                    "commit check",
                                    "load merge terminal",
                                    "load set none",
                                    "rename filter f to g",
                                    "deactivate session web",
                                    "status",
                                    "rollback 1",
                                    "exit",
                                    "quit",
                                    "help",
                                    "top",
                                    "monitor sessions",
                                    "monitor traffic session web",
                                    "capture session web file /dev/null count 1",
                                    "show version | match x | count",
                                    "show | | |",
                                    "\"",
                                    "\\",
                                    "set \xff",
                                    "",
                                    NULL};

/* ---- messages, right and wrong ---- */

struct script {
    char *bytes;
    size_t length;
};

static void add(struct script *script, const void *bytes, size_t length)
{
    if (length == 0 || script->length + length > SCRIPT_MAX)
        return;
    memcpy(script->bytes + script->length, bytes, length);
    script->length += length;
}

static void add_message(struct script *script, uint32_t type, uint32_t request, const void *body,
                        uint32_t length)
{
    struct message_header header = {type, length, request};

    switch (random_below(40)) {
    case 0:
        header.length = random_below(2) ? UINT32_MAX : random_below(100);
        break;
    case 1:
        header.type = random_below(2) ? random_below(30) : UINT32_MAX;
        break;
    case 2:
        header.request = random_below(2) ? 0 : UINT32_MAX;
        break;
    default:
        break;
    }
    add(script, &header, sizeof header);
    if (random_below(40) == 0)
        length = random_below(length + 1);
    add(script, body, length);
}

/* A number, then a text: LINE, COMPLETE, PROBLEM, CHOICES. */
static void add_text(struct script *script, uint32_t type, uint32_t request, uint32_t number,
                     const char *text, size_t length)
{
    char body[70000];

    memcpy(body, &number, sizeof number);
    memcpy(body + sizeof number, text, length);
    add_message(script, type, request, body, (uint32_t)(sizeof number + length));
}

static void add_hello(struct script *script)
{
    struct hello hello = {.version = random_below(20) ? PROTOCOL_VERSION : random_below(9),
                          .kind = random_below(3),
                          .size = {80, 24},
                          .full_screen = random_below(2)};

    memset(hello.terminal, random_below(2) ? 'x' : 0, sizeof hello.terminal);
    add_message(script, MESSAGE_HELLO, 0, &hello, sizeof hello);
}

static void add_noise(struct script *script)
{
    char noise[200];
    size_t length = random_below(sizeof noise);

    for (size_t i = 0; i < length; i++)
        noise[i] = (char)random_below(random_below(2) ? 256 : 20);
    add(script, noise, length);
}

/* What a console could say, more or less. */
static void add_request(struct script *script)
{
    static char long_line[65536];
    uint32_t request = random_below(5);
    const char *line = one_of(lines);
    struct screen_size size = {(uint16_t)random_below(65536), (uint16_t)random_below(300)};
    struct watch watch = {.interval_ms = random_below(3) ? 0 : random_below(100000)};

    switch (random_below(12)) {
    case 0:
        add_hello(script);
        break;
    case 1:
        add_text(script, MESSAGE_COMPLETE, request, random_below(40), line, strlen(line));
        break;
    case 2:
        add_message(script, MESSAGE_INTERRUPT, request, NULL, 0);
        break;
    case 3:
        add_message(script, MESSAGE_SIZE, request, &size, sizeof size);
        break;
    case 4:
        memset(watch.session, random_below(2) ? 'w' : 0, sizeof watch.session);
        add_message(script, MESSAGE_WATCH, request, &watch, sizeof watch);
        break;
    case 5:
        add_message(script, MESSAGE_SHOWN, request, NULL, 0);
        break;
    case 6:
        if (random_below(10) == 0)
            add_noise(script);
        break;
    case 7:
        if (random_below(10) == 0) {
            memset(long_line, random_below(2) ? '|' : 'x', sizeof long_line);
            add_text(script, MESSAGE_LINE, request, 0, long_line, sizeof long_line);
        }
        break;
    default:
        add_text(script, MESSAGE_LINE, request, random_below(2), line, strlen(line));
        break;
    }
}

/* ---- a box and its consoles ---- */

static int ready(int fd, short events, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = events};

    return poll(&wait, 1, timeout_ms);
}

/* Takes what the box has said so far: whole messages of its own kinds, each. False: it hung up. */
static bool hear(struct script *heard, int fd)
{
    for (;;) {
        struct message_header header;
        ssize_t got =
            recv(fd, heard->bytes + heard->length, SCRIPT_MAX - heard->length, MSG_DONTWAIT);

        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        heard->length += (size_t)got;
        while (heard->length >= sizeof header) {
            memcpy(&header, heard->bytes, sizeof header);
            assert_in_range(header.type, MESSAGE_WELCOME, MESSAGE_DONE);
            assert_true(header.length <= SCRIPT_MAX - sizeof header);
            if (heard->length < sizeof header + header.length)
                break;
            heard->length -= sizeof header + header.length;
            memmove(heard->bytes, heard->bytes + sizeof header + header.length, heard->length);
        }
    }
}

/* A console that behaves is answered, whatever the others do. */
static void is_served(void)
{
    int fd = box_console(box);
    struct script script = {.bytes = malloc(SCRIPT_MAX)};
    struct hello hello = {.version = PROTOCOL_VERSION, .kind = CONSOLE_SCRIPT};
    struct message_header header = {MESSAGE_HELLO, sizeof hello, 0};
    char answer[4096];
    size_t length = 0;

    assert_true(fd >= 0 && script.bytes);
    add(&script, &header, sizeof header);
    add(&script, &hello, sizeof hello);
    header = (struct message_header){MESSAGE_LINE, 4 + 12, 7};
    add(&script, &header, sizeof header);
    add(&script, "\0\0\0\0show version", 16);
    assert_int_equal(send(fd, script.bytes, script.length, MSG_NOSIGNAL), script.length);
    while (length < sizeof answer && !memmem(answer, length, "mirrorsh", 8)) {
        ssize_t got;

        assert_int_equal(ready(fd, POLLIN, 30000), 1);
        got = recv(fd, answer + length, sizeof answer - length, 0);
        assert_true(got > 0);
        length += (size_t)got;
    }
    close(fd);
    free(script.bytes);
}

static int open_box(void **state)
{
    struct box_options options = {.offline = true};
    char why[600];

    if (make_state(state))
        return -1;
    options.state = state_directory;
    return box_open(&box, &options, why, sizeof why) || box_start(box);
}

static int close_box(void **state)
{
    box_close(box);
    return remove_state(state);
}

struct rude {
    int fd; /* -1: none */
    struct script heard;
};

static void attach(struct rude *console)
{
    console->fd = box_console(box);
    console->heard.length = 0;
    assert_true(console->fd >= 0);
}

static void rude_consoles(void **state)
{
    struct rude consoles[CONSOLES];
    struct script script = {.bytes = malloc(SCRIPT_MAX)};

    (void)state;
    for (int i = 0; i < CONSOLES; i++)
        consoles[i] = (struct rude){.fd = -1, .heard.bytes = malloc(SCRIPT_MAX)};
    for (unsigned round = 0; round < 20 * rounds; round++) {
        struct rude *console = &consoles[random_below(CONSOLES)];
        ssize_t sent;

        script.length = 0;
        if (console->fd < 0) {
            attach(console);
            if (random_below(8))
                add_hello(&script);
        }
        for (unsigned i = random_below(6); i > 0; i--)
            add_request(&script);
        if (random_below(30) == 0)
            script.length = random_below((unsigned)script.length + 1);
        sent = send(console->fd, script.bytes, script.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        /* a message that did not go whole makes the rest noise: as good as any */
        if ((sent < 0 && errno != EAGAIN) || random_below(25) == 0 ||
            (random_below(4) && !hear(&console->heard, console->fd))) {
            close(console->fd);
            console->fd = -1;
        }
        if (round % (2 * rounds) == 0)
            is_served();
    }
    for (int i = 0; i < CONSOLES; i++) {
        if (consoles[i].fd >= 0)
            close(consoles[i].fd);
        free(consoles[i].heard.bytes);
    }
    free(script.bytes);
    is_served();
}

/* ---- a console and its boxes ---- */

static int take_output(void *context, const char *text, size_t length)
{
    (void)context, (void)text, (void)length;
    return random_below(50) ? 0 : -ECANCELED;
}

static void take_problem(void *context, uint32_t column, const char *text)
{
    (void)context, (void)column;
    assert_true(strlen(text) <= SCRIPT_MAX);
}

static void take_notice(void *context, const char *text)
{
    take_problem(context, 0, text);
}

/* What live_run makes of messages, without a screen. */
static int take_view(void *context, struct connection *connection, const struct view_start *start)
{
    (void)context, (void)start;
    for (;;) {
        struct message message;
        int failed = connection_receive(connection, &message);
        bool done = !failed && message.type == MESSAGE_DONE;

        if (failed < 0)
            return failed;
        if (failed)
            continue;
        if (message.type == MESSAGE_SAMPLE)
            live_sample_free(live_sample_parse(message.data, message.length));
        failed = done && !connection_prompt(connection, &message) ? -EPROTO : 0;
        free(message.data);
        if (failed || done)
            return failed;
    }
}

static const struct connection_handler handler = {.output = take_output,
                                                  .problem = take_problem,
                                                  .warning = take_problem,
                                                  .notice = take_notice,
                                                  .view = take_view};

static void add_prompt(struct script *script, uint32_t type, uint32_t request)
{
    struct prompt prompt = {.page = random_below(2), .logged_out = random_below(2)};

    memset(prompt.text, random_below(2) ? 'p' : 0, sizeof prompt.text);
    add_message(script, type, request, &prompt, sizeof prompt);
}

/* A packet that a session has sent, or part of one. */
static void add_packet(struct script *script, uint32_t request)
{
    struct {
        struct packet_shown head;
        uint8_t bytes[216];
    } packet = {.head = {.length = random_below(2000), .kept = random_below(210)}};

    for (size_t i = 0; i < sizeof packet.bytes; i++)
        packet.bytes[i] = (uint8_t)random_below(i == 12 ? 16 : 256);
    add_message(script, random_below(9) ? MESSAGE_PACKETS : MESSAGE_PACKETS_END, request, &packet,
                random_below(3) ? (uint32_t)(sizeof packet.head + ((packet.head.kept + 7u) & ~7u))
                                : random_below(sizeof packet));
}

/* What a box could say to the first requests, more or less. */
static void add_answer(struct script *script)
{
    static const char *const samples[] = {
        "box\th\t1\t2,3\t4\nsession\ta\tup\t1\t1\t2\t3\t4\t5\t\tf\tt\t1\tfull\n",
        "box\th\t1\t\t4\nrule\ta\n",
        "more\ta\t7\nbox\t\t\n",
        "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\n",
        "",
        NULL};
    static const char *const candidates[] = {
        "W\tword\thelp\nH\thint\t\n", "W", "\n\n\t\t", "H\t\tx", "", NULL};
    const struct view_start view = {1000};
    uint32_t request = random_below(10) ? 1 : random_below(4);
    const char *text = one_of(random_below(2) ? samples : candidates);

    switch (random_below(11)) {
    case 10:
        add_packet(script, request);
        break;
    case 0:
        add_prompt(script, random_below(2) ? MESSAGE_DONE : MESSAGE_WELCOME, request);
        break;
    case 1:
        add_text(script, random_below(2) ? MESSAGE_PROBLEM : MESSAGE_WARNING, request,
                 random_below(9), text, strlen(text));
        break;
    case 2:
        add_text(script, MESSAGE_CHOICES, request, random_below(9), text, strlen(text));
        break;
    case 3:
        add_message(script, MESSAGE_VIEW, request, &view, sizeof view);
        break;
    case 4:
        add_message(script, MESSAGE_SAMPLE, request, text, (uint32_t)strlen(text));
        break;
    case 5:
        add_message(script, MESSAGE_ROUND, request, NULL, 0);
        break;
    case 6:
        add_message(script, random_below(9) ? MESSAGE_NOTICE : MESSAGE_REFUSED, 0, text,
                    (uint32_t)strlen(text));
        break;
    case 7:
        if (random_below(5) == 0)
            add_noise(script);
        break;
    default:
        add_message(script, MESSAGE_OUTPUT, request, text, (uint32_t)strlen(text));
        break;
    }
}

/* A connection with a box that has said all of a script already and hung up. */
static bool converse(const struct script *script)
{
    struct connection connection;
    bool interrupted;
    char why[256], *text;
    uint32_t begin;
    int pair[2], failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    bool opened;

    assert_int_equal(failed, 0);
    assert_int_equal(send(pair[1], script->bytes, script->length, 0), script->length);
    shutdown(pair[1], SHUT_WR);
    opened = connection_open(&connection, pair[0], CONSOLE_SCRIPT, false, &handler, why,
                             sizeof why) == 0;
    if (opened) {
        const char *line = one_of(lines);

        if (random_below(3) == 0) {
            failed =
                connection_complete(&connection, line, strlen(line) / 2, &handler, &begin, &text);
            if (!failed) {
                struct choices choices;

                if (choices_parse(&choices, text))
                    choices_free(&choices);
            }
        } else {
            failed = connection_run(&connection, line, strlen(line), &handler, &interrupted);
        }
        while (failed != -ECONNRESET && failed != -EPROTO && failed != -EPIPE)
            failed = connection_news(&connection, &handler);
        connection_close(&connection);
    }
    close(pair[1]);
    return opened;
}

static void rude_boxes(void **state)
{
    struct script script = {.bytes = malloc(SCRIPT_MAX)};
    unsigned opened = 0;

    (void)state;
    for (unsigned round = 0; round < 20 * rounds; round++) {
        script.length = 0;
        if (random_below(10))
            add_prompt(&script, MESSAGE_WELCOME, 0);
        for (unsigned i = random_below(12); i > 0; i--)
            add_answer(&script);
        if (random_below(10) == 0)
            script.length = random_below((unsigned)script.length + 1);
        opened += converse(&script);
    }
    free(script.bytes);
    assert_true(opened > 5 * rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rude_consoles, open_box, close_box),
        cmocka_unit_test(rude_boxes),
    };

    signal(SIGPIPE, SIG_IGN);
    rounds = random_begin(500);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
