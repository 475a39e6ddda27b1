/* Commits that go back by themselves: when, and when they cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "transactions.h"

static char told[2000];

static void note_told(void *context, const char *text)
{
    (void)context;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", text);
}

/* What is there, then `b` for five minutes. */
static void try_b(void)
{
    struct commit_report report = {0};

    told[0] = '\0';
    running.tell = note_told;
    strcpy(mine.author.user, "anna");
    set(&mine, "set system host-name a\n");
    commits(&mine, COMMIT_DONE);
    set(&mine, "set system host-name b\n");
    assert_int_equal(edit_commit(&mine, &(struct commit_request){.minutes = 5}, &report),
                     COMMIT_RUNNING);
    assert_int_equal(running_minutes_left(&running), 0);
    running_service(&running);
    assert_int_equal(edit_commit_result(&mine, &report), COMMIT_DONE);
    assert_int_equal(running_minutes_left(&running), 5);
    runs("set system host-name b\n");
    saved("set system host-name a\n");
}

static void its_time_has_come(void)
{
    running.before.due_ms = 0;
    running_tick(&running);
}

/* What ran before runs at once, not when the disk has heard of it; who edits goes along. */
static void test_goes_back(void **state)
{
    (void)state;
    try_b();
    running_tick(&running);
    runs("set system host-name b\n");
    set(&theirs, TARGET);
    its_time_has_come();
    runs("set system host-name a\n");
    assert_int_equal(running_minutes_left(&running), 0);
    assert_int_equal(engine.committed, 4);
    running_service(&running);
    assert_int_equal(running_descriptor(&running), -1);
    saved("set system host-name a\n");
    commits(&theirs, COMMIT_DONE);
    saved("set system host-name a\n" TARGET);
    assert_string_equal(
        told, "commit confirmed by anna: it goes back in 5 minutes unless a commit follows\n"
              "THE COMMIT OF anna WAS NOT CONFIRMED: RUNNING THE CONFIGURATION BEFORE IT\n");
}

/* A commit that the disk has when the time comes confirms. */
static void test_commit_under_way(void **state)
{
    struct commit_report report = {0};

    (void)state;
    try_b();
    assert_int_equal(edit_commit(&theirs, &(struct commit_request){0}, &report), COMMIT_RUNNING);
    its_time_has_come();
    runs("set system host-name b\n");
    running_service(&running);
    assert_int_equal(edit_commit_result(&theirs, &report), COMMIT_DONE);
    its_time_has_come();
    runs("set system host-name b\n");
    saved("set system host-name b\n");
}

/* One that fails then does not. */
static void test_commit_fails(void **state)
{
    (void)state;
    try_b();
    assert_int_equal(mkdir(state_file("startup.conf.new"), 0700), 0);
    commits(&theirs, COMMIT_REFUSED);
    assert_int_equal(rmdir(state_file("startup.conf.new")), 0);
    assert_int_equal(running_minutes_left(&running), 5);
    its_time_has_come();
    runs("set system host-name a\n");
}

/* unconfirmed.conf cannot be written: nothing has changed, and nothing goes back. */
static void test_no_unconfirmed_file(void **state)
{
    struct commit_report report = {0};

    (void)state;
    set(&mine, "set system host-name a\n");
    commits(&mine, COMMIT_DONE);
    set(&mine, "set system host-name b\n");
    assert_int_equal(mkdir(state_file("unconfirmed.conf.new"), 0700), 0);
    assert_int_equal(edit_commit(&mine, &(struct commit_request){.minutes = 5}, &report),
                     COMMIT_RUNNING);
    running_service(&running);
    assert_int_equal(edit_commit_result(&mine, &report), COMMIT_REFUSED);
    assert_non_null(strstr(report.problems.at[0].text, "unconfirmed.conf"));
    commit_report_free(&report);
    assert_int_equal(rmdir(state_file("unconfirmed.conf.new")), 0);
    runs("set system host-name a\n");
    assert_int_equal(running_minutes_left(&running), 0);
    assert_true(edit_changed(&mine));
    assert_int_equal(store_archive_count(store), 0);
}

/* The same of a second one: the first one's is still there, and its time. */
static void test_no_second_unconfirmed_file(void **state)
{
    struct commit_report report = {0};
    struct stat about;

    (void)state;
    try_b();
    set(&mine, "set system host-name c\n");
    assert_int_equal(mkdir(state_file("unconfirmed.conf.new"), 0700), 0);
    assert_int_equal(edit_commit(&mine, &(struct commit_request){.minutes = 90}, &report),
                     COMMIT_RUNNING);
    running_service(&running);
    assert_int_equal(edit_commit_result(&mine, &report), COMMIT_REFUSED);
    commit_report_free(&report);
    assert_int_equal(rmdir(state_file("unconfirmed.conf.new")), 0);
    assert_int_equal(stat(state_file("unconfirmed.conf"), &about), 0);
    assert_int_equal(running_minutes_left(&running), 5);
    runs("set system host-name b\n");
}

/* The engine cannot: it is said, and tried again. */
static void test_cannot_go_back(void **state)
{
    (void)state;
    try_b();
    told[0] = '\0';
    engine.refuse_all = true;
    its_time_has_come();
    runs("set system host-name b\n");
    assert_string_equal(told, "A COMMIT IS NOT CONFIRMED AND CANNOT GO BACK: no rings left; tried "
                              "again in 10 seconds\n");
    assert_true(running.before.due_ms > 0);
    engine.refuse_all = false;
    its_time_has_come();
    runs("set system host-name a\n");
    running_service(&running);
}

/* The disk cannot: it has gone back all the same, and the next commit is as ever, and takes away
 * what was not confirmed. */
static void test_disk_fails(void **state)
{
    struct stat about;

    (void)state;
    try_b();
    assert_int_equal(mkdir(state_file("commits.new"), 0700), 0);
    its_time_has_come();
    running_service(&running);
    runs("set system host-name a\n");
    assert_non_null(strstr(told, "what was gone back from is not archived: "));
    assert_int_equal(rmdir(state_file("commits.new")), 0);
    assert_int_equal(stat(state_file("unconfirmed.conf"), &about), 0);
    set(&mine, "set system host-name c\n");
    commits(&mine, COMMIT_DONE);
    saved("set system host-name c\n");
    assert_int_equal(stat(state_file("unconfirmed.conf"), &about), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_goes_back),
        TEST(test_commit_under_way),
        TEST(test_commit_fails),
        TEST(test_no_unconfirmed_file),
        TEST(test_no_second_unconfirmed_file),
        TEST(test_cannot_go_back),
        TEST(test_disk_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
