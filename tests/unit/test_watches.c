/* A session that is watched has a tap for every worker that there is or will be, in every data
 * plane that has the session. */
#include "../../engine/watches.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORKERS = 3 };

/* A data plane of two sessions, whose names are these. */
static void aim(struct watched *watched, const char *first, const char *second,
                struct tap *taps[WORKERS][2])
{
    char names[2][8];
    struct mirror_target target = {.name = names[0]};
    struct mirror_session sessions[2] = {{.name = names[0], .filter = NO_FILTER},
                                         {.name = names[1], .filter = NO_FILTER}};
    const struct mirror_config config = {
        .targets = &target, .target_count = 1, .sessions = sessions, .session_count = 2};
    struct workload workloads[WORKERS] = {{0}};
    struct dataplane dataplane = {.workloads = workloads};
    snprintf(names[0], sizeof names[0], "%s", first);
    snprintf(names[1], sizeof names[1], "%s", second);
    dataplane.numbering = numbering_new(&config, NULL, 0);
    assert_non_null(dataplane.numbering);
    for (int i = 0; i < WORKERS; i++) {
        taps[i][0] = taps[i][1] = NULL;
        workloads[i].taps = taps[i];
    }
    watches_aim(watched, &dataplane, WORKERS);
    numbering_free(dataplane.numbering);
}

static void test_taps(void **state)
{
    char name[] = "web";
    struct watched watched = {.session = name};
    struct engine_watch watch = {.watched = &watched};
    struct tap *taps[WORKERS][2], *before;
    (void)state;
    watched.first = &watch;
    assert_true(watches_make_room(&watched, 1));
    assert_int_equal(watched.count, 1);
    before = watched.taps[0];
    watch.position[0] = 7;
    assert_true(watches_make_room(&watched, WORKERS));
    assert_int_equal(watched.count, WORKERS);
    assert_ptr_equal(watched.taps[0], before);
    assert_int_equal(watch.position[0], 7);
    assert_int_equal(watch.position[2], 0);
    assert_true(watches_make_room(&watched, 1)); /* what fewer workers left is read on */
    assert_int_equal(watched.count, WORKERS);

    aim(&watched, "other", "web", taps);
    assert_int_equal(watched.number, 1);
    for (int i = 0; i < WORKERS; i++) {
        assert_null(taps[i][0]);
        assert_ptr_equal(taps[i][1], watched.taps[i]);
    }
    aim(&watched, "web", "web2", taps);
    assert_int_equal(watched.number, 0);
    assert_ptr_equal(taps[2][0], watched.taps[2]);
    assert_null(taps[2][1]);
    aim(&watched, "net", "web2", taps);
    assert_int_equal(watched.number, NO_SLOT);
    assert_null(taps[0][0]);
    assert_null(taps[0][1]);

    for (int i = 0; i < WORKERS; i++)
        tap_free(watched.taps[i]);
    free(watched.taps);
    free(watch.position);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
