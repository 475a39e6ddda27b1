#include "trees.h"

#include "../../shell/config/diff.h"
#include "../../shell/config/text.h"

static void differs_at(const char *line, const char *old_lines, const char *new_lines,
                       const char *expected)
{
    struct node *old = tree_of(old_lines), *new = tree_of(new_lines);
    struct problem problem;
    struct words words = {0};
    struct path path = {0};
    struct writer writer;

    assert_true(words_split(line, &words, &problem));
    assert_true(tree_path(words.at, words.count, &path, &problem));
    assert_int_equal(diff_print(old, new, &path, write_start(&writer)), expected[0] != '\0');
    if (!*line)
        assert_int_equal(tree_equal(old, new), expected[0] == '\0');
    assert_text(&writer, expected);
    path_free(&path);
    words_free(&words);
    tree_free(old);
    tree_free(new);
}

static void differs(const char *old_lines, const char *new_lines, const char *expected)
{
    differs_at("", old_lines, new_lines, expected);
}

static void no_difference(void **state)
{
    (void)state;
    differs("", "", "");
    differs("session a vni 5; filter f", "filter f; session a vni 5", "");
}

static void changed_leaves(void **state)
{
    (void)state;
    differs("session a priority 1 vni 5", "session a priority 2 vni 5 disabled",
            "[edit session a]\n"
            "-  priority 1;\n"
            "+  priority 2;\n"
            "+  disabled;\n");
    differs("session a source interface x y", "session a source interface x z",
            "[edit session a source]\n"
            "-  interface [ x y ];\n"
            "+  interface [ x z ];\n");
    differs("filter f ingress rule 10 action accept protocol tcp",
            "filter f ingress rule 10 action accept",
            "[edit filter f ingress rule 10]\n"
            "-  protocol tcp;\n");
}

static void of_a_path(void **state)
{
    const char *old = "system host-name x; session a vni 1 priority 1 source interface x tag e f;"
                      "session b vni 7 priority 2";
    const char *new = "session a vni 2 priority 3 source interface y tag e g; session c vni 5";

    (void)state;
    differs_at("session a vni", old, new, "[edit session a]\n-  vni 1;\n+  vni 2;\n");
    differs_at("session a sou", old, new,
               "[edit session a source]\n-  interface x;\n+  interface y;\n");
    differs_at("session a tag e", old, new, "[edit session a]\n-  tag e f;\n+  tag e g;\n");
    differs_at("session a direction", old, new, "");
    differs_at("system host-name", old, new, "[edit]\n-  system {\n-      host-name x;\n-  }\n");
    differs_at("session c", old, new, "[edit]\n+  session c {\n+      vni 5;\n+  }\n");
    differs_at("session b priority", old, new,
               "[edit]\n-  session b {\n-      priority 2;\n-      vni 7;\n-  }\n");
    differs_at("filter", old, new, "");
}

static void whole_nodes(void **state)
{
    (void)state;
    differs("filter old; system host-name x; session s vni 1",
            "filter new ingress rule 1 action accept; session s vni 2",
            "[edit]\n"
            "-  system {\n"
            "-      host-name x;\n"
            "-  }\n"
            "+  filter new {\n"
            "+      ingress {\n"
            "+          rule 1 {\n"
            "+              action accept;\n"
            "+          }\n"
            "+      }\n"
            "+  }\n"
            "-  filter old;\n"
            "[edit session s]\n"
            "-  vni 1;\n"
            "+  vni 2;\n");
    differs("filter f ingress rule 1; filter f ingress rule 2",
            "filter f ingress rule 1; filter f egress rule 2",
            "[edit filter f]\n"
            "+  egress {\n"
            "+      rule 2;\n"
            "+  }\n"
            "[edit filter f ingress]\n"
            "-  rule 2;\n");
}

/* expected: the merged tree's lines, then the clashes behind a "!". */
static void merges(const char *base_lines, const char *mine_lines, const char *their_lines,
                   const char *expected)
{
    struct node *base = tree_of(base_lines), *mine = tree_of(mine_lines),
                *theirs = tree_of(their_lines);
    struct problems clashes = {0}, none = {0};
    struct writer writer;
    struct node *merged = diff_merge(base, mine, theirs, &clashes);
    struct node *settled = diff_settle(base, mine, theirs);
    struct node *again = diff_merge(settled, mine, theirs, &none);
    FILE *out = write_start(&writer);

    text_print_set(merged, &(struct path){0}, out);
    for (size_t i = 0; i < clashes.count; i++)
        fprintf(out, "!%s\n", clashes.at[i].text);
    assert_text(&writer, expected);
    /* what was told is none any more, and comes to the same */
    assert_int_equal(none.count, 0);
    assert_true(tree_equal(merged, again));
    assert_int_equal(tree_equal(base, settled), clashes.count == 0);
    problems_free(&clashes);
    tree_free(base);
    tree_free(mine);
    tree_free(theirs);
    tree_free(merged);
    tree_free(settled);
    tree_free(again);
}

static void different_paths_merge(void **state)
{
    (void)state;
    merges("session a vni 1 priority 1", "session a vni 2 priority 1", "session a vni 1 priority 3",
           "set session a priority 3\nset session a vni 2\n");
    merges("", "filter f; session a vni 1", "target t; session a priority 2",
           "set filter f\nset target t\nset session a priority 2\nset session a vni 1\n");
    merges("session a disabled; session b", "session b", "session a disabled; session b; session c",
           "set session b\nset session c\n");
    /* both did the same */
    merges("session a vni 1", "session a vni 2", "session a vni 2", "set session a vni 2\n");
    merges("session a vni 1 disabled", "session a vni 1", "session a vni 1",
           "set session a vni 1\n");
    merges("filter f", "", "", "");
    merges("session a source interface x", "session a", "session a disabled source interface x",
           "set session a disabled\n");
    /* a plain container that each emptied of a part */
    merges("filter f ingress rule 1; filter f ingress rule 2", "filter f ingress rule 1",
           "filter f ingress rule 2", "set filter f\n");
    /* an instance stays when nothing is left in it */
    merges("session a vni 1 disabled", "session a vni 1", "session a disabled", "set session a\n");
}

