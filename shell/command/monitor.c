/* monitor sessions: samples for the live view, plain lines, or JSON. What else is monitored is
 * traffic.c's: see monitor.h. */
#include "monitor.h"
#include "../clock.h"
#include "command_table.h"
#include "prompt.h"
#include "show.h"
#include "traffic.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* RULES_MAX: of a sample; nobody pages through more on a screen, and the box is shared. */
enum { INTERVAL_MAX = 3600, COUNT_MAX = 1000000, INTERVAL_LEAST_MS = 100, RULES_MAX = 2000 };

/* A session's counters in the round before, for the rates. */
struct earlier {
    char *name;
    uint64_t matched, sent;
};

struct monitor {
    struct traffic *traffic; /* NULL: it is of sessions */
    bool view;
    bool json;
    bool unshown;                    /* a round is on its way to the person */
    bool asked;                      /* the person waits for a round: as soon as may be */
    char watched[SESSION_NAME_SIZE]; /* the session whose rules the view shows, or "" */
    uint32_t interval_ms;
    uint64_t count; /* rounds wanted; 0: until it is interrupted */
    uint64_t rounds;
    int64_t begun_ms, next_ms;
    int64_t earlier_ms; /* when they were taken */
    struct earlier *earlier;
    size_t earlier_count;
};

int64_t monitor_due(const struct monitor *monitor, int64_t now_ms)
{
    return monitor->next_ms > now_ms ? monitor->next_ms - now_ms : 0;
}

static uint32_t interval_within_bounds(uint32_t interval_ms)
{
    if (interval_ms < INTERVAL_LEAST_MS)
        return INTERVAL_LEAST_MS;
    return interval_ms < INTERVAL_MAX * 1000 ? interval_ms : INTERVAL_MAX * 1000;
}

void monitor_watch(struct monitor *monitor, const struct watch *watch, int64_t now_ms)
{
    if (watch->interval_ms > 0)
        monitor->interval_ms = interval_within_bounds(watch->interval_ms);
    snprintf(monitor->watched, sizeof monitor->watched, "%s", watch->session);
    monitor->asked = true;
    monitor->next_ms = now_ms;
}

void monitor_shown(struct monitor *monitor)
{
    if (monitor->traffic) {
        traffic_shown(monitor->traffic);
        monitor->next_ms = 0;
    }
    monitor->unshown = false;
    if (monitor->asked)
        monitor->next_ms = 0;
}

bool monitor_is_shown(const struct monitor *monitor)
{
    return monitor->traffic ? traffic_is_shown(monitor->traffic) : !monitor->unshown;
}

/* ---- rates ---- */

static void forget(struct monitor *monitor)
{
    for (size_t i = 0; i < monitor->earlier_count; i++)
        free(monitor->earlier[i].name);
    free(monitor->earlier);
    monitor->earlier = NULL;
    monitor->earlier_count = 0;
}

static void remember(struct monitor *monitor, const struct engine_status *status, int64_t now_ms)
{
    forget(monitor);
    monitor->earlier_ms = now_ms;
    monitor->earlier = calloc(status->session_count + 1, sizeof *monitor->earlier);
    for (size_t i = 0; monitor->earlier && i < status->session_count; i++) {
        const struct session_status *session = &status->sessions[i];
        char *name = strdup(session->config->name);

        if (!name)
            return;
        monitor->earlier[monitor->earlier_count++] =
            (struct earlier){name, session->counts.matched.packets, session->counts.sent.packets};
    }
}

/* The counters of a session in the round before, where it stood at `near` or elsewhere. */
static struct earlier earlier_of(const struct monitor *monitor, const char *name, size_t near)
{
    if (near < monitor->earlier_count && strcmp(monitor->earlier[near].name, name) == 0)
        return monitor->earlier[near];
    for (size_t i = 0; i < monitor->earlier_count; i++)
        if (strcmp(monitor->earlier[i].name, name) == 0)
            return monitor->earlier[i];
    return (struct earlier){0};
}

