#include "trees.h"

#include "../../shell/config/completion.h"
#include "../../shell/config/text.h"

static void becomes(tree_command *command, const char *lines, const char *line,
                    const char *expected)
{
    struct node *tree = tree_of(lines);
    struct writer writer;
    const char *problem = run(command, tree, line);
    FILE *out = write_start(&writer);

    text_print_set(tree, &(struct path){0}, out);
    fputs(*problem ? "!" : "", out);
    fputs(problem, out);
    assert_text(&writer, expected);
    tree_free(tree);
}

static const char sessions[] =
    "filter a ingress rule 1 action accept; session s filter a vni 1; session t filter a;"
    "deactivate session t;annotate filter a \"x\"";

static void references_follow(void **state)
{
    (void)state;
    becomes(tree_rename, sessions, "filter a to b",
            "set filter b ingress rule 1 action accept\nannotate filter b \"x\"\n"
            "set session s filter b\nset session s vni 1\nset session t filter b\n"
            "deactivate session t\n");
    becomes(tree_rename, "target a receiver 10.0.0.1; session a filter a target a",
            "target a to target \"b\"",
            "set target b receiver 10.0.0.1\nset session a filter a\nset session a target b\n");
    becomes(tree_duplicate, "target a; session a target a", "target a to b",
            "set target a\nset target b\nset session a target a\n");
}

static void within_a_list(void **state)
{
    const char *rule = "filter a ingress rule 1 protocol tcp";

    (void)state;
    becomes(tree_rename, rule, "filter a ingress rule 1 to 2",
            "set filter a ingress rule 2 protocol tcp\n");
    becomes(tree_duplicate, rule, "fi a in ru 1 to ru 2",
            "set filter a ingress rule 1 protocol tcp\nset filter a ingress rule 2 protocol tcp\n");
    becomes(tree_rename, rule, "filter a ingress rule 1 to egress rule 2",
            "set filter a egress rule 2 protocol tcp\n");
    becomes(tree_rename, rule, "filter a ingress rule 1 to filter b egress rule 2",
            "set filter a\nset filter b egress rule 2 protocol tcp\n");
    becomes(tree_rename, "filter to", "filter to to to",
            "set filter to\n!3: there is a filter "
            "\"to\" already");
    becomes(tree_rename, "filter to", "filter to to from", "set filter from\n");
    becomes(tree_rename, "session a tag to x", "session a tag to to y", "set session a tag y x\n");
}

static void refused(void **state)
{
    (void)state;
    becomes(tree_rename, "filter a", "filter a", "set filter a\n!2: missing word, expected: to");
    becomes(tree_rename, "filter a", "filter b to c", "set filter a\n!1: there is no filter \"b\"");
    becomes(tree_rename, "filter a; filter b", "filter a to b",
            "set filter a\nset filter b\n!3: there is a filter \"b\" already");
    becomes(tree_rename, "filter a", "filter a to \"b c\"",
            "set filter a\n!3: filter: \"b c\" is not a name: it has \" \" (expected letters, "
            "digits, _ - .)");
    becomes(tree_rename, "filter a", "filter a to target b",
            "set filter a\n!3: target, expected filter");
    becomes(tree_rename, "session s vni 1", "session s vni to 2",
            "set session s vni 1\n!2: vni has no name");
    becomes(tree_rename, "filter a", "filter a to",
            "set filter a\n!3: filter: missing name (expected 1-64 letters, digits, _ - .)");
}

static void print_choice(void *context, const struct choice *choice)
{
    fprintf(context, "%s%s ", choice->hint ? "?" : "", choice->word);
}

static void completes(const char *front, const char *partial, const char *expected)
{
    struct node *tree = tree_of(sessions);
    struct problem problem;
    struct words words;
    struct writer writer;

    assert_true(words_split(front, &words, &problem));
    FILE *out = write_start(&writer);
    complete_path(tree, words.at, words.count, partial, PATH_RENAME, NULL, print_choice, out);
    assert_text(&writer, expected);
    words_free(&words);
    tree_free(tree);
}

static void completion(void **state)
{
    (void)state;
    completes("session", "", "s t ");
    completes("session s", "", "to ");
    completes("session s", "t", "to ");
    completes("session s to", "", "?NAME ");
    completes("session s to u", "", "?<enter> ");
    completes("filter a ingress rule 1", "", "to ");
    completes("filter a ingress rule 1 to", "", "?<1-65535> ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_follow),
        cmocka_unit_test(within_a_list),
        cmocka_unit_test(refused),
        cmocka_unit_test(completion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
