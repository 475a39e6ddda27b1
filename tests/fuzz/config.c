/* Properties that hold for every configuration, tried with random ones made from the schema's
 * own rows; and bytes that mean no good. */
#include "../unit/trees.h"

#include "random.h"

#include "../../shell/config/check.h"
#include "../../shell/config/compile.h"
#include "../../shell/config/completion.h"
#include "../../shell/config/diff.h"
#include "../../shell/config/path.h"
#include "../../shell/config/text.h"
#include "../../shell/config/value.h"

static unsigned rounds = 300;

/* A valid value of a row; few different ones, so that lines meet. */
static const char *random_value(const struct schema *row)
{
    static const char *const names[] = {
        "a", "b", "web", "x.y-z_0", "\xe7\xbd\x91\xe7\xbb\x9c", "10", "set", "filter", NULL};
    static const char *const texts[] = {"",      " ",  "plain", "two words",    "\"quoted\"", "a|b",
                                        "# not", "\\", "\\\"",  "\xe2\x82\xac", NULL};
    static const char *const endpoints[] = {"10.0.0.1",     "10.0.0.1:4789",      "10.0.0.2:1",
                                            "2001:DB8::1",  "[2001:db8::1]:4789", "[::1]:9",
                                            "fe80::1%eth0", "[fe80::1%eth0]:9",   NULL};
    static const char *const addresses[] = {"10.0.0.1", "2001:DB8::1", NULL};
    static const char *const prefixes[] = {"10.0.0.1", "10.1.2.3/8",     "0.0.0.0/0",
                                           "::/0",     "2001:db8::1/33", NULL};
    static const char *const rates[] = {"1pps", "2000kpps", "3Mbps", "1000gbps", NULL};
    static const char *const hosts[] = {"box", "a-1.b", NULL};
    static char number[24];

    for (size_t i = 0; row->choices; i++)
        if (!row->choices[i + 1].name || random_below(2) == 0)
            return row->choices[i].name;
    if (row->parse == value_number) {
        if (row->also.name && random_below(4) == 0)
            return row->also.name;
        snprintf(number, sizeof number, "%ld",
                 random_below(3) == 0 ? row->maximum : row->minimum + (long)random_below(12));
        return number;
    }
    if (row->match) {
        if (row->match->names)
            return row->match->names[random_below(2)].name;
        if (row->match->kind == MATCH_PREFIX)
            return one_of(prefixes);
        if (row->match->kind == MATCH_NEIGHBOUR)
            return random_below(2) ? "10.0.0.1" : "fe80::1";
        snprintf(number, sizeof number, "%u-%u", random_below(5), 5 + random_below(5));
        return number;
    }
    return one_of(row->parse == value_endpoint                       ? endpoints
                  : row->parse == value_address                      ? addresses
                  : row->parse == value_host_name                    ? hosts
                  : row->parse == value_rate                         ? rates
                  : row->parse == value_text && !schema_implied(row) ? texts
                                                                     : names);
}

/* A valid line below `row`, each word behind a blank. */
static void random_line(const struct schema *row, FILE *out)
{
    unsigned count = 0;

    while (row->children[count].name)
        count++;
    const struct schema *child = &row->children[random_below(count)];
    if (!child->implied) {
        putc(' ', out);
        fwrite(child->name, 1, strlen(child->name), out);
    }
    if (child->kind == SCHEMA_FLAG)
        return;
    unsigned values = child->kind == SCHEMA_CONTAINER   ? 0
                      : child->kind == SCHEMA_LEAF_LIST ? 1 + random_below(30)
                                                        : 1;
    for (unsigned i = 0; i < values; i++) {
        const char *value = random_value(child);
        if (i > 0) /* or it might be taken for the next keyword */
            fprintf(out, " \"%s\"", value);
        else
            putc(' ', out), word_print(value, out);
    }
    if (child->kind == SCHEMA_CONTAINER ||
        (child->kind == SCHEMA_LIST && (schema_implied(child) || random_below(8) != 0)))
        random_line(child, out);
}

