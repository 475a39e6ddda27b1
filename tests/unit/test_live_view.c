/* The live view without a screen: what keys choose, what the picture of it says at which width. */
#include "../../shell/client/live_picture.h"
#include "../../shell/config/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 60 };
static struct row rows[ROWS_MAX];
static struct live_view view;
static unsigned second; /* of the last sample */

/* A second later: sessions of these names, separated by blanks, in order of priority; "down:"
 * before a name. The n-th has n packets more each second. */
static void sample_of(const char *names, const char *watched)
{
    char text[8192], copy[1024], *rest = copy;
    size_t length;
    unsigned number = 1;

    second++;
    length =
        (size_t)snprintf(text, sizeof text, "box\thost\t%u\t7\t%u\n", second * 1000, second * 1000);
    snprintf(copy, sizeof copy, "%s", names);
    for (char *name; (name = strsep(&rest, " ")) && *name; number++) {
        bool down = strncmp(name, "down:", 5) == 0;

        name += down ? 5 : 0;
        length += (size_t)snprintf(
            text + length, sizeof text - length,
            "session\t%s\t%s\t%u\t%u\t%u\t0\t0\t%s\tf-%s\tt\t7\t96\t0\t%u\t0\t0\t0\t0\n", name,
            down ? "down" : "up", number, second * number, second * number * 1000,
            down ? "interface eth9 is absent" : "", name, number == 2 ? 5 : 0);
        if (strcmp(name, watched) == 0)
            length += (size_t)snprintf(text + length, sizeof text - length,
                                       "watched\t%s\nrule\tingress\t10\taccept\trule of %s\t%u\n"
                                       "receiver\t10.2.0.2:4789\tup\t\t%u\t0\n",
                                       name, name, second, second);
    }
    assert_true(view_add(&view, live_sample_parse(text, length)));
}

/* As the box would: with what the view wants. */
static void sample(const char *names)
{
    sample_of(names, view_watched(&view));
}

static const char *picture(int columns, int lines)
{
    static char text[ROWS_MAX * (ROW_BYTES + 1)];
    size_t length = 0;

    view_resize(&view, lines, columns);
    picture_compose(&view, rows);
    for (int i = 0; i < lines; i++) {
        assert_true(utf8_width(rows[i].text, rows[i].length) <= (size_t)columns);
        length += (size_t)snprintf(text + length, sizeof text - length, "%s\n", rows[i].text);
    }
    return text;
}

static void has(const char *text)
{
    const char *shown = picture(80, 24);

    if (!strstr(shown, text))
        fail_msg("no \"%s\" in:\n%s", text, shown);
}

static void has_not(const char *text)
{
    const char *shown = picture(80, 24);

    if (strstr(shown, text))
        fail_msg("\"%s\" in:\n%s", text, shown);
}

static void keys(const char *typed)
{
    while (*typed)
        view_key(&view, (unsigned char)*typed++);
}

static int begin(void **state)
{
    (void)state;
    second = 0;
    view = (struct live_view){.interval_ms = 1000, .rows = 24, .columns = 80};
    return 0;
}

static int end(void **state)
{
    (void)state;
    live_model_free(&view.model);
    return 0;
}

/* ---- the chosen session ---- */

static void test_cursor(void **state)
{
    (void)state;
    sample("web all lab");
    assert_string_equal(view.selected, "web");
    view_key(&view, VIEW_DOWN);
    assert_string_equal(view.selected, "all");
    /* it stays with its session, whatever becomes of the others */
    sample("new web old all lab");
    assert_string_equal(view.selected, "all");
    assert_int_equal(view.row, 3);
    keys("sss");
    assert_string_equal(view.selected, "all");
    view_key(&view, VIEW_END);
    assert_string_equal(view.selected, view.model.now->sessions[view.model.order[4]].name);
    view_key(&view, VIEW_PAGE_DOWN);
    view_key(&view, VIEW_HOME);
    assert_int_equal(view.row, 0);
    view_key(&view, VIEW_UP);
    assert_int_equal(view.row, 0);
}

/* What enter opens is what was under the cursor when the person looked: a session that has gone
 * meanwhile is gone, its neighbour was not meant. */
