#include "trees.h"

#include "../../shell/config/text.h"

typedef void printer(const struct node *, const struct path *, FILE *);

static void prints(printer *print, const struct node *tree, const char *at, const char *expected)
{
    struct path path = path_of(at);
    struct writer writer;

    print(tree, &path, write_start(&writer));
    assert_text(&writer, expected);
    path_free(&path);
}

static struct node *sample(void)
{
    return tree_of("system host-name box;"
                   "filter web description \"a \\\"b\\\" | c\";"
                   "filter web ingress rule 10 action accept protocol tcp destination-port 80-90;"
                   "filter web ingress rule 9 action reject; filter empty;"
                   "target t receiver 10.0.0.1 [2001:db8::1]:5000;"
                   "session s priority 1 vni auto packet-length 96 disabled;"
                   "session s source interface eth0 eth1; session s target t");
}

static void set_lines(void **state)
{
    struct node *tree = sample();

    (void)state;
    prints(text_print_set, tree, "",
           "set system host-name box\n"
           "set filter empty\n"
           "set filter web description \"a \\\"b\\\" | c\"\n"
           "set filter web ingress rule 9 action reject\n"
           "set filter web ingress rule 10 action accept\n"
           "set filter web ingress rule 10 protocol tcp\n"
           "set filter web ingress rule 10 destination-port 80-90\n"
           "set target t receiver 10.0.0.1\n"
           "set target t receiver [2001:db8::1]:5000\n"
           "set session s priority 1\n"
           "set session s source interface eth0\n"
           "set session s source interface eth1\n"
           "set session s target t\n"
           "set session s vni auto\n"
           "set session s packet-length 96\n"
           "set session s disabled\n");
    prints(text_print_set, tree, "filter web ingress rule 9",
           "set filter web ingress rule 9 action reject\n");
    prints(text_print_set, tree, "filter web ingress rule",
           "set filter web ingress rule 9 action reject\n"
           "set filter web ingress rule 10 action accept\n"
           "set filter web ingress rule 10 protocol tcp\n"
           "set filter web ingress rule 10 destination-port 80-90\n");
    prints(text_print_set, tree, "session s vni", "set session s vni auto\n");
    prints(text_print_set, tree, "session s disabled", "set session s disabled\n");
    prints(text_print_set, tree, "filter empty", "set filter empty\n");
    prints(text_print_set, tree, "filter web egress", "");
    prints(text_print_set, tree, "session x vni", "");
    tree_free(tree);
}

static void braces(void **state)
{
    struct node *tree = sample();

    (void)state;
    prints(text_print_braces, tree, "",
           "system {\n"
           "    host-name box;\n"
           "}\n"
           "filter empty;\n"
           "filter web {\n"
           "    description \"a \\\"b\\\" | c\";\n"
           "    ingress {\n"
           "        rule 9 {\n"
           "            action reject;\n"
           "        }\n"
           "        rule 10 {\n"
           "            action accept;\n"
           "            protocol tcp;\n"
           "            destination-port 80-90;\n"
           "        }\n"
           "    }\n"
           "}\n"
           "target t {\n"
           "    receiver [ 10.0.0.1 [2001:db8::1]:5000 ];\n"
           "}\n"
           "session s {\n"
           "    priority 1;\n"
           "    source {\n"
           "        interface [ eth0 eth1 ];\n"
           "    }\n"
           "    target t;\n"
           "    vni auto;\n"
           "    packet-length 96;\n"
           "    disabled;\n"
           "}\n");
    prints(text_print_braces, tree, "filter web ingress rule 9", "action reject;\n");
    prints(text_print_braces, tree, "target",
           "target t {\n"
           "    receiver [ 10.0.0.1 [2001:db8::1]:5000 ];\n"
           "}\n");
    prints(text_print_braces, tree, "session s source", "interface [ eth0 eth1 ];\n");
    prints(text_print_braces, tree, "session s source interface", "interface [ eth0 eth1 ];\n");
    prints(text_print_braces, tree, "session s disabled", "disabled;\n");
    prints(text_print_braces, tree, "filter empty", "");
    prints(text_print_braces, tree, "filter x", "");
    tree_free(tree);
}

