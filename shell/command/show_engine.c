/* show interfaces, show engine, show version: the machine below the sessions. */
#include "output.h"
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

static void packets_json(struct json *json, const char *name, uint64_t packets)
{
    json_open(json, name, '{');
    json_number(json, "packets", packets);
    json_close(json, '}');
}

static void interface_json(struct json *json, const struct interface_status *interface)
{
    json_open(json, NULL, '{');
    json_text(json, "name", interface->name);
    json_text(json, "link", link_text(interface->link));
    json_count(json, "received", interface->received.packets, interface->received.bytes);
    packets_json(json, "mirrored", interface->mirrored);
    packets_json(json, "rejected", interface->rejected);
    packets_json(json, "unmatched", interface->unmatched);
    packets_json(json, "own", interface->own);
    packets_json(json, "dropped", interface->dropped);
    json_close(json, '}');
}

static void interface_row(struct table *table, const struct interface_status *interface)
{
    table_cell(table, "%s", interface->name);
    table_cell(table, "%s", link_text(interface->link));
    table_cell(table, "%s", interface->source ? "yes" : "no");
    table_cell(table, "%" PRIu64, interface->received.packets);
    table_cell(table, "%" PRIu64, interface->mirrored);
    table_cell(table, "%" PRIu64, interface->rejected);
    table_cell(table, "%" PRIu64, interface->unmatched);
    table_cell(table, "%" PRIu64, interface->own);
    table_cell(table, "%" PRIu64, interface->dropped);
}

static void print_interfaces(const struct engine_snapshot *snapshot, const char *name, bool as_json,
                             FILE *out)
{
    static const char *const titles[] = {"Interface", "Link",      "Source", "Received", "Mirrored",
                                         "Rejected",  "Unmatched", "Own",    "Dropped"};
    struct table table = {.columns = 9, .align = "lllrrrrrr"};
    struct json json;

    if (as_json) {
        json_begin(&json, out);
        json_open(&json, "interfaces", '[');
    }
    for (size_t i = 0; !as_json && i < sizeof titles / sizeof *titles; i++)
        table_cell(&table, "%s", titles[i]);
    for (size_t i = 0; i < snapshot->interface_count; i++) {
        const struct interface_status *interface = &snapshot->interfaces[i];

        if (name && strcmp(interface->name, name) != 0)
            continue;
        if (as_json)
            interface_json(&json, interface);
        else
            interface_row(&table, interface);
    }
    if (as_json) {
        json_close(&json, ']');
        json_end(&json);
    }
    table_print(&table, out);
}

/* Interfaces are the machine's, not the configuration's: the snapshot knows them. */
static bool interface_there(const struct engine_snapshot *snapshot, const struct word *name,
                            struct problem *problem)
{
    for (size_t i = 0; i < snapshot->interface_count; i++)
        if (strcmp(snapshot->interfaces[i].name, name->text) == 0)
            return true;
    return problem_at(problem, name, "there is no interface \"%s\"", name->text);
}

enum command_status show_interfaces(struct context *context, const struct arguments *arguments)
{
    const struct word *name = argument_words(arguments, "NAME");
    struct engine_snapshot *snapshot = take_snapshot(context);
    enum command_status status = COMMAND_FAILED;

    if (!snapshot)
        return COMMAND_FAILED;
    if (!name || interface_there(snapshot, name, context->problem)) {
        print_interfaces(snapshot, name ? name->text : NULL,
                         context->request.pipe.display == DISPLAY_JSON, context->out);
        status = COMMAND_OK;
    }
    engine_snapshot_free(snapshot);
    return status;
}

/* ---- engine ---- */

static void worker_json(struct json *json, const struct worker_status *worker)
{
    json_open(json, NULL, '{');
    json_decimal(json, "load", worker->load);
    json_number(json, "received", worker->received);
    json_number(json, "mirrored", worker->mirrored);
    json_number(json, "rejected", worker->rejected);
    json_number(json, "unmatched", worker->unmatched);
    json_number(json, "own", worker->own);
    json_number(json, "batches", worker->batches);
    json_number(json, "batched_packets", worker->batched_packets);
    json_number(json, "singles", worker->single_packets);
    json_truth(json, "segmentation_refused", worker->segmentation_refused);
    json_close(json, '}');
}

static void engine_json(const struct engine_snapshot *snapshot, FILE *out)
{
    struct json json;

    json_begin(&json, out);
    json_open(&json, "engine", '{');
    json_number(&json, "uptime_ms", snapshot->uptime_ms);
    json_number(&json, "plans", snapshot->plans);
    json_number(&json, "dropped", snapshot->dropped);
    json_truth(&json, "own_marked", snapshot->own_marked);
    json_open(&json, "workers", '[');
    for (size_t i = 0; i < snapshot->worker_count; i++)
        worker_json(&json, &snapshot->workers[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
}

static void engine_line(struct table *table, const char *name, uint64_t value)
{
    table_cell(table, "%s", name);
    table_cell(table, "%" PRIu64, value);
}

static void worker_text(const struct worker_status *worker, size_t number, FILE *out)
{
    struct table table = {.columns = 2, .align = "lr", .indent = "  "};

    fprintf(out, "Worker %zu: load %.1f %%, %s\n", number, 100 * worker->load,
            worker->segmentation_refused ? "single sends (the kernel refused segmentation offload)"
                                         : "sends in batches (segmentation offload)");
    engine_line(&table, "frames received", worker->received);
    engine_line(&table, "mirrored", worker->mirrored);
    engine_line(&table, "rejected", worker->rejected);
    engine_line(&table, "unmatched", worker->unmatched);
    engine_line(&table, "own", worker->own);
    engine_line(&table, "batches sent", worker->batches);
    engine_line(&table, "packets in them", worker->batched_packets);
    engine_line(&table, "packets sent singly", worker->single_packets);
    table_print(&table, out);
}

static void engine_text(const struct engine_snapshot *snapshot, FILE *out)
{
    uint64_t seconds = snapshot->uptime_ms / 1000;

    fprintf(out, "Up %" PRIu64 " d %02u:%02u:%02u, %" PRIu64 " plans published\n", seconds / 86400,
            (unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60),
            (unsigned)(seconds % 60), snapshot->plans);
    fprintf(out, "Frames dropped before the workers: %" PRIu64 "\n", snapshot->dropped);
    if (!snapshot->own_marked)
        fputs("Own packets cannot be marked (CAP_NET_ADMIN): inside a tunnel they are not known\n",
              out);
    for (size_t i = 0; i < snapshot->worker_count; i++)
        worker_text(&snapshot->workers[i], i, out);
}

enum command_status show_engine(struct context *context, const struct arguments *arguments)
{
    struct engine_snapshot *snapshot = take_snapshot(context);

    (void)arguments;
    if (!snapshot)
        return COMMAND_FAILED;
    if (context->request.pipe.display == DISPLAY_JSON)
        engine_json(snapshot, context->out);
    else
        engine_text(snapshot, context->out);
    engine_snapshot_free(snapshot);
    return COMMAND_OK;
}

/* ---- version ---- */

enum command_status show_version(struct context *context, const struct arguments *arguments)
{
    (void)arguments;
    if (context->request.pipe.display == DISPLAY_JSON) {
        struct json json;

        json_begin(&json, context->out);
        json_text(&json, "version", MIRRORSH_VERSION);
        json_end(&json);
    } else {
        fputs("mirrorsh " MIRRORSH_VERSION "\n", context->out);
    }
    return COMMAND_OK;
}
