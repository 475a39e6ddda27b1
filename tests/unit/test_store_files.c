/* The state directory when others write to it as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/running/assigned_file.h"
#include "../../shell/running/file.h"
#include "stores.h"
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The process ends in the place of so many renames from now; 0: it does not. */
static int renames_left;

int renameat(int from, const char *old, int to, const char *new)
{
    if (renames_left > 0 && --renames_left == 0)
        _exit(0);
    return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

/* Whether a start comes to this name. */
static bool load_host(const char *name)
{
    struct node *tree = load(accept_all), *expected;
    char text[64];

    snprintf(text, sizeof text, "set system host-name %s\n", name);
    expected = tree_of(text);
    bool same = tree_equal(tree, expected);
    tree_free(expected);
    tree_free(tree);
    return same;
}

/* What ran is archived, whatever became of startup.conf meanwhile; what somebody put there is
 * kept aside. */
static void test_what_ran_is_archived(void **state)
{
    struct store *store;
    struct assignments assigned;
    char why[600] = "", target[200];

    (void)state;
    write_state("startup.conf", "# by hand\nset system host-name a\n");
    store = open_store();
    assert_tree(store_load(store, accept_all, NULL, &assigned), "set system host-name a\n");
    assert_int_equal(unlink(state_file("startup.conf")), 0);
    commit(store, "set system host-name b\n");
    assert_string_equal(first_line("archive/000001.conf"), "# by hand\n");
    assert_false(exists("startup.conf.aside"));

    write_state("startup.conf", "set system host-name somebodys\n");
    commit(store, "set system host-name c\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name b\n");
    assert_string_equal(first_line("startup.conf.aside"), "set system host-name somebodys\n");

    /* a link is replaced, and what it led to is neither archived as a link nor touched */
    write_state("elsewhere", "set system host-name c\n");
    assert_int_equal(unlink(state_file("startup.conf")), 0);
    strcpy(target, state_file("elsewhere"));
    assert_int_equal(symlink(target, state_file("startup.conf")), 0);
    commit(store, "set system host-name d\n");
    assert_string_equal(first_line("elsewhere"), "set system host-name c\n");
    assert_string_equal(first_line("startup.conf"), "set system host-name d\n");
    assert_string_equal(first_line("archive/000003.conf"), "set system host-name c\n");
    assert_int_equal(readlink(state_file("archive/000003.conf"), target, sizeof target), -1);

    /* a fifo is waited for by nobody */
    assert_int_equal(unlink(state_file("startup.conf")), 0);
    assert_int_equal(mkfifo(state_file("startup.conf"), 0600), 0);
    commit(store, "set system host-name e\n");
    assert_string_equal(first_line("startup.conf"), "set system host-name e\n");
    store_close(store);
}

/* A start beside a startup.conf that is none; when it goes, commits go on. */
static void test_broken_startup(void **state)
{
    struct assignments assigned;
    struct store *store;

    (void)state;
    assert_int_equal(mkfifo(state_file("startup.conf"), 0600), 0);
    store = open_store();
    assert_tree(store_load(store, accept_all, NULL, &assigned), "");
    assert_non_null(strstr(store_fallback(store), "EMPTY"));
    assert_int_equal(unlink(state_file("startup.conf")), 0);
    commit(store, "set system host-name a\n");
    assert_null(store_fallback(store));
    commit(store, "set system host-name b\n");
    store_close(store);
    assert_tree(load(accept_all), "set system host-name b\n");
}

/* Names in the archive that are not its own are neither read nor written to. */
static void test_foreign_names(void **state)
{
    struct store *store = open_store();
    char why[600] = "", target[200];

    (void)state;
    commit(store, "set system host-name a\n");
    commit(store, "set system host-name b\n");
    store_close(store);
    write_state("archive/3.conf", "set system host-name foreign\n");
    write_state("archive/-5.conf", "set system host-name foreign\n");
    write_state("archive/0.conf", "set system host-name foreign\n");
    write_state("archive/000000.conf", "set system host-name foreign\n");
    write_state("archive/ 00009.conf", "set system host-name foreign\n");
    write_state("archive/18446744073709551615.conf", "set system host-name foreign\n");
    assert_int_equal(mkdir(state_file("archive/000002.conf"), 0700), 0);
    strcpy(target, state_file("archive/3.conf"));
    assert_int_equal(symlink(target, state_file("archive/000003.conf")), 0);
    store = open_store();
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name a\n");
    assert_null(store_archived(store, 2, why, sizeof why));
    struct assignments assigned;
    assert_tree(store_load(store, accept_all, NULL, &assigned), "set system host-name b\n");
    write_state("archive/000004.conf", "set system host-name foreign\n"); /* meanwhile */
    commit(store, "set system host-name c\n");
    assert_string_equal(first_line("archive/000005.conf"), "set system host-name b\n");
    assert_tree(store_archived(store, 1, why, sizeof why), "set system host-name b\n");
    assert_tree(store_archived(store, 2, why, sizeof why), "set system host-name a\n");
    for (int i = 0; i < 60; i++) {
        char text[64];
        host(text, sizeof text, i);
        commit(store, text);
    }
    store_close(store);
    assert_string_equal(first_line("archive/3.conf"), "set system host-name foreign\n");
    assert_string_equal(first_line("archive/-5.conf"), "set system host-name foreign\n");
    assert_string_equal(first_line("archive/000004.conf"), "set system host-name foreign\n");
    assert_true(exists("archive/000002.conf") && exists("archive/000003.conf"));
}

/* What is written to is a new file of the directory, whatever links were laid there. */
static void test_planted_links(void **state)
{
    static const char *const names[] = {"startup.conf.new", "vni.auto.new",
                                        "archive/startup.conf.new"};
    struct store *store = open_store();
    char target[200];

    (void)state;
    commit(store, "set system host-name a\n");
    write_state("precious", "precious\n");
    strcpy(target, state_file("precious"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(symlink(target, state_file(names[i])), 0);
    struct assignments assigned = {0};
    assert_true(assigned_parse("a 5\n", 4, &assigned));
    struct node *tree = tree_of("set system host-name b\n");
    struct store_save *save;
    char why[600];
    assert_int_equal(
        store_save_begin(store,
                         &(struct store_commit){STORE_COMMIT, tree, &no_vnis, &assigned,
                                                &(struct record){.when = 1}},
                         &save),
        0);
    assert_int_equal(store_save_run(save, why, sizeof why), 0);
    store_save_end(save);
    tree_free(tree);
    assignments_free(&assigned);
    assert_string_equal(first_line("precious"), "precious\n");
    assert_string_equal(first_line("startup.conf"), "set system host-name b\n");
    assert_string_equal(first_line("archive/000001.conf"), "set system host-name a\n");
    assert_string_equal(first_line("vni.auto"), "a 5\n");
    store_close(store);
}

/* What is only tried, while startup.conf is somebody's: killed before each of its renames, a start
 * finds what ran or what they wrote. */
static void test_tried_beside_strangers(void **state)
{
    char why[600] = "";
    int ended = 0;

    for (int step = 1; ended == 0; step++) {
        assert_in_range(step, 1, 20);
        struct store *store = open_store();

        commit(store, "set system host-name a\n");
        commit(store, "set system host-name b\n");
        write_state("startup.conf", "set system host-name somebodys\n");
        pid_t child = fork();
        if (child == 0) {
            renames_left = step;
            _exit(save_step(store, STORE_TRY, "set system host-name c\n", why, sizeof why) == 0);
        }
        assert_int_equal(waitpid(child, &ended, 0), child);
        store_close(store);
        assert_true(load_host("b") || (ended == 0 && load_host("somebodys")));
        assert_int_equal(remove_state(state), 0);
        assert_int_equal(make_state(state), 0);
    }
}

static void test_whose_directory(void **state)
{
    struct store *store;
    char why[600] = "";

    (void)state;
    assert_int_equal(chmod(state_directory, 0777), 0);
    assert_int_equal(store_open(&store, state_directory, why, sizeof why), -EPERM);
    assert_non_null(strstr(why, "writable by everybody"));
    assert_int_equal(chmod(state_directory, 01777), 0); /* as /tmp: links are not followed */
    store_close(open_store());
    assert_int_equal(chmod(state_file("archive"), 0757), 0);
    assert_int_equal(store_open(&store, state_directory, why, sizeof why), -EPERM);
    assert_non_null(strstr(why, "/archive is writable by everybody"));
}

static void test_size_bound(void **state)
{
    struct assignments assigned;
    struct store *store;

    (void)state;
    write_state("startup.conf", "");
    assert_int_equal(truncate(state_file("startup.conf"), FILE_SIZE_MAX + 1l), 0);
    store = open_store();
    assert_tree(store_load(store, accept_all, NULL, &assigned), "");
    assert_non_null(store_fallback(store));
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_ran_is_archived, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_broken_startup, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_foreign_names, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_planted_links, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_tried_beside_strangers, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_whose_directory, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_size_bound, make_state, remove_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
