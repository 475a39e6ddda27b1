/* Threads that take one index after another until none is left. */
#include "side_by_side.h"
#include "thread.h"

#include <stdatomic.h>
#include <stddef.h>

enum { THREADS_MOST = 32 };

struct task {
    side_by_side_fn *work;
    void *context;
    unsigned count;
    atomic_uint next;
};

static void *take_all(void *argument)
{
    struct task *task = argument;
    unsigned index;
    while ((index = atomic_fetch_add(&task->next, 1)) < task->count)
        task->work(task->context, index);
    return NULL;
}

void side_by_side(unsigned count, side_by_side_fn *work, void *context)
{
    struct task task = {.work = work, .context = context, .count = count};
    pthread_t threads[THREADS_MOST];
    unsigned started = 0;
    while (started + 1 < count && started < THREADS_MOST &&
           !thread_start(&threads[started], take_all, &task))
        started++;
    take_all(&task);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}
