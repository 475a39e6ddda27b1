/* The journal: what is kept, what is written to whom, and that nobody waits for who does not read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/journal/entries.h"
#include "../../shell/journal/journal.h"
#include "../../shell/journal/subjects.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- standard error is a pipe ---- */

static int pipe_end = -1, kept_error = -1;

static void capture_error(void)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    kept_error = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    pipe_end = ends[0];
}

static void release_error(void)
{
    fflush(stderr);
    dup2(kept_error, STDERR_FILENO);
    close(kept_error);
}

/* What was written up to this text, or to its end; malloced. */
static char *read_error(const char *until)
{
    size_t size = 1 << 20, length = 0;
    char *text = calloc(1, size);
    ssize_t got;

    assert_non_null(text);
    while (!(until && strstr(text, until)) &&
           (got = read(pipe_end, text + length, size - length - 1)) > 0)
        length += (size_t)got;
    return text;
}

static void test_plain(void **state)
{
    (void)state;
    capture_error();
    assert_int_equal(journal_open(), 0);
    journal(LOG_NOTICE, "commit by %s", "anna");
    journal(LOG_DEBUG, "link");
    journal_close();
    release_error();
    char *text = read_error(NULL);
    assert_string_equal(text, "mirrorsh: commit by anna\nmirrorsh: link\n");
    free(text);
}

/* What is held back when the box ends is told then. */
static void test_held_back(void **state)
{
    (void)state;
    capture_error();
    assert_int_equal(journal_open(), 0);
    for (int i = 1; i <= 7; i++)
        journal_about("session a", LOG_NOTICE, "session a is up, %d", i);
    journal_close();
    release_error();
    char *text = read_error(NULL);
    assert_non_null(
        strstr(text, "is up, 5\nmirrorsh: session a is up, 7 (1 before it not told)\n"));
    free(text);
}

static void test_systemd(void **state)
{
    struct stat about;
    char stream[64];

    (void)state;
    capture_error();
    fstat(STDERR_FILENO, &about);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)about.st_dev,
             (unsigned long long)about.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    assert_int_equal(journal_open(), 0);
    journal(LOG_ERR, "one");
    journal_flush();
    journal(LOG_INFO, "two");
    journal_close();
    unsetenv("JOURNAL_STREAM");
    release_error();
    char *text = read_error(NULL);
    assert_string_equal(text, "<3>one\n<6>two\n");
    free(text);
}

/* Nothing that a user types begins a line, or is obeyed by who reads it at a terminal. */
static void test_forged(void **state)
{
    char *long_text = malloc(10000);

    (void)state;
    assert_non_null(long_text);
    memset(long_text, 'x', 9999);
    long_text[9999] = '\0';
    capture_error();
    assert_int_equal(journal_open(), 0);
    journal(LOG_NOTICE, "commit by a: %s", "b\n<0>forged\r\x1b[2J\x7f \xc2\x85 \xff 世界");
    journal(LOG_NOTICE, "%s", long_text);
    journal_close();
    release_error();
    char *text = read_error(NULL), *second = strchr(text, '\n') + 1;
    *(second - 1) = '\0';
    assert_string_equal(text, "mirrorsh: commit by a: b\\x0a<0>forged\\x0d\\x1b[2J\\x7f "
                              "\\xc2\\x85 \\xff 世界");
    assert_true(strlen(second) < PIPE_BUF && strstr(second, "xxx...\n"));
    assert_ptr_equal(strchr(second, '\n')[1], '\0');
    free(text);
    free(long_text);
}

/* Whoever reads has stopped: what comes meanwhile waits for nobody, and is counted. */
static void test_not_read(void **state)
{
    enum { SAID = 3 * ENTRIES_KEPT };
    unsigned lines = 0, lost = 0, number, last = 0, gap = 0;
    size_t count;

    (void)state;
    capture_error();
    assert_int_equal(journal_open(), 0);
    for (unsigned i = 1; i <= SAID; i++)
        journal(LOG_NOTICE, "number %u", i);
    journal_flush(); /* gives up */
    struct journal_entry *entries = journal_entries(1, &count);
    assert_int_equal(count, 1);
    assert_string_equal(entries->text, "number 6000");
    free(entries);

    char *text = read_error("number 6000\n"), *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (sscanf(line, "mirrorsh: %u lines are lost here", &gap) == 1) {
            lost += gap;
            continue;
        }
        assert_int_equal(sscanf(line, "mirrorsh: number %u", &number), 1);
        assert_int_equal(number, last + 1 + gap); /* they are missing just here */
        gap = 0;
        last = number;
        lines++;
    }
    assert_in_range(lost, 1, SAID - ENTRIES_KEPT);
    assert_int_equal(lines + lost, SAID);
    journal_close();
    release_error();
    close(pipe_end);
    free(text);
}

