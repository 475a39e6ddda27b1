/* The files that a box asks its console for: it gets at those that the line names, and no others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/client/connection.h"
#include "../../shell/client/terminal.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void take_text(void *context, uint32_t column, const char *text)
{
    (void)context, (void)column, (void)text;
}

static void take_notice(void *context, const char *text)
{
    (void)context, (void)text;
}

static int take_output(void *context, const char *text, size_t length)
{
    (void)context, (void)text, (void)length;
    return 0;
}

static const struct connection_handler handler = {
    .output = take_output, .problem = take_text, .warning = take_text, .notice = take_notice};

/* What a line comes to when the box asks for a file, or writes one, in answer to it. */
static int asked_for(const char *line, enum message_type type, const char *data, size_t length)
{
    const struct prompt prompt = {0};
    struct connection connection;
    bool interrupted;
    char why[256];
    int pair[2], failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);

    assert_int_equal(failed, 0);
    struct wire box = {.fd = pair[1]};
    assert_int_equal(message_send(&box, MESSAGE_WELCOME, &prompt, sizeof prompt), 0);
    box.request = 1;
    assert_int_equal(message_send(&box, type, data, length), 0);
    assert_int_equal(message_send(&box, MESSAGE_DONE, &prompt, sizeof prompt), 0);
    failed =
        connection_open(&connection, pair[0], CONSOLE_SCRIPT, false, &handler, why, sizeof why);
    assert_int_equal(failed, 0);
    failed = connection_run(&connection, line, strlen(line), &handler, &interrupted);
    connection_close(&connection);
    close(pair[1]);
    return failed;
}

static int asked_for_file(const char *line, enum message_type type, const char *file)
{
    return asked_for(line, type, file, strlen(file));
}

