#include "trees.h"

#include "../../shell/config/text.h"

static const struct path whole = {0};

static void assert_set(const struct node *tree, const char *expected)
{
    struct writer writer;

    text_print_set(tree, &whole, write_start(&writer));
    assert_text(&writer, expected);
}

/* What one line makes of an empty tree, or the problem. */
static void sets(const char *line, const char *expected)
{
    struct node *tree = tree_new();

    assert_string_equal(run(tree_set, tree, line), "");
    assert_set(tree, expected);
    tree_free(tree);
}

static void refuses(const char *line, const char *problem)
{
    struct node *tree = tree_new();

    assert_string_equal(run(tree_set, tree, line), problem);
    assert_int_equal(tree->child_count, 0);
    tree_free(tree);
}

/* The same of a word where one of a top-level list's keywords was expected. */
static void refuses_among(const char *line, const char *word, const char *list)
{
    char names[SCHEMA_EXPECTED_SIZE], problem[SCHEMA_EXPECTED_SIZE + 100];

    schema_expected(schema_child(schema_root(), list), "", names, sizeof names);
    snprintf(problem, sizeof problem, "%s, expected one of: %s", word, names);
    refuses(line, problem);
}

static void one_line_over_several_leaves(void **state)
{
    (void)state;
    sets("filter web ingress rule 10 action accept protocol tcp destination-port 80",
         "set filter web ingress rule 10 action accept\n"
         "set filter web ingress rule 10 protocol tcp\n"
         "set filter web ingress rule 10 destination-port 80\n");
    sets("session web disabled vni 5 source interface eth1 eth0 eth1",
         "set session web source interface eth1\n"
         "set session web source interface eth0\n"
         "set session web vni 5\n"
         "set session web disabled\n");
    sets("targ t rec 10.0.0.1:4789 10.0.0.1 [2001:DB8::1]:1",
         "set target t receiver 10.0.0.1\n"
         "set target t receiver [2001:db8::1]:1\n");
}

static void instances_alone(void **state)
{
    (void)state;
    sets("filter web", "set filter web\n");
    sets("filter web egress rule 5", "set filter web egress rule 5\n");
    sets("filter \"filter\"", "set filter filter\n");
}

static void values_are_replaced_or_added(void **state)
{
    struct node *tree = tree_of("session s priority 5; session s source interface b;"
                                "session s pri 6; session s source interface a b");

    (void)state;
    assert_set(tree, "set session s priority 6\n"
                     "set session s source interface b\n"
                     "set session s source interface a\n");
    tree_free(tree);
}

static void order(void **state)
{
    struct node *tree = tree_of(
        "session b; session B; session cust-10; session cust-2; target t; filter f ingress rule 10;"
        "filter f ingress rule 9; filter f ingress rule 100;"
        "filter f egress rule 1; filter f description x; system host-n h");

    (void)state;
    assert_set(tree, "set system host-name h\n"
                     "set filter f description x\n"
                     "set filter f ingress rule 9\n"
                     "set filter f ingress rule 10\n"
                     "set filter f ingress rule 100\n"
                     "set filter f egress rule 1\n"
                     "set target t\n"
                     "set session B\n"
                     "set session b\n"
                     "set session cust-2\n"
                     "set session cust-10\n");
    tree_free(tree);
}

static void wrong_lines(void **state)
{
    (void)state;
    refuses("", "0: missing word, expected one of: filter, session, system, target");
    refuses("sesion web",
            "0: unknown word \"sesion\", expected one of: filter, session, system, target");
    refuses("s web", "0: \"s\" is ambiguous: session, system");
    refuses("\"session\" web", "0: \"session\" in quotes is not a keyword, expected: filter, "
                               "session, system, target");
    refuses("session", "1: session: missing name (expected 1-64 letters, digits, _ - .)");
    refuses("session web priority", "3: priority: missing value (expected 1-32766)");
    refuses("session web priority 0", "3: priority: 0 is below 1 (expected 1-32766)");
    refuses_among("session web priority 1 2", "4: unknown word \"2\"", "session");
    refuses("session web priority 1 priority 2", "4: priority stands twice in this line");
    refuses("session web disabled disabled", "3: disabled stands twice in this line");
    refuses("session web source",
            "3: missing word, expected one of: all-interfaces, interface, prefix");
    refuses("session web source interface", "4: interface: missing value (expected IFNAME)");
    refuses("filter web ingress rule", "4: rule: missing number (expected 1-65535)");
    refuses("filter web ingress", "3: missing word, expected rule");
    refuses("filter web ingress rule 10 action drop",
            "6: action: \"drop\" is unknown, expected one of: accept, reject");
    refuses("filter web ingress rule 10 action",
            "6: action: missing value (expected one of: accept, reject)");
    /* all of the line or nothing */
    refuses("target t receiver 10.0.0.1 10.0.0.300",
            "4: receiver: \"10.0.0.300\" is not an address (expected ADDRESS[:PORT])");
}

