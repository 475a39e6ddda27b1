/* Messages cross a socket pair whole, however they are cut on the way. */
#include "../../shell/protocol.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static struct wire wires[2];

static int wait_for(void *context, int fd, short events)
{
    struct pollfd wait = {.fd = fd, .events = events};

    (void)context;
    assert_true(poll(&wait, 1, -1) > 0);
    return 0;
}

static int open_ends(void **state)
{
    (void)state;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return -1;
    for (int i = 0; i < 2; i++)
        wires[i] = (struct wire){.fd = ends[i], .request = 7, .wait = wait_for};
    return 0;
}

static int close_ends(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void arrives(enum message_type type, const void *data, size_t length)
{
    struct message got;

    assert_int_equal(message_receive(&wires[1], &got), 0);
    assert_int_equal(got.type, type);
    assert_int_equal(got.request, 7);
    assert_int_equal(got.length, length);
    if (length)
        assert_memory_equal(got.data, data, length);
    assert_int_equal(got.data[length], '\0');
    free(got.data);
}

static void test_whole(void **state)
{
    (void)state;
    assert_int_equal(message_send(&wires[0], MESSAGE_LINE, "show", 4), 0);
    assert_int_equal(message_send(&wires[0], MESSAGE_INTERRUPT, NULL, 0), 0);
    arrives(MESSAGE_LINE, "show", 4);
    arrives(MESSAGE_INTERRUPT, NULL, 0);
}

static void *send_large(void *data)
{
    return (void *)(intptr_t)message_send(&wires[0], MESSAGE_OUTPUT, data, MESSAGE_MAX);
}

/* More than the socket holds, through ends that do not block: sender and receiver both wait. */
static void test_large(void **state)
{
    char *data = malloc(MESSAGE_MAX);
    pthread_t thread;
    void *sent;

    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < MESSAGE_MAX; i++)
        data[i] = (char)(i * 7 % 251);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    assert_int_equal(pthread_create(&thread, NULL, send_large, data), 0);
    arrives(MESSAGE_OUTPUT, data, MESSAGE_MAX);
    pthread_join(thread, &sent);
    assert_null(sent);
    assert_int_equal(message_send(&wires[0], MESSAGE_OUTPUT, data, MESSAGE_MAX + 1), -EMSGSIZE);
    free(data);
}

static int receive(void)
{
    struct message message;
    int failed = message_receive(&wires[1], &message);

    if (!failed)
        free(message.data);
    return failed;
}

static void test_malformed(void **state)
{
    const struct message_header headers[] = {{0, 0, 0},
                                             {MESSAGE_DONE + 1, 0, 0},
                                             {UINT32_MAX, 0, 0},
                                             {MESSAGE_LINE, MESSAGE_MAX + 1, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        assert_int_equal(write(ends[0], &headers[i], sizeof *headers), sizeof *headers);
        assert_int_equal(receive(), -EPROTO);
    }
}

static void test_hang_up(void **state)
{
    const struct message_header header = {MESSAGE_LINE, 10, 1};

    (void)state;
    assert_int_equal(write(ends[0], &header, sizeof header), sizeof header);
    assert_int_equal(write(ends[0], "half", 4), 4);
    shutdown(ends[0], SHUT_WR);
    assert_int_equal(receive(), -ECONNRESET);
    shutdown(ends[1], SHUT_RDWR);
    assert_int_equal(message_send(&wires[0], MESSAGE_LINE, "x", 1), -EPIPE);
}

static int give_up(void *context, int fd, short events)
{
    (void)fd;
    assert_int_equal(events, POLLIN);
    return --*(int *)context ? 0 : -EINTR;
}

/* Within a message too: whoever waits is asked whether it still wants to. */
static void test_given_up(void **state)
{
    const struct message_header header = {MESSAGE_LINE, 10, 1};
    int patience = 3;

    (void)state;
    wires[1].wait = give_up;
    wires[1].context = &patience;
    assert_int_equal(write(ends[0], &header, sizeof header), sizeof header);
    assert_int_equal(receive(), -EINTR);
    assert_int_equal(patience, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_large, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_malformed, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_hang_up, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_given_up, open_ends, close_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