/* Marks what the line leads to, as far as that is there. */
static void random_mark(struct node *tree, const struct words *words, struct problem *problem)
{
    static const char *const comments[] = {"",  " ",  "plain", "{ a; }", "\"quoted\"",   "/* x",
                                           "*", " /", "#",     "\\",     "\xe2\x82\xac", NULL};
    struct word marked[TREE_DEPTH * 2];
    size_t count = 1 + random_below((unsigned)words->count);
    char *comment = strdup(one_of(comments));

    if (count + 2 > sizeof marked / sizeof *marked)
        count = 1;
    memcpy(marked, words->at, (count + 1) * sizeof *marked);
    if (random_below(2) == 0)
        (random_below(3) == 0 ? tree_activate : tree_deactivate)(tree, marked, count, problem);
    marked[count] = (struct word){.text = comment, .quoted = true};
    marked[count + 1] = marked[count];
    if (random_below(2) == 0)
        tree_annotate(tree, marked, count + 1, problem);
    free(comment);
}

/* Changes a tree by random lines; what a line says of values it may delete. */
static void change(struct node *tree, unsigned lines)
{
    for (unsigned i = 0; i < lines; i++) {
        struct problem problem = {.text = ""};
        struct words words;
        struct writer writer;
        FILE *out = write_start(&writer);
        random_line(schema_root(), out);
        fclose(out);
        if (!words_split(writer.text, &words, &problem))
            fail_msg("%s: %s", writer.text, problem.text);
        if (random_below(5) == 0)
            tree_delete(tree, words.at, 1 + random_below((unsigned)words.count), &problem);
        else if (!tree_set(tree, words.at, words.count, &problem))
            fail_msg("%s: %s", writer.text, problem.text);
        if (random_below(2) == 0)
            random_mark(tree, &words, &problem);
        words_free(&words);
        free(writer.text);
    }
}

static char *set_text(const struct node *tree, size_t *size)
{
    char *text;
    FILE *out = open_memstream(&text, size);

    text_print_set(tree, &(struct path){0}, out);
    fclose(out);
    return text;
}

/* Every node stands in its place, has what its row demands, and no plain container is empty. */
static void is_well_formed(const struct node *node, bool root)
{
    assert_int_equal(node->key != NULL, node->schema->kind == SCHEMA_LIST);
    assert_int_equal(node->value_count > 0,
                     node->schema->kind == SCHEMA_LEAF || node->schema->kind == SCHEMA_LEAF_LIST);
    assert_true(node->schema->kind == SCHEMA_LEAF_LIST || node->value_count <= 1);
    assert_true(root || node->schema->kind != SCHEMA_CONTAINER || node->child_count > 0);
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *child = node->children[i];
        if (i > 0) {
            const struct node *before = node->children[i - 1];
            assert_true(before->schema < child->schema ||
                        (before->schema == child->schema && child->key));
        }
        is_well_formed(child, false);
    }
}

static void printed_and_loaded_is_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct node *tree = tree_new(), *again = tree_new();
        struct problems problems = {0};
        size_t size, size_again;
        change(tree, random_below(60));
        is_well_formed(tree, true);
        char *text = set_text(tree, &size);
        if (!text_load(again, text, size, &problems))
            fail_msg("%s\n%s", problems.at[0].text, text);
        char *text_again = set_text(again, &size_again);
        assert_string_equal(text, text_again);
        assert_true(tree_equal(tree, again));
        struct node *copy = tree_copy(again);
        assert_true(tree_equal(tree, copy));
        free(text);
        free(text_again);
        tree_free(tree);
        tree_free(again);
        tree_free(copy);
    }
}

static bool differ(const struct node *old, const struct node *new)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool different = diff_print(old, new, out);

    fclose(out);
    assert_int_equal(different, size > 0);
    free(text);
    return different;
}