static void lists(void **state)
{
    (void)state;
    sets("session a source interface [ eth1 eth0 ]",
         "set session a source interface eth1\nset session a source interface eth0\n");
    sets("session a source interface eth1 eth0 vni 5", "set session a source interface eth1\n"
                                                       "set session a source interface eth0\n"
                                                       "set session a vni 5\n");
    sets("session a source interface [ eth1 vni ] priority 7 disabled",
         "set session a priority 7\n"
         "set session a source interface eth1\n"
         "set session a source interface vni\n"
         "set session a disabled\n");
    sets("session a source interface eth0 \"target\" vni 5",
         "set session a source interface eth0\n"
         "set session a source interface target\n"
         "set session a vni 5\n");
    sets("session a source interface vni", "set session a source interface vni\n");
    sets("session a source interface \"[eth0\" \"]\" [x]",
         "set session a source interface \"[eth0\"\n"
         "set session a source interface \"]\"\n"
         "set session a source interface [x]\n");
    /* what cannot be a value may be an abbreviation */
    sets("target t receiver 10.0.0.1 [fd00::1]:5 desc x bal fl",
         "set target t description x\n"
         "set target t receiver 10.0.0.1\n"
         "set target t receiver [fd00::1]:5\n"
         "set target t balance flow\n");
    sets("session a description [", "set session a description \"[\"\n");
}

static void wrong_lists(void **state)
{
    (void)state;
    refuses("session a source interface [", "5: interface: the list is not closed, expected ]");
    refuses("session a source interface [ eth0",
            "6: interface: the list is not closed, expected ]");
    refuses("session a source interface [ ]", "5: interface: the list is empty");
    refuses("session a source interface [eth0 eth1]",
            "4: interface: blanks stand around brackets, [ a b ] (a value with a bracket goes in "
            "quotes)");
    refuses_among("session a source interface [ eth0 ] eth1", "7: unknown word \"eth1\"",
                  "session");
    refuses("session a source interface eth0 interface eth1",
            "5: interface stands twice in this line");
    refuses("session a source interface eth0 source interface eth1",
            "5: source stands twice in this line");
    refuses("session a source vni 5",
            "3: unknown word \"vni\", expected one of: all-interfaces, interface, prefix");
    refuses_among("system host-name x filter f", "3: unknown word \"filter\"", "system");
    refuses("session a description two words",
            "4: unknown word \"words\": a description with blanks stands in quotes");
    refuses_among("session a description \"two\" words", "4: unknown word \"words\"", "session");
}

/* A port behind an IPv6 address without brackets. */
static void ports_without_brackets(void **state)
{
    (void)state;
    sets("target t receiver fd02::2:80 fd02::4789 [fd02::2:4789] 1:2:3:4:5:6:7:4789",
         "set target t receiver fd02::2:80\n"
         "set target t receiver fd02::4789\n"
         "set target t receiver [fd02::2:4789]\n"
         "set target t receiver 1:2:3:4:5:6:7:4789\n");
    refuses("target t receiver fd02::2:4789",
            "3: receiver: \"fd02::2:4789\": an IPv6 address with a port stands in brackets: "
            "[fd02::2]:4789, or [fd02::2:4789] without one");
    refuses("target t receiver 1:2:3:4:5:6:7:8:80",
            "3: receiver: \"1:2:3:4:5:6:7:8:80\": an IPv6 address with a port stands in brackets: "
            "[1:2:3:4:5:6:7:8]:80");
}

/* After deleting `line` from `before`. */
static void deletes(const char *before, const char *line, const char *after)
{
    struct node *tree = tree_of(before);

    assert_string_equal(run(tree_delete, tree, line), "");
    assert_set(tree, after);
    tree_free(tree);
}

