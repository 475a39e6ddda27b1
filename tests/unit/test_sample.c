/* Samples of the box, and what the live view makes of them: rates, totals, curves, order. */
#include "../../shell/client/live_model.h"
#include "../../shell/client/live_row.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct live_sample *parse(const char *text)
{
    return live_sample_parse(text, strlen(text));
}

static void test_parse(void **state)
{
    struct live_sample *sample =
        parse("box\thost\t61000\t12,3\t2000\n"
              "something\tof a later box\n"
              "session\tweb\tdown\t10\t1\t2\t3\t4\tno source interface\tf\tt\t7\tfull\t11\t12\t13"
              "\t14\t15\t16\n"
              "watched\tweb\n"
              "rule\tegress\t65535\treject\t\t18446744073709551615\n"
              "receiver\t10.2.0.2:4789\tup\t\t5\t7\n"
              "more\t17\n"
              "session\tall\tup\t20\t0\t0\t0\t0\t\t\tt\t8\t96\t0\t0\t0\t0\t0\t0\n");

    (void)state;
    assert_non_null(sample);
    assert_string_equal(sample->host, "host");
    assert_int_equal(sample->uptime_ms, 61000);
    assert_string_equal(sample->loads, "12,3");
    assert_int_equal(sample->taken_ms, 2000);
    assert_int_equal(sample->session_count, 2);
    assert_string_equal(sample->sessions[0].reason, "no source interface");
    assert_int_equal(sample->sessions[0].counts[COUNT_SENT_BYTES], 4);
    assert_int_equal(sample->sessions[0].counts[COUNT_CUT], 11);
    assert_int_equal(sample->sessions[0].counts[COUNT_BACKLOG], 16);
    assert_true(live_sample_watches(sample, "web"));
    assert_false(live_sample_watches(sample, "all"));
    assert_int_equal(sample->rules_left, 17);
    assert_string_equal(sample->sessions[1].filter, "");
    assert_string_equal(sample->sessions[1].length, "96");
    assert_int_equal(sample->rule_count, 1);
    assert_true(sample->rules[0].packets == UINT64_MAX);
    assert_string_equal(sample->rules[0].match, "");
    assert_int_equal(sample->receiver_count, 1);
    assert_int_equal(sample->receivers[0].errors, 7);
    live_sample_free(sample);
}

static void test_malformed(void **state)
{
    (void)state;
    assert_null(parse(""));
    assert_null(parse("watched\tweb\n")); /* no box */
    assert_null(parse("box\thost\t1\t2\n"));
    assert_null(parse("box\thost\t-1\t0\t0\n"));
    assert_null(parse("box\thost\t1\t0\t1x\n"));
    assert_null(parse("box\thost\t1\t0\t99999999999999999999\n"));
    assert_null(parse("box\thost\t1\t0\t1\nsession\tweb\tup\t10\n"));
    assert_null(
        parse("box\thost\t1\t0\t1\nsession\tweb\tup\t10\t1\t2\t3\t4\t\t\tt\t7\tfull\t0\t0\t0\t0\t"
              "0\tx\n"));
    assert_null(parse("box\thost\t1\t0\t1\nrule\tegress\n"));
    assert_null(parse("box\thost\t1\t0\t1\nreceiver\t10.2.0.2\n"));
    assert_null(parse("box\thost\t1\t0\t1\nmore\n"));
}

/* A sample of two sessions at a second, with the rules and receivers of `watched`. */
static struct live_sample *at_of(unsigned second, unsigned web, unsigned all, const char *watched)
{
    char text[1024];

    snprintf(text, sizeof text,
             "box\thost\t1\t0\t%u\n"
             "session\tweb\tup\t10\t%u\t%u\t%u\t%u\t\t\tt\t7\tfull\t0\t0\t0\t0\t0\t0\n"
             "session\tall\tup\t20\t%u\t%u\t%u\t%u\t\t\tt\t8\tfull\t0\t0\t4\t0\t0\t5\n"
             "watched\t%s\n"
             "rule\tingress\t10\taccept\t\t%u\n"
             "receiver\t10.2.0.2\tup\t\t%u\t0\n",
             second * 1000, web, web * 100, web, web * 50, all, all * 100, all, all * 50, watched,
             web, all);
    return parse(text);
}

static struct live_sample *at(unsigned second, unsigned web, unsigned all)
{
    return at_of(second, web, all, "web");
}

static bool is_flow(struct flow flow, bool rated, double per_second, uint64_t total)
{
    return flow.rated == rated && flow.per_second == per_second && flow.total == total;
}

static struct flow matched(const struct live_model *model, size_t index)
{
    return live_model_session(model, index).counts[COUNT_MATCHED];
}

