#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/running/assigned_file.h"
#include "stores.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* Refuses what has the host name "bad". */
static bool accept_good(void *context, const struct node *tree, struct assignments *assigned,
                        char *why, size_t why_size)
{
    const struct node *system = node_child(tree, "system");

    (void)context;
    (void)assigned;
    snprintf(why, why_size, "bad is refused");
    return !system || strcmp(node_value(system, "host-name"), "bad") != 0;
}

static void test_commit_and_load(void **state)
{
    struct store *store = open_store();
    char why[600];

    (void)state;
    commit(store, "set system host-name a\n");
    assert_null(store_archived(store, 1, why, sizeof why));
    assert_non_null(strstr(why, "no commit is archived"));
    commit(store, "set system host-name b\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name a\n");
    assert_null(store_archived(store, 2, why, sizeof why));
    assert_non_null(strstr(why, "expected 0-1"));
    store_close(store);
    assert_tree(load(accept_all), "set system host-name b\n");
}

static void test_lock(void **state)
{
    struct store *store = open_store(), *second;
    char why[600];

    (void)state;
    assert_int_equal(store_open(&second, state_directory, why, sizeof why), -EWOULDBLOCK);
    assert_null(second);
    assert_non_null(strstr(why, "in use"));
    store_close(store);
    store_close(open_store());
}

static void test_archive_of_fifty(void **state)
{
    struct store *store = open_store();
    char text[64], why[600];

    (void)state;
    for (int i = 1; i <= 60; i++) {
        host(text, sizeof text, i);
        commit(store, text);
    }
    store_close(store);
    store = open_store();
    for (int back = 1; back <= 50; back++) {
        host(text, sizeof text, 60 - back);
        assert_tree(store_archived(store, (unsigned long)back, why, sizeof why), text);
    }
    assert_null(store_archived(store, 51, why, sizeof why));
    store_close(store);
    assert_int_equal(access(state_file("archive/000009.conf"), F_OK), -1);
    assert_int_equal(access(state_file("archive/000010.conf"), F_OK), 0);
}

/* Where a crash can leave a commit: staged only; archived too. */
static void test_crashes(void **state)
{
    struct store *store = open_store();
    struct assignments assigned;
    char why[600] = "";

    (void)state;
    commit(store, "set system host-name a\n");
    commit(store, "set system host-name b\n");
    store_close(store);
    write_state("startup.conf.new", "set system host-name c\n");
    write_state("archive/startup.conf.new", "set system ho");
    assert_tree(load(accept_all), "set system host-name b\n");
    assert_false(exists("startup.conf.new"));
    assert_false(exists("archive/startup.conf.new"));

    write_state("archive/000002.conf", "set system host-name b\n");
    store = open_store();
    assert_tree(store_load(store, accept_all, NULL, &assigned), "set system host-name b\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name a\n");
    commit(store, "set system host-name c\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name b\n");
    assert_tree(store_archived(store, 2, why, sizeof why), "set system host-name a\n");
    store_close(store);
}

static void test_loading_order(void **state)
{
    struct store *store = open_store();
    struct assignments assigned;
    char why[600];

    (void)state;
    commit(store, "set system host-name a\n");
    commit(store, "set system host-name b\n");
    commit(store, "set system host-name c\n");
    store_close(store);
    write_state("rescue.conf", "set system host-name rescue\n");
    write_state("startup.conf.elsewhere", "");
    /* each step of the fall: a startup that does not parse, an archive that is refused, ... */
    unlink(state_file("startup.conf"));
    write_state("startup.conf", "set sytem\n");
    assert_tree(load(accept_all), "set system host-name b\n");
    unlink(state_file("archive/000002.conf"));
    write_state("archive/000002.conf", "set system host-name bad\n");
    assert_tree(load(accept_good), "set system host-name a\n");
    unlink(state_file("archive/000001.conf"));
    assert_tree(load(accept_good), "set system host-name rescue\n");
    unlink(state_file("rescue.conf"));
    assert_tree(load(accept_good), "");

    /* what could not be loaded is kept aside by the next commit, never archived; nor is the empty
     * configuration, which nobody has committed */
    store = open_store();
    assert_tree(store_load(store, accept_good, NULL, &assigned), "");
    assert_string_equal(store_fallback(store), "RUNNING AN EMPTY CONFIGURATION");
    commit(store, "set system host-name d\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name bad\n");
    store_close(store);
    assert_true(exists("startup.conf.aside"));
    assert_tree(load(accept_all), "set system host-name d\n");
}