static void keeps(const char *before, const char *line, const char *problem)
{
    struct node *tree = tree_of(before), *copy = tree_copy(tree);

    assert_string_equal(run(tree_delete, tree, line), problem);
    assert_true(tree_equal(tree, copy));
    tree_free(tree);
    tree_free(copy);
}

static void deleting(void **state)
{
    (void)state;
    deletes("session a vni 5 disabled", "session a vni", "set session a disabled\n");
    deletes("session a vni 5", "session a vni 5", "set session a\n");
    deletes("session a vni 5", "session a vni 05", "set session a\n");
    deletes("session a disabled", "ses a disa", "set session a\n");
    deletes("session a vni 5; session b", "session a", "set session b\n");
    deletes("session a; session b; target t", "session", "set target t\n");
    deletes("system host-name x; target t", "system", "set target t\n");
    deletes("system host-name x; target t", "system host-name", "set target t\n");
    /* an empty plain container goes, an instance stays */
    deletes("session a source interface x y", "session a source interface x",
            "set session a source interface y\n");
    deletes("session a source interface x y", "session a source interface y x", "set session a\n");
    deletes("session a source interface x y z", "session a source interface [ x z ]",
            "set session a source interface y\n");
    deletes("session a source interface x y", "session a source interface", "set session a\n");
    deletes("session a source interface x y", "session a source", "set session a\n");
    deletes("filter f ingress rule 1 action accept", "filter f ingress rule 1 action accept",
            "set filter f ingress rule 1\n");
    deletes("filter f ingress rule 1 action accept", "filter f ingress rule 1", "set filter f\n");
    deletes("filter f ingress rule 1; filter f ingress rule 2", "filter f ingress rule",
            "set filter f\n");
}

static void deleting_what_is_not_there(void **state)
{
    static const char tree[] = "session a vni 5 source interface x y";

    (void)state;
    keeps(tree, "", "0: missing word, expected one of: filter, session, system, target");
    keeps(tree, "filter", "0: warning: there is no filter");
    keeps(tree, "session b", "1: warning: there is no session \"b\"");
    keeps(tree, "session b vni", "1: warning: there is no session \"b\"");
    keeps(tree, "system host-name", "0: warning: system is not set");
    keeps(tree, "session a priority", "2: warning: priority is not set");
    keeps(tree, "session a disabled", "2: warning: disabled is not set");
    keeps(tree, "session a vni 6", "3: warning: vni is 5, not 6");
    keeps(tree, "session a vni x", "3: vni: \"x\" is not a number (expected 0-16777215 or auto)");
    keeps(tree, "session a vni 5 disabled",
          "4: unexpected word \"disabled\", expected the end of the line");
    keeps(tree, "session a source interface z", "4: warning: interface has no z");
    keeps(tree, "session a source interface [ x y",
          "7: interface: the list is not closed, expected ]");
}

/* What is there of the values goes, the first that is not is told. */
static void deleting_some_of_them(void **state)
{
    struct node *tree = tree_of("session a source interface x y");

    (void)state;
    assert_string_equal(run(tree_delete, tree, "session a source interface u x v"),
                        "4: warning: interface has no u");
    assert_set(tree, "set session a source interface y\n");
    tree_free(tree);
}