static void test_rates(void **state)
{
    struct live_model model = {0};

    (void)state;
    assert_true(live_model_add(&model, at(0, 100, 0)));
    assert_true(is_flow(matched(&model, 0), false, 0, 100));
    assert_true(live_model_add(&model, at(2, 300, 50)));
    assert_true(is_flow(matched(&model, 0), true, 100, 300));
    assert_true(live_model_session(&model, 0).counts[COUNT_SENT_BYTES].per_second == 5000);
    assert_true(is_flow(live_model_session(&model, 1).dropped, true, 0, 9));
    assert_true(is_flow(live_model_sum(&model).counts[COUNT_MATCHED], true, 125, 350));
    assert_true(is_flow(live_model_rule(&model, 0), true, 100, 300));
    assert_true(is_flow(live_model_receiver(&model, 0), true, 25, 50));

    live_model_reset(&model);
    assert_true(matched(&model, 0).total == 0);
    assert_true(live_model_add(&model, at(3, 310, 50)));
    assert_true(matched(&model, 0).total == 10);
    assert_true(live_model_session(&model, 1).dropped.total == 0);
    /* Rules of another session: those of this one say nothing of them. */
    assert_true(live_model_add(&model, at_of(4, 320, 50, "all")));
    assert_true(is_flow(live_model_rule(&model, 0), false, 0, 320));
    /* Cleared: counters went back */
    assert_true(live_model_add(&model, at(5, 4, 0)));
    assert_true(is_flow(matched(&model, 0), false, 0, 4));
    live_model_free(&model);
}

/* The rows, each by its session's first letter. */
static const char *rows_of(const struct live_model *model)
{
    static char text[8];

    memset(text, 0, sizeof text);
    for (size_t i = 0; i < model->row_count; i++)
        text[i] = model->now->sessions[model->order[i]].name[0];
    return text;
}

static const char *sorted(struct live_model *model, enum live_sort sort, bool reversed)
{
    model->sort = sort;
    model->reversed = reversed;
    live_model_arrange(model);
    return rows_of(model);
}

static void test_order(void **state)
{
    struct live_model model = {0};

    (void)state;
    assert_true(live_model_add(&model, at(0, 0, 0)));
    assert_true(live_model_add(&model, at(1, 5, 7)));
    assert_string_equal(rows_of(&model), "wa");
    assert_string_equal(sorted(&model, SORT_PRIORITY, true), "aw");
    assert_string_equal(sorted(&model, SORT_NAME, false), "aw");
    assert_string_equal(sorted(&model, SORT_NAME, true), "wa");
    assert_string_equal(sorted(&model, SORT_DROPPED, false), "aw");
    assert_string_equal(sorted(&model, SORT_DROPPED, true), "wa");
    assert_string_equal(sorted(&model, SORT_MATCHED, false), "aw");
    assert_true(live_model_add(&model, at(2, 50, 8)));
    assert_string_equal(rows_of(&model), "wa");
    /* what does not tell them apart leaves them as they are */
    assert_true(live_model_add(&model, at(3, 60, 18)));
    assert_string_equal(sorted(&model, SORT_SENT, false), "wa");
    assert_string_equal(sorted(&model, SORT_SENT, true), "wa");
    live_model_free(&model);
}

static void test_filter(void **state)
{
    struct live_model model = {.filter = "LL"};

    (void)state;
    assert_true(live_model_add(&model, at(0, 5, 7)));
    assert_string_equal(rows_of(&model), "a");
    assert_true(live_model_sum(&model).counts[COUNT_MATCHED].total == 7);
    strcpy(model.filter, "no such");
    live_model_arrange(&model);
    assert_int_equal(model.row_count, 0);
    strcpy(model.filter, "");
    live_model_arrange(&model);
    assert_string_equal(rows_of(&model), "wa");
    live_model_free(&model);
}

/* 40 seconds of silence, then twice as much in the last ten as in the ten before. */
static void test_curve(void **state)
{
    struct live_model model = {0};
    unsigned char levels[6];
    unsigned packets = 0;

    (void)state;
    for (unsigned second = 0; second <= 200; second++) {
        if (second > 180)
            packets += second > 190 ? 200 : 100;
        assert_true(live_model_add(&model, at(second, packets, 0)));
    }
    curve_levels(&model.curves[0], 200000, levels, 6);
    assert_int_equal(levels[0], 0);
    assert_int_equal(levels[3], 0);
    assert_int_equal(levels[4], 4);
    assert_int_equal(levels[5], CURVE_LEVELS);
    curve_levels(&model.curves[1], 200000, levels, 6);
    assert_int_equal(levels[5], 0);
    live_model_free(&model);
}

static void test_numbers(void **state)
{
    static const struct {
        double value;
        size_t width;
        const char *text;
    } numbers[] = {
        {0, 5, "0"},           {99999, 5, "99999"},      {100000, 5, "100k"},
        {1234567, 5, "1.23M"}, {12.4e6, 5, "12.4M"},     {999.6e6, 5, "1.00G"},
        {1e12, 5, "1.00T"},    {1.8e19, 5, "18.0E"},     {100000, 6, "100000"},
        {99999.7, 5, "100k"},  {1234567, 12, "1234567"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[32];

        number_text(text, sizeof text, numbers[i].value, numbers[i].width);
        assert_string_equal(text, numbers[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),   cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_rates),   cmocka_unit_test(test_order),
        cmocka_unit_test(test_filter),  cmocka_unit_test(test_curve),
        cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
