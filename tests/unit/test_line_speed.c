/* How much is written ahead of a terminal's far end, which here is a pseudo-terminal's other side
 * that reads when it is told to. */
#include "../../shell/client/line_speed.h"
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

struct far_end {
    int master, terminal;
    struct line_speed line;
};

static void open_line(struct far_end *end)
{
    struct termios modes;

    end->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(end->master >= 0);
    assert_int_equal(grantpt(end->master) | unlockpt(end->master), 0);
    end->terminal = open(ptsname(end->master), O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(end->terminal >= 0);
    tcgetattr(end->terminal, &modes);
    cfmakeraw(&modes);
    tcsetattr(end->terminal, TCSANOW, &modes);
    line_speed_open(&end->line, end->terminal);
}

static void close_line(struct far_end *end)
{
    if (end->line.events >= 0)
        close(end->line.events);
    close(end->terminal);
    close(end->master);
}

/* Writes as much as may be; returns how much. */
static size_t fill_by(struct far_end *end, size_t piece)
{
    static const char text[4096];
    size_t all = 0, room;
    uint32_t wait_ms;

    while ((room = line_speed_room(&end->line, &wait_ms)) > 0 && all < 100000) {
        ssize_t done = write(end->terminal, text, room < piece ? room : piece);

        if (done <= 0)
            break;
        line_speed_wrote(&end->line, (size_t)done);
        all += (size_t)done;
    }
    return all;
}

/* Writes no more than that. */
static size_t fill_once(struct far_end *end, size_t most)
{
    static const char text[4096];
    uint32_t wait_ms;
    size_t room = line_speed_room(&end->line, &wait_ms);
    ssize_t done = write(end->terminal, text, room < most ? room : most);

    assert_true(done >= 0);
    line_speed_wrote(&end->line, (size_t)done);
    return (size_t)done;
}

static size_t fill(struct far_end *end)
{
    return fill_by(end, SIZE_MAX);
}

/* The far end takes so many bytes, however long they take to come there. */
static void take(struct far_end *end, size_t wanted)
{
    char text[8192];
    struct pollfd wait = {.fd = end->master, .events = POLLIN};

    while (wanted > 0 && poll(&wait, 1, 10000) > 0) {
        ssize_t got = read(end->master, text, sizeof text);

        assert_true(got > 0 && (size_t)got <= wanted);
        wanted -= (size_t)got;
    }
    assert_int_equal(wanted, 0);
}

static void test_silent_end_gets_little(void **state)
{
    struct far_end end;
    size_t written;

    (void)state;
    open_line(&end);
    written = fill(&end);
    assert_in_range(written, 256, 512);
    assert_int_equal(line_speed_room(&end.line, &(uint32_t){0}) > 64, 0);
    assert_int_not_equal(line_speed_busy(&end.line), 0);
    close_line(&end);
}

/* Lines and keys, one by one. */
static void test_small_writes_add_up(void **state)
{
    struct far_end end;

    (void)state;
    open_line(&end);
    assert_in_range(fill_by(&end, 20), 128, 512);
    close_line(&end);
    open_line(&end);
    for (int i = 0; i < 20; i++)
        take(&end, fill(&end)); /* it is known to be fast */
    assert_in_range(fill_by(&end, 20), 128, 4096 + 512);
    close_line(&end);
}

static void test_fast_end_gets_much(void **state)
{
    struct far_end end;
    size_t most = 0;

    (void)state;
    open_line(&end);
    for (int i = 0; i < 40; i++) {
        size_t written = fill(&end);

        take(&end, written);
        most = written > most ? written : most;
    }
    assert_true(most >= 2048);
    close_line(&end);
}

/* 48 bytes each twentieth of a second: what is ahead stays in the order of that. */
static void test_slow_end_is_not_flooded(void **state)
{
    struct far_end end;
    size_t ahead = 0, most = 0;

    (void)state;
    open_line(&end);
    for (int i = 0; i < 30; i++) {
        char text[48];
        ssize_t got;

        ahead += fill(&end);
        most = ahead > most ? ahead : most;
        poll(NULL, 0, 50);
        got = read(end.master, text, sizeof text);
        ahead -= got > 0 ? (size_t)got : 0;
    }
    assert_in_range(most, 256, 960);
    assert_in_range(line_speed_slow(&end.line), 1, 4000);
    close_line(&end);
}

/* It may coincide with what a write of our own says; then a few bytes more ask for it. */
static void test_lost_news_is_asked_for(void **state)
{
    struct far_end end;
    struct line_speed before;
    size_t sent = 0, first;

    (void)state;
    open_line(&end);
    first = fill(&end);
    before = end.line;
    take(&end, first);
    line_speed_wrote(&end.line, 1); /* which takes the news for its own */
    end.line = before;
    for (int i = 0; i < 100 && sent == 0; i++) {
        poll(NULL, 0, 20);
        sent = fill(&end);
    }
    assert_true(sent > 0);
    take(&end, sent);
    for (int i = 0; i < 100 && sent < 128; i++) {
        poll(NULL, 0, 20);
        sent += fill(&end);
    }
    assert_true(sent >= 128);
    close_line(&end);
}

static void test_what_is_no_terminal_takes_all(void **state)
{
    struct line_speed line;
    int null = open("/dev/null", O_WRONLY);
    uint32_t wait_ms;

    (void)state;
    line_speed_open(&line, null);
    for (int i = 0; i < 100; i++) {
        assert_true(line_speed_room(&line, &wait_ms) >= 256);
        line_speed_wrote(&line, 4096);
    }
    assert_int_equal(line_speed_busy(&line), 0);
    assert_int_equal(line_speed_slow(&line), 0);
    close(null);
}

/* As a picture goes to a line that was slow: less than the window, and the next when that is there.
 */
static void test_slow_end_becomes_fast(void **state)
{
    struct far_end end;
    uint32_t slow;

    (void)state;
    open_line(&end);
    end.line.rate = 600;
    for (int i = 0; i < 500 && (slow = line_speed_slow(&end.line)) != 0; i++) {
        take(&end, fill_once(&end, slow / 4 + 1));
        for (int waited = 0; line_speed_busy(&end.line) && waited < 2000; waited++)
            poll(NULL, 0, 1);
    }
    assert_int_equal(line_speed_slow(&end.line), 0);
    close_line(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent_end_gets_little),
        cmocka_unit_test(test_small_writes_add_up),
        cmocka_unit_test(test_fast_end_gets_much),
        cmocka_unit_test(test_slow_end_is_not_flooded),
        cmocka_unit_test(test_slow_end_becomes_fast),
        cmocka_unit_test(test_lost_news_is_asked_for),
        cmocka_unit_test(test_what_is_no_terminal_takes_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
