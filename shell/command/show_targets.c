/* show targets: every receiver with its state and counters. */
#include "output.h"
#include "show.h"
#include <inttypes.h>
#include <string.h>

/* The one way there is yet to choose among receivers. */
#define BALANCE "flow"

static void receiver_json(struct json *json, const struct receiver_status *receiver)
{
    char address[ADDRESS_TEXT_MAX];

    receiver_address(receiver->config, address);
    json_open(json, NULL, '{');
    json_text(json, "address", address);
    json_number(json, "port", receiver->config->port);
    json_text(json, "state", receiver_state_text(receiver->state));
    json_text(json, "reason", receiver->reason);
    if (receiver->mtu > 0)
        json_number(json, "mtu", receiver->mtu);
    else
        json_text(json, "mtu", NULL);
    json_count(json, "sent", receiver->sent.packets, receiver->sent.bytes);
    json_number(json, "errors", receiver->errors);
    json_close(json, '}');
}

static void targets_json(const struct engine_snapshot *snapshot, const char *name, FILE *out)
{
    const struct mirror_target *open = NULL;
    struct json json;

    json_begin(&json, out);
    json_open(&json, "targets", '[');
    for (size_t i = 0; i <= snapshot->receiver_count; i++) {
        const struct receiver_status *receiver =
            i < snapshot->receiver_count ? &snapshot->receivers[i] : NULL;

        if (receiver && name && strcmp(receiver->target->name, name) != 0)
            continue;
        if (open && (!receiver || receiver->target != open)) {
            json_close(&json, ']');
            json_close(&json, '}');
        }
        if (receiver && receiver->target != open) {
            json_open(&json, NULL, '{');
            json_text(&json, "name", receiver->target->name);
            json_text(&json, "balance", BALANCE);
            json_open(&json, "receivers", '[');
        }
        open = receiver ? receiver->target : NULL;
        if (receiver)
            receiver_json(&json, receiver);
    }
    json_close(&json, ']');
    json_end(&json);
}

static void table_header(struct table *table)
{
    static const char *const titles[] = {"Target", "Receiver", "State", "MTU", "Sent", "Errors"};

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        table_cell(table, "%s", titles[i]);
}

static void receiver_row(struct table *table, const struct receiver_status *receiver, bool first)
{
    char endpoint[ADDRESS_TEXT_MAX];

    receiver_endpoint(receiver->config, endpoint);
    table_cell(table, "%s", first ? receiver->target->name : "");
    table_cell(table, "%s", endpoint);
    table_cell(table, "%s", receiver_state_text(receiver->state));
    if (receiver->mtu > 0)
        table_cell(table, "%u", receiver->mtu);
    else
        table_cell(table, "-");
    table_cell(table, "%" PRIu64, receiver->sent.packets);
    table_cell(table, "%" PRIu64, receiver->errors);
    if (*receiver->reason)
        table_note(table, receiver->reason);
}

static void targets_text(const struct engine_snapshot *snapshot, const char *name, FILE *out)
{
    struct table table = {.columns = 6, .align = "lllrrr"};
    const struct mirror_target *before = NULL;

    if (snapshot->receiver_count == 0) {
        fputs("no targets are configured\n", out);
        return;
    }
    table_header(&table);
    for (size_t i = 0; i < snapshot->receiver_count; i++) {
        const struct receiver_status *receiver = &snapshot->receivers[i];

        if (name && strcmp(receiver->target->name, name) != 0)
            continue;
        receiver_row(&table, receiver, receiver->target != before);
        before = receiver->target;
    }
    table_print(&table, out);
}

enum command_status show_targets(struct context *context, const struct arguments *arguments)
{
    const char *name = argument_text(arguments, "NAME");
    struct engine_snapshot *snapshot = take_snapshot(context);

    if (!snapshot)
        return COMMAND_FAILED;
    if (context->request.pipe.display == DISPLAY_JSON)
        targets_json(snapshot, name, context->out);
    else
        targets_text(snapshot, name, context->out);
    engine_snapshot_free(snapshot);
    return COMMAND_OK;
}
