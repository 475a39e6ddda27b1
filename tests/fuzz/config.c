/* Properties that hold for every configuration, tried with random ones made from the schema's
 * own rows. */
#include "random_trees.h"

#include "../../shell/config/check.h"
#include "../../shell/config/compile.h"
#include "../../shell/config/completion.h"
#include "../../shell/config/diff.h"

static unsigned rounds = 300;

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

/* `show configuration` in braces, loaded into an empty box, gives the same text again, and so does
 * what it was `| display set`. */
static void shown_and_loaded_is_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < rounds; round++) {
        struct node *tree = tree_new(), *again = tree_new();
        struct problems problems = {0};
        struct writer writer, writer_again;
        change(tree, random_below(60));
        FILE *out = write_start(&writer);
        text_print_braces(tree, &(struct path){0}, out);
        fclose(out);
        assert_true(writer.size == 0 || !text_has_lines(writer.text, writer.size));
        if (!text_load_braces(again, writer.text, writer.size, false, &problems))
            fail_msg("%u:%u: %s\n%s", problems.at[0].line, problems.at[0].column,
                     problems.at[0].text, writer.text);
        out = write_start(&writer_again);
        text_print_braces(again, &(struct path){0}, out);
        fclose(out);
        assert_string_equal(writer.text, writer_again.text);
        if (!tree_equal(tree, again))
            fail_msg("%s", writer.text);
        free(writer.text);
        free(writer_again.text);
        tree_free(tree);
        tree_free(again);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_and_loaded_is_the_same),
        cmocka_unit_test(shown_and_loaded_is_the_same),
        cmocka_unit_test(diffs_and_merges),
        cmocka_unit_test(checked_trees_compile),
        cmocka_unit_test(what_completion_offers_is_taken),
    };

    rounds = random_begin(rounds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
