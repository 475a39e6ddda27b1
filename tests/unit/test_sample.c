/* Samples of the box, and what the live view makes of them: rates, totals, curves, order. */
#include "../../shell/client/live_model.h"
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
              "session\tweb\tdown\t10\t1\t2\t3\t4\t5\tno source interface\tf\tt\t7\tfull\n"
              "session\tall\tup\t20\t0\t0\t0\t0\t0\t\t\tt\t8\t96\n"
              "rule\tweb\tegress\t65535\treject\t\t18446744073709551615\t9\n"
              "receiver\tweb\t10.2.0.2:4789\tup\t\t5\t6\t7\n");

    (void)state;
    assert_non_null(sample);
    assert_string_equal(sample->host, "host");
    assert_int_equal(sample->uptime_ms, 61000);
    assert_string_equal(sample->loads, "12,3");
    assert_int_equal(sample->taken_ms, 2000);
    assert_int_equal(sample->session_count, 2);
    assert_string_equal(sample->sessions[0].reason, "no source interface");
    assert_int_equal(sample->sessions[0].sent_bytes, 4);
    assert_int_equal(sample->sessions[0].dropped_packets, 5);
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
    assert_null(parse("session\tweb\tup\t10\t1\t2\t3\t4\t5\t\t\tt\t7\tfull\n")); /* no box */
    assert_null(parse("box\thost\t1\t2\n"));
    assert_null(parse("box\thost\t-1\t0\t0\n"));
    assert_null(parse("box\thost\t1\t0\t1x\n"));
    assert_null(parse("box\thost\t1\t0\t99999999999999999999\n"));
    assert_null(parse("box\thost\t1\t0\t1\nsession\tweb\tup\t10\n"));
    assert_null(parse("box\thost\t1\t0\t1\nrule\tweb\n"));
    assert_null(parse("box\thost\t1\t0\t1\nreceiver\tweb\n"));
}

/* A sample of two sessions at a second. */
static struct live_sample *at(unsigned second, unsigned web, unsigned all)
{
    char text[512];

    snprintf(text, sizeof text,
             "box\thost\t1\t0\t%u\n"
             "session\tweb\tup\t10\t%u\t%u\t%u\t%u\t0\t\t\tt\t7\tfull\n"
             "session\tall\tup\t20\t%u\t%u\t%u\t%u\t9\t\t\tt\t8\tfull\n"
             "rule\tweb\tingress\t10\taccept\t\t%u\t0\n"
             "receiver\tall\t10.2.0.2\tup\t\t%u\t0\t0\n",
             second * 1000, web, web * 100, web, web * 50, all, all * 100, all, all * 50, web, all);
    return parse(text);
}

static void test_rates(void **state)
{
    struct live_model model = {0};
    struct live_model_row row;

    (void)state;
    assert_true(live_model_add(&model, at(0, 100, 0), false));
    row = live_model_session(&model, 0);
    assert_true(row.matched.per_second == 0 && row.matched.total == 100);
    assert_true(live_model_add(&model, at(2, 300, 50), false));
    row = live_model_session(&model, 0);
    assert_true(row.matched.per_second == 100 && row.matched.total == 300);
    assert_true(row.sent_bytes.per_second == 5000);
    row = live_model_sum(&model);
    assert_true(row.matched.per_second == 125 && row.matched.total == 350);
    assert_true(live_model_rule(&model, 0).per_second == 100);
    assert_true(live_model_receiver(&model, 0).per_second == 25);

    live_model_reset(&model);
    assert_true(live_model_session(&model, 0).matched.total == 0);
    assert_true(live_model_add(&model, at(3, 310, 50), false));
    assert_true(live_model_session(&model, 0).matched.total == 10);
    assert_true(live_model_session(&model, 1).dropped.total == 0);
    /* A pause: what is shown stays */
    assert_true(live_model_add(&model, at(4, 999, 50), true));
    assert_true(live_model_session(&model, 0).matched.total == 10);
    /* Cleared: counters went back */
    assert_true(live_model_add(&model, at(5, 4, 0), false));
    row = live_model_session(&model, 0);
    assert_true(row.matched.per_second == 0 && row.matched.total == 4);
    live_model_free(&model);
}

static void test_order(void **state)
{
    struct live_model model = {0};

    (void)state;
    assert_true(live_model_add(&model, at(0, 0, 0), false));
    assert_true(live_model_add(&model, at(1, 5, 7), false));
    assert_int_equal(model.order[0], 0);
    model.sort = SORT_NAME;
    live_model_sort(&model);
    assert_int_equal(model.order[0], 1);
    model.sort = SORT_MATCHED;
    live_model_sort(&model);
    assert_int_equal(model.order[0], 1);
    assert_true(live_model_add(&model, at(2, 50, 8), false));
    assert_int_equal(model.order[0], 0);
    model.sort = SORT_DROPPED;
    live_model_sort(&model);
    assert_int_equal(model.order[0], 1);
    model.sort = SORT_PRIORITY;
    live_model_sort(&model);
    assert_int_equal(model.order[0], 0);
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
        assert_true(live_model_add(&model, at(second, packets, 0), false));
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
        cmocka_unit_test(test_parse), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_rates), cmocka_unit_test(test_order),
        cmocka_unit_test(test_curve), cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
