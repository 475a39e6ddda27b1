/* show interfaces, show engine, show version: the machine below the sessions. */
#include "show.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- interfaces ---- */

static const char *link_text(enum link_state link)
{
    switch (link) {
    case LINK_UP:
        return "up";
    case LINK_DOWN:
        return "down";
    case LINK_ABSENT:
        return "absent";
    }
    return "";
}

static void add_interface_counts(struct columns *columns, const struct interface_counts *counts)
{
    const struct column table[] = {
        {"received.packets", "Received", "received",
         COUNTER(counts->received.packets, "packets", "Packets that the capture delivered")},
        {"received.bytes", NULL, "received",
         COUNTER(counts->received.bytes, "bytes", "Bytes that the capture delivered")},
        {"mirrored.packets", "Mirrored", "mirrored",
         COUNTER(counts->mirrored, "packets", "Received packets that a session took")},
        {"rejected.packets", "Rejected", "rejected",
         COUNTER(counts->rejected, "packets", "Received packets that a rule rejected")},
        {"unmatched.packets", "Unmatched", "unmatched",
         COUNTER(counts->unmatched, "packets", "Received packets that no session took")},
        {"own.packets", "Own", "own",
         COUNTER(counts->own, "packets", "Received packets of the mirroring itself")},
    };

    COLUMNS_ADD(columns, table);
}

static void interface_columns(struct columns *columns, const void *item, const void *context)
{
    const struct interface_status *interface = item;
    const struct column state[] = {
        {"name", "Interface", LABEL("interface"), TEXT(interface->name)},
        {"link", "Link", STATE("up", "Whether the interface is up"),
         TEXT(link_text(interface->link))},
        {"source", "Source", GAUGE(NULL, "Whether a session mirrors the interface"),
         TRUTH(interface->source)},
    };
    const struct column dropped[] = {
        {"dropped.packets", "Dropped",
         COUNTER(interface->dropped, "packets",
                 "Packets that the kernel dropped before the capture")},
    };

    (void)context;
    COLUMNS_ADD(columns, state);
    add_interface_counts(columns, &interface->counts);
    COLUMNS_ADD(columns, dropped);
}

/* Interfaces are the machine's, not the configuration's: the status knows them. */
bool interface_there(const struct engine_status *status, const struct word *name,
                     struct problem *problem)
{
    for (size_t i = 0; i < status->interface_count; i++)
        if (strcmp(status->interfaces[i].name, name->text) == 0)
            return true;
    return problem_at(problem, name, "there is no interface \"%s\"", name->text);
}

static int by_name(const void *a, const void *b)
{
    const struct interface_status *x = a, *y = b;

    return name_order(x->name, y->name);
}

enum command_status show_interfaces(struct context *context, const struct arguments *arguments)
{
    const struct word *name = argument_words(arguments, "NAME");
    struct engine_status *status = take_status(context);
    enum command_status result = COMMAND_FAILED;

    if (!status)
        return COMMAND_FAILED;
    qsort(status->interfaces, status->interface_count, sizeof *status->interfaces, by_name);
    if (!name || interface_there(status, name, context->problem)) {
        show_list(context, "interfaces",
                  &(struct listing){.items = status->interfaces,
                                    .count = status->interface_count,
                                    .size = sizeof *status->interfaces,
                                    .columns = interface_columns,
                                    .only = name ? name->text : NULL});
        result = COMMAND_OK;
    }
    engine_status_free(status);
    return result;
}

/* ---- engine ---- */

static void worker_columns(struct columns *columns, const void *item, const void *workers)
{
    const struct worker_status *worker = item;
    size_t number = (size_t)(worker - (const struct worker_status *)workers);
    const char *sends = worker->segmentation_refused
                            ? "single sends (the kernel refused segmentation offload)"
                            : "sends in batches (segmentation offload)";
    const struct column state[] = {
        {.heading = columns_text(columns, "Worker %zu: load %.1f %%, %s", number,
                                 100 * worker->load, sends),
         LABEL("worker"),
         NUMBER(number)},
        {"load", GAUGE("ratio", "Share of one processor"), DECIMAL(worker->load)},
        {"segmentation_refused", GAUGE(NULL, "Whether the kernel refused segmentation offload"),
         TRUTH(worker->segmentation_refused)},
    };
    const struct column sending[] = {
        {"batched.packets", NULL, "sent in batches",
         COUNTER(worker->batched_packets, "packets", "Packets sent with segmentation offload")},
        {"batched.batches", NULL, "sent in batches",
         COUNTER(worker->batches, "batches", "Batches sent with segmentation offload")},
        {"single.packets", NULL, "sent one by one",
         COUNTER(worker->single_packets, "packets", "Packets sent one by one")},
    };

    COLUMNS_ADD(columns, state);
    add_interface_counts(columns, &worker->totals.interfaces);
    COLUMNS_ADD(columns, sending);
}

static void all_interfaces(struct columns *columns, const void *item, const void *context)
{
    const struct column heading = {.heading = "All interfaces, those too that are gone"};

    (void)context;
    columns_add(columns, &heading, 1);
    add_interface_counts(columns, item);
}

