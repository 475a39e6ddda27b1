/* A thread for each job: see saver.h. Jobs are commits (commit.c has the whole way of one), so few
 * that a thread that waited for the next one would only wait. Between saver_start and the write to
 * `ended` the job's context is the thread's alone; pthread_join in saver_wait hands it back. */
#include "saver.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct saver {
    pthread_t thread;
    bool running;
    int ended; /* eventfd */
    saver_job_fn *job;
    void *context;
};

int saver_open(struct saver **result)
{
    struct saver *saver = calloc(1, sizeof *saver);

    *result = NULL;
    if (!saver)
        return -ENOMEM;
    saver->ended = eventfd(0, EFD_CLOEXEC);
    if (saver->ended < 0) {
        int error = errno;
        free(saver);
        return -error;
    }
    *result = saver;
    return 0;
}

void saver_close(struct saver *saver)
{
    if (!saver)
        return;
    if (saver->running)
        saver_wait(saver);
    close(saver->ended);
    free(saver);
}

static void *run(void *context)
{
    struct saver *saver = context;
    const uint64_t one = 1;

    pthread_setname_np(pthread_self(), "saver");
    saver->job(saver->context);
    while (write(saver->ended, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    return NULL;
}

/* Signals are the main thread's. */
int saver_start(struct saver *saver, saver_job_fn *job, void *context)
{
    sigset_t all, before;
    int error;

    saver->job = job;
    saver->context = context;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&saver->thread, NULL, run, saver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    saver->running = error == 0;
    return -error;
}

int saver_descriptor(const struct saver *saver)
{
    return saver->ended;
}

void saver_wait(struct saver *saver)
{
    uint64_t times;

    pthread_join(saver->thread, NULL);
    saver->running = false;
    while (read(saver->ended, &times, sizeof times) < 0 && errno == EINTR)
        continue;
}
