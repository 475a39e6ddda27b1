#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "transactions.h"

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
    assert_ptr_equal(edit_tree(&theirs), running.revision->tree);
    assert_int_equal(engine.runs->session_count, 1);
}

/* Refused once, with both values; having shown them, the next commit puts mine through, unless
 * they were changed again. */
static void test_clash(void **state)
{
    (void)state;
    set(&mine, "set system host-name mine\nset target t receiver 10.0.0.1\n");
    set(&theirs, "set system host-name theirs\nset target t receiver 10.0.0.2\n");
    theirs.author = (struct author){"bert", "pts/1"};
    commits(&theirs, COMMIT_DONE);
    assert_string_equal(running.revision->record.author.user, "bert");
    refused(&mine, "system host-name: mine in this candidate, theirs in the running configuration "
                   "meanwhile\n"
                   "target t receiver: 10.0.0.1 in this candidate, 10.0.0.2 in the running "
                   "configuration meanwhile\n");
    saved("set system host-name theirs\nset target t receiver 10.0.0.2\n");
    /* one of the two again, and something else */
    set(&theirs, "set system host-name again\nset target u receiver 10.0.0.3\n");
    commits(&theirs, COMMIT_DONE);
    refused(&mine, "system host-name: mine in this candidate, again in the running configuration "
                   "meanwhile\n");
    commits(&mine, COMMIT_DONE);
    saved("set system host-name mine\nset target t receiver 10.0.0.1\n"
          "set target u receiver 10.0.0.3\n");
    /* the other way out */
    set(&mine, "set system host-name mine2\n");
    set(&theirs, "set system host-name theirs2\n");
    commits(&theirs, COMMIT_DONE);
    commits(&mine, COMMIT_REFUSED);
    edit_discard(&mine);
    assert_ptr_equal(edit_tree(&mine), running.revision->tree);
}

/* What edit_merged says is what the commit comes to. */
static void test_merged(void **state)
{
    struct problems clashes = {0};
    struct node *merged;

    (void)state;
    set(&mine, "set system host-name mine\n" TARGET);
    set(&theirs, "set target u receiver 10.0.0.3\n");
    commits(&theirs, COMMIT_DONE);
    merged = edit_merged(&mine, &clashes);
    assert_int_equal(clashes.count, 0);
    commits(&mine, COMMIT_DONE);
    assert_true(tree_equal(merged, running.revision->tree));
    tree_free(merged);
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
    assert_ptr_equal(edit_tree(&mine), running.revision->tree);
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
static void test_start_conflict(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_commit),        TEST(test_check_only),
        TEST(test_all_problems),  TEST(test_engine_refuses),
        TEST(test_merge),         TEST(test_clash),
        TEST(test_merged),        TEST(test_follow_after_undo),
        TEST(test_rollback),      TEST(test_vni_kept),
        TEST(test_start_refused), TEST(test_start_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
