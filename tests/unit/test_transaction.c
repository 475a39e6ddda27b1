/* links: shell/box/transaction.c shell/box/store.c shell/box/store_load.c shell/box/store_save.c shell/box/saver.c shell/box/file.c shell/box/vni_file.c shell/config/check.c shell/config/unlikely.c shell/box/live_values.c shell/config/compile.c shell/config/completion.c shell/config/diff.c shell/config/endpoint.c shell/config/json.c shell/config/merge.c shell/config/node.c shell/config/path.c shell/config/problem.c shell/config/schema.c shell/config/text.c shell/config/tree.c shell/config/utf8.c shell/config/value.c shell/config/words.c engine/plan/match_field.c engine/mirror_config.c */
/* The engine here is the test's: it notes what it was given, and refuses when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/box/transaction.h"
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

static int open_box(void **state)
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

static int close_box(void **state)
{
    edit_end(&mine);
    edit_end(&theirs);
    running_close(&running);
    store_close(store);
    mirror_config_free(engine.runs);
    return remove_state(state);
}

static void set(struct edit *edit, const char *lines)
{
    struct problems problems = {0};

    assert_true(text_load(edit_writable(edit), lines, strlen(lines), &problems));
}

static void delete (struct edit *edit, const char *path)
{
    struct problem problem;
    struct words words;

    assert_true(words_split(path, &words, &problem));
    assert_true(tree_delete(edit_writable(edit), words.at, words.count, &problem));
    words_free(&words);
}

/* What a commit comes to once it is on the disk. */
static enum commit_result commit(struct edit *edit, bool check_only, struct commit_report *report)
{
    enum commit_result result = transaction_commit(edit, check_only, report);

    if (result == COMMIT_RUNNING) {
        running_service(&running);
        result = transaction_result(edit, report);
    }
    return result;
}

static void commits(struct edit *edit, enum commit_result expected)
{
    struct commit_report report = {0};

    assert_int_equal(commit(edit, false, &report), expected);
    assert_int_equal(report.problems.count > 0, expected == COMMIT_REFUSED);
    commit_report_free(&report);
}

/* Refused with exactly these problems, one a line. */
static void refused(struct edit *edit, const char *expected)
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

static void runs(const char *expected)
{
    assert_tree(tree_copy(running.snapshot->tree), expected);
}

