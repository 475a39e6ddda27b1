/* The files that a box asks its console for: it gets at those that the line names, and no others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/client/connection.h"
#include <errno.h>
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
static int asked_for_file(const char *line, enum message_type type, const char *file)
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
    assert_int_equal(message_send(&box, type, file, strlen(file)), 0);
    assert_int_equal(message_send(&box, MESSAGE_DONE, &prompt, sizeof prompt), 0);
    failed =
        connection_open(&connection, pair[0], CONSOLE_SCRIPT, false, &handler, why, sizeof why);
    assert_int_equal(failed, 0);
    failed = connection_run(&connection, line, strlen(line), &handler, &interrupted);
    connection_close(&connection);
    close(pair[1]);
    return failed;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
