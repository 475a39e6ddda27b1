/* Signals stay the main thread's, whatever the engine starts.
 * links:
 * engine/side_by_side.c engine/thread.c */
#include "../../engine/side_by_side.h"
#include "../../engine/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

static pthread_t main_thread;
static pthread_barrier_t all_begun;
static atomic_int blocked, others;

static void look_at_mask(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH};
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        blocked += sigismember(&mask, numbers[i]);
    others++;
}

static void *run(void *argument)
{
    look_at_mask();
    return argument;
}

static void begin(void)
{
    main_thread = pthread_self();
    blocked = others = 0;
}

/* What the main thread takes, as before. */
static void assert_taken(void)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGUSR1));
    assert_int_equal(blocked, 6 * others);
}

static void test_one(void **state)
{
    (void)state;
    pthread_t thread;
    int told = 0;
    void *returned;
    begin();
    assert_int_equal(thread_start(&thread, run, &told), 0);
    pthread_join(thread, &returned);
    assert_ptr_equal(returned, &told);
    assert_int_equal(others, 1);
    assert_taken();
}

/* Each index is a thread's own, since none goes on before all have one. */
static void work(void *context, unsigned index)
{
    (void)context;
    (void)index;
    if (!pthread_equal(pthread_self(), main_thread))
        look_at_mask();
    pthread_barrier_wait(&all_begun);
}

static void test_side_by_side(void **state)
{
    (void)state;
    begin();
    pthread_barrier_init(&all_begun, NULL, 4);
    side_by_side(4, work, NULL);
    pthread_barrier_destroy(&all_begun);
    assert_int_equal(others, 3);
    assert_taken();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