static void json(void **state)
{
    struct node *tree = sample();
    struct writer writer;

    (void)state;
    prints(text_print_json, tree, "",
           "{\"configuration\":{\"system\":{\"host_name\":\"box\"},"
           "\"filter\":[{\"name\":\"empty\"},{\"name\":\"web\","
           "\"description\":\"a \\\"b\\\" | c\",\"ingress\":{\"rule\":["
           "{\"number\":9,\"action\":\"reject\"},"
           "{\"number\":10,\"action\":\"accept\",\"protocol\":\"tcp\","
           "\"destination_port\":\"80-90\"}]}}],"
           "\"target\":[{\"name\":\"t\",\"receiver\":[\"10.0.0.1\",\"[2001:db8::1]:5000\"]}],"
           "\"session\":[{\"name\":\"s\",\"priority\":1,"
           "\"source\":{\"interface\":[\"eth0\",\"eth1\"]},\"target\":\"t\",\"vni\":\"auto\","
           "\"packet_length\":96,\"disabled\":true}]}}\n");
    prints(text_print_json, tree, "filter web ingress rule 9",
           "{\"configuration\":{\"filter\":[{\"name\":\"web\",\"ingress\":{\"rule\":["
           "{\"number\":9,\"action\":\"reject\"}]}}]}}\n");
    prints(text_print_json, tree, "target",
           "{\"configuration\":{\"target\":[{\"name\":\"t\","
           "\"receiver\":[\"10.0.0.1\",\"[2001:db8::1]:5000\"]}]}}\n");
    prints(text_print_json, tree, "session s vni",
           "{\"configuration\":{\"session\":[{\"name\":\"s\",\"vni\":\"auto\"}]}}\n");
    prints(text_print_json, tree, "session x", "{\"configuration\":{}}\n");
    tree_free(tree);
    json_string("a\"\\\t\x01\xc3\xa9\xff\x7f", write_start(&writer));
    assert_text(&writer, "\"a\\\"\\\\\\u0009\\u0001\xc3\xa9\\ufffd\\u007f\"");
}

/* Loads a text into an empty tree; compares the problems ("LINE:COLUMN: TEXT\n"...) and the tree.
 */
static void loads_bytes(const char *text, size_t length, const char *expected,
                        const char *expected_problems)
{
    struct node *tree = tree_new();
    struct problems problems = {0};
    struct writer writer;
    bool good = text_load(tree, text, length, &problems);
    FILE *out = write_start(&writer);

    assert_int_equal(good, problems.count == 0);
    for (size_t i = 0; i < problems.count; i++)
        fprintf(out, "%u:%u: %s\n", problems.at[i].line, problems.at[i].column,
                problems.at[i].text);
    assert_text(&writer, expected_problems);
    text_print_set(tree, &(struct path){0}, write_start(&writer));
    assert_text(&writer, expected);
    problems_free(&problems);
    tree_free(tree);
}

static void loads(const char *text, const char *expected, const char *expected_problems)
{
    loads_bytes(text, strlen(text), expected, expected_problems);
}

static void loading(void **state)
{
    (void)state;
    loads("", "", "");
    loads("\n \n# a \"comment\n   # \x01\nset filter a\r\n\nset filter b",
          "set filter a\nset filter b\n", "");
    loads("\xef\xbb\xbfset filter a\n", "set filter a\n", "");
    loads("# \xff\nset filter a\n", "set filter a\n", "");
}

static void problems_have_their_place(void **state)
{
    (void)state;
    loads("set filter a\n"
          "set filtr b\n"
          "set \xe4\xb8\xad c\n"
          "set session\n"
          "  set session s priority   \n"
          "sett filter d\n"
          "set\n"
          "\"set\" filter e\n"
          "set filter f | count\n"
          "set filter \"g\n"
          "delete filter a\n"
          "set filter \xff\n"
          "set filter h\n",
          "set filter a\nset filter h\n",
          "2:5: unknown word \"filtr\", expected one of: filter, session, system, target\n"
          "3:5: unknown word \"\xe4\xb8\xad\", expected one of: filter, session, system, target\n"
          "4:12: session: missing name (expected 1-64 letters, digits, _ - .)\n"
          "5:25: priority: missing value (expected 1-32766)\n"
          "6:1: unknown word \"sett\", expected one of: set, deactivate, annotate\n"
          "7:4: missing word, expected one of: filter, session, system, target\n"
          "8:1: quoted word \"set\", expected one of: set, deactivate, annotate\n"
          "9:14: a pipe has no place in a configuration\n"
          "10:12: the quote is not closed\n"
          "11:1: unknown word \"delete\", expected one of: set, deactivate, annotate\n"
          "12:12: byte 0xff is not UTF-8\n");
    loads_bytes("set filter a\0b\nset filter c\n\0", 29, "set filter c\n",
                "1:13: a NUL byte\n3:1: a NUL byte\n");
}

/* Of threads, which there are none of here, a sanitizer makes it a hundred times slower. */
#ifdef __SANITIZE_THREAD__
enum { SLOWER = 50 };
#else
enum { SLOWER = 1 };
#endif