/* One that never reads again: the end does not wait for it. */
static void test_never_read(void **state)
{
    (void)state;
    capture_error();
    assert_int_equal(journal_open(), 0);
    for (unsigned i = 0; i < 2 * ENTRIES_KEPT; i++)
        journal(LOG_NOTICE, "a line that takes some of the room that there is in a pipe");
    journal_close();
    release_error();
    close(pipe_end); /* lets the writer go */
}

/* ---- what is kept ---- */

static void test_kept(void **state)
{
    size_t count;

    (void)state;
    for (unsigned i = 0; i < 2 * ENTRIES_KEPT; i++) {
        if (i % 1000 == 0)
            journal(LOG_WARNING, "matters %u", i);
        journal(LOG_INFO, "login %u", i);
    }
    struct journal_entry *entries = journal_entries(JOURNAL_ENTRIES_MAX, &count);
    assert_int_equal(count, ENTRIES_KEPT + 4); /* none that matters went for those that do not */
    assert_string_equal(entries[0].text, "matters 0");
    assert_string_equal(entries[2].text, "matters 2000");
    assert_string_equal(entries[3].text, "login 2000");
    assert_string_equal(entries[count - 1].text, "login 3999");
    assert_int_equal(entries[count - 1].priority, LOG_INFO);
    free(entries);
    entries = journal_entries(2, &count);
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].text, "login 3998");
    free(entries);
    journal_close();
    entries = journal_entries(2, &count);
    assert_int_equal(count, 0);
    free(entries);
}

/* ---- subjects ---- */

struct told {
    unsigned count, untold;
    char last[100];
    int priority;
};

static void note(void *context, int priority, const char *text, unsigned untold)
{
    struct told *told = context;

    told->count++;
    told->untold += untold;
    told->priority = priority;
    snprintf(told->last, sizeof told->last, "%s", text);
}

/* It flaps ten times a second for two minutes, and stays up. */
static void test_flapping(void **state)
{
    struct subjects subjects = {0};
    struct told told = {0};
    int64_t now = 1000;

    (void)state;
    for (unsigned i = 0; i < 1200; i++, now += 100) {
        subjects_say(&subjects, "a", i % 2 ? LOG_WARNING : LOG_NOTICE, i % 2 ? "down" : "up", now,
                     note, &told);
        if (i % 10 == 0)
            subjects_tick(&subjects, now, note, &told);
    }
    subjects_say(&subjects, "b", LOG_WARNING, "another is down", now, note, &told);
    assert_string_equal(told.last, "another is down"); /* is not concerned */
    subjects_say(&subjects, "a", LOG_NOTICE, "up at last", now, note, &told);
    assert_in_range(told.count, 10, 18);
    for (unsigned i = 0; i < 13; i++, now += 1000)
        subjects_tick(&subjects, now, note, &told);
    assert_string_equal(told.last, "up at last");
    assert_int_equal(told.priority, LOG_NOTICE);
    assert_int_equal(told.count + told.untold, 1202);
    subjects_tick(&subjects, now + 100000, note, &told);
    assert_null(subjects.first); /* all is forgotten */
    assert_null(subjects.by_name);
    subjects_free(&subjects);
}

/* A thousand go down at once: that takes its time, and each is told once. */
static void test_many(void **state)
{
    struct subjects subjects = {0};
    struct told told = {0};
    int64_t now = 1000;
    char name[20];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "session %u", i);
        subjects_say(&subjects, name, LOG_WARNING, name, now, note, &told);
    }
    assert_int_equal(told.count, ALL_AT_ONCE);
    assert_string_equal(told.last, "session 199");
    subjects_tick(&subjects, now += 1000, note, &told);
    assert_int_equal(told.count, ALL_AT_ONCE + 1000 / ALL_EVERY_MS);
    for (unsigned i = 0; i < 60; i++)
        subjects_tick(&subjects, now += 1000, note, &told);
    assert_int_equal(told.count, 1000);
    assert_int_equal(told.untold, 0);
    assert_string_equal(told.last, "session 999");
    subjects_free(&subjects);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),    cmocka_unit_test(test_held_back),
        cmocka_unit_test(test_systemd),  cmocka_unit_test(test_forged),
        cmocka_unit_test(test_not_read), cmocka_unit_test(test_never_read),
        cmocka_unit_test(test_kept),     cmocka_unit_test(test_flapping),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
