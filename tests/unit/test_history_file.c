/* The file of what was typed: who may keep one, consoles beside each other, and how it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/client/history_file.h"
#include "state_directory.h"
#include <fcntl.h>
#include <sys/wait.h>

/* What a console would have, newline by newline. */
static char *loaded;

static void take(void *context, const char *line)
{
    FILE *out = context;

    fprintf(out, "%s\n", line);
}

static const char *load(const char *path)
{
    size_t size;

    free(loaded);
    FILE *out = open_memstream(&loaded, &size);
    assert_non_null(out);
    history_file_load(path, take, out);
    fclose(out);
    return loaded;
}

static char *path_below(const char *home)
{
    setenv("XDG_STATE_HOME", state_file(home), 1);
    return history_file_path();
}

static mode_t mode_of(const char *path)
{
    struct stat about;

    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 0777;
}

static void test_private(void **state)
{
    char *path = path_below("home");

    (void)state;
    assert_string_equal(path, state_file("home/mirrorsh/history"));
    history_file_add(path, "show version");
    history_file_add(path, "show session 网络");
    assert_string_equal(load(path), "show version\nshow session 网络\n");
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(mode_of(state_file("home/mirrorsh")), 0700);
    assert_int_equal(mode_of(state_file("home")), 0700);
    free(path);
}

static void test_home(void **state)
{
    char *path;

    (void)state;
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", state_directory, 1);
    path = history_file_path();
    assert_string_equal(path, state_file(".local/state/mirrorsh/history"));
    free(path);
    path = path_below("given");
    setenv("XDG_STATE_HOME", "not/absolute", 1);
    free(path);
    path = history_file_path();
    assert_string_equal(path, state_file(".local/state/mirrorsh/history"));
    free(path);
}

/* None of these is told, written to, or waited for. */
static void test_no_place(void **state)
{
    char *path = path_below("home");
    char other[200];

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    history_file_add(path, "lost");
    assert_string_equal(load(path), "");
    assert_int_equal(unlink(path), 0);

    snprintf(other, sizeof other, "%s", state_file("other"));
    write_state("other", "another file\n");
    assert_int_equal(symlink(other, path), 0);
    history_file_add(path, "lost");
    assert_string_equal(load(path), "");
    assert_string_equal(load(other), "another file\n");
    free(path);

    assert_null(path_below("other"));
    setenv("XDG_STATE_HOME", "/proc/none", 1);
    assert_null(history_file_path());
}

static void test_long_lines(void **state)
{
    char *path = path_below("home"), *line = malloc(HISTORY_LINE_BYTES + 1);

    (void)state;
    assert_non_null(line);
    memset(line, 'x', HISTORY_LINE_BYTES);
    line[HISTORY_LINE_BYTES] = '\0';
    history_file_add(path, line);
    assert_string_equal(load(path), "");
    line[HISTORY_LINE_BYTES - 1] = '\0';
    history_file_add(path, line);
    assert_int_equal(strlen(load(path)), HISTORY_LINE_BYTES);
    free(line);
    free(path);
}

static size_t lines_of(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void test_bounded(void **state)
{
    char *path = path_below("home");
    char line[200];
    struct stat before, after;

    (void)state;
    for (int i = 1; i <= 1500; i++) {
        snprintf(line, sizeof line, "line %d", i);
        history_file_add(path, line);
    }
    load(path);
    assert_int_equal(lines_of(loaded), HISTORY_LINES);
    assert_memory_equal(loaded, "line 501\n", 9);

    memset(line, 'y', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < 5000; i++)
        history_file_add(path, line);
    assert_int_equal(stat(path, &before), 0);
    load(path);
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_size > 1000000 && after.st_size < 200000);
    assert_int_equal(mode_of(path), 0600);
    assert_true(lines_of(loaded) > 600 && lines_of(loaded) < HISTORY_LINES);
    /* nothing is lost, and nothing is left beside it */
    history_file_add(path, "the newest");
    load(path);
    assert_non_null(strstr(loaded, "y\nthe newest\n"));
    assert_int_equal(rename(path, state_file("moved")), 0);
    assert_int_equal(rmdir(state_file("home/mirrorsh")), 0);
    free(path);
}

/* Others add while one cuts again and again. */
static void test_beside_each_other(void **state)
{
    enum { WRITERS = 4, LINES = 100 };
    char *path = path_below("home");
    char line[200];
    FILE *old = fopen(path, "w");

    (void)state;
    assert_non_null(old);
    for (int i = 0; i < 3000; i++)
        fprintf(old, "%0*d\n", 120, i);
    fclose(old);
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            for (int i = 0; i < LINES; i++) {
                snprintf(line, sizeof line, "writer %d line %d", w, i);
                history_file_add(path, line);
            }
            _exit(0);
        }
    for (int i = 0; i < 50; i++)
        load(path);
    while (wait(NULL) > 0)
        load(path);
    load(path);
    for (int w = 0; w < WRITERS; w++)
        for (int i = 0; i < LINES; i++) {
            snprintf(line, sizeof line, "\nwriter %d line %d\n", w, i);
            assert_non_null(strstr(loaded, line));
        }
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_private, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_home, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_no_place, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_long_lines, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_bounded, make_state, remove_state),
        cmocka_unit_test_setup_teardown(test_beside_each_other, make_state, remove_state),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(loaded);
    return failed;
}