static void files_are_asked_for(void **state)
{
    static const char file[] = "none/file"; /* which neither opens */
    static const struct {
        const char *line;
        bool reads, writes;
    } cases[] = {
        {"load merge none/file", true, false},
        {"l m none/file | match x", true, false},
        {"load set \"none/file\"", true, false},
        {"save none/file", false, true},
        {"sa none/file", false, true},
        {"load none/file", false, false},
        {"save x none/file", false, false},
        {"loads merge none/file", false, false},
        {"\"load\" merge none/file", false, false},
        {"\"\" none/file none/file", false, false},
        {"set session none/file", false, false},
        {"annotate none/file none/file", false, false},
        {"show version | match none/file", false, false},
        {"none/file", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(asked_for_file(cases[i].line, MESSAGE_READ, file),
                         cases[i].reads ? 0 : -EPROTO);
        assert_int_equal(asked_for_file(cases[i].line, MESSAGE_WRITE, file),
                         cases[i].writes ? 0 : -EPROTO);
    }
    assert_int_equal(asked_for_file("load merge terminal", MESSAGE_READ, ""), 0);
    assert_int_equal(asked_for_file("load merge \"terminal\"", MESSAGE_READ, ""), -EPROTO);
    assert_int_equal(asked_for_file("show terminal terminal", MESSAGE_READ, ""), -EPROTO);
}

static void captures_are_asked_for(void **state)
{
    static const char data[] = "web\0none/file"; /* which does not open */
    static const struct {
        const char *line;
        int failed;
    } cases[] = {
        {"capture session web file none/file", 0},
        {"capt session web count 5 fi none/file", 0},
        {"run capture session web file none/file", 0},
        {"capture session web file other", -EPROTO},
        {"capture session file none/file2", -EPROTO},
        {"capture session web none/file", -EPROTO},
        {"\"capture\" session web file none/file", -EPROTO},
        {"monitor traffic session web", -EPROTO},
        {"show version file none/file | count", -EPROTO},
        {"file none/file", -EPROTO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(asked_for(cases[i].line, MESSAGE_CAPTURE, data, sizeof data - 1),
                         cases[i].failed);
    assert_int_equal(asked_for(cases[0].line, MESSAGE_CAPTURE, "web", 3), -EPROTO);
}

/* Packets that are none, or whose lengths are not theirs. */
static void packets_are_whole(void **state)
{
    struct {
        struct packet_shown head;
        char bytes[16];
    } packet = {.head = {.length = 60, .kept = 14}};
    static const char line[] = "monitor traffic session web";

    (void)state;
    assert_int_equal(asked_for(line, MESSAGE_PACKETS, (char *)&packet, sizeof packet), 0);
    for (size_t length = 1; length < sizeof packet; length++)
        assert_int_equal(asked_for(line, MESSAGE_PACKETS, (char *)&packet, length), -EPROTO);
    packet.head.kept = 17;
    assert_int_equal(asked_for(line, MESSAGE_PACKETS, (char *)&packet, sizeof packet), -EPROTO);
    packet.head.kept = UINT32_MAX;
    assert_int_equal(asked_for(line, MESSAGE_PACKETS, (char *)&packet, sizeof packet), -EPROTO);
    assert_int_equal(asked_for(line, MESSAGE_PACKETS_END, "1234567", 7), -EPROTO);
}

/* ---- ^C ---- */

static bool signal_waits(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGINT);
}

static enum message_type received(const struct wire *wire)
{
    struct message message;
    struct pollfd wait = {.fd = wire->fd, .events = POLLIN};

    if (poll(&wait, 1, 10000) <= 0 || message_receive(wire, &message))
        return 0; /* nothing comes */
    free(message.data);
    return message.type;
}

static int wait_for(void *context, int fd, short events)
{
    struct pollfd wait = {.fd = fd, .events = events};

    (void)context;
    return poll(&wait, 1, 10000) > 0 ? 0 : -ETIMEDOUT;
}

/* A box that says half of something when the ^C comes. Whether it has heard of that. */
static void *half_a_message(void *argument)
{
    const struct prompt prompt = {0};
    const struct message_header header = {MESSAGE_OUTPUT, 4, 1};
    struct wire box = {.fd = *(int *)argument, .wait = wait_for, .request = 1};
    bool heard;

    while (received(&box) != MESSAGE_LINE)
        ;
    if (write(box.fd, &header, sizeof header) != sizeof header || write(box.fd, "ab", 2) != 2)
        return NULL;
    kill(getpid(), SIGINT);
    while (signal_waits())
        sched_yield();
    if (write(box.fd, "c\n", 2) != 2)
        return NULL;
    heard = received(&box) == MESSAGE_INTERRUPT;
    message_send(&box, MESSAGE_DONE, &prompt, sizeof prompt);
    return heard ? argument : NULL;
}

static void the_box_hears_of_an_interrupt(void **state)
{
    static const char line[] = "monitor sessions";
    const struct prompt prompt = {0};
    struct connection connection;
    bool interrupted = false;
    char why[256];
    void *heard;
    int pair[2], failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    pthread_t thread;

    (void)state;
    assert_int_equal(failed, 0);
    const struct wire box = {.fd = pair[1]};
    terminal_signals();
    assert_int_equal(message_send(&box, MESSAGE_WELCOME, &prompt, sizeof prompt), 0);
    failed =
        connection_open(&connection, pair[0], CONSOLE_SCRIPT, false, &handler, why, sizeof why);
    assert_int_equal(failed, 0);
    assert_int_equal(pthread_create(&thread, NULL, half_a_message, &pair[1]), 0);
    failed = connection_run(&connection, line, strlen(line), &handler, &interrupted);
    assert_int_equal(failed, 0);
    assert_true(interrupted);
    pthread_join(thread, &heard);
    assert_non_null(heard);
    connection_close(&connection);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_asked_for),
        cmocka_unit_test(captures_are_asked_for),
        cmocka_unit_test(packets_are_whole),
        cmocka_unit_test(the_box_hears_of_an_interrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
