/* The box: opens store, engine and server in the order that a start needs, and runs the
 * control thread's loop over them: see box.h. */
#include "box.h"
#include "../clock.h"
#include "../journal/journal.h"
#include "notify.h"
#include "server.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVICE_MS = 1000, WHY_MAX = 600 };

struct box {
    struct store *store;
    struct engine *engine; /* NULL: offline */
    struct running running;
    struct server server;
    struct notify notify;
    int wake; /* eventfd: box_end, or a console of this process */
    atomic_bool ending;
    pthread_mutex_t lock; /* for `arriving` */
    int *arriving;        /* descriptors of consoles that the control thread shall take */
    size_t arriving_count;
    pthread_t thread;
    bool started;
};

/* ---- start and end ---- */

static uint64_t random_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)clock_ms() ^ (uint64_t)getpid() << 32;
    return seed;
}

/* engine_tell_fn: of one session or receiver only so often. */
static void tell_news(void *context, enum engine_news news, const char *subject, const char *text)
{
    static const int priorities[] = {
        [NEWS_FAULT] = LOG_WARNING, [NEWS_WELL] = LOG_NOTICE, [NEWS_DETAIL] = LOG_DEBUG};

    (void)context;
    if (news == NEWS_DETAIL)
        journal(LOG_DEBUG, "%s %s", subject, text);
    else
        journal_about(subject, priorities[news], "%s %s", subject, text);
}

/* The socket first: a box that runs already has to be noticed before anything is touched. */
static int open_parts(struct box *box, const struct box_options *options, char *why,
                      size_t why_size)
{
    struct engine_options engine_options = {
        .workers = 1, .tell = tell_news, .details = options->verbose};
    int error = store_open(&box->store, options->state, why, why_size);

    if (error < 0)
        return error;
    error = server_open(&box->server, options->offline ? NULL : options->socket, why, why_size);
    if (error < 0)
        return error;
    box->server.running = &box->running;
    box->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (box->wake < 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        return -errno;
    }
    if (!options->offline) {
        error = engine_start(&box->engine, &engine_options, why, why_size);
        if (error < 0)
            return error;
    }
    error = running_open(&box->running, box->store, box->engine, random_seed());
    if (error < 0)
        snprintf(why, why_size, "%s", strerror(-error));
    box->running.tell = server_tell;
    box->running.tell_context = &box->server;
    return error;
}

int box_open(struct box **result, const struct box_options *options, char *why, size_t why_size)
{
    struct box *box = calloc(1, sizeof *box);
    int error;

    *result = NULL;
    schema_root(); /* built here, before there are threads */
    if (!box) {
        snprintf(why, why_size, "out of memory");
        return -ENOMEM;
    }
    box->wake = -1;
    box->notify.fd = -1;
    box->server.listener.fd = -1;
    pthread_mutex_init(&box->lock, NULL);
    error = open_parts(box, options, why, why_size);
    if (error < 0) {
        box_close(box);
        return error;
    }
    *result = box;
    return 0;
}

void box_end(struct box *box)
{
    const uint64_t one = 1;
    int saved = errno;

    atomic_store(&box->ending, true);
    if (write(box->wake, &one, sizeof one) < 0) {
        /* its counter is full: the control thread is awake */
    }
    errno = saved;
}

void box_close(struct box *box)
{
    if (!box)
        return;
    if (box->started) {
        box_end(box);
        pthread_join(box->thread, NULL);
        journal_quiet(false);
    }
    for (size_t i = 0; i < box->arriving_count; i++)
        close(box->arriving[i]);
    free(box->arriving);
    server_close(&box->server);
    running_close(&box->running);
    engine_stop(box->engine);
    store_close(box->store);
    if (box->wake >= 0)
        close(box->wake);
    pthread_mutex_destroy(&box->lock);
    free(box);
}

/* ---- the control thread ---- */