static void all_sessions(struct columns *columns, const void *item, const void *context)
{
    const struct column heading = {.heading = "All sessions, those too that are gone"};

    (void)context;
    columns_add(columns, &heading, 1);
    add_session_counts(columns, item);
}

/* One thing in a section of its own. */
static struct listing section(const void *item, columns_fn *columns)
{
    return (struct listing){
        .items = item, .count = 1, .columns = columns, .form = FORM_LINES, .single = true};
}

static const char *uptime_text(struct columns *columns, const struct engine_status *status)
{
    uint64_t seconds = status->uptime_ms / 1000;
    char days[24] = "";

    if (seconds >= 86400) /* as in the live view */
        snprintf(days, sizeof days, "%" PRIu64 "d ", seconds / 86400);
    return columns_text(columns, "Up %s%02u:%02u:%02u, %" PRIu64 " plans published", days,
                        (unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60),
                        (unsigned)(seconds % 60), status->plans);
}

static const char *rings_text(struct columns *columns, const struct engine_status *status)
{
    enum { MEGABYTE = 20 };

    return columns_text(columns, "Workers: %zu, capture rings: %u, %zu of %zu MB",
                        status->worker_count, status->rings, status->ring_bytes >> MEGABYTE,
                        status->ring_bytes_most >> MEGABYTE);
}

static const char *left_out_text(struct columns *columns, const struct engine_status *status)
{
    if (status->prefilter_refused)
        return columns_text(columns,
                            "The kernel does not filter (%s): all frames go to the workers",
                            strerror(-status->prefilter_refused));
    return columns_text(columns, "Packets left out by the kernel, which no session takes: %" PRIu64,
                        status->left_out.packets);
}

static void engine_columns(struct columns *columns, const void *item, const void *context)
{
    const struct engine_status *status = item;
    const struct column table[] = {
        {"uptime_ms", .heading = uptime_text(columns, status), NUMBER(status->uptime_ms)},
        {.called = "uptime_seconds",
         GAUGE("seconds", "Time since the engine started"),
         DECIMAL((double)status->uptime_ms / 1000)},
        {"plans", COUNTER(status->plans, "plans", "Plans that were given to the workers")},
        {"rings.count", .called = "rings", .heading = rings_text(columns, status),
         GAUGE(NULL, "Capture rings that are open"), NUMBER(status->rings)},
        {"rings.bytes", NULL, GAUGE("bytes", "Memory of the capture rings"),
         NUMBER(status->ring_bytes)},
        {"rings.most", NULL, GAUGE("bytes", "Memory that is meant for capture rings"),
         NUMBER(status->ring_bytes_most)},
        {"dropped",
         .heading =
             columns_text(columns, "Frames dropped before the workers: %" PRIu64, status->dropped),
         COUNTER(status->dropped, "packets", "Packets that the kernel dropped before the rings")},
        {"left_out.packets", .heading = left_out_text(columns, status),
         COUNTER(status->left_out.packets, "packets",
                 "Received and unmatched packets that the kernel left out before the rings")},
        {"left_out.bytes", NULL,
         COUNTER(status->left_out.bytes, "bytes",
                 "Received and unmatched bytes that the kernel left out before the rings")},
        {"filtered", GAUGE(NULL, "Whether the kernel leaves out what no session takes"),
         TRUTH(!status->prefilter_refused)},
        {"own_marked",
         .heading = status->own_marked ? NULL
                                       : "Own packets cannot be marked (CAP_NET_ADMIN): inside a "
                                         "tunnel they are not known",
         GAUGE(NULL, "Whether the packets of the mirroring itself can be marked"),
         TRUTH(status->own_marked)},
        {"interfaces", .type = COLUMN_LIST,
         .list = section(&status->totals.interfaces, all_interfaces)},
        {"sessions", .type = COLUMN_LIST, .list = section(&status->totals.sessions, all_sessions)},
        {"workers", LISTING(.items = status->workers, .count = status->worker_count,
                            .size = sizeof *status->workers, .columns = worker_columns,
                            .context = status->workers, .form = FORM_LINES)},
    };

    (void)context;
    COLUMNS_ADD(columns, table);
}

enum command_status show_engine(struct context *context, const struct arguments *arguments)
{
    struct engine_status *status = take_status(context);

    (void)arguments;
    if (!status)
        return COMMAND_FAILED;
    show_list(context, "engine",
              &(struct listing){.items = status,
                                .count = 1,
                                .size = sizeof *status,
                                .columns = engine_columns,
                                .form = FORM_LINES,
                                .single = true});
    engine_status_free(status);
    return COMMAND_OK;
}

/* ---- version ---- */

enum command_status show_version(struct context *context, const struct arguments *arguments)
{
    const struct column version = {"version", .heading = "mirrorsh " MIRRORSH_VERSION,
                                   TEXT(MIRRORSH_VERSION)};

    (void)arguments;
    columns_print(&version, 1, context->request.pipe.display, &(struct paper){.out = context->out});
    return COMMAND_OK;
}
