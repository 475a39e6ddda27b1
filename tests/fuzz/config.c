/* Properties that hold for every configuration, tried with random ones made from the schema's
 * own rows. */
#include "json_reader.h"
#include "random_trees.h"

#include "../../shell/config/check.h"
#include "../../shell/config/compile.h"
#include "../../shell/config/completion.h"
#include "../../shell/config/diff.h"

static unsigned rounds = 300;

/* Ten thousand in all; of threads, which there are none of here, a sanitizer
 * makes it a hundred times slower. */
#ifdef __SANITIZE_THREAD__
enum { TREES_A_ROUND = 1 };
#else
enum { TREES_A_ROUND = 34 };
#endif

typedef void print_fn(const struct node *tree, const struct path *path, FILE *out);

static char *printed(print_fn *print, const struct node *tree, size_t *size)
{
    struct writer writer;
    FILE *out = write_start(&writer);

    print(tree, &(struct path){0}, out);
    fclose(out);
    *size = writer.size;
    return writer.text;
}

/* What a text is loaded from into an empty tree is that tree, and the same text. */
static void is_loaded(const struct node *tree, print_fn *print)
{
    struct problems problems = {0};
    struct node *again = tree_new();
    size_t size, size_again;
    char *text = printed(print, tree, &size);
    bool lines = print == text_print_set;

    assert_true(size == 0 || text_has_lines(text, size) == lines);
    if (!(lines ? text_load(again, text, size, &problems)
                : text_load_braces(again, text, size, false, &problems)))
        fail_msg("%u:%u: %s\n%s", problems.at[0].line, problems.at[0].column, problems.at[0].text,
                 text);
    char *text_again = printed(print, again, &size_again);
    assert_int_equal(size, size_again);
    assert_string_equal(text, text_again);
    if (!tree_equal(tree, again))
        fail_msg("%s", text);
    free(text);
    free(text_again);
    tree_free(again);
}

/* As lines and in braces loaded into an empty tree, and as JSON read by a reader that is none of
 * ours, a configuration is what it was. */
static void printed_and_loaded_is_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < TREES_A_ROUND * rounds; round++) {
        struct node *tree = tree_new();
        size_t size;
        change(tree, random_below(random_below(50) ? 30 : 300));
        is_well_formed(tree, true);
        is_loaded(tree, text_print_set);
        is_loaded(tree, text_print_braces);
        char *json = printed(text_print_json, tree, &size);
        struct node *again = json_tree(json), *copy = tree_copy(tree);
        if (!tree_equal(tree, again))
            fail_msg("%s", json);
        assert_true(tree_equal(tree, copy));
        free(json);
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
    bool different = diff_print(old, new, &(const struct path){0}, out);

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

/* config SEED: prints a configuration of so many for tests/console/round_trips.sh. */
static int print_one(const char *seed)
{
    struct node *tree = tree_new();

    state_of_random = strtoull(seed, NULL, 10);
    change(tree, 100);
    text_print_set(tree, &(struct path){0}, stdout);
    tree_free(tree);
    return 0;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_and_loaded_is_the_same),
        cmocka_unit_test(diffs_and_merges),
        cmocka_unit_test(checked_trees_compile),
        cmocka_unit_test(what_completion_offers_is_taken),
    };

    if (count > 1)
        return print_one(arguments[1]);
    rounds = random_begin(rounds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