static void finding(void **state)
{
    struct node *tree = tree_of("session a vni 5; filter f ingress rule 10");
    static const struct {
        const char *line, *problem; /* NULL: it is there */
    } cases[] = {
        {"", NULL},
        {"session", NULL},
        {"session a", NULL},
        {"session a vni", NULL},
        {"f f in r 010", NULL},
        {"filter f egress", "2: egress is not set"},
        {"session b", "1: there is no session \"b\""},
        {"target", "0: there is no target"},
        {"session a vni 5", "3: unexpected word \"5\", expected the end of the line"},
        {"x", "0: unknown word \"x\", expected one of: filter, session, system, target"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problem problem;
        struct words words;
        char text[sizeof problem.text + 30] = "";
        assert_true(words_split(cases[i].line, &words, &problem));
        const struct node *node = tree_find(tree, words.at, words.count, &problem);
        assert_int_equal(node != NULL, cases[i].problem == NULL);
        if (!node) {
            snprintf(text, sizeof text, "%zu: %s", problem_word(&problem, &words), problem.text);
            assert_string_equal(text, cases[i].problem);
        }
        words_free(&words);
    }
    assert_string_equal(node_value(node_instance(tree, "session", "a"), "vni"), "5");
    assert_null(node_value(node_instance(tree, "session", "a"), "priority"));
    assert_null(node_instance(tree, "session", "b"));
    assert_null(node_instance(tree, "no-list", "b"));
    assert_null(node_child(tree, "session"));
    assert_null(node_child(tree, "system"));
    tree_free(tree);
}

static void paths(void **state)
{
    static const struct {
        const char *line, *canonical, *problem; /* problem: why it cannot be edited */
        size_t parent;
    } cases[] = {
        {"", "", NULL, 0},
        {"sys", "system", NULL, 0},
        {"ses web", "session web", NULL, 0},
        {"ses web sou", "session web source", NULL, 2},
        {"f x in r 010", "filter x ingress rule 10", NULL, 3},
        {"session", "session", "session: missing name (expected 1-64 letters, digits, _ - .)", 0},
        {"f x e r", "filter x egress rule", "rule: missing number (expected 1-65535)", 3},
        {"session a vni", "session a vni", "vni has nothing below it to edit", 2},
        {"session session", "session session", NULL, 0},
        {"session a tag k", "session a tag k", "tag has nothing below it to edit", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct path path = path_of(cases[i].line);
        struct problem problem;
        struct words words;
        char text[100] = "";
        assert_true(words_split(cases[i].line, &words, &problem));
        for (size_t w = 0; w < path.count; w++) {
            strcat(text, w == 0 ? "" : " ");
            strcat(text, path.words[w]);
        }
        assert_string_equal(text, cases[i].canonical);
        assert_int_equal(path_above(&path, 1), cases[i].parent);
        assert_int_equal(path_above(&path, 9), 0);
        assert_int_equal(path_editable(&path, words.at, &problem), cases[i].problem == NULL);
        if (cases[i].problem)
            assert_string_equal(problem.text, cases[i].problem);
        words_free(&words);
        path_free(&path);
    }
}

static void copies_are_equal_and_apart(void **state)
{
    struct node *tree = tree_of("session a vni 5 source interface x; filter f ingress rule 10");
    struct node *copy = tree_copy(tree);

    (void)state;
    assert_true(tree_equal(tree, copy));
    assert_string_equal(run(tree_set, copy, "session a vni 6"), "");
    assert_false(tree_equal(tree, copy));
    assert_string_equal(run(tree_set, copy, "session a vni 5"), "");
    assert_true(tree_equal(tree, copy));
    assert_string_equal(run(tree_set, copy, "session a source interface y"), "");
    assert_false(tree_equal(tree, copy));
    tree_free(tree);
    tree_free(copy);
}

/* Long leaf-lists are found by a hash table, which adding, deleting and copying keep up. */
static void long_leaf_lists(void **state)
{
    struct node *tree = tree_new();
    char line[60];

    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 500; i++) {
            snprintf(line, sizeof line, "session s source interface i%d", i);
            assert_string_equal(run(tree_set, tree, line), "");
        }
    struct node *copy = tree_copy(tree);
    const struct node *list =
        node_child(node_child(node_instance(copy, "session", "s"), "source"), "interface");
    assert_int_equal(list->value_count, 500);
    for (int i = 0; i < 500; i += 2) {
        snprintf(line, sizeof line, "session s source interface i%d", i);
        assert_string_equal(run(tree_delete, copy, line), "");
        assert_string_not_equal(run(tree_delete, copy, line), "");
    }
    assert_int_equal(list->value_count, 250);
    assert_string_equal(list->values[0], "i1");
    assert_string_equal(list->values[249], "i499");
    assert_string_equal(run(tree_set, copy, "session s source interface i0 i1"), "");
    assert_int_equal(list->value_count, 251);
    assert_string_equal(list->values[250], "i0");
    tree_free(tree);
    tree_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_over_several_leaves),
        cmocka_unit_test(instances_alone),
        cmocka_unit_test(values_are_replaced_or_added),
        cmocka_unit_test(order),
        cmocka_unit_test(lists),
        cmocka_unit_test(wrong_lists),
        cmocka_unit_test(ports_without_brackets),
        cmocka_unit_test(deleting_some_of_them),
        cmocka_unit_test(wrong_lines),
        cmocka_unit_test(deleting),
        cmocka_unit_test(deleting_what_is_not_there),
        cmocka_unit_test(finding),
        cmocka_unit_test(paths),
        cmocka_unit_test(copies_are_equal_and_apart),
        cmocka_unit_test(long_leaf_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