static void clashes_show_both_values(void **state)
{
    (void)state;
    merges("session a vni 1", "session a vni 2", "session a vni 3",
           "set session a vni 2\n"
           "!session a vni: 2 in this candidate, 3 in the running configuration meanwhile\n");
    merges("session a vni 1", "session a", "session a vni 3",
           "set session a\n"
           "!session a vni: deleted in this candidate, 3 in the running configuration "
           "meanwhile\n");
    merges("", "session a vni 2", "session a vni 3 priority 1",
           "set session a priority 1\nset session a vni 2\n"
           "!session a vni: 2 in this candidate, 3 in the running configuration meanwhile\n");
    merges("session a source interface x", "session a source interface x y",
           "session a source interface x z",
           "set session a source interface x\nset session a source interface y\n"
           "!session a source interface: [ x y ] in this candidate, [ x z ] in the running "
           "configuration meanwhile\n");
    merges("session a source interface x", "session a", "session a source interface x y",
           "set session a\n"
           "!session a source interface: deleted in this candidate, [ x y ] in the running "
           "configuration meanwhile\n");
    merges("session a description \"a, b\"", "session a description \"b  {\"",
           "session a description c",
           "set session a description \"b  {\"\n"
           "!session a description: \"b  {\" in this candidate, c in the running configuration "
           "meanwhile\n");
}

/* Where one side deleted an instance the other is shown whole. */
static void clashes_show_whole_instances(void **state)
{
    (void)state;
    merges("session a vni 1; filter f", "filter f ingress rule 1 action accept protocol tcp",
           "session a vni 2 description \"x  y\"",
           "set filter f ingress rule 1 action accept\nset filter f ingress rule 1 protocol tcp\n"
           "!filter f: { ingress { rule 1 { action accept; protocol tcp; } } } in this candidate, "
           "deleted in the running configuration meanwhile\n"
           "!session a: deleted in this candidate, { description \"x  y\"; vni 2; } in the "
           "running configuration meanwhile\n");
    merges("filter f ingress rule 1 action accept", "filter f",
           "filter f ingress rule 1 action reject",
           "set filter f\n"
           "!filter f ingress rule 1: deleted in this candidate, { action reject; } in the "
           "running configuration meanwhile\n");
    merges("session a vni 1; target t", "target t", "session a; target t",
           "set target t\n"
           "!session a: deleted in this candidate, { } in the running configuration "
           "meanwhile\n");
}

static void marks(void **state)
{
    (void)state;
    differs("session a vni 1", "session a vni 1;deactivate session a",
            "[edit]\n!  inactive: session a { ... }\n");
    differs("session a vni 1;deactivate session a vni", "session a vni 1",
            "[edit session a]\n!  active: vni 1;\n");
    differs("session a vni 1;annotate session a vni \"x\"",
            "session a vni 1;annotate session a vni \"y\";deactivate session a",
            "[edit]\n!  inactive: session a { ... }\n"
            "[edit session a]\n-  /* x */\n+  /* y */\n   vni 1;\n");
    differs("session a vni 1;deactivate session a vni", "session a vni 2",
            "[edit session a]\n-  inactive: vni 1;\n+  vni 2;\n");
}

static void marks_merge(void **state)
{
    (void)state;
    merges("session a vni 1", "session a vni 1;deactivate session a", "session a vni 2",
           "set session a vni 2\ndeactivate session a\n");
    merges("session a vni 1;deactivate session a", "session a vni 1",
           "session a vni 1;deactivate session a;annotate session a \"x\"",
           "set session a vni 1\nannotate session a \"x\"\n");
    merges("session a vni 1", "session a vni 1;annotate session a \"x\"",
           "session a vni 1;annotate session a \"y\"",
           "set session a vni 1\nannotate session a \"x\"\n"
           "!session a: comment: x in this candidate, y in the running configuration meanwhile\n");
    merges("session a vni 1;annotate session a \"b\"", "session a vni 1",
           "session a vni 1;annotate session a \"y\"",
           "set session a vni 1\n"
           "!session a: comment: deleted in this candidate, y in the running configuration "
           "meanwhile\n");
    merges("session a vni 1", "session a vni 1;deactivate session a vni", "session a vni 2",
           "set session a vni 1\ndeactivate session a vni\n"
           "!session a vni: inactive: vni 1; in this candidate, 2 in the running configuration "
           "meanwhile\n");
    merges("session a vni 1", "", "session a vni 1;deactivate session a",
           "!session a: deleted in this candidate, inactive: session a { vni 1; } in the running "
           "configuration meanwhile\n");
    /* both made it: each with a comment of its own */
    merges("", "session a;annotate session a \"x\"", "session a;annotate session a \"y\"",
           "set session a\nannotate session a \"x\"\n"
           "!session a: comment: x in this candidate, y in the running configuration meanwhile\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_difference),
        cmocka_unit_test(changed_leaves),
        cmocka_unit_test(of_a_path),
        cmocka_unit_test(whole_nodes),
        cmocka_unit_test(different_paths_merge),
        cmocka_unit_test(clashes_show_both_values),
        cmocka_unit_test(clashes_show_whole_instances),
        cmocka_unit_test(marks),
        cmocka_unit_test(marks_merge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