static void test_gone(void **state)
{
    (void)state;
    sample("web all lab");
    view_key(&view, VIEW_DOWN);
    sample("web lab");
    has("session all is gone");
    keys("\r");
    sample("web lab");
    has("session all is gone");
    has_not("rule of");
    keys("q");
    assert_int_equal(view.page, PAGE_TABLE);
    assert_string_equal(view.selected, "lab");
    assert_false(view.over);
    keys("q");
    assert_true(view.over);
}

static void test_page(void **state)
{
    (void)state;
    sample("web all");
    keys("\r");
    has("session web: up");
    has("waiting for its rules");
    assert_string_equal(view_watched(&view), "web");
    sample("web all");
    has("rule of web");
    /* the box's sample of another page comes late */
    sample_of("all web", "all");
    has("session web: up");
    has_not("rule of all");
    sample("all new");
    has("session web is gone");
    has_not("rule of");
    sample("all new web");
    has("rule of web");
    view_key(&view, VIEW_ESCAPE);
    assert_int_equal(view.page, PAGE_TABLE);
    assert_string_equal(view.selected, "web");
}

static void test_reasons(void **state)
{
    (void)state;
    sample("web down:all");
    keys("\r");
    has_not("sampled out");
    keys("q");
    view_key(&view, VIEW_DOWN);
    keys("\r");
    has("session all: down, interface eth9 is absent");
    has("sampled out");
    has_not("rate limit");
}

static void test_long_name(void **state)
{
    char name[SESSION_NAME_SIZE] = "";

    (void)state;
    for (size_t i = 0; i < 64; i++)
        strcat(name, "𠀀");
    sample(name);
    keys("\r");
    assert_string_equal(view_watched(&view), name);
    sample(name);
    assert_true(live_sample_watches(view.model.now, name));
    has("ingress    10 accept");
}

/* ---- time ---- */

static void test_pause(void **state)
{
    (void)state;
    sample("web all");
    keys("p");
    sample("new");
    has("PAUSED");
    has(">web");
    keys("\r");
    sample_of("web all", ""); /* on its way when the page was opened */
    has("waiting for its rules");
    sample("web all");
    has("rule of web");
    sample("all");
    has("session web: up");
    keys("p");
    sample("all");
    has("session web is gone");
    has_not("PAUSED");
}

static void test_interval(void **state)
{
    (void)state;
    view.interval_ms = 3000;
    keys("+");
    assert_int_equal(view.interval_ms, 5000);
    keys("--");
    assert_int_equal(view.interval_ms, 1000);
    keys("-");
    assert_int_equal(view.interval_ms, 1000);
    view.interval_ms = 3600000;
    keys("+");
    assert_int_equal(view.interval_ms, 3600000);
    keys("-");
    assert_int_equal(view.interval_ms, 60000);
}

static void test_reset(void **state)
{
    (void)state;
    sample("web");
    has_not("since reset");
    keys("r");
    has("since reset");
    keys("\r");
    sample("web");
    has("since the last clear"); /* the rules were not counted when it was reset */
    keys("r");
    sample("web");
    has_not("since the last clear");
}

/* ---- the filter ---- */

static void test_filter(void **state)
{
    (void)state;
    sample("web all web-2 lab");
    keys("/we");
    has("only *we*");
    has("2 of 4");
    has("/we_");
    has_not(" lab ");
    keys("bq"); /* a letter here */
    has("no session has this in its name");
    has_not("web:");
    keys("\r\r"); /* there is nothing to be opened */
    assert_int_equal(view.page, PAGE_TABLE);
    keys("/");
    assert_false(view.over);
    keys("\177\r");
    has("2 of 4");
    view_key(&view, VIEW_DOWN);
    assert_string_equal(view.selected, "web-2");
    view_key(&view, VIEW_ESCAPE);
    has("all 4");
    has_not("only");
    assert_string_equal(view.selected, "web-2");
    keys("/lab\033");
    has("all 4");
    keys("/\xe7\xbd"); /* a part of a character */
    picture(80, 24);
    keys("\x91\177");
    assert_string_equal(view.model.filter, "");
}

static void test_help(void **state)
{
    (void)state;
    sample("web");
    keys("?");
    has("draw the screen anew");
    has_not(">web");
    keys("?");
    assert_int_equal(view.page, PAGE_TABLE);
    keys("\r?");
    view_key(&view, VIEW_DOWN);
    assert_int_equal(view.page, PAGE_HELP);
    assert_string_equal(view_watched(&view), "web");
    keys("q");
    assert_int_equal(view.page, PAGE_SESSION);
    keys("?\003");
    assert_true(view.over);
}

