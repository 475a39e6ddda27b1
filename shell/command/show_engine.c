/* show interfaces, show engine, show version: the machine below the sessions. */
#include "show.h"
#include <inttypes.h>
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

static void interface_columns(struct columns *columns, const void *item, const void *context)
{
    const struct interface_status *interface = item;
    const struct interface_counts *counts = &interface->counts;
    const struct column table[] = {
        {"name", "Interface", LABEL("interface"), TEXT(interface->name)},
        {"link", "Link", TEXT(link_text(interface->link))},
        {NULL, "Source", TRUTH(interface->source)},
        {"received.packets", "Received",
         COUNTER(counts->received.packets, "packets", "Packets that the capture delivered")},
        {"received.bytes", COUNTER(counts->received.bytes, "bytes", "Bytes of them")},
        {"mirrored.packets", "Mirrored",
         COUNTER(counts->mirrored, "packets", "Received packets that a session took")},
        {"rejected.packets", "Rejected",
         COUNTER(counts->rejected, "packets", "Received packets that a rule rejected")},
        {"unmatched.packets", "Unmatched",
         COUNTER(counts->unmatched, "packets", "Received packets that no session took")},
        {"own.packets", "Own",
         COUNTER(counts->own, "packets", "Received packets of the mirroring itself")},
        {"dropped.packets", "Dropped",
         COUNTER(interface->dropped, "packets", "Packets that the kernel dropped before")},
    };

    (void)context;
    COLUMNS_ADD(columns, table);
}

/* Interfaces are the machine's, not the configuration's: the status knows them. */
static bool interface_there(const struct engine_status *status, const struct word *name,
                            struct problem *problem)
{
    for (size_t i = 0; i < status->interface_count; i++)
        if (strcmp(status->interfaces[i].name, name->text) == 0)
            return true;
    return problem_at(problem, name, "there is no interface \"%s\"", name->text);
}

enum command_status show_interfaces(struct context *context, const struct arguments *arguments)
{
    const struct word *name = argument_words(arguments, "NAME");
    struct engine_status *status = take_status(context);
    enum command_status result = COMMAND_FAILED;

    if (!status)
        return COMMAND_FAILED;
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
    const struct column table[] = {
        {.heading = columns_text(columns, "Worker %zu: load %.1f %%, %s", number,
                                 100 * worker->load, sends),
         LABEL("worker"),
         NUMBER(number)},
        {"load", GAUGE("ratio", "Share of one processor"), DECIMAL(worker->load)},
        {"received", NULL, "frames received",
         COUNTER(worker->received, "packets", "Packets that captures delivered")},
        {"mirrored", NULL, "mirrored",
         COUNTER(worker->mirrored, "packets", "Received packets that a session took")},
        {"rejected", NULL, "rejected",
         COUNTER(worker->rejected, "packets", "Received packets that a rule rejected")},
        {"unmatched", NULL, "unmatched",
         COUNTER(worker->unmatched, "packets", "Received packets that no session took")},
        {"own", NULL, "own",
         COUNTER(worker->own, "packets", "Received packets of the mirroring itself")},
        {"batches", NULL, "batches sent",
         COUNTER(worker->batches, "batches", "Sends with segmentation offload")},
        {"batched_packets", NULL, "packets in them",
         COUNTER(worker->batched_packets, "packets", "Packets sent in batches")},
        {"singles", NULL, "packets sent singly",
         COUNTER(worker->single_packets, "packets", "Packets sent one by one")},
        {"segmentation_refused", TRUTH(worker->segmentation_refused)},
    };

    COLUMNS_ADD(columns, table);
}

static void engine_columns(struct columns *columns, const void *item, const void *context)
{
    const struct engine_status *status = item;
    uint64_t seconds = status->uptime_ms / 1000;
    const struct column table[] = {
        {"uptime_ms", NUMBER(status->uptime_ms),
         .heading =
             columns_text(columns, "Up %" PRIu64 " d %02u:%02u:%02u, %" PRIu64 " plans published",
                          seconds / 86400, (unsigned)(seconds / 3600 % 24),
                          (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60), status->plans)},
        {"plans", COUNTER(status->plans, "plans", "Plans that were given to the workers")},
        {"dropped",
         COUNTER(status->dropped, "packets", "Packets that the kernel dropped before the rings"),
         .heading =
             columns_text(columns, "Frames dropped before the workers: %" PRIu64, status->dropped)},
        {"own_marked", TRUTH(status->own_marked),
         .heading = status->own_marked ? NULL
                                       : "Own packets cannot be marked (CAP_NET_ADMIN): inside a "
                                         "tunnel they are not known"},
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
    columns_print(&version, 1, context->request.pipe.display, context->out);
    return COMMAND_OK;
}
