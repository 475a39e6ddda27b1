/* Every leaf of the schema is read by somebody: set to another value it changes what the engine is
 * given, or it stands in the list of those that are only shown. */
#include "trees.h"

#include "../../shell/config/compile.h"
#include "../../shell/config/value.h"

/* What the engine is not given, and why. */
static const struct {
    const char *leaf, *why;
} only_shown[] = {
    {"system host-name", "the prompt and the live view have it"},
    {"system idle-timeout", "the box closes consoles by it"},
    {"filter f description", "text"},
    {"filter f ingress rule 10 description", "text"},
    {"filter f egress rule 10 description", "text"},
    {"filter f ingress rule 10 condition 10 description", "text"},
    {"filter f egress rule 10 condition 10 description", "text"},
    {"target t description", "text"},
    {"session s description", "text"},
    {"session s tag 10", "text"},
};

static const char base[] =
    "filter f ingress rule 10 action accept condition 10; filter g;"
    "filter f egress rule 10 action accept condition 10;"
    "target t receiver 10.0.0.1; target u receiver 10.0.0.2; session s priority 1 target t vni 1";

/* ---- what the engine is given, as text ---- */

static void print_bytes(FILE *out, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%02x", ((const uint8_t *)bytes)[i]);
    putc('\n', out);
}

static void print_match(FILE *out, const struct match *match)
{
    fprintf(out, "%x\n", match->given);
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++)
        print_bytes(out, &match->value[i], sizeof match->value[i]);
}

static void print_filter(FILE *out, const struct mirror_filter *filter)
{
    fprintf(out, "filter %s\n", filter->name);
    for (int d = 0; d < DIRECTIONS; d++)
        for (size_t r = 0; r < filter->rule_count[d]; r++) {
            const struct mirror_rule *rule = &filter->rules[d][r];
            fprintf(out, "%d rule %u %d\n", d, rule->number, rule->accept);
            print_match(out, &rule->match);
            for (size_t i = 0; i < rule->condition_count; i++)
                print_match(out, &rule->conditions[i].match);
        }
}

static void print_target(FILE *out, const struct mirror_target *target)
{
    fprintf(out, "target %s %d %u %u\n", target->name, target->balance, target->dscp, target->ttl);
    print_bytes(out, target->source_ipv4, sizeof target->source_ipv4);
    print_bytes(out, target->source_ipv6, sizeof target->source_ipv6);
    for (size_t i = 0; i < target->receiver_count; i++) {
        fprintf(out, "%u %u %s ", target->receivers[i].family, target->receivers[i].port,
                target->receivers[i].interface);
        print_bytes(out, target->receivers[i].address, sizeof target->receivers[i].address);
    }
}

/* Whatever it has beside what it points at. */
static void print_session(FILE *out, const struct mirror_session *session)
{
    struct mirror_session bare;

    memcpy(&bare, session, sizeof bare); /* what lies between members, too, is zero */
    bare.name = NULL;
    bare.sources = NULL;
    bare.prefixes = NULL;
    fprintf(out, "session %s\n", session->name);
    print_bytes(out, &bare, sizeof bare);
    for (size_t i = 0; i < session->source_count; i++)
        fprintf(out, " %s", session->sources[i]);
    for (size_t i = 0; i < session->prefix_count; i++)
        print_bytes(out, &session->prefixes[i], sizeof session->prefixes[i]);
    putc('\n', out);
}

/* malloced */
static char *given(const struct node *tree)
{
    struct assignments assigned = {0};
    struct mirror_config *config = compile(tree, &assigned, 1);
    struct writer writer;
    FILE *out = write_start(&writer);

    assert_non_null(config);
    fprintf(out, "%d %u %u\n", config->without_services, config->workers, config->ring_megabytes);
    for (size_t i = 0; i < config->filter_count; i++)
        print_filter(out, &config->filters[i]);
    for (size_t i = 0; i < config->target_count; i++)
        print_target(out, &config->targets[i]);
    for (size_t i = 0; i < config->session_count; i++)
        print_session(out, &config->sessions[i]);
    fclose(out);
    mirror_config_free(config);
    assignments_free(&assigned);
    return writer.text;
}

/* ---- the leaves ---- */

/* A value that is neither the default nor the base's. */
static const char *other_value(const struct schema *row)
{
    static char number[24];
    const char *last = "";

    for (size_t i = 0; row->choices && row->choices[i].name; i++)
        last = row->choices[i].name;
    snprintf(number, sizeof number, "%ld", row->maximum - 1); /* the maximum may stand for all */
    return row->kind == SCHEMA_FLAG          ? ""
           : row->choices                    ? last
           : row->parse == value_number      ? number
           : row->refers_to                  ? (strcmp(row->refers_to, "filter") == 0 ? "g" : "u")
           : row->interfaces                 ? "eth9"
           : row->parse == value_endpoint    ? "10.9.9.9:9"
           : row->parse == value_address     ? "10.9.9.9"
           : row->parse == value_rate        ? "9kbps"
           : !row->match                     ? "x"
           : row->match->names               ? row->match->names[0].name
           : row->match->kind == MATCH_RANGE ? "7"
                                             : "10.9.0.1";
}

static bool is_only_shown(const char *leaf)
{
    for (size_t i = 0; i < sizeof only_shown / sizeof *only_shown; i++)
        if (strcmp(only_shown[i].leaf, leaf) == 0)
            return true;
    return false;
}

static size_t check_leaf(const char *path, const struct schema *row, const char *before)
{
    struct node *tree = tree_of(base);
    char line[300];

    snprintf(line, sizeof line, "%s %s", path, other_value(row));
    assert_string_equal(run(tree_set, tree, line), "");
    char *after = given(tree);
    bool same = strcmp(before, after) == 0;
    if (same && !is_only_shown(path))
        fail_msg("nothing reads %s", path);
    if (!same && is_only_shown(path))
        fail_msg("%s is read, though it is listed as only shown", path);
    free(after);
    tree_free(tree);
    return 1;
}

/* The instance of a list that the base has. */
static const char *key_of(const struct schema *row)
{
    return row->numeric_key                    ? " 10"
           : strcmp(row->name, "filter") == 0  ? " f"
           : strcmp(row->name, "target") == 0  ? " t"
           : strcmp(row->name, "session") == 0 ? " s"
           : strcmp(row->name, "tag") == 0     ? " 10"
                                               : NULL;
}

static size_t check_rows(const char *above, const struct schema *rows, const char *before)
{
    size_t count = 0;

    for (const struct schema *row = rows; row->name; row++) {
        const char *key = row->kind == SCHEMA_LIST ? key_of(row) : "";
        char path[200];

        if (!key)
            fail_msg("the base has no %s", row->name);
        snprintf(path, sizeof path, "%s%s%s%s", above, above[0] && !row->implied ? " " : "",
                 row->implied ? "" : row->name, key);
        if (row->children)
            count += check_rows(path, row->children, before);
        else
            count += check_leaf(path, row, before);
    }
    return count;
}

static void every_leaf_is_read(void **state)
{
    struct node *tree = tree_of(base);
    char *before = given(tree);

    (void)state;
    assert_true(check_rows("", schema_root()->children, before) > 20);
    free(before);
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_leaf_is_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
