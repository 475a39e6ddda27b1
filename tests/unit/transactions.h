/* A box with two consoles for the tests of transactions. Its engine is the test's: it notes what it
 * was given, and refuses when it is told to. */
#ifndef MIRRORSH_TEST_TRANSACTIONS_H
#define MIRRORSH_TEST_TRANSACTIONS_H

#include "../../shell/running/commit.h"
#include "state_directory.h"
#include <errno.h>

#define TARGET "set target t receiver 10.0.0.1\n"

struct engine {
    struct mirror_config *runs;
    int prepared, committed, abandoned;
    bool refuse_session; /* -EINVAL after a problem, where somebody asks for problems */
    bool refuse_all;     /* -EIO with a why */
};

struct engine_change {
    struct mirror_config *config;
};

int engine_prepare(struct engine *engine, struct mirror_config *config,
                   struct engine_change **change, engine_problem_fn *problem, void *context,
                   char *why, size_t why_size)
{
    bool refuse_session = engine->refuse_session && problem;

    if (refuse_session || engine->refuse_all) {
        if (refuse_session)
            problem(context, "a", "target: refused by this machine");
        else
            snprintf(why, why_size, "no rings left");
        mirror_config_free(config);
        return refuse_session ? -EINVAL : -EIO;
    }
    *change = malloc(sizeof **change);
    (*change)->config = config;
    engine->prepared++;
    return 0;
}

void engine_warn(const struct engine_change *change, engine_problem_fn *warning, void *context)
{
    (void)change, (void)warning, (void)context;
}

void engine_commit(struct engine *engine, struct engine_change *change)
{
    mirror_config_free(engine->runs);
    engine->runs = change->config;
    engine->committed++;
    free(change);
}

void engine_abandon(struct engine *engine, struct engine_change *change)
{
    mirror_config_free(change->config);
    engine->abandoned++;
    free(change);
}

/* A box with two consoles. */
static struct store *store;
static struct engine engine;
static struct running running;
static struct edit mine, theirs;

static inline int open_box(void **state)
{
    char why[600];

    memset(&engine, 0, sizeof engine);
    if (make_state(state) < 0 || store_open(&store, state_directory, why, sizeof why) < 0 ||
        running_open(&running, store, &engine, 1) < 0)
        return -1;
    edit_begin(&mine, &running);
    edit_begin(&theirs, &running);
    return 0;
}

static inline int close_box(void **state)
{
    edit_end(&mine);
    edit_end(&theirs);
    running_close(&running);
    store_close(store);
    mirror_config_free(engine.runs);
    return remove_state(state);
}

static inline void set(struct edit *edit, const char *lines)
{
    struct problems problems = {0};

    assert_true(text_load(edit_writable(edit), lines, strlen(lines), &problems));
}

static inline void delete (struct edit *edit, const char *path)
{
    struct problem problem;
    struct words words;

    assert_true(words_split(path, &words, &problem));
    assert_true(tree_delete(edit_writable(edit), words.at, words.count, &problem));
    words_free(&words);
}

/* What a commit comes to once it is on the disk. */
static inline enum commit_result commit(struct edit *edit, bool check_only,
                                        struct commit_report *report)
{
    enum commit_result result =
        edit_commit(edit, &(struct commit_request){.check_only = check_only}, report);

    if (result == COMMIT_RUNNING) {
        running_service(&running);
        result = edit_commit_result(edit, report);
    }
    return result;
}

static inline void commits(struct edit *edit, enum commit_result expected)
{
    struct commit_report report = {0};

    assert_int_equal(commit(edit, false, &report), expected);
    assert_int_equal(report.problems.count > 0, expected == COMMIT_REFUSED);
    commit_report_free(&report);
}

/* Refused with exactly these problems, one a line. */
static inline void refused(struct edit *edit, const char *expected)
{
    struct commit_report report = {0};
    char text[2000] = "";

    assert_int_equal(commit(edit, false, &report), COMMIT_REFUSED);
    for (size_t i = 0; i < report.problems.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n",
                 report.problems.at[i].text);
    assert_string_equal(text, expected);
    commit_report_free(&report);
}

static inline void runs(const char *expected)
{
    assert_tree(tree_copy(running.revision->tree), expected);
}

static inline void saved(const char *expected)
{
    char *text = calloc(1, 4096);
    FILE *file = fopen(state_file("startup.conf"), "r");

    assert_non_null(file);
    assert_true(fread(text, 1, 4095, file) < 4095);
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_box, close_box)

#endif
