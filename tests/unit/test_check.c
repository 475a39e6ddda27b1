#include "trees.h"

#include "../../shell/config/check.h"

static void reports(const char *lines, const char *expected)
{
    struct node *tree = tree_of(lines);
    struct problems problems = {0};
    struct writer writer;
    FILE *out = write_start(&writer);

    assert_int_equal(check(tree, &problems), expected[0] == '\0');
    for (size_t i = 0; i < problems.count; i++) {
        fprintf(out, "%s\n", problems.at[i].text);
        assert_int_equal(problems.at[i].line, 0);
    }
    assert_text(&writer, expected);
    problems_free(&problems);
    tree_free(tree);
}

static void good_trees(void **state)
{
    (void)state;
    reports("", "");
    reports("system host-name x; filter unused", "");
    reports("target t receiver 10.0.0.1; session s priority 1 target t", "");
    reports("filter f ingress rule 1 action accept; target t receiver 10.0.0.1;"
            "session s priority 1 target t filter f; session r priority 2 target t filter f",
            "");
}

static void what_is_required(void **state)
{
    (void)state;
    reports("session web", "session web priority: missing\nsession web target: missing\n");
    reports("target t", "target t receiver: missing\n");
    reports("target t description x", "target t receiver: missing\n");
    reports("filter web ingress rule 10 protocol tcp; filter web egress rule 1",
            "filter web ingress rule 10 action: missing\n"
            "filter web egress rule 1 action: missing\n");
}

static void what_is_referred_to(void **state)
{
    (void)state;
    reports("session s priority 1 target x filter y; target y receiver 10.0.0.1; filter x",
            "session s filter: there is no filter \"y\"\n"
            "session s target: there is no target \"x\"\n");
}

static void what_is_unique(void **state)
{
    (void)state;
    reports("target t receiver 10.0.0.1; session web priority 5 target t;"
            "session db priority 5 target t; session c priority 6 target t;"
            "session z priority 5 target t; session y priority 6 target t;"
            "session x priority 55 target t",
            "session web priority: 5 is also session db's\n"
            "session y priority: 6 is also session c's\n"
            "session z priority: 5 is also session db's\n");
}

static void all_at_once_in_the_trees_order(void **state)
{
    (void)state;
    reports("session b priority 1; session a priority 1 target x; target t;"
            "filter f egress rule 7",
            "filter f egress rule 7 action: missing\n"
            "target t receiver: missing\n"
            "session a target: there is no target \"x\"\n"
            "session b priority: 1 is also session a's\n"
            "session b target: missing\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_trees),
        cmocka_unit_test(what_is_required),
        cmocka_unit_test(what_is_referred_to),
        cmocka_unit_test(what_is_unique),
        cmocka_unit_test(all_at_once_in_the_trees_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