static void diffs_and_merges(void **state)
{
    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct node *base = tree_new();
        struct problems problems = {0}, mirrored = {0};
        change(base, random_below(20));
        struct node *mine = tree_copy(base), *theirs = tree_copy(base);
        change(mine, random_below(4));
        change(theirs, random_below(4));
        assert_int_equal(differ(base, mine), !tree_equal(base, mine));
        assert_int_equal(differ(mine, theirs), !tree_equal(mine, theirs));

        /* who changed nothing takes over what the other did; the same twice is the same */
        struct node *merged = diff_merge(base, mine, base, &problems);
        assert_true(merged && tree_equal(merged, mine));
        tree_free(merged);
        merged = diff_merge(base, base, theirs, &problems);
        assert_true(merged && tree_equal(merged, theirs));
        tree_free(merged);
        merged = diff_merge(base, mine, mine, &problems);
        assert_true(merged && tree_equal(merged, mine));
        tree_free(merged);
        assert_int_equal(problems.count, 0);

        /* whose changes they are makes no difference */
        merged = diff_merge(base, mine, theirs, &problems);
        struct node *other_way = diff_merge(base, theirs, mine, &mirrored);
        assert_true(merged && other_way);
        assert_int_equal(problems.count, mirrored.count);
        is_well_formed(merged, true);
        if (problems.count == 0)
            assert_true(tree_equal(merged, other_way));

        /* a clash that was told is none any more, and changes nothing but that */
        struct node *settled = diff_settle(base, mine, theirs);
        assert_true(settled);
        assert_int_equal(tree_equal(settled, base), problems.count == 0);
        problems_free(&mirrored);
        struct node *again = diff_merge(settled, mine, theirs, &mirrored);
        assert_int_equal(mirrored.count, 0);
        assert_true(tree_equal(again, merged));
        problems_free(&problems);
        tree_free(settled);
        tree_free(again);
        tree_free(base);
        tree_free(mine);
        tree_free(theirs);
        tree_free(merged);
        tree_free(other_way);
    }
}

/* A tree without problems compiles, and every index in what comes out holds. */
static void checked_trees_compile(void **state)
{
    struct assignments assigned = {0};
    unsigned compiled = 0;

    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct node *tree = tree_new();
        struct problems problems = {0};
        change(tree, 5 + random_below(15));
        bool good = check(tree, &problems);
        assert_int_equal(good, problems.count == 0);
        problems_free(&problems);
        if (good) {
            struct mirror_config *config = compile(tree, &assigned, round);
            assert_non_null(config);
            compiled++;
            for (size_t i = 0; i < config->session_count; i++) {
                const struct mirror_session *session = &config->sessions[i];
                assert_in_range(session->target, 0, config->target_count - 1);
                assert_true(session->filter == NO_FILTER ||
                            (size_t)session->filter < config->filter_count);
                assert_true(i == 0 || session[-1].priority < session->priority);
            }
            mirror_config_free(config);
        }
        tree_free(tree);
    }
    assert_true(compiled > 0);
    assignments_free(&assigned);
}

static void nothing(void *context, const struct choice *choice)
{
    *(size_t *)context += strlen(choice->word) + strlen(choice->help);
}

/* Every choice is taken: a word that completion offers may stand there. */
struct taken {
    const struct node *tree;
    const char *front;
};

static void is_taken(void *context, const struct choice *choice)
{
    const struct taken *taken = context;
    struct problem problem;
    struct words words;
    struct path path;
    struct writer writer;
    FILE *out = write_start(&writer);

    if (!choice->hint) {
        fputs(taken->front, out);
        putc(' ', out);
        word_print(choice->word, out);
    }
    fclose(out);
    assert_true(words_split(writer.text, &words, &problem));
    if (!tree_path(words.at, words.count, &path, &problem))
        fail_msg("%s: %s", writer.text, problem.text);
    path_free(&path);
    words_free(&words);
    free(writer.text);
}

static void what_completion_offers_is_taken(void **state)
{
    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct node *tree = tree_new();
        struct problem problem;
        struct words words;
        struct writer writer;
        change(tree, 20);
        FILE *out = write_start(&writer);
        random_line(schema_root(), out);
        fclose(out);
        assert_true(words_split(writer.text, &words, &problem));
        size_t count = 1 + random_below((unsigned)words.count), length = 0;
        writer.text[words.at[count - 1].end] = '\0';
        struct taken taken = {.tree = tree, .front = writer.text};
        /* paths without values: what show and edit offer */
        complete_path(tree, words.at, count, "", PATH_SHOW, NULL, is_taken, &taken);
        complete_path(tree, words.at, count, "", PATH_EDIT, NULL, is_taken, &taken);
        complete_path(tree, words.at, count, "a", PATH_SET, NULL, nothing, &length);
        complete_path(tree, words.at, count, "", PATH_DELETE, NULL, nothing, &length);
        words_free(&words);
        free(writer.text);
        tree_free(tree);
    }
}