/* Packets a second since the round before; counters that were cleared count from zero. */
static uint64_t rate(uint64_t now, uint64_t before, int64_t elapsed_ms)
{
    uint64_t packets = now >= before ? now - before : now;

    return elapsed_ms > 0 ? (packets * 1000 + (uint64_t)elapsed_ms / 2) / (uint64_t)elapsed_ms : 0;
}

/* ---- plain lines ---- */

static void session_line(const struct session_status *session, const struct earlier *before,
                         const char *when, int64_t elapsed_ms, FILE *out)
{
    fprintf(out,
            "%s %s %s matched %" PRIu64 " packets %" PRIu64 " bytes (%" PRIu64 " pps) sent %" PRIu64
            " packets %" PRIu64 " bytes (%" PRIu64 " pps) dropped %" PRIu64 "\n",
            when, session->config->name, session_state_text(session->state),
            session->counts.matched.packets, session->counts.matched.bytes,
            rate(session->counts.matched.packets, before->matched, elapsed_ms),
            session->counts.sent.packets, session->counts.sent.bytes,
            rate(session->counts.sent.packets, before->sent, elapsed_ms),
            session_dropped(&session->counts));
}

static void plain_round(struct context *context, const struct engine_status *status,
                        int64_t elapsed_ms, FILE *out)
{
    char when[MOMENT_MAX];

    moment_exact(time(NULL), when);
    if (status->session_count == 0)
        fprintf(out, "%s no sessions are configured\n", when);
    for (size_t i = 0; i < status->session_count; i++) {
        const struct session_status *session = &status->sessions[i];
        struct earlier before = earlier_of(context->monitor, session->config->name, i);

        session_line(session, &before, when, elapsed_ms, out);
    }
}

/* ---- JSON: a line a round ---- */

struct round {
    const struct monitor *monitor;
    const struct engine_status *status;
    int64_t elapsed_ms; /* since the round before */
};

static void round_session(struct columns *columns, const void *item, const void *context)
{
    const struct session_status *session = item;
    const struct round *round = context;
    struct earlier before = earlier_of(round->monitor, session->config->name,
                                       (size_t)(session - round->status->sessions));
    const struct column state[] = {
        {"name", TEXT(session->config->name)},
        {"state", TEXT(session_state_text(session->state))},
        {"reason", TEXT(session->reason)},
    };
    const struct column rates[] = {
        {"packets_per_second.matched",
         NUMBER(rate(session->counts.matched.packets, before.matched, round->elapsed_ms))},
        {"packets_per_second.sent",
         NUMBER(rate(session->counts.sent.packets, before.sent, round->elapsed_ms))},
    };

    COLUMNS_ADD(columns, state);
    add_session_counts(columns, &session->counts);
    COLUMNS_ADD(columns, rates);
}

static void round_columns(struct columns *columns, const void *item, const void *context)
{
    const struct round *round = item;
    char when[MOMENT_MAX];

    (void)context;
    moment_exact(time(NULL), when);
    const struct column table[] = {
        {"time", TEXT(columns_text(columns, "%s", when))},
        {"elapsed_ms", NUMBER((uint64_t)round->elapsed_ms)},
        {"sessions",
         LISTING(.items = round->status->sessions, .count = round->status->session_count,
                 .size = sizeof *round->status->sessions, .columns = round_session,
                 .context = round)},
    };

    COLUMNS_ADD(columns, table);
}

static void json_round(const struct monitor *monitor, const struct engine_status *status,
                       int64_t elapsed_ms, FILE *out)
{
    const struct round round = {monitor, status, elapsed_ms};
    const struct column answer = {
        "round", LISTING(.items = &round, .count = 1, .columns = round_columns, .single = true)};

    columns_print(&answer, 1, DISPLAY_JSON, &(struct paper){.out = out});
}

/* ---- samples, as protocol.h describes them ---- */