/* What ran in the place of startup.conf is the next rollback, and in the archive once. */
static void test_archive_after_fallback(void **state)
{
    struct store *store = open_store();
    struct assignments assigned;
    char why[600] = "";

    (void)state;
    commit(store, "set system host-name a\n");
    commit(store, "set system host-name b\n");
    store_close(store);
    write_state("startup.conf", "set sytem\n");
    store = open_store();
    assert_tree(store_load(store, accept_all, NULL, &assigned), "set system host-name a\n");
    assert_non_null(strstr(store_fallback(store), "AN OLD CONFIGURATION: "));
    assert_non_null(strstr(store_fallback(store), "/archive/000001.conf"));
    commit(store, "set system host-name c\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name a\n");
    assert_null(store_archived(store, 2, why, sizeof why));
    store_close(store);

    unlink(state_file("archive/000001.conf"));
    write_state("startup.conf", "set sytem\n");
    write_state("rescue.conf", "set system host-name rescue\n");
    store = open_store();
    assert_tree(store_load(store, accept_all, NULL, &assigned), "set system host-name rescue\n");
    assert_non_null(strstr(store_fallback(store), "THE RESCUE CONFIGURATION: "));
    commit(store, "set system host-name d\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name rescue\n");
    store_close(store);
}

/* What was only tried when the box was killed, and startup.conf is broken now: it is archived, is
 * told of, and is not what a start falls back to. */
static void test_tried_beside_broken(void **state)
{
    struct store *store = open_store();
    struct assignments assigned;
    char why[600] = "";

    (void)state;
    commit(store, "set system host-name a\n");
    commit(store, "set system host-name b\n");
    assert_int_equal(save_step(store, STORE_TRY, "set system host-name c\n", why, sizeof why), 0);
    store_close(store);
    write_state("startup.conf", "set sytem\n");
    for (int start = 0; start < 2; start++) {
        store = open_store();
        assert_tree(store_load(store, accept_all, NULL, &assigned), "set system host-name b\n");
        assert_non_null(strstr(store_fallback(store), "RUNNING AN OLD CONFIGURATION: "));
        assert_int_equal(!!strstr(store_fallback(store), "; THE COMMIT WAS NOT CONFIRMED"),
                         start == 0);
        assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name c\n");
        assert_true(store_record(store, 1)->unconfirmed);
        store_close(store);
        assert_false(exists("unconfirmed.conf"));
    }
}

/* It is dropped where startup.conf was replaced: what is there now was wanted. */
static void test_tried_beside_replaced(void **state)
{
    struct store *store = open_store();
    struct assignments assigned;
    char why[600] = "";

    (void)state;
    commit(store, "set system host-name a\n");
    assert_int_equal(save_step(store, STORE_TRY, "set system host-name b\n", why, sizeof why), 0);
    store_close(store);
    write_state("startup.conf", "set system host-name c\n");
    store = open_store();
    assert_tree(store_load(store, accept_all, NULL, &assigned), "set system host-name c\n");
    assert_null(store_fallback(store));
    assert_int_equal(store_archive_count(store), 1);
    store_close(store);
    assert_false(exists("unconfirmed.conf"));
}

/* A write that fails half way: the disk is full, or here: the file may not be longer. */
static void test_full_disk(void **state)
{
    struct store *store = open_store();
    struct rlimit was, small = {.rlim_cur = 8, .rlim_max = RLIM_INFINITY};
    char why[600] = "";

    (void)state;
    commit(store, "set system host-name a\n");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int error = save(store, "set system host-name long-enough-to-be-cut\n", why, sizeof why);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(error, -EFBIG);
    assert_non_null(strstr(why, "startup.conf.new: "));
    assert_int_equal(access(state_file("startup.conf.new"), F_OK), -1);
    store_close(store);
    assert_tree(load(accept_all), "set system host-name a\n");
}

/* The last steps fail: startup.conf is a directory by now, and cannot go aside. The archive must
 * not have grown. */
static void test_failing_rename(void **state)
{
    struct store *store = open_store();
    char why[600] = "";

    (void)state;
    commit(store, "set system host-name a\n");
    assert_int_equal(unlink(state_file("startup.conf")), 0);
    assert_int_equal(mkdir(state_file("startup.conf"), 0700), 0);
    write_state("startup.conf.aside", "");
    assert_true(save(store, "set system host-name b\n", why, sizeof why) < 0);
    assert_non_null(strstr(why, "startup.conf.aside: "));
    assert_false(exists("startup.conf.new") || exists("archive/000001.conf"));
    assert_null(store_archived(store, 1, why, sizeof why));
    assert_int_equal(rmdir(state_file("startup.conf")), 0);
    commit(store, "set system host-name b\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name a\n");
    store_close(store);
}