/* 100,000 lines, in an order that is not the tree's; what it costs is bounded by the suite's time.
 */
static void many_lines(void **state)
{
    enum { LINES = 100000 / SLOWER };
    struct problems problems = {0};
    struct node *tree = tree_new();
    struct writer writer;
    char last[16];
    FILE *out = write_start(&writer);

    (void)state;
    for (unsigned i = 0; i < LINES; i++)
        fprintf(out, "set session s%u priority %u target t source interface i%u\n",
                i * 7919 % LINES, 1 + i % 32766, i);
    fclose(out);
    assert_true(text_load(tree, writer.text, writer.size, &problems));
    assert_int_equal(tree->child_count, LINES);
    assert_string_equal(tree->children[0]->key, "s0");
    snprintf(last, sizeof last, "s%d", LINES - 1);
    assert_string_equal(tree->children[LINES - 1]->key, last);
    free(writer.text);
    tree_free(tree);
}

static void many_values(void **state)
{
    enum { VALUES = 200000 / SLOWER };
    struct problems problems = {0};
    struct node *tree = tree_new();
    struct writer writer;
    FILE *out = write_start(&writer);

    (void)state;
    fputs("set session s source interface", out);
    for (unsigned i = 0; i < VALUES; i++)
        fprintf(out, " i%u", i % (VALUES / 2));
    fclose(out);
    assert_true(text_load(tree, writer.text, writer.size, &problems));
    assert_int_equal(tree->children[0]->children[0]->children[0]->value_count, VALUES / 2);
    free(writer.text);
    tree_free(tree);
}

/* A text is read no further than there is room for its problems; unless all are wanted. */
static void many_wrong_lines(void **state)
{
    enum { LINES = 100000 / SLOWER };
    struct problems problems = {0}, all = {.all = true};
    struct node *tree = tree_new();
    char *text = malloc(2 * LINES);

    (void)state;
    for (unsigned i = 0; i < LINES; i++)
        memcpy(text + 2 * i, "x\n", 2);
    assert_false(text_load_commands(tree, text, 2 * LINES, &problems));
    assert_true(problems_full(&problems));
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_true(text_examine(tree, text, 2 * LINES, &all)); /* to its end */
    assert_int_equal(all.count, LINES);
    problems_free(&problems);
    problems_free(&all);
    free(text);
    tree_free(tree);
}

/* Very many comments in front of a statement, and one that is mostly blanks: as above, the time. */
static void long_comments(void **state)
{
    enum { COMMENTS = 1500000 / SLOWER, BLANKS = (1 << 20) / SLOWER };
    struct problems problems = {0};
    struct node *tree = tree_new();
    struct writer writer;
    FILE *out = write_start(&writer);

    (void)state;
    for (unsigned i = 0; i < COMMENTS; i++)
        fputs("/**/", out);
    fprintf(out, " session s;\n/* a%*sb */ session t;\n", BLANKS, "");
    fclose(out);
    assert_false(text_load_braces(tree, writer.text, writer.size, false, &problems));
    assert_int_equal(problems.count, 2);
    assert_string_equal(problems.at[0].text, "the comment is longer than 255 characters");
    assert_string_equal(problems.at[1].text, "the comment is longer than 255 characters");
    problems_free(&problems);
    free(writer.text);
    tree_free(tree);
}

/* Problems in braces on one line: their columns, and an end of the reading. */
static void many_problems(void **state)
{
    enum { STATEMENTS = 120000 / SLOWER };
    struct problems problems = {0};
    struct node *tree = tree_new();
    struct writer writer;
    FILE *out = write_start(&writer);

    (void)state;
    fputs("\xc3\xa9;\n", out);
    for (unsigned i = 0; i < STATEMENTS; i++)
        fputs("\xc3\xa9;", out);
    fclose(out);
    assert_false(text_load_braces(tree, writer.text, writer.size, false, &problems));
    assert_int_equal(problems.count, PROBLEMS_MAX);
    for (unsigned i = 1; i < PROBLEMS_MAX; i++) {
        assert_int_equal(problems.at[i].line, 2);
        assert_int_equal(problems.at[i].column, 2 * i - 1);
    }
    problems_free(&problems);
    free(writer.text);
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_lines),
        cmocka_unit_test(braces),
        cmocka_unit_test(json),
        cmocka_unit_test(loading),
        cmocka_unit_test(problems_have_their_place),
        cmocka_unit_test(many_lines),
        cmocka_unit_test(many_values),
        cmocka_unit_test(many_wrong_lines),
        cmocka_unit_test(long_comments),
        cmocka_unit_test(many_problems),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