static void sample_rules(const struct engine_status *status, const struct session_status *session,
                         FILE *out)
{
    size_t count = 0;

    for (size_t i = 0; session->filter && i < status->rule_count; i++) {
        const struct rule_status *rule = &status->rules[i];

        if (strcmp(rule->filter->name, session->filter) != 0 || ++count > RULES_MAX)
            continue;
        char *match = rule_match_text(rule->rule);
        fprintf(out, "rule\t%s\t%u\t%s\t%s\t%" PRIu64 "\n", direction_text(rule->direction),
                rule->rule->number, rule->rule->accept ? "accept" : "reject", match ? match : "",
                rule->counts.hits.packets);
        free(match);
    }
    if (count > RULES_MAX)
        fprintf(out, "more\t%zu\n", count - RULES_MAX);
}

static void sample_receivers(const struct engine_status *status,
                             const struct session_status *session, FILE *out)
{
    for (size_t i = 0; i < status->receiver_count; i++) {
        const struct receiver_status *receiver = &status->receivers[i];
        char endpoint[ADDRESS_TEXT_MAX];

        if (strcmp(receiver->target->name, session->target) != 0)
            continue;
        receiver_endpoint(receiver->config, endpoint);
        fprintf(out, "receiver\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\n", endpoint,
                receiver_state_text(receiver->state), receiver->reason,
                receiver->counts.sent.packets, receiver->counts.errors);
    }
}

static void sample_session(const struct session_status *session, FILE *out)
{
    const struct mirror_session *config = session->config;
    const struct session_counts *counts = &session->counts;
    char length[16] = "full";

    if (config->packet_length != PACKET_LENGTH_FULL)
        snprintf(length, sizeof length, "%u", config->packet_length);
    fprintf(out,
            "session\t%s\t%s\t%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
            "\t%s\t%s\t%s\t%u\t%s",
            config->name, session_state_text(session->state), config->priority,
            counts->matched.packets, counts->matched.bytes, counts->sent.packets,
            counts->sent.bytes, session->reason, session->filter ? session->filter : "",
            session->target, config->vni, length);
    fprintf(out, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n",
            counts->truncated, counts->sampled_out, counts->dropped.rate_limit,
            counts->dropped.no_receiver, counts->dropped.send_error, counts->dropped.backlog);
}

/* All sessions, for their order, sum and curves are the client's; the rest of one only. */
static void sample_round(struct context *context, const struct engine_status *status,
                         int64_t now_ms, FILE *out)
{
    char host[PROMPT_MAX];

    host_name(context->running->revision->active.tree, host);
    fprintf(out, "box\t%s\t%" PRIu64 "\t", host, status->uptime_ms);
    for (size_t i = 0; i < status->worker_count; i++)
        fprintf(out, "%s%.0f", i ? "," : "", 100 * status->workers[i].load);
    fprintf(out, "\t%" PRId64 "\n", now_ms - context->monitor->begun_ms);
    for (size_t i = 0; i < status->session_count; i++) {
        const struct session_status *session = &status->sessions[i];

        sample_session(session, out);
        if (strcmp(session->config->name, context->monitor->watched) != 0)
            continue;
        fprintf(out, "watched\t%s\n", session->config->name);
        sample_rules(status, session, out);
        sample_receivers(status, session, out);
    }
}

/* ---- rounds ---- */

static void send_text(struct context *context, const char *text, size_t length)
{
    if (context->monitor->view) {
        context_send(context, MESSAGE_SAMPLE, text, length);
        return;
    }
    context_output(context, text, length);
    context_send(context, MESSAGE_ROUND, NULL, 0);
}

static void print_round(struct context *context, const struct engine_status *status, int64_t now_ms)
{
    struct monitor *monitor = context->monitor;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    if (monitor->view)
        sample_round(context, status, now_ms, out);
    else if (monitor->json)
        json_round(monitor, status, now_ms - monitor->earlier_ms, out);
    else
        plain_round(context, status, now_ms - monitor->earlier_ms, out);
    if (fclose(out) == 0)
        send_text(context, text, size);
    free(text);
}