static struct assignments assigned_of(const char *text)
{
    struct assignments assigned;

    assert_true(assigned_parse(text, strlen(text), &assigned));
    return assigned;
}

static void test_vnis(void **state)
{
    struct assignments old_assigned = assigned_of("a 5\nb 6\nbad\nc x\nd 16777216\ncut 7");
    struct assignments new_assigned = assigned_of("a 9\nb 6\n"), both, settled;
    struct node *old_tree = tree_of("set session a priority 1\nset session b priority 2\n");
    struct node *new_tree = tree_of("set session a priority 1\nset session b priority 2\n"
                                    "set session x vni 5\n");
    char *text = assigned_print(&old_assigned, &new_assigned);

    (void)state;
    assert_string_equal(text, "a 5\nb 6\na 9\n");
    both = assigned_of(text);
    free(text);
    /* after a crash each configuration finds the number that it ran with */
    assert_true(assignments_settle(&both, old_tree, &settled));
    assert_int_equal(assignments_find(&settled, "a")->vni, 5);
    assert_int_equal(assignments_find(&settled, "b")->vni, 6);
    assignments_free(&settled);
    assert_true(assignments_settle(&both, new_tree, &settled));
    assert_int_equal(assignments_find(&settled, "a")->vni, 9);
    assert_int_equal(settled.count, 2);
    assignments_free(&settled);
    assignments_free(&both);
    assignments_free(&old_assigned);
    assignments_free(&new_assigned);
    tree_free(old_tree);
    tree_free(new_tree);
}

/* The same of priorities, beside a VNI or without one. */
static void test_priorities(void **state)
{
    static const char text[] = "a 5 1\nb - 2\nc 7\n";
    struct assignments assigned = assigned_of(text), none = {0}, settled;
    struct assignments bad =
        assigned_of("a - 0\nb - 32767\nc -\nd 5 x\ne 5 1 2\nf 5 1x\n- 1\ng \n");
    struct node *tree = tree_of("set session a\nset session b\nset session x priority 1\n");
    char *printed = assigned_print(&none, &assigned);

    (void)state;
    assert_string_equal(printed, text);
    free(printed);
    printed = assigned_print(&assigned, &assigned);
    assert_string_equal(printed, text);
    free(printed);
    assert_int_equal(assignments_find(&assigned, "b")->vni, NO_VNI);
    assert_true(assignments_settle(&assigned, tree, &settled));
    assert_int_equal(settled.count, 1); /* a's is x's now */
    assert_int_equal(assignments_find(&settled, "b")->priority, 2);
    assert_int_equal(bad.count, 1); /* a session that is called - has VNI 1 */
    assignments_free(&settled);
    assignments_free(&assigned);
    assignments_free(&bad);
    tree_free(tree);
}

/* After a crash the entries of the configuration before stand first: those with what a session
 * leaves out go before those without, which are better than none. */
static void test_entries_with_less(void **state)
{
    struct assignments assigned = assigned_of("y 4\nz - 1\nz 12462038 1\nz 7 2\n"), settled;
    struct node *tree = tree_of("set session y\nset session z\n");
    struct node *says_vni = tree_of("set session z vni 9\n");

    (void)state;
    assert_true(assignments_settle(&assigned, tree, &settled));
    assert_int_equal(settled.count, 2);
    assert_int_equal(assignments_find(&settled, "y")->vni, 4);
    assert_int_equal(assignments_find(&settled, "z")->vni, 12462038);
    assert_int_equal(assignments_find(&settled, "z")->priority, 1);
    assignments_free(&settled);
    assert_true(assignments_settle(&assigned, says_vni, &settled));
    assert_int_equal(settled.count, 1);
    assert_int_equal(assignments_find(&settled, "z")->vni, NO_VNI);
    assignments_free(&settled);
    assignments_free(&assigned);
    tree_free(tree);
    tree_free(says_vni);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commit_and_load, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_lock, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_archive_of_fifty, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_crashes, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_loading_order, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_archive_after_fallback, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_tried_beside_broken, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_tried_beside_replaced, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_full_disk, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_failing_rename, make_state, remove_state),
        cmocka_unit_test(test_vnis),
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_entries_with_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
