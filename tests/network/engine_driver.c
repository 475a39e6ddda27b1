/* Runs the engine alone, for network/engine.sh: a configuration from the arguments, some
 * seconds of work (or until SIGTERM), and a status in lines of NAME=VALUE. Every status
 * taken on the way is checked: sums must hold exactly.
 *
 *   engine_driver [-a] [-w WORKERS] [-t SECONDS] [-c MS] [-n] [-p MS] [-x COMMAND] WORD...
 *     -c: commits every so many milliseconds, every other time with one more session
 *     -a: these others are prepared and abandoned
 *     -n: makes the kernel refuse to segment: SO_NO_CHECK on all sockets, which excludes it
 *     -p: a checked status every so many milliseconds
 *     -x: at each commit but the first runs it with one more word: "before" it is prepared, "while"
 *         it is (and serves until a plan follows, if that succeeds), and "then"
 *   WORD: see engine_words.h
 * Prints "ready" when the first commit is done, and a status upon SIGUSR1. SIGHUP begins or ends
 * what -n does. SIGUSR2: from then on
 * the kernel refuses io_uring_enter. */
#include "engine_words.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended, asked, refused, toggled;

static void on_signal(int number)
{
    if (number == SIGUSR1)
        asked = 1;
    else if (number == SIGUSR2)
        refused = 1;
    else if (number == SIGHUP)
        toggled = 1;
    else
        ended = 1;
}

static void on_problem(void *context, const char *session, const char *text)
{
    (void)context;
    printf("problem %s: %s\n", session, text);
}

static void look(struct engine *engine, bool print);

static uint64_t now_ms(void);
static void check(bool holds, const char *what, const char *name);
static const char *meanwhile; /* NULL: nothing */
static bool abandoning;

static bool run(const char *when)
{
    char command[300];
    snprintf(command, sizeof command, "%s %s", meanwhile, when);
    return !system(command);
}

/* What the interfaces have received, and how many plans there were. */
static void ask(struct engine *engine, uint64_t *received, uint64_t *plans)
{
    struct engine_status *status = engine_status(engine);
    if (!status)
        die("status", strerror(ENOMEM));
    *plans = status->plans;
    *received = 0;
    for (size_t i = 0; i < status->interface_count; i++)
        *received += status->interfaces[i].counts.received.packets;
    engine_status_free(status);
}

/* Serves until there is another plan, or for so long. */
static void serve(struct engine *engine, uint64_t ms, bool until_plan)
{
    uint64_t received, before, plans, until = now_ms() + ms;
    ask(engine, &received, &before);
    do {
        struct pollfd ready = {.fd = engine_descriptor(engine), .events = POLLIN};
        poll(&ready, 1, 10);
        engine_service(engine);
        ask(engine, &received, &plans);
    } while (now_ms() < until && !(until_plan && plans > before));
}

/* What happens to the machine is published while a commit is prepared. */
static void commit_meanwhile(struct engine *engine, struct engine_change *change)
{
    uint64_t before, after, plans;
    if (run("while"))
        serve(engine, 5000, true);
    if (run("then"))
        serve(engine, 100, false);
    ask(engine, &before, &plans);
    engine_commit(engine, change);
    ask(engine, &after, &plans);
    check(after >= before, "commit", "counters");
}

/* While a commit is prepared, the engine serves and is asked as ever. */
static int commit(struct engine *engine, struct mirror_config *config, bool abandoned)
{
    char why[256] = "";
    static bool committed;
    struct engine_change *change;
    bool disturbed = meanwhile && committed && run("before");
    int error = engine_prepare(engine, config, &change, on_problem, NULL, why, sizeof why);
    if (error == -EINVAL)
        return error;
    if (error)
        die("prepare", why);
    committed = true;
    if (disturbed) {
        commit_meanwhile(engine, change);
        return 0;
    }
    engine_service(engine);
    look(engine, false);
    if (abandoned)
        engine_abandon(engine, change);
    else
        engine_commit(engine, change);
    return 0;
}