bool monitor_round(struct context *context, int64_t now_ms)
{
    struct monitor *monitor = context->monitor;
    struct engine_status *status;

    if (monitor->traffic) {
        monitor->next_ms = now_ms + TRAFFIC_MS;
        return traffic_round(context, monitor->traffic);
    }
    monitor->next_ms += monitor->interval_ms;
    if (monitor->next_ms <= now_ms) /* the box was late: rounds are not made up for */
        monitor->next_ms = now_ms + monitor->interval_ms;
    if (monitor->unshown || context_queued(context) > 0)
        return true;
    status = engine_status(context->running->engine);
    if (!status)
        return true;
    print_round(context, status, now_ms);
    remember(monitor, status, now_ms);
    engine_status_free(status);
    monitor->unshown = true;
    monitor->asked = false;
    return ++monitor->rounds != monitor->count;
}

void monitor_end(struct context *context)
{
    struct monitor *monitor = context->monitor;

    if (!monitor)
        return;
    if (monitor->traffic)
        traffic_end(context, monitor->traffic);
    forget(monitor);
    free(monitor);
    context->monitor = NULL;
}

bool monitor_traffic(struct context *context, struct traffic *traffic)
{
    context->monitor = calloc(1, sizeof *context->monitor);
    if (!context->monitor)
        return false;
    context->monitor->traffic = traffic;
    context->request.quiet = true; /* never through the pager: it comes as it happens */
    return true;
}

static void begin_view(struct context *context)
{
    struct monitor *monitor = context->monitor;
    struct view_start start = {.interval_ms = monitor->interval_ms};

    monitor->view = true;
    monitor->next_ms = monitor->begun_ms; /* a screen is not left empty for an interval */
    context_send(context, MESSAGE_VIEW, &start, sizeof start);
}

static enum command_status run_monitor(struct context *context, const struct arguments *arguments)
{
    struct request *request = &context->request;
    struct engine_status *status = take_status(context);
    struct monitor *monitor = status ? calloc(1, sizeof *monitor) : NULL;

    if (!monitor) {
        if (status)
            problem_at(context->problem, NULL, "out of memory");
        engine_status_free(status);
        return COMMAND_FAILED;
    }
    monitor->interval_ms = (uint32_t)argument_number(arguments, "interval", 1) * 1000;
    monitor->count = argument_number(arguments, "count", 0);
    monitor->begun_ms = clock_ms();
    monitor->next_ms = monitor->begun_ms + monitor->interval_ms;
    remember(monitor, status, monitor->begun_ms);
    engine_status_free(status);
    monitor->json = request->pipe.display == DISPLAY_JSON;
    context->monitor = monitor;
    request->quiet = true; /* never through the pager: it comes as it happens */
    if (context->full_screen && context->size.columns >= VIEW_COLUMNS_MIN &&
        context->size.rows >= VIEW_ROWS_MIN && !argument_given(arguments, "plain") &&
        !request->filtered && !monitor->json)
        begin_view(context);
    return COMMAND_RUNNING;
}

const struct command monitor_commands[] = {
    {.path = "monitor sessions",
     .help = "Live counters of the sessions",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .arguments = {{.name = "interval",
                    .help = "Seconds between two rounds, 1 unless given",
                    .kind = ARGUMENT_NUMBER,
                    .minimum = 1,
                    .maximum = INTERVAL_MAX},
                   {.name = "count",
                    .help = "Rounds, then it ends by itself",
                    .kind = ARGUMENT_NUMBER,
                    .minimum = 1,
                    .maximum = COUNT_MAX},
                   {.name = "plain",
                    .help = "Lines instead of the live view",
                    .kind = ARGUMENT_KEYWORD}},
     .run = run_monitor},
    {0},
};
