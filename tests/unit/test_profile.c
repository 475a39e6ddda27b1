/* Every rule of the table of profiles, in every profile: one below its limit, at it, and one above.
 * A row that nothing here tries fails. */
#include "trees.h"

#include "../../shell/config/check.h"
#include "../../shell/config/compile.h"
#include "../../shell/config/profile.h"

static void __attribute__((format(printf, 2, 3))) set(struct node *tree, const char *format, ...)
{
    char line[600];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert_string_equal(run(tree_set, tree, line), "");
}

static struct node *tree_in(enum profile profile)
{
    struct node *tree = tree_new();

    set(tree, "system profile %s", profile_name(profile));
    return tree;
}

/* What a check says of the tree, which is freed: a problem a line; static. */
static const char *problems_of(struct node *tree)
{
    static char text[4000];
    struct problems problems = {0};

    text[0] = '\0';
    bool good = check(tree, &problems);
    assert_int_equal(good, problems.count == 0);
    for (size_t i = 0; i < problems.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", problems.at[i].text);
    problems_free(&problems);
    tree_free(tree);
    return text;
}

/* ---- how many there may be ---- */

/* `count` sessions that share nothing but what the test is about: `with` is said of each. */
static void sessions(struct node *tree, long count, long of_target, long of_source,
                     const char *with)
{
    for (long i = 0; i < count; i++) {
        if (i % of_target == 0)
            set(tree, "target t%ld receiver 10.%ld.%ld.1", i / of_target, i / 250, i % 250);
        set(tree, "session s%05ld priority %ld target t%ld source interface e%ld %s", i, i + 1,
            i / of_target, i / of_source, with);
    }
}

static void of_all(struct node *tree, long count)
{
    sessions(tree, count, 10, 3, "");
}

static void of_a_source(struct node *tree, long count)
{
    sessions(tree, count, 10, count + 1, "");
}

static void of_a_filter(struct node *tree, long count)
{
    set(tree, "filter f");
    sessions(tree, count, 10, 3, "filter f");
}

static void of_a_target(struct node *tree, long count)
{
    sessions(tree, count, count + 1, 3, "");
}

static void of_several_receivers(struct node *tree, long count)
{
    of_a_target(tree, count);
    set(tree, "target t0 receiver 10.9.9.9");
}

static void sources(struct node *tree, long count)
{
    sessions(tree, 1, 1, 1, "");
    assert_string_equal(run(tree_delete, tree, "session s00000 source"), "");
    for (long i = 0; i < count; i++)
        set(tree, "session s00000 source interface x%ld", i);
}

static void rules(struct node *tree, long count)
{
    set(tree, "filter f");
    for (long i = 0; i < count; i++)
        set(tree, "filter f %s rule %ld action accept", i % 2 == 0 ? "ingress" : "egress", i + 1);
}

static void rules_of_both(struct node *tree, long count)
{
    set(tree, "filter f");
    for (long i = 0; i < 2 * count; i++)
        set(tree, "filter f %s rule %ld action accept", i % 2 == 0 ? "ingress" : "egress", i + 1);
}

static void receivers(struct node *tree, long count)
{
    for (long i = 0; i < count; i++)
        set(tree, "target t receiver 10.0.%ld.%ld", i / 250, i % 250 + 1);
}

/* Why one above the limit is refused: %1 that many, %2 the limit, %3 the profile. */
static const struct most {
    const char *rule;
    void (*build)(struct node *tree, long count);
    long least; /* that is good for another reason */
    const char *refusal;
} mosts[] = {
    {"sources a session", sources, 0,
     "session s00000 source interface: %1$ld are above %2$ld (profile %3$s)\n"},
    {"sessions a source", of_a_source, 0,
     "session s00003 source interface: e0 has %1$ld sessions, above %2$ld (profile %3$s)\n"},
    {"sessions in all", of_all, 0, "session: %1$ld are above %2$ld (profile %3$s)\n"},
    {"rules a filter", rules, 0, "filter f: %1$ld rules are above %2$ld (profile %3$s)\n"},
    {"rules a direction", rules_of_both, 0,
     "filter f ingress: %1$ld rules are above %2$ld (profile %3$s)\n"
     "filter f egress: %1$ld rules are above %2$ld (profile %3$s)\n"},
    {"sessions a filter", of_a_filter, 0,
     "filter f: %1$ld sessions are above %2$ld (profile %3$s)\n"},
    {"receivers a target", receivers, 1,
     "target t receiver: %1$ld are above %2$ld (profile %3$s)\n"},
    {"sessions a target", of_a_target, 1,
     "target t0: %1$ld sessions are above %2$ld (profile %3$s)\n"},
    {"  of several receivers", of_several_receivers, 1,
     "target t0: %1$ld sessions are above %2$ld (profile %3$s)\n"},
};

static void try_most(const struct profile_rule *rule, enum profile profile)
{
    long limit = rule->cells[profile].limit;
    const struct most *most = mosts;
    char expected[400];

    while (most < mosts + sizeof mosts / sizeof *mosts && strcmp(most->rule, rule->name) != 0)
        most++;
    if (most == mosts + sizeof mosts / sizeof *mosts)
        fail_msg("nothing tries the rule \"%s\"", rule->name);
    for (long count = limit - 1; count <= limit + 1; count++) {
        struct node *tree = tree_in(profile);
        if (limit == 0) /* any: of some hundred, too */
            count = 300;
        if (count >= most->least)
            most->build(tree, count);
        snprintf(expected, sizeof expected, count > limit && limit > 0 ? most->refusal : "", count,
                 limit, profile_name(profile));
        const char *problems = problems_of(tree);
        /* with any number of one thing there may be too many of another */
        if (limit > 0 && (profile != PROFILE_AWS || most->build != of_several_receivers))
            assert_string_equal(problems, expected);
        else
            assert_null(strstr(problems, strchr(most->refusal, ':') + 6));
    }
}

/* ---- ranges ---- */

static const char *repeated(char c, long count)
{
    static char text[300];

    memset(text, c, (size_t)count);
    text[count] = '\0';
    return text;
}

/* Whether a value, or a text or name of that many characters, can be committed. */
static bool takes(const struct profile_rule *rule, enum profile profile, const struct schema *row,
                  long value)
{
    struct node *tree = tree_in(profile);
    char line[600], number[24];

    set(tree, "target t receiver 10.0.0.1");
    snprintf(number, sizeof number, "%ld", value);
    if (!rule->leaf)
        snprintf(line, sizeof line, "session \"%s\" priority 1 target t", repeated('x', value));
    else
        snprintf(line, sizeof line, "session s target t priority %s%s%s \"%s\"",
                 strcmp(rule->leaf, "priority") == 0 ? number : "1",
                 strcmp(rule->leaf, "priority") == 0 ? " disabled description" : " ",
                 strcmp(rule->leaf, "priority") == 0 ? "" : rule->leaf,
                 row->hint[0] == '<' ? number : repeated('x', value));
    if (*run(tree_set, tree, line) == '\0')
        return *problems_of(tree) == '\0';
    tree_free(tree);
    return false;
}

static void try_range(const struct profile_rule *rule, enum profile profile)
{
    const struct schema *row = schema_child(schema_root(), rule->list);
    long limit = rule->cells[profile].limit;

    row = rule->leaf ? schema_child(row, rule->leaf) : row;
    if (limit == ONLY_WORD) {
        assert_false(takes(rule, profile, row, row->minimum));
        assert_false(takes(rule, profile, row, row->maximum));
        return;
    }
    limit = limit == 0 ? row->maximum : limit;
    if (row->minimum > 0)
        assert_false(takes(rule, profile, row, row->minimum - 1));
    assert_true(takes(rule, profile, row, row->minimum));
    assert_true(takes(rule, profile, row, limit - 1));
    assert_true(takes(rule, profile, row, limit));
    assert_false(takes(rule, profile, row, limit + 1));
}

/* ---- what holds where nothing is given ---- */

static void try_default(const struct profile_rule *rule, enum profile profile)
{
    static const char *const lines[] = {"target t receiver 10.0.0.1", "session s target t",
                                        "session s priority 1"};
    bool target = strcmp(rule->list, "target") == 0, good;
    struct node *tree = tree_in(profile);
    char text[PROFILE_TEXT_SIZE], expected[100] = "";

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        set(tree, "%s", lines[i]);
    if (target || node_value(node_instance(tree, "session", "s"), rule->leaf))
        set(tree, "session s disabled");
    snprintf(text, sizeof text, "%s %s %s", rule->list, target ? "t" : "s", rule->leaf);
    run(tree_delete, tree, text);
    const struct node *node = node_instance(tree, rule->list, target ? "t" : "s");
    const struct setting setting = profile_setting(profile, node, rule->leaf);
    const char *says = profile_text(rule, profile, text);
    good = strcmp(says, "required") != 0;
    if (good && strcmp(rule->leaf, "disabled") != 0) {
        assert_string_equal(setting.text, says);
        assert_int_equal(setting.profile, rule->cells[profile].text != NULL);
    }
    assert_false(setting.given && strcmp(rule->leaf, "disabled") != 0);
    if (!good)
        snprintf(expected, sizeof expected, "%s %s %s: missing\n", rule->list, target ? "t" : "s",
                 rule->leaf);
    assert_string_equal(problems_of(tree), expected);
}

/* ---- the rest: a configuration that every profile but those of the rule takes ---- */

#define PUBLIC(PREFIXES)                                                                           \
    "filter f; target t receiver 10.0.0.1;"                                                        \
    "session a priority 1 target t source prefix " PREFIXES
#define PREFIX_REFUSED                                                                             \
    [PROFILE_AWS] = "session a source prefix: only interfaces are sources (profile aws)\n",        \
    [PROFILE_HUAWEI] = "session a source prefix: only interfaces are sources (profile huawei)\n"

static const struct only {
    const char *rule, *lines;
    const char *refusals[PROFILES]; /* NULL: it is taken */
} onlys[] = {
    {"priority is unique",
     "target t receiver 10.0.0.1; session a priority 7 target t source interface e;"
     "session b priority 7 target t source interface f",
     {"session b priority: 7 is also session a's\n", NULL,
      "session b priority: 7 is also session a's\n",
      "session b priority: 7 is also session a's\n"}},
    {"priority is unique",
     "target t receiver 10.0.0.1; session a priority 7 target t source interface e;"
     "session b priority 7 target t source interface e",
     {"session b priority: 7 is also session a's\n",
      "session b priority: 7 is also session a's on e (profile aws)\n",
      "session b priority: 7 is also session a's\n",
      "session b priority: 7 is also session a's\n"}},
    {"priority is unique",
     "target t receiver 10.0.0.1; session a priority 7 target t source interface e;"
     "session b priority 8 target t source interface e",
     {0}},
    {"packet-length",
     "target t receiver 10.0.0.1; session a priority 1 target t packet-length full",
     {[PROFILE_HUAWEI] = "session a packet-length: full is above 1460 (profile huawei)\n"}},
    {"packet-length",
     "target t receiver 10.0.0.1; session a priority 1 target t packet-length 8501",
     {NULL, "session a packet-length: 8501 is above 8500 (profile aws)\n",
      "session a packet-length: 8501 is above 1460 (profile huawei)\n",
      "session a packet-length: 8501, where only full is taken (profile tencent)\n"}},
    {"sources are",
     "target t receiver 10.0.0.1; session a priority 1 target t source all-interfaces;"
     "session b priority 2 target t source prefix 192.0.2.0/24 198.51.100.0/31;"
     "session c priority 3 target t source interface e",
     {[PROFILE_AWS] = "session a source all-interfaces: only interfaces are sources (profile aws)\n"
                      "session b source prefix: only interfaces are sources (profile aws)\n",
      [PROFILE_HUAWEI] =
          "session a source all-interfaces: only interfaces are sources (profile huawei)\n"
          "session b source prefix: only interfaces are sources (profile huawei)\n"}},
    {"sources are",
     "target t receiver 10.0.0.1;"
     "session a priority 1 target t source interface e prefix 192.0.2.0/24",
     {[PROFILE_AWS] = "session a source prefix: only interfaces are sources (profile aws)\n",
      [PROFILE_HUAWEI] = "session a source prefix: only interfaces are sources (profile huawei)\n",
      [PROFILE_TENCENT] =
          "session a source prefix: beside interface, where sources are of one kind "
          "(profile tencent)\n"}},
    {"a public IP's session",
     PUBLIC("192.0.2.0/31 2001:db8::/127") " direction ingress filter f",
     {PREFIX_REFUSED}},
    {"a public IP's session",
     PUBLIC("192.0.2.0/31 192.0.2.9/32") " direction both",
     {PREFIX_REFUSED}},
    {"a public IP's session",
     PUBLIC("192.0.2.0/31 192.0.2.9") " direction egress filter f",
     {PREFIX_REFUSED,
      [PROFILE_TENCENT] =
          "session a direction: egress, where public IP 192.0.2.9/32 takes both (profile tencent)\n"
          "session a filter: public IP 192.0.2.9/32 takes none (profile tencent)\n"}},
    {"a public IP's session",
     PUBLIC("2001:db8::7") " direction ingress",
     {PREFIX_REFUSED,
      [PROFILE_TENCENT] =
          "session a direction: ingress, where public IP 2001:db8::7/128 takes both "
          "(profile tencent)\n"}},
    {"name",
     "filter abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghi\xc3\xa9;"
     "filter abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij\xc3\xa9",
     {[PROFILE_TENCENT] = "filter abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"
                          "\xc3\xa9: a name of 61 characters is above 60 (profile tencent)\n"}},
    {"description has",
     "filter f description \"a < b\"; filter f ingress rule 1 action accept description \"x>\";"
     "target t receiver 10.0.0.1 description fine",
     {[PROFILE_HUAWEI] =
          "filter f description: \"<\" is not taken (profile huawei)\n"
          "filter f ingress rule 1 description: \">\" is not taken (profile huawei)\n"}},
};

static void try_only(const struct profile_rule *rule, enum profile profile)
{
    size_t tried = 0;

    for (size_t i = 0; i < sizeof onlys / sizeof *onlys; i++) {
        char lines[600];
        if (strcmp(onlys[i].rule, rule->name) != 0)
            continue;
        snprintf(lines, sizeof lines, "system profile %s; %s", profile_name(profile),
                 onlys[i].lines);
        const char *refusals = onlys[i].refusals[profile];
        assert_string_equal(problems_of(tree_of(lines)), refusals ? refusals : "");
        tried++;
    }
    if (tried == 0 && (rule->kind == PROFILE_ONLY || rule->kind == PROFILE_UNIQUE))
        fail_msg("nothing tries the rule \"%s\"", rule->name);
}

static void try_services(const struct profile_rule *rule, enum profile profile)
{
    struct assignments assigned = {0};
    struct node *tree = tree_in(profile);
    struct mirror_config *config = compile(tree, &assigned, 1);

    assert_int_equal(config->without_services, rule->cells[profile].text != NULL);
    mirror_config_free(config);
    assignments_free(&assigned);
    tree_free(tree);
}

static void every_rule_in_every_profile(void **state)
{
    const struct profile_rule *rule;

    (void)state;
    for (size_t i = 0; (rule = profile_rule(i)); i++)
        for (int profile = 0; profile < PROFILES; profile++) {
            static void (*const tries[])(const struct profile_rule *, enum profile) = {
                [PROFILE_RANGE] = try_range, [PROFILE_DEFAULT] = try_default,
                [PROFILE_UNIQUE] = try_only, [PROFILE_MOST] = try_most,
                [PROFILE_ONLY] = try_only,   [PROFILE_SERVICES] = try_services};
            tries[rule->kind](rule, (enum profile)profile);
            if (rule->kind == PROFILE_RANGE)
                try_only(rule, (enum profile)profile);
        }
}

/* A cell is explained, fits its column and is read by somebody. */
static void the_table_is_well_formed(void **state)
{
    const struct profile_rule *rule;
    char text[PROFILE_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; (rule = profile_rule(i)); i++) {
        assert_true(strlen(rule->name) <= 22);
        assert_true(!rule->note || strlen(rule->note) <= 78);
        assert_true(!rule->cells[PROFILE_NATIVE].text && !rule->cells[PROFILE_NATIVE].limit);
        for (int profile = 0; profile < PROFILES; profile++)
            assert_in_range(strlen(profile_text(rule, (enum profile)profile, text)), 1, 11);
        assert_false(rule->each && rule->whole);
        if (rule->kind == PROFILE_MOST || rule->kind == PROFILE_ONLY)
            assert_true(rule->each || rule->whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_well_formed),
        cmocka_unit_test(every_rule_in_every_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