/* Takes a text as a configuration, whatever comes: the problems are printable, and what was taken
 * prints and loads. */
static void swallow(const char *text, size_t length)
{
    struct node *tree = tree_new(), *again = tree_new();
    struct problems problems = {0};
    char *bytes = malloc(length + 1); /* of its own, so that a sanitizer sees its end */
    size_t size;

    memcpy(bytes, text, length);
    text_load(tree, bytes, length, &problems);
    free(bytes);
    for (size_t i = 0; i < problems.count; i++) {
        assert_in_range(problems.at[i].line, 1, length + 1);
        assert_in_range(problems.at[i].column, 1, length + 1);
        assert_in_range(strlen(problems.at[i].text), 1, sizeof((struct problem *)0)->text);
        for (const char *c = problems.at[i].text; *c != '\0'; c++)
            assert_true((unsigned char)*c >= ' ');
        struct words words; /* no half of a character, no control */
        struct problem problem;
        for (char *c = problems.at[i].text; *c != '\0'; c++)
            if (*c == '"')
                *c = '\'';
        assert_true(words_split(problems.at[i].text, &words, &problem));
        words_free(&words);
    }
    problems_free(&problems);
    is_well_formed(tree, true);
    char *printed = set_text(tree, &size);
    assert_true(text_load(again, printed, size, &problems));
    assert_true(tree_equal(tree, again));
    free(printed);
    tree_free(tree);
    tree_free(again);
}

static void hostile_bytes(void **state)
{
    static const char *const pieces[] = {"set ",
                                         "set session web\ndeactivate ",
                                         "annotate ",
                                         "session ",
                                         "filter ",
                                         "\"",
                                         "\\",
                                         "\n",
                                         " ",
                                         "web ",
                                         "\xff",
                                         "\xe4\xb8",
                                         "rule ",
                                         "10 ",
                                         "ingress ",
                                         "|",
                                         "#",
                                         "priority ",
                                         "interface ",
                                         "source ",
                                         "\t",
                                         "\r",
                                         "action a ",
                                         "vni ",
                                         "99999999999999999999 ",
                                         "receiver ",
                                         "target ",
                                         "[::1]:",
                                         "10.0.0.1",
                                         "\xc2\x80",
                                         NULL};
    (void)state;
    for (unsigned round = 0; round < 10 * rounds; round++) {
        char text[2000];
        size_t length = 0;
        while (length < 1000 && random_below(60) != 0) {
            if (random_below(10) == 0) {
                text[length++] = (char)random_below(256);
                continue;
            }
            const char *piece = one_of(pieces);
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        swallow(text, length);
    }
}

static void hostile_lengths(void **state)
{
    enum { MEGABYTE = 1 << 20 };
    static const char *const repeated[] = {
        "x",           "\"",     "\\",  " ",      "|",     "a ",      "\n",
        "set\n",       "\xff\n", "#\n", "s\xe4 ", "\"\" ", "set s\n", "\xf0\x9f\x98\x80",
        "priority 1 ", NULL};
    static const char *const fronts[] = {"",
                                         "set session ",
                                         "set session s description \"",
                                         "set session s source interface ",
                                         "set target t receiver ",
                                         "set session s ",
                                         NULL};
    char *text = malloc(MEGABYTE + 100);

    (void)state;
    for (size_t f = 0; fronts[f]; f++)
        for (size_t r = 0; repeated[r]; r++) {
            size_t length = strlen(fronts[f]), piece = strlen(repeated[r]);
            size_t enough = !strchr(repeated[r], '\n') ? MEGABYTE
                            : f == 0                   ? 100000 * piece
                                                       : 100 * piece;
            memcpy(text, fronts[f], length);
            for (; length < enough; length += piece)
                memcpy(text + length, repeated[r], piece);
            swallow(text, length);
        }
    memset(text, 0, MEGABYTE);
    swallow(text, MEGABYTE);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_and_loaded_is_the_same),
        cmocka_unit_test(diffs_and_merges),
        cmocka_unit_test(checked_trees_compile),
        cmocka_unit_test(what_completion_offers_is_taken),
        cmocka_unit_test(hostile_bytes),
        cmocka_unit_test(hostile_lengths),
    };

    rounds = random_begin(rounds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
