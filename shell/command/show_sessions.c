/* show sessions: the table, one session's every value, and JSON. */
#include "../config/value.h"
#include "output.h"
#include "show.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *directions_text(const struct mirror_session *session)
{
    if (session->direction[INGRESS] && session->direction[EGRESS])
        return "both";
    return session->direction[INGRESS] ? "ingress" : "egress";
}

/* ---- JSON ---- */

static void session_json(struct json *json, const struct session_status *session)
{
    const struct mirror_session *config = session->config;

    json_open(json, NULL, '{');
    json_text(json, "name", config->name);
    json_number(json, "priority", config->priority);
    json_text(json, "state", session_state_text(session->state));
    json_text(json, "reason", session->reason);
    json_number(json, "vni", config->vni);
    json_number(json, "packet_length", config->packet_length);
    json_text(json, "filter", session->filter);
    json_text(json, "target", session->target);
    json_text(json, "direction", directions_text(config));
    json_open(json, "sources", '[');
    for (size_t i = 0; i < config->source_count; i++)
        json_text(json, NULL, config->sources[i]);
    json_close(json, ']');
    json_count(json, "matched", session->matched.packets, session->matched.bytes);
    json_count(json, "sent", session->sent.packets, session->sent.bytes);
    json_open(json, "truncated", '{');
    json_number(json, "packets", session->truncated);
    json_close(json, '}');
    json_open(json, "dropped", '{');
    json_number(json, "packets", session_dropped(session));
    json_number(json, "rate_limit", 0); /* no session has one yet */
    json_number(json, "no_receiver", session->dropped_no_receiver);
    json_number(json, "send_error", session->dropped_send_error);
    json_number(json, "backlog", session->dropped_backlog);
    json_close(json, '}');
    json_close(json, '}');
}

/* ---- the table ---- */

static void table_header(struct table *table)
{
    static const char *const titles[] = {"Session", "Prio", "State", "VNI",
                                         "Matched", "Sent", "Cut",   "Dropped"};

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        table_cell(table, "%s", titles[i]);
}

static void table_row(struct table *table, const struct session_status *session)
{
    table_cell(table, "%s", session->config->name);
    table_cell(table, "%u", session->config->priority);
    table_cell(table, "%s", session_state_text(session->state));
    table_cell(table, "%u", session->config->vni);
    table_cell(table, "%" PRIu64, session->matched.packets);
    table_cell(table, "%" PRIu64, session->sent.packets);
    table_cell(table, "%" PRIu64, session->truncated);
    table_cell(table, "%" PRIu64, session_dropped(session));
    if (*session->reason)
        table_note(table, session->reason);
}

/* ---- detail ---- */

/* A value, marked when it is not what somebody typed. */
static void value(struct table *table, const struct node *node, const char *leaf, const char *text)
{
    table_cell(table, "%s", leaf);
    table_cell(table, "%s%s", text, node_setting(node, leaf).given ? "" : " (default)");
}

static void count_line(struct table *table, const char *name, const struct count *count)
{
    table_cell(table, "%s", name);
    table_cell(table, "%" PRIu64 " packets, %" PRIu64 " bytes", count->packets, count->bytes);
}

static void detail_settings(struct table *table, const struct session_status *session,
                            const struct node *node)
{
    const struct mirror_session *config = session->config;
    const struct setting vni = node_setting(node, "vni");
    const char *description = node_value(node, "description");
    char number[16], filter[64];

    if (description)
        value(table, node, "description", description);
    snprintf(number, sizeof number, "%u", config->priority);
    value(table, node, "priority", number);
    for (size_t i = 0; i < config->source_count; i++) {
        table_cell(table, "%s", i == 0 ? "source interface" : "");
        table_cell(table, "%s", config->sources[i]);
    }
    value(table, node, "direction", directions_text(config));
    snprintf(filter, sizeof filter, "none: %s",
             schema_default(schema_child(node->schema, "filter")));
    value(table, node, "filter", session->filter ? session->filter : filter);
    value(table, node, "target", session->target);
    table_cell(table, "vni");
    if (value_to_number(vni.text, -1) >= 0)
        table_cell(table, "%u", config->vni);
    else
        table_cell(table, "%u (%s%s)", config->vni, vni.given ? "" : "default: ", vni.text);
    snprintf(number, sizeof number, "%u", config->packet_length);
    value(table, node, "packet-length",
          config->packet_length == PACKET_LENGTH_FULL ? "full" : number);
    value(table, node, "disabled", node_setting(node, "disabled").text);
}

static void detail_counters(struct table *table, const struct session_status *session)
{
    count_line(table, "matched", &session->matched);
    count_line(table, "sent", &session->sent);
    table_cell(table, "truncated");
    table_cell(table, "%" PRIu64 " packets", session->truncated);
    table_cell(table, "dropped");
    table_cell(table, "%" PRIu64 " packets", session_dropped(session));
    table_cell(table, "  no receiver");
    table_cell(table, "%" PRIu64, session->dropped_no_receiver);
    table_cell(table, "  send error");
    table_cell(table, "%" PRIu64, session->dropped_send_error);
    table_cell(table, "  backlog");
    table_cell(table, "%" PRIu64, session->dropped_backlog);
}

static void session_detail(const struct session_status *session, const struct node *tree, FILE *out)
{
    struct table table = {.columns = 2, .align = "ll", .indent = "  "};
    const struct node *node = node_instance(tree, "session", session->config->name);

    fprintf(out, "Session %s\n", session->config->name);
    table_cell(&table, "state");
    table_cell(&table, "%s%s%s", session_state_text(session->state), *session->reason ? ": " : "",
               session->reason);
    if (node)
        detail_settings(&table, session, node);
    detail_counters(&table, session);
    table_print(&table, out);
}

/* ---- the command ---- */

enum command_status show_sessions(struct context *context, const struct arguments *arguments)
{
    const struct request *request = &context->request;
    const char *name = argument_text(arguments, "NAME");
    struct engine_snapshot *snapshot = take_snapshot(context);
    struct table table = {.columns = 8, .align = "lrlrrrrr"};
    bool as_json = request->pipe.display == DISPLAY_JSON;
    bool detail = !as_json && argument_given(arguments, "detail");
    struct json json;

    if (!snapshot)
        return COMMAND_FAILED;
    if (as_json) {
        json_begin(&json, context->out);
        json_open(&json, "sessions", '[');
    } else if (snapshot->session_count == 0) {
        fputs("no sessions are configured\n", context->out);
    } else if (!detail) {
        table_header(&table);
    }
    for (size_t i = 0; i < snapshot->session_count; i++) {
        const struct session_status *session = &snapshot->sessions[i];

        if (name && strcmp(session->config->name, name) != 0)
            continue;
        if (as_json)
            session_json(&json, session);
        else if (detail)
            session_detail(session, context->running->snapshot->tree, context->out);
        else
            table_row(&table, session);
    }
    if (as_json) {
        json_close(&json, ']');
        json_end(&json);
    }
    table_print(&table, context->out);
    engine_snapshot_free(snapshot);
    return COMMAND_OK;
}