/* ---- the picture ---- */

static void test_whole(void **state)
{
    (void)state;
    sample("web down:rest");
    sample("web down:rest");
    view.model.now->uptime_ms = 93784000;
    assert_string_equal(
        picture(80, 9),
        "mirrorsh host  up 1d 02:03:04  load 7%  every 1 s\n"
        "                            ---- matched ---- ----- sent ------\n"
        " session     state     prio   pps bit/s total   pps bit/s total  drop last min  \n"
        " all 2       1 down             3 24000     6     0     0     0     0           \n"
        ">web         up           1     1  8000     2     0     0     0     0          #\n"
        " rest        down         2     2 16000     4     0     0     0     0          #\n"
        "\n"
        "web: filter f-web, target t, vni 7, length 96                                  \n"
        "q out  ? help  enter more  s by priority  / find  r reset  p pause  +- interval\n");
}

/* Every column that is there fits, and the more important ones are there first. */
static void test_widths(void **state)
{
    static const struct {
        int columns;
        const char *title;
    } first[] = {{39, "drop"}, {45, "bit/s"}, {57, "prio"}, {68, "last min"}};

    (void)state;
    sample("web a-session-of-a-rather-long-name 网络会话名字很长的一个 网");
    sample("web a-session-of-a-rather-long-name 网络会话名字很长的一个 网");
    for (int columns = 1; columns < 260; columns++) {
        picture(columns, 12);
        keys("\r");
        picture(columns, 12);
        keys("?");
        picture(columns, 12);
        keys("?q/x");
        picture(columns, 12);
        keys("\033");
    }
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        picture(first[i].columns, 12);
        assert_non_null(strstr(rows[2].text, first[i].title));
        picture(first[i].columns - 1, 12);
        assert_null(strstr(rows[2].text, first[i].title));
    }
    /* the columns stand below each other whatever the name */
    picture(80, 12);
    for (size_t i = TABLE_TOP; i < TABLE_TOP + 4; i++)
        assert_int_equal(rows[i].width, rows[2].width);
    assert_non_null(strstr(rows[TABLE_TOP + 1].text, " a-sessi~ame up "));
    assert_non_null(strstr(rows[TABLE_TOP + 2].text, " 网络会~个   up "));
    picture(132, 12);
    assert_non_null(strstr(rows[TABLE_TOP + 1].text, " a-session-of-a-rather-long-name up "));
}

static void test_small(void **state)
{
    (void)state;
    assert_non_null(strstr(picture(80, 24), "waiting"));
    sample("web");
    assert_non_null(strstr(picture(80, 6), "too small"));
    assert_null(strstr(picture(20, 7), "too small"));
}

/* A screen that shrinks shows the cursor's row. */
static void test_shrinks(void **state)
{
    (void)state;
    sample("a b c d e f g h i j");
    picture(80, 24);
    view_key(&view, VIEW_END);
    assert_non_null(strstr(picture(80, 10), ">j "));
    assert_non_null(strstr(picture(80, 24), " a "));
}

static void test_parts(void **state)
{
    static const struct part parts[] = {{"one", 2}, {"two", 0}, {"", 1}, {"three", 3}};
    static const struct {
        size_t columns;
        const char *text;
    } lines[] = {{2, ""},         {3, "two"},       {7, "two"},
                 {8, "one  two"}, {14, "one  two"}, {15, "one  two  three"}};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct row row = {.length = 0};

        row_parts(&row, parts, sizeof parts / sizeof *parts, lines[i].columns);
        assert_string_equal(row.text, lines[i].text);
    }
}

int main(void)
{
#define VIEW_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        VIEW_TEST(test_cursor),   VIEW_TEST(test_gone),      VIEW_TEST(test_page),
        VIEW_TEST(test_reasons),  VIEW_TEST(test_long_name), VIEW_TEST(test_pause),
        VIEW_TEST(test_interval), VIEW_TEST(test_reset),     VIEW_TEST(test_filter),
        VIEW_TEST(test_help),     VIEW_TEST(test_whole),     VIEW_TEST(test_widths),
        VIEW_TEST(test_small),    VIEW_TEST(test_shrinks),   cmocka_unit_test(test_parts),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
