/* monitor traffic and capture: see traffic.h. A round is a message of packets; the next is sent
 * when the console has shown it. What comes meanwhile waits in the engine, and is missed when that
 * is too much, or, where a person reads it, too old. */
#include "traffic.h"
#include "command_table.h"
#include "monitor.h"
#include "show.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    COUNT_MAX = 1000000000,
    PATH_LENGTH_MAX = 4096,
    READ_ROUND = 16 * 1024, /* bytes that a person gets at once: a ^C is not far away */
    ROUND = 256 * 1024,
    STALE_S = 1, /* a person sees what happens now */
};

struct traffic {
    struct engine_watch *watch;
    char *session;
    bool read; /* by a person */
    bool unshown;
    uint64_t count, sent; /* packets: wanted, 0: until it is interrupted; so far */
    uint8_t *round;       /* that is filled: ROUND bytes and a packet */
    size_t length;
    enum session_state state; /* that was told */
    char reason[REASON_MAX];
};

/* false: what is sent next has to do with the packets before it. */
static bool add_packet(void *context, const struct watched_packet *packet)
{
    struct traffic *traffic = context;
    struct packet_shown shown = {
        .time_ns = packet->time_ns,
        .length = packet->length,
        .kept = packet->kept,
        .rule = packet->rule,
        .egress = packet->direction == EGRESS,
    };
    size_t padding = -(size_t)packet->kept % 8;

    if (traffic->length >= (traffic->read ? READ_ROUND : ROUND) ||
        (traffic->count && traffic->sent == traffic->count))
        return false;
    memcpy(shown.interface, packet->interface, sizeof shown.interface);
    memcpy(traffic->round + traffic->length, &shown, sizeof shown);
    traffic->length += sizeof shown;
    memcpy(traffic->round + traffic->length, packet->bytes, packet->kept);
    traffic->length += packet->kept;
    memset(traffic->round + traffic->length, 0, padding);
    traffic->length += padding;
    traffic->sent++;
    return true;
}

/* Says how the session fares when that has changed. False: it is gone. */
static bool tell_state(struct context *context, struct traffic *traffic, bool first)
{
    enum session_state state;
    char reason[REASON_MAX];

    if (!engine_watch_state(context->running->engine, traffic->watch, &state, reason)) {
        context_problem(context, 0, "session %s is not configured any more", traffic->session);
        return false;
    }
    if (!first && state == traffic->state && strcmp(reason, traffic->reason) == 0)
        return true;
    traffic->state = state;
    memcpy(traffic->reason, reason, sizeof reason);
    context_notice(context, "session %s is %s%s%s", traffic->session, session_state_text(state),
                   *reason ? ": " : "", reason);
    return true;
}

static uint64_t stale_ns(const struct traffic *traffic)
{
    struct timespec now;

    if (!traffic->read || clock_gettime(CLOCK_REALTIME, &now) < 0 || now.tv_sec < STALE_S)
        return 0;
    return (uint64_t)(now.tv_sec - STALE_S) * 1000000000u + (uint64_t)now.tv_nsec;
}

bool traffic_round(struct context *context, struct traffic *traffic)
{
    if (!tell_state(context, traffic, false))
        return false;
    if (!traffic->unshown) {
        engine_watch_read(traffic->watch, add_packet, traffic);
        if (traffic->length > 0) {
            context_send(context, MESSAGE_PACKETS, traffic->round, traffic->length);
            context_send(context, MESSAGE_ROUND, NULL, 0);
            traffic->length = 0;
            traffic->unshown = true;
        }
    }
    if (traffic->count && traffic->sent == traffic->count)
        return false;
    engine_watch_skip(traffic->watch, stale_ns(traffic));
    return true;
}

void traffic_shown(struct traffic *traffic)
{
    traffic->unshown = false;
}

bool traffic_is_shown(const struct traffic *traffic)
{
    return !traffic->unshown;
}

static void traffic_free(struct context *context, struct traffic *traffic)
{
    engine_unwatch(context->running->engine, traffic->watch);
    free(traffic->session);
    free(traffic->round);
    free(traffic);
}

void traffic_end(struct context *context, struct traffic *traffic)
{
    uint64_t missed;

    /* what waits when it is interrupted was not kept up with either */
    if (!traffic->count || traffic->sent < traffic->count)
        engine_watch_skip(traffic->watch, UINT64_MAX);
    missed = engine_watch_missed(traffic->watch);
    context_send(context, MESSAGE_PACKETS_END, &missed, sizeof missed);
    traffic_free(context, traffic);
}

/* ---- the commands ---- */

static bool begin(struct context *context, struct traffic *traffic, const struct word *name)
{
    int error;

    traffic->session = strdup(name->text);
    traffic->round = malloc(ROUND + sizeof(struct packet_shown) + UINT16_MAX + 8);
    error = traffic->session && traffic->round
                ? engine_watch(context->running->engine, name->text, &traffic->watch)
                : -ENOMEM;
    if (error == -ENOENT)
        return problem_at(context->problem, name, "session \"%s\" does not run", name->text);
    if (error == -EBUSY)
        return problem_at(context->problem, name, "too many other sessions are watched already");
    return !error || problem_at(context->problem, NULL, "out of memory");
}

/* The console gets to know of its file before anything else. */
static void send_capture(struct context *context, const struct traffic *traffic, const char *path)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    fprintf(out, "%s%c%s", traffic->session, '\0', path);
    if (fclose(out) == 0)
        context_send(context, MESSAGE_CAPTURE, text, size);
    free(text);
}

static enum command_status run_traffic(struct context *context, const struct arguments *arguments)
{
    const char *path = argument_text(arguments, "file");
    struct traffic *traffic;

    if (!engine_runs(context))
        return COMMAND_FAILED;
    traffic = calloc(1, sizeof *traffic);
    if (!traffic) {
        problem_at(context->problem, NULL, "out of memory");
        return COMMAND_FAILED;
    }
    traffic->read = context->person && !context->request.filtered && !path;
    traffic->count = argument_number(arguments, "count", 0);
    if (!begin(context, traffic, argument_words(arguments, "NAME")) ||
        !monitor_traffic(context, traffic)) {
        traffic_free(context, traffic);
        return COMMAND_FAILED;
    }
    if (path)
        send_capture(context, traffic, path);
    tell_state(context, traffic, true);
    return COMMAND_RUNNING;
}

#define SESSION                                                                                    \
    {                                                                                              \
        .name = "NAME", .help = "The session", .kind = ARGUMENT_NAME, .list = "session",           \
        .required = true                                                                           \
    }
#define COUNT                                                                                      \
    {                                                                                              \
        .name = "count", .help = "Packets, then it ends by itself", .kind = ARGUMENT_NUMBER,       \
        .minimum = 1, .maximum = COUNT_MAX                                                         \
    }

const struct command traffic_commands[] = {
    {.path = "monitor traffic session",
     .help = "What a session sends, a line a packet",
     .modes = MODE_OPERATIONAL,
     .arguments = {SESSION, COUNT},
     .run = run_traffic},
    {.path = "capture session",
     .help = "Write what a session sends to a file, as pcapng",
     .modes = MODE_OPERATIONAL,
     .configures = true,
     .arguments = {SESSION,
                   {.name = "file",
                    .help = "The file, which is overwritten",
                    .kind = ARGUMENT_TEXT,
                    .list = "PATH",
                    .minimum = 1,
                    .maximum = PATH_LENGTH_MAX,
                    .required = true},
                   COUNT},
     .run = run_traffic},
    {0},
};