static void saved(const char *expected)
{
    char *text = calloc(1, 4096);
    FILE *file = fopen(state_file("startup.conf"), "r");

    assert_non_null(file);
    assert_true(fread(text, 1, 4095, file) < 4095);
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static void test_commit(void **state)
{
    (void)state;
    assert_int_equal(engine.committed, 1); /* the empty one, at the start */
    set(&mine, "set system host-name a\n");
    assert_true(edit_changed(&mine));
    runs("");
    commits(&mine, COMMIT_DONE);
    assert_false(edit_touched(&mine));
    runs("set system host-name a\n");
    saved("set system host-name a\n");
    assert_int_equal(engine.committed, 2);
    /* the same again is no commit */
    set(&mine, "set system host-name a\n");
    assert_true(edit_touched(&mine));
    assert_false(edit_changed(&mine));
    set(&mine, "set system host-name a\n");
    commits(&mine, COMMIT_UNCHANGED);
    assert_int_equal(engine.committed, 2);
    assert_int_equal(access(state_file("archive/000001.conf"), F_OK), -1);
}

static void test_check_only(void **state)
{
    struct commit_report report = {0};

    (void)state;
    set(&mine, "set system host-name a\n");
    assert_int_equal(commit(&mine, true, &report), COMMIT_DONE);
    assert_int_equal(engine.abandoned, 1);
    runs("");
    assert_true(edit_changed(&mine));
    assert_int_equal(access(state_file("startup.conf"), F_OK), -1);
    set(&mine, "set session a priority 1\n");
    assert_int_equal(commit(&mine, true, &report), COMMIT_REFUSED);
    commit_report_free(&report);
}

static void test_all_problems(void **state)
{
    (void)state;
    set(&mine, "set session a filter none\nset session b target none\n");
    refused(&mine, "session a priority: missing\n"
                   "session a filter: there is no filter \"none\"\n"
                   "session a target: missing\n"
                   "session b priority: missing\n"
                   "session b target: there is no target \"none\"\n");
    assert_true(edit_changed(&mine));
    runs("");
}

static void test_engine_refuses(void **state)
{
    (void)state;
    set(&mine, "set system host-name a\n");
    engine.refuse_session = true;
    refused(&mine, "session a target: refused by this machine\n");
    engine.refuse_session = false;
    engine.refuse_all = true;
    refused(&mine, "no rings left\n");
    engine.refuse_all = false;
    assert_int_equal(access(state_file("startup.conf"), F_OK), -1);
    commits(&mine, COMMIT_DONE);
}

/* A console that changed nothing follows; one that did keeps its changes, and merges. */
static void test_merge(void **state)
{
    (void)state;
    set(&mine, TARGET);
    commits(&mine, COMMIT_DONE);
    set(&mine, "set system host-name a\n");
    set(&theirs, "set session s priority 1 target t\n");
    commits(&theirs, COMMIT_DONE);
    assert_true(edit_changed(&mine));
    commits(&mine, COMMIT_DONE);
    saved("set system host-name a\n" TARGET "set session s priority 1\nset session s target t\n");
    assert_null(theirs.candidate);
    assert_ptr_equal(edit_tree(&theirs), running.snapshot->tree);
    assert_int_equal(engine.runs->session_count, 1);
}

static void test_clash(void **state)
{
    struct commit_report report = {0};

    (void)state;
    set(&mine, "set system host-name mine\n");
    set(&theirs, "set system host-name theirs\n");
    commits(&theirs, COMMIT_DONE);
    assert_int_equal(commit(&mine, false, &report), COMMIT_REFUSED);
    assert_int_equal(report.problems.count, 1);
    assert_non_null(strstr(report.problems.at[0].text, "system host-name"));
    assert_non_null(strstr(report.problems.at[0].text, "mine"));
    assert_non_null(strstr(report.problems.at[0].text, "theirs"));
    commit_report_free(&report);
    saved("set system host-name theirs\n");
    edit_drop(&mine);
    assert_ptr_equal(edit_tree(&mine), running.snapshot->tree);
}

/* What was changed there and back follows, too. */
static void test_follow_after_undo(void **state)
{
    (void)state;
    set(&mine, "set system host-name a\n");
    delete (&mine, "system host-name");
    set(&theirs, "set system host-name b\n");
    commits(&theirs, COMMIT_DONE);
    assert_false(edit_touched(&mine));
    assert_ptr_equal(edit_tree(&mine), running.snapshot->tree);
}

/* The save fails: the engine is never given the new plan. */
static void test_failing_save(void **state)
{
    (void)state;
    set(&mine, TARGET "set session a priority 1 target t\n");
    commits(&mine, COMMIT_DONE);
    assert_int_equal(mkdir(state_file("startup.conf.new"), 0700), 0);
    set(&mine, "set session b priority 2 target t\n");
    commits(&mine, COMMIT_REFUSED);
    assert_int_equal(rmdir(state_file("startup.conf.new")), 0);
    assert_int_equal(engine.committed, 2); /* start, first */
    assert_int_equal(engine.abandoned, 1);
    assert_int_equal(engine.runs->session_count, 1);
    runs(TARGET "set session a priority 1\nset session a target t\n");
    assert_true(edit_changed(&mine));
    commits(&mine, COMMIT_DONE);
    assert_int_equal(engine.runs->session_count, 2);
}

/* While one commit is being saved, another waits for its turn, and nothing is told too early. */
static void test_queue(void **state)
{
    struct commit_report report = {0};

    (void)state;
    set(&mine, "set system host-name a\n");
    set(&theirs, TARGET);
    assert_int_equal(transaction_commit(&mine, false, &report), COMMIT_RUNNING);
    assert_int_equal(transaction_commit(&theirs, false, &report), COMMIT_RUNNING);
    assert_int_equal(transaction_result(&mine, &report), COMMIT_RUNNING);
    assert_int_equal(engine.prepared, 2); /* the start's, mine */
    assert_int_equal(engine.committed, 1);
    runs("");
    running_service(&running);
    assert_int_equal(transaction_result(&mine, &report), COMMIT_DONE);
    assert_int_equal(transaction_result(&theirs, &report), COMMIT_RUNNING);
    runs("set system host-name a\n");
    running_service(&running);
    assert_int_equal(transaction_result(&theirs, &report), COMMIT_DONE);
    runs("set system host-name a\n" TARGET);
    saved("set system host-name a\n" TARGET);
    assert_int_equal(running_descriptor(&running), -1);
}

/* A console that goes while its commit is being saved: the commit goes on. While it waits for its
 * turn: it does not. */
static void test_console_goes(void **state)
{
    struct commit_report report = {0};

    (void)state;
    set(&mine, "set system host-name a\n");
    set(&theirs, "set system host-name b\n");
    assert_int_equal(transaction_commit(&mine, false, &report), COMMIT_RUNNING);
    assert_int_equal(transaction_commit(&theirs, false, &report), COMMIT_RUNNING);
    edit_end(&mine);
    edit_end(&theirs);
    running_service(&running);
    assert_int_equal(running_descriptor(&running), -1);
    runs("set system host-name a\n");
    saved("set system host-name a\n");
    edit_begin(&mine, &running);
    edit_begin(&theirs, &running);
}

/* The box ends: what is being saved comes to its end, what waits does not begin. */
static void test_end(void **state)
{
    struct commit_report report = {0};

    (void)state;
    assert_true(running_end(&running));
    running.ending = false;
    set(&mine, "set system host-name a\n");
    set(&theirs, TARGET);
    assert_int_equal(transaction_commit(&mine, false, &report), COMMIT_RUNNING);
    assert_int_equal(transaction_commit(&theirs, false, &report), COMMIT_RUNNING);
    assert_false(running_end(&running));
    running_service(&running);
    assert_true(running_end(&running));
    assert_int_equal(transaction_result(&mine, &report), COMMIT_DONE);
    assert_int_equal(transaction_result(&theirs, &report), COMMIT_RUNNING);
    saved("set system host-name a\n");
    running.ending = false;
}

/* Started from another configuration than the saved one: a commit saves what runs. */
static void test_commit_after_fallback(void **state)
{
    (void)state;
    set(&mine, "set system host-name a\n");
    commits(&mine, COMMIT_DONE);
    set(&mine, "set system host-name b\n");
    commits(&mine, COMMIT_DONE);
    edit_end(&mine);
    edit_end(&theirs);
    running_close(&running);
    store_close(store);
    write_state("startup.conf", "set sytem\n");
    char why[600];
    assert_int_equal(store_open(&store, state_directory, why, sizeof why), 0);
    assert_int_equal(running_open(&running, store, &engine, 1), 0);
    edit_begin(&mine, &running);
    edit_begin(&theirs, &running);
    runs("set system host-name a\n");
    assert_non_null(store_fallback(store));
    commits(&mine, COMMIT_DONE);
    saved("set system host-name a\n");
    assert_null(store_fallback(store));
    commits(&mine, COMMIT_UNCHANGED);
}

/* Whatever the candidate began from: what is committed is what was archived. */
static void test_rollback(void **state)
{
    char why[600];

    (void)state;
    set(&mine, "set system host-name a\n");
    commits(&mine, COMMIT_DONE);
    set(&mine, "set system host-name b\n");
    commits(&mine, COMMIT_DONE);
    set(&theirs, TARGET); /* began from b */
    set(&mine, "set system host-name c\n");
    commits(&mine, COMMIT_DONE);
    assert_true(edit_replace(&theirs, store_archived(store, 1, why, sizeof why)));
    assert_true(edit_changed(&theirs));
    commits(&theirs, COMMIT_DONE);
    saved("set system host-name b\n");
}

/* An automatic VNI stays through commits and restarts. */
static void test_vni_kept(void **state)
{
    (void)state;
    set(&mine, TARGET "set session a priority 1 target t\n");
    commits(&mine, COMMIT_DONE);
    uint32_t vni = engine.runs->sessions[0].vni;
    set(&mine, "set session b priority 2 target t\n");
    commits(&mine, COMMIT_DONE);
    assert_int_equal(engine.runs->sessions[0].vni, vni);
    assert_int_not_equal(engine.runs->sessions[1].vni, vni);
    edit_end(&mine);
    edit_end(&theirs);
    running_close(&running);
    assert_int_equal(running_open(&running, store, &engine, 99), 0);
    edit_begin(&mine, &running);
    edit_begin(&theirs, &running);
    assert_int_equal(engine.runs->sessions[0].vni, vni);
}

/* A saved configuration that this machine refuses is not run, and not lost. */
static void test_start_refused(void **state)
{
    (void)state;
    set(&mine, "set system host-name a\n");
    commits(&mine, COMMIT_DONE);
    edit_end(&mine);
    edit_end(&theirs);
    running_close(&running);
    engine.refuse_all = true;
    assert_int_equal(running_open(&running, store, &engine, 99), 0);
    edit_begin(&mine, &running);
    edit_begin(&theirs, &running);
    runs("");
    saved("set system host-name a\n");
}

/* One that merely does not fit this machine any more is run. */
static void test_start_misfit(void **state)
{
    (void)state;
    set(&mine, "set system host-name a\n");
    commits(&mine, COMMIT_DONE);
    edit_end(&mine);
    edit_end(&theirs);
    running_close(&running);
    engine.refuse_session = true;
    assert_int_equal(running_open(&running, store, &engine, 99), 0);
    edit_begin(&mine, &running);
    edit_begin(&theirs, &running);
    runs("set system host-name a\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_box, close_box)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_commit),
        TEST(test_check_only),
        TEST(test_all_problems),
        TEST(test_engine_refuses),
        TEST(test_merge),
        TEST(test_clash),
        TEST(test_follow_after_undo),
        TEST(test_failing_save),
        TEST(test_queue),
        TEST(test_console_goes),
        TEST(test_end),
        TEST(test_commit_after_fallback),
        TEST(test_rollback),
        TEST(test_vni_kept),
        TEST(test_start_refused),
        TEST(test_start_misfit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
