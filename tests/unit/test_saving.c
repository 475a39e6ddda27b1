/* Commits while the disk has one, and when it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/config/node.h"
#include "../../shell/running/file.h"
#include "transactions.h"

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

/* What no start could read is not saved; one comment stands for very many lines. */
static void test_too_large(void **state)
{
    struct node *tree = edit_writable(&mine);
    char *comment = malloc(FILE_SIZE_MAX + 1);

    (void)state;
    assert_non_null(comment);
    memset(comment, 'x', FILE_SIZE_MAX);
    comment[FILE_SIZE_MAX] = '\0';
    set(&mine, TARGET);
    node_annotate(tree->children[0], comment);
    refused(&mine, "the configuration is larger than 64 MiB\n");
    runs("");
    assert_int_equal(engine.abandoned, 1);
    assert_int_equal(access(state_file("startup.conf"), F_OK), -1);
    edit_discard(&mine);
    set(&mine, TARGET);
    commits(&mine, COMMIT_DONE);
}

/* While one commit is being saved, another waits for its turn, and nothing is told too early. */
static void test_queue(void **state)
{
    struct commit_report report = {0};

    (void)state;
    set(&mine, "set system host-name a\n");
    set(&theirs, TARGET);
    assert_int_equal(edit_commit(&mine, &(struct commit_request){0}, &report), COMMIT_RUNNING);
    assert_int_equal(edit_commit(&theirs, &(struct commit_request){0}, &report), COMMIT_RUNNING);
    assert_int_equal(edit_commit_result(&mine, &report), COMMIT_RUNNING);
    assert_int_equal(engine.prepared, 2); /* the start's, mine */
    assert_int_equal(engine.committed, 1);
    runs("");
    running_service(&running);
    assert_int_equal(edit_commit_result(&mine, &report), COMMIT_DONE);
    assert_int_equal(edit_commit_result(&theirs, &report), COMMIT_RUNNING);
    runs("set system host-name a\n");
    running_service(&running);
    assert_int_equal(edit_commit_result(&theirs, &report), COMMIT_DONE);
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
    assert_int_equal(edit_commit(&mine, &(struct commit_request){0}, &report), COMMIT_RUNNING);
    assert_int_equal(edit_commit(&theirs, &(struct commit_request){0}, &report), COMMIT_RUNNING);
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
    assert_int_equal(edit_commit(&mine, &(struct commit_request){0}, &report), COMMIT_RUNNING);
    assert_int_equal(edit_commit(&theirs, &(struct commit_request){0}, &report), COMMIT_RUNNING);
    assert_false(running_end(&running));
    running_service(&running);
    assert_true(running_end(&running));
    assert_int_equal(edit_commit_result(&mine, &report), COMMIT_DONE);
    assert_int_equal(edit_commit_result(&theirs, &report), COMMIT_RUNNING);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failing_save), TEST(test_too_large), TEST(test_queue),
        TEST(test_console_goes), TEST(test_end),       TEST(test_commit_after_fallback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
