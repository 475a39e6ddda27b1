/* Where mirrorsh begins: decides whether this process is the box, holds one behind its
 * client, or attaches to one that runs; then hands over. Nobody else exits. */
#include "client/interactive.h"
#include "client/live.h"
#include "client/options.h"
#include "client/script.h"
#include "client/suggest.h"
#include "client/terminal.h"
#include "journal/journal.h"
#include "protocol.h"
#include "running/check_file.h"
#include "server/box.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Descriptors 0 to 2 exist, whatever we were started with: a socket of the box that got one of
 * their numbers would be written to by every message. What is written to these fails. */
static void fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* A box needs many: a receiver takes several for each worker. As many as the system lets us have.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static struct box *daemon_box;

static void end_daemon(int number)
{
    (void)number;
    box_end(daemon_box);
}

static void set_handler(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

enum { RETRY_FOR_MS = 3000, RETRY_EVERY_MS = 50 };

/* A box that ends, or a command that had one to itself, may still hold the state directory or
 * the socket; false once that has gone on for RETRY_FOR_MS. */
static bool wait_for_other(int error, int *waited)
{
    const struct timespec pause = {.tv_nsec = RETRY_EVERY_MS * 1000000L};

    if ((error != -EWOULDBLOCK && error != -EADDRINUSE) || *waited >= RETRY_FOR_MS)
        return false;
    nanosleep(&pause, NULL);
    *waited += RETRY_EVERY_MS;
    return true;
}

static int run_daemon(const struct box_options *options)
{
    sigset_t ends, before;
    char why[512];
    int failed, waited = 0;

    set_handler(SIGPIPE, SIG_IGN);
    set_handler(SIGHUP, SIG_IGN);
    /* An end that is asked for while the box opens waits until there is a box to end; the
     * threads it starts meanwhile never see the signals. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, &before);
    do
        failed = box_open(&daemon_box, options, why, sizeof why);
    while (wait_for_other(failed, &waited));
    if (failed) {
        journal(LOG_ERR, "%s", why);
        return STATUS_NO_BOX;
    }
    set_handler(SIGTERM, end_daemon);
    set_handler(SIGINT, end_daemon);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    failed = box_run(daemon_box);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    box_close(daemon_box);
    return failed < 0 ? STATUS_NO_BOX : STATUS_OK;
}

/* Its journal is standard error. */
static int run_service(const struct box_options *options)
{
    int error = journal_open();

    if (error < 0)
        fprintf(stderr, "mirrorsh: %s\n", strerror(-error));
    int status = run_daemon(options);
    journal_close();
    return status;
}

/* A connection to the running box or to one in this process (*box then); -1: neither, which
 * was said. */
static int reach_box(const struct options *options, struct box **box)
{
    struct box_options own = {.state = options->state,
                              .socket = options->offline ? NULL : options->socket,
                              .offline = options->offline};
    char why[512];
    int fd, failed, waited = 0;

    do { /* a box that begins while we wait is one to attach to */
        fd = options->offline ? -ENOENT : protocol_connect(options->socket, 0);
        if (fd >= 0)
            return fd;
        if (fd != -ENOENT && fd != -ECONNREFUSED) {
            fprintf(stderr, "mirrorsh: %s: %s\n", options->socket, strerror(-fd));
            return -1;
        }
        failed = box_open(box, &own, why, sizeof why);
    } while (wait_for_other(failed, &waited));
    if (failed) {
        fprintf(stderr, "mirrorsh: %s\n", why);
        *box = NULL;
        return -1;
    }
    fd = box_start(*box);
    if (fd == 0)
        fd = box_console(*box);
    if (fd < 0)
        fprintf(stderr, "mirrorsh: %s\n", strerror(-fd));
    return fd;
}

static int run_client(struct options *options)
{
    struct interactive_options interactive = {.full_screen = live_possible()};
    bool person = options->script.count == 0 && isatty(STDIN_FILENO);
    struct script_input standard_input = {.path = "-", .fd = STDIN_FILENO};
    struct script script = options->script;
    struct box *box = NULL;
    char why[512];
    int fd, status = STATUS_NO_BOX;

    script.full_screen = interactive.full_screen;
    if (!person && script.count == 0) {
        script.inputs = &standard_input;
        script.count = 1;
    }
    if (!person && !script_open(&script, why, sizeof why)) {
        fprintf(stderr, "mirrorsh: %s\n", why);
        return STATUS_USAGE;
    }
    fd = reach_box(options, &box);
    interactive.ends_mirroring = box && !options->offline;
    if (!box)
        terminal_stoppable();
    if (fd >= 0 && interactive.ends_mirroring && !person)
        fprintf(stderr, "mirrorsh: no box at %s: started one in this process\n", options->socket);
    if (fd >= 0)
        status = person ? interactive_run(fd, &interactive) : script_run(&script, fd);
    if (box)
        box_close(box);
    return status;
}

static int run_check(const char *path)
{
    int problems = check_file(path);

    if (problems < 0)
        fprintf(stderr, "mirrorsh: %s: %s\n", path, strerror(-problems));
    return problems < 0 ? STATUS_USAGE : problems ? STATUS_FAILED : STATUS_OK;
}

int main(int argc, char **argv)
{
    struct options options;
    int status = STATUS_OK;

    fill_standard_descriptors();
    raise_descriptor_limit();
    terminal_locale();
    /* What the completions of the shells ask; no option, because nobody types it. */
    if (argc > 3 && strcmp(argv[1], "--complete") == 0) {
        terminal_signals();
        return suggest(atoi(argv[2]), argc - 3, argv + 3);
    }
    if (!options_parse(&options, argc, argv)) {
        status = STATUS_USAGE;
    } else if (options.help) {
        options_usage(stdout);
    } else if (options.version) {
        puts("mirrorsh " MIRRORSH_VERSION);
    } else if (options.check) {
        status = run_check(options.check);
    } else if (options.daemon) {
        status = run_service(&(struct box_options){
            .state = options.state, .socket = options.socket, .verbose = options.verbose});
    } else {
        terminal_signals();
        status = run_client(&options);
    }
    free(options.script.inputs);
    return status;
}