static void check(bool holds, const char *what, const char *name)
{
    if (!holds)
        printf("BROKEN %s %s\n", what, name);
}

static bool interface_holds(const struct interface_counts *c)
{
    return c->received.packets == c->mirrored + c->rejected + c->unmatched + c->own;
}

static bool session_holds(const struct session_counts *c)
{
    return c->matched.packets == c->sent.packets + c->sampled_out + session_dropped(c);
}

static void check_totals(const struct totals *totals, const char *whose)
{
    check(interface_holds(&totals->interfaces), "interfaces of", whose);
    check(session_holds(&totals->sessions), "sessions of", whose);
    check(totals->interfaces.mirrored == totals->sessions.matched.packets, "totals of", whose);
}

static void check_sums(const struct engine_status *status)
{
    for (size_t i = 0; i < status->session_count; i++) {
        const struct session_status *s = &status->sessions[i];
        check(session_holds(&s->counts), "session", s->config->name);
    }
    for (size_t i = 0; i < status->interface_count; i++) {
        const struct interface_status *s = &status->interfaces[i];
        check(interface_holds(&s->counts), "interface", s->name);
    }
    for (size_t i = 0; i < status->worker_count; i++) {
        const struct worker_status *s = &status->workers[i];
        check_totals(&s->totals, "a worker");
    }
    check_totals(&status->totals, "all");
}

static void print_status(const struct engine_status *status)
{
    static const char *const states[] = {"up", "down", "disabled"};
    static const char *const links[] = {"up", "down", "absent"};
    for (size_t i = 0; i < status->session_count; i++) {
        const struct session_status *s = &status->sessions[i];
        const struct session_counts *c = &s->counts;
        printf("session %s state=%s matched=%" PRIu64 " matched_bytes=%" PRIu64 " sent=%" PRIu64
               " sent_bytes=%" PRIu64 " truncated=%" PRIu64 " sampled_out=%" PRIu64
               " rate_limit=%" PRIu64 " no_receiver=%" PRIu64 " send_error=%" PRIu64
               " backlog=%" PRIu64 " reason='%s'\n",
               s->config->name, states[s->state], c->matched.packets, c->matched.bytes,
               c->sent.packets, c->sent.bytes, c->truncated, c->sampled_out, c->dropped.rate_limit,
               c->dropped.no_receiver, c->dropped.send_error, c->dropped.backlog, s->reason);
    }
    for (size_t i = 0; i < status->rule_count; i++) {
        const struct rule_status *s = &status->rules[i];
        printf("rule %s %s %u hits=%" PRIu64 " bytes=%" PRIu64 "\n", s->filter->name,
               s->direction == INGRESS ? "in" : "out", (unsigned)s->rule->number,
               s->counts.hits.packets, s->counts.hits.bytes);
    }
    for (size_t i = 0; i < status->receiver_count; i++) {
        const struct receiver_status *s = &status->receivers[i];
        printf("receiver %s %zu state=%s mtu=%u sent=%" PRIu64 " bytes=%" PRIu64 " errors=%" PRIu64
               " reason='%s'\n",
               s->target->name, i, states[s->state], s->mtu, s->counts.sent.packets,
               s->counts.sent.bytes, s->counts.errors, s->reason);
    }
    for (size_t i = 0; i < status->interface_count; i++) {
        const struct interface_status *s = &status->interfaces[i];
        const struct interface_counts *c = &s->counts;
        printf("interface %s link=%s source=%d received=%" PRIu64 " bytes=%" PRIu64
               " dropped=%" PRIu64 " mirrored=%" PRIu64 " rejected=%" PRIu64 " unmatched=%" PRIu64
               " own=%" PRIu64 "\n",
               s->name, links[s->link], s->source, c->received.packets, c->received.bytes,
               s->dropped, c->mirrored, c->rejected, c->unmatched, c->own);
    }
    for (size_t i = 0; i < status->worker_count; i++) {
        const struct worker_status *s = &status->workers[i];
        printf("worker %zu load=%.4f received=%" PRIu64 " batches=%" PRIu64 " batched=%" PRIu64
               " singles=%" PRIu64 " refused=%d\n",
               i, s->load, s->totals.interfaces.received.packets, s->batches, s->batched_packets,
               s->single_packets, s->segmentation_refused);
    }
    printf("engine all plans=%" PRIu64 " workers=%zu rings=%u ring_bytes=%zu\n", status->plans,
           status->worker_count, status->rings, status->ring_bytes);
}

