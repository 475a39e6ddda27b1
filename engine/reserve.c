/* The thread that makes rings ready, and the few that are. */
#include "reserve.h"
#include "thread.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { KEPT_SECONDS = 10 };

struct reserve {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    bool ending;
    size_t size, least;    /* wanted, of each: of one, of several */
    unsigned wanted;       /* more as more are asked for than there are */
    unsigned count;        /* of those kept */
    struct timespec until; /* wanted until then, of the steady clock */
    struct capture *kept[RESERVE_MOST];
};

static size_t wanted_size(const struct reserve *reserve)
{
    return reserve->wanted > 1 ? reserve->least : reserve->size;
}

/* Takes one out that does not suit what is wanted now; NULL: none such. */
static struct capture *unwanted(struct reserve *reserve)
{
    for (unsigned i = 0; i < reserve->count; i++) {
        struct capture *capture = reserve->kept[i];
        if (i < reserve->wanted && capture_suits(capture, wanted_size(reserve), 0))
            continue;
        reserve->kept[i] = reserve->kept[--reserve->count];
        return capture;
    }
    return NULL;
}

/* Waits for a change; when none comes for long enough nothing is wanted any more. */
static void rest(struct reserve *reserve)
{
    if (!reserve->wanted)
        pthread_cond_wait(&reserve->changed, &reserve->lock);
    else if (pthread_cond_timedwait(&reserve->changed, &reserve->lock, &reserve->until))
        reserve->wanted = 0;
}

/* One step with the lock given away, as both make the kernel wait. */
static void make_one(struct reserve *reserve)
{
    struct capture *capture = NULL;
    size_t size = wanted_size(reserve);
    pthread_mutex_unlock(&reserve->lock);
    int error = capture_make(&capture, size, 0);
    if (!error && !capture_suits(capture, size, 0)) { /* memory is short, and would be again */
        capture_close(capture);
        error = -ENOMEM;
    }
    pthread_mutex_lock(&reserve->lock);
    if (error)
        reserve->wanted = 0; /* who needs one will be told why there is none */
    else
        reserve->kept[reserve->count++] = capture;
}

static void *run(void *argument)
{
    struct reserve *reserve = argument;
    struct capture *capture;
    pthread_mutex_lock(&reserve->lock);
    while (!reserve->ending) {
        if ((capture = unwanted(reserve))) {
            pthread_mutex_unlock(&reserve->lock);
            capture_close(capture);
            pthread_mutex_lock(&reserve->lock);
        } else if (reserve->count < reserve->wanted) {
            make_one(reserve);
        } else {
            rest(reserve);
        }
    }
    pthread_mutex_unlock(&reserve->lock);
    return NULL;
}

struct reserve *reserve_new(void)
{
    struct reserve *reserve = calloc(1, sizeof *reserve);
    pthread_condattr_t steady;
    if (!reserve)
        return NULL;
    pthread_mutex_init(&reserve->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&reserve->changed, &steady);
    pthread_condattr_destroy(&steady);
    if (thread_start(&reserve->thread, run, reserve)) {
        pthread_cond_destroy(&reserve->changed);
        pthread_mutex_destroy(&reserve->lock);
        free(reserve);
        return NULL;
    }
    pthread_setname_np(reserve->thread, "mirrorsh-rings");
    return reserve;
}

void reserve_free(struct reserve *reserve)
{
    if (!reserve)
        return;
    pthread_mutex_lock(&reserve->lock);
    reserve->ending = true;
    pthread_cond_signal(&reserve->changed);
    pthread_mutex_unlock(&reserve->lock);
    pthread_join(reserve->thread, NULL);
    while (reserve->count)
        capture_close(reserve->kept[--reserve->count]);
    pthread_cond_destroy(&reserve->changed);
    pthread_mutex_destroy(&reserve->lock);
    free(reserve);
}

/* What it has may be of before a commit that has changed rings or workers: only who asks knows how
 * small one may be. */
struct capture *reserve_take(struct reserve *reserve, size_t size, size_t least, size_t frame_size)
{
    struct capture *taken = NULL;
    if (!reserve)
        return NULL;
    pthread_mutex_lock(&reserve->lock);
    if (reserve->wanted > 1)
        size = least;
    for (unsigned i = 0; !taken && i < reserve->count; i++) {
        if (!capture_suits(reserve->kept[i], size, frame_size))
            continue;
        taken = reserve->kept[i];
        reserve->kept[i] = reserve->kept[--reserve->count];
        pthread_cond_signal(&reserve->changed);
    }
    if (!taken && reserve->wanted && reserve->wanted < RESERVE_MOST)
        reserve->wanted++;
    pthread_mutex_unlock(&reserve->lock);
    return taken;
}

void reserve_want(struct reserve *reserve, size_t size, size_t least)
{
    if (!reserve)
        return;
    pthread_mutex_lock(&reserve->lock);
    clock_gettime(CLOCK_MONOTONIC, &reserve->until);
    reserve->until.tv_sec += KEPT_SECONDS;
    reserve->size = size;
    reserve->least = least;
    if (!reserve->wanted)
        reserve->wanted = 1;
    pthread_cond_signal(&reserve->changed);
    pthread_mutex_unlock(&reserve->lock);
}