int box_console(struct box *box)
{
    int pair[2], error = 0;
    const uint64_t one = 1;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pthread_mutex_lock(&box->lock);
    int *more = realloc(box->arriving, (box->arriving_count + 1) * sizeof *more);
    if (more) {
        box->arriving = more;
        more[box->arriving_count++] = pair[1];
    } else {
        error = -ENOMEM;
    }
    pthread_mutex_unlock(&box->lock);
    if (error == 0 && write(box->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        error = -errno;
    if (error < 0) {
        close(pair[0]);
        if (!more)
            close(pair[1]);
        return error;
    }
    return pair[0];
}

static void take_arriving(struct box *box)
{
    uint64_t times;

    if (read(box->wake, &times, sizeof times) < 0)
        return;
    pthread_mutex_lock(&box->lock);
    for (size_t i = 0; i < box->arriving_count; i++)
        server_add(&box->server, box->arriving[i]);
    box->arriving_count = 0;
    pthread_mutex_unlock(&box->lock);
}

/* "2 sessions up, 1 down; 3 receivers up", behind what a start had to fall back to. */
static void status_text(const struct box *box, char text[static NOTIFY_STATUS_MAX])
{
    const char *fallback = store_fallback(box->store);
    struct engine_summary is = {0};
    char down[40] = "", disabled[40] = "", lost[40] = "";

    if (box->engine)
        is = engine_summary(box->engine);
    if (is.sessions_down > 0)
        snprintf(down, sizeof down, ", %zu down", is.sessions_down);
    if (is.sessions_disabled > 0)
        snprintf(disabled, sizeof disabled, ", %zu disabled", is.sessions_disabled);
    if (is.receivers_down > 0)
        snprintf(lost, sizeof lost, ", %zu down", is.receivers_down);
    snprintf(text, NOTIFY_STATUS_MAX, "%s%s%zu session%s up%s%s; %zu receiver%s up%s",
             fallback ? fallback : "", fallback ? "; " : "", is.sessions_up,
             is.sessions_up == 1 ? "" : "s", down, disabled, is.receivers_up,
             is.receivers_up == 1 ? "" : "s", lost);
}

/* To the journal and to systemd. */
static void tell_how_it_fares(struct box *box)
{
    int64_t now_ms = clock_ms();
    char text[NOTIFY_STATUS_MAX];

    journal_tick(now_ms);
    status_text(box, text);
    notify_tick(&box->notify, text, now_ms);
}

/* One round: waits for the wake-up, the engine, the disk and the consoles, and serves those. */
static int run_once(struct box *box, int64_t *serviced)
{
    enum { WAKE, ENGINE, SAVED, SERVER };
    int64_t since = clock_ms() - *serviced;
    int timeout = since >= SERVICE_MS ? 0 : (int)(SERVICE_MS - since);
    size_t count;
    struct pollfd *polls = server_poll(&box->server, SERVER, &count, &timeout);

    if (!polls)
        return -ENOMEM;
    polls[WAKE] = (struct pollfd){.fd = box->wake, .events = POLLIN};
    polls[ENGINE] =
        (struct pollfd){.fd = box->engine ? engine_descriptor(box->engine) : -1, .events = POLLIN};
    polls[SAVED] = (struct pollfd){.fd = running_descriptor(&box->running), .events = POLLIN};
    if (poll(polls, count, timeout) < 0)
        return errno == EINTR ? 0 : -errno;
    if (polls[ENGINE].revents || clock_ms() - *serviced >= SERVICE_MS) {
        if (box->engine)
            engine_service(box->engine);
        tell_how_it_fares(box);
        *serviced = clock_ms();
    }
    if (polls[SAVED].revents)
        running_service(&box->running);
    running_tick(&box->running);
    server_serve(&box->server, polls + SERVER, count - SERVER);
    if (polls[WAKE].revents)
        take_arriving(box);
    return 0;
}

int box_run(struct box *box)
{
    int64_t serviced = clock_ms();
    int error = 0;

    journal(LOG_NOTICE, "mirrorsh " MIRRORSH_VERSION " has started");
    journal_flush(); /* what a start has to say is read by who waits for it */
    notify_open(&box->notify);
    notify_send(&box->notify, "READY=1");
    /* who waits for a commit that is being saved is told how it went */
    while (error == 0 && !(atomic_load(&box->ending) && running_end(&box->running)))
        error = run_once(box, &serviced);
    notify_send(&box->notify, "STOPPING=1");
    notify_close(&box->notify);
    if (error < 0)
        journal(LOG_ERR, "mirrorsh ends: %s", strerror(-error));
    else
        journal(LOG_NOTICE, "mirrorsh ends");
    return error;
}

static void *run_in_thread(void *argument)
{
    box_run(argument);
    return NULL;
}

int box_start(struct box *box)
{
    journal_quiet(true); /* a console has the terminal */
    int error = pthread_create(&box->thread, NULL, run_in_thread, box);

    box->started = error == 0;
    return -error;
}