static void look(struct engine *engine, bool print)
{
    struct engine_status *status = engine_status(engine);
    if (!status)
        die("status", strerror(ENOMEM));
    check_sums(status);
    if (print)
        print_status(status);
    engine_status_free(status);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void refuse_segmentation(bool refuse)
{
    enum { DESCRIPTORS = 1024 };
    const int on = refuse;
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        int kind = 0;
        socklen_t size = sizeof kind;
        if (!getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) && kind == SOCK_DGRAM)
            setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);
    }
}

/* For all threads. */
static void refuse_io_uring(void)
{
    struct sock_filter refuse[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_enter, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof refuse / sizeof refuse[0], .filter = refuse};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program))
        die("seccomp", strerror(errno));
}

int main(int argc, char **argv)
{
    struct engine_options options = {.workers = 1};
    uint64_t seconds = 0, commit_ms = 0, look_ms = 0;
    bool refuse = false;
    int option;
    while ((option = getopt(argc, argv, "aw:t:c:np:x:")) != -1) {
        uint64_t value = optarg ? strtoull(optarg, NULL, 10) : 0;
        switch (option) {
        case 'a':
            abandoning = true;
            break;
        case 'w':
            options.workers = (unsigned)value;
            break;
        case 't':
            seconds = value;
            break;
        case 'c':
            commit_ms = value;
            break;
        case 'n':
            refuse = true;
            break;
        case 'p':
            look_ms = value;
            break;
        case 'x':
            meanwhile = optarg;
            break;
        default:
            return 2;
        }
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGUSR1, on_signal);
    signal(SIGHUP, on_signal);
    signal(SIGUSR2, on_signal);
    setvbuf(stdout, NULL, _IOLBF, 0);
    char why[256] = "";
    struct engine *engine;
    if (engine_start(&engine, &options, why, sizeof why))
        die("start", why);
    if (commit(engine, configure(argv + optind, argc - optind, 0), false)) {
        engine_stop(engine);
        return 1;
    }
    refuse_segmentation(refuse);
    printf("ready\n");
    uint64_t begin = now_ms(), committed = begin, looked = begin;
    unsigned commits = 0;
    while (!ended && (!seconds || now_ms() - begin < seconds * 1000)) {
        struct pollfd ready = {.fd = engine_descriptor(engine), .events = POLLIN};
        uint64_t wait = commit_ms && commit_ms < 1000 ? commit_ms : 1000;
        wait = look_ms && look_ms < wait ? look_ms : wait;
        poll(&ready, 1, (int)(wait < 100 ? wait : 100));
        engine_service(engine);
        if (asked) {
            asked = 0;
            look(engine, true);
        }
        if (refused) {
            refused = 0;
            refuse_io_uring();
        }
        if (toggled) {
            toggled = 0;
            refuse_segmentation(refuse = !refuse);
        }
        if (commit_ms && now_ms() - committed >= commit_ms) {
            committed = now_ms();
            commits++;
            commit(engine, configure(argv + optind, argc - optind, commits),
                   abandoning && commits % 2);
        }
        if (look_ms && now_ms() - looked >= look_ms) {
            looked = now_ms();
            look(engine, false);
        }
    }
    poll(NULL, 0, 50); /* what came last is in the ring by then */
    look(engine, true);
    engine_stop(engine);
    return 0;
}
