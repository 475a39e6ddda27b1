/* show sessions: the table, one session's every value, and JSON. */
#include "../config/profile.h"
#include "../config/value.h"
#include "show.h"
#include <stdlib.h>
#include <string.h>

static const char *directions_text(const struct mirror_session *session)
{
    if (session->direction[INGRESS] && session->direction[EGRESS])
        return "both";
    return session->direction[INGRESS] ? "ingress" : "egress";
}

static const char *prefix_text(struct columns *columns, const struct mirror_prefix *prefix)
{
    struct match_value value = {.family = prefix->family, .bits = prefix->bits};
    char text[MATCH_TEXT_MAX];

    memcpy(value.address, prefix->address, sizeof value.address);
    match_value_print(&match_fields[FIELD_SOURCE], &value, text);
    return columns_text(columns, "%s", text);
}

/* Interfaces, the word for all of them, prefixes: as they are configured. */
static const char *const *sources_of(struct columns *columns, const struct mirror_session *session)
{
    const char **sources =
        calloc(session->source_count + session->prefix_count + 2, sizeof *sources);
    size_t count = 0;

    for (size_t i = 0; sources && i < session->source_count; i++)
        sources[count++] = session->sources[i];
    if (sources && session->all_interfaces)
        sources[count++] = "all-interfaces";
    for (size_t i = 0; sources && i < session->prefix_count; i++)
        sources[count++] = prefix_text(columns, &session->prefixes[i]);
    return columns_keep(columns, sources);
}

/* ---- what the configuration says of it ---- */

struct shown {
    const struct node *tree; /* that runs */
    bool detail;             /* every setting, in lines */
};

/* What the box runs a session with that may leave it out. */
struct detail {
    enum profile profile;
    uint32_t vni, priority;
};

/* The values of a leaf-list, as TEXTS wants them. */
static const char *const *values_of(struct columns *columns, const struct node *leaf)
{
    const char **values = calloc(leaf->value_count + 1, sizeof *values);

    for (size_t i = 0; values && i < leaf->value_count; i++)
        values[i] = leaf->values[i];
    return columns_keep(columns, values);
}

/* A value is marked where nobody typed it; of one that the box chose (`auto`) the number stands
 * here, too. */
static void add_leaf(struct columns *columns, const struct node *node, const struct schema *row,
                     const char *name, const struct detail *detail)
{
    const struct setting setting = profile_setting(detail->profile, node, row->name);
    const char *mark = setting.given ? NULL
                       : setting.profile
                           ? columns_text(columns, "default of %s", profile_name(detail->profile))
                           : "default";
    struct column line = {.line = name, .mark = mark, TEXT(setting.text)};
    bool vni = strcmp(row->name, "vni") == 0, priority = strcmp(row->name, "priority") == 0;

    if (!setting.text && !schema_default(row))
        return;
    if (!setting.text) {
        line.text = columns_text(columns, "none: %s", schema_default(row));
    } else if ((vni || priority) && value_to_number(setting.text, -1) < 0) {
        line.text = columns_text(columns, "%u", vni ? detail->vni : detail->priority);
        line.mark =
            columns_text(columns, "%s%s%s", mark ? mark : "", mark ? ": " : "", setting.text);
    }
    columns_add(columns, &line, 1);
}

/* ---- its tags ---- */

/* What its instances say behind their keys. */
static void add_implied(struct columns *columns, const struct node *node, const struct schema *list)
{
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *child = node->children[i];

        if (child->schema == list)
            columns_add(
                columns,
                &(struct column){.line = columns_text(columns, "%s %s", list->name, child->key),
                                 TEXT(node_value(child, schema_implied(list)->name))},
                1);
    }
}

/* The leaves of a node in the order of the schema, `above` before their names. */
static void add_settings(struct columns *columns, const struct node *node, const char *above,
                         const struct detail *detail)
{
    for (const struct schema *row = node->schema->children; row->name; row++) {
        const struct node *child = node_child(node, row->name);
        const char *name = columns_text(columns, "%s%s", above, row->name);

        if (row->kind == SCHEMA_LEAF || row->kind == SCHEMA_FLAG)
            add_leaf(columns, node, row, name, detail);
        else if (child && row->kind == SCHEMA_LEAF_LIST)
            columns_add(columns, &(struct column){.line = name, TEXTS(values_of(columns, child))},
                        1);
        else if (schema_implied(row))
            add_implied(columns, node, row);
        else if (child && row->kind == SCHEMA_CONTAINER)
            add_settings(columns, child, columns_text(columns, "%s ", name), detail);
    }
}

/* ---- its columns ---- */

void add_session_counts(struct columns *columns, const struct session_counts *counts)
{
    const struct column table[] = {
        {"matched.packets", "Matched", "matched",
         COUNTER(counts->matched.packets, "packets", "Packets accepted for the session")},
        {"matched.bytes", NULL, "matched",
         COUNTER(counts->matched.bytes, "bytes",
                 "Bytes on the wire of the packets accepted for the session")},
        {"sent.packets", "Sent", "sent",
         COUNTER(counts->sent.packets, "packets", "Packets sent to receivers")},
        {"sent.bytes", NULL, "sent",
         COUNTER(counts->sent.bytes, "bytes", "Bytes that were kept of the packets sent")},
        {"truncated.packets", "Cut", "truncated",
         COUNTER(counts->truncated, "packets", "Sent packets that were cut")},
        {"sampled_out.packets", "Sampled-out", "sampled out",
         COUNTER(counts->sampled_out, "packets", "Matched packets that the sample left out")},
        {"dropped.packets", "Dropped", "dropped",
         COUNTER(session_dropped(counts), "packets", "Packets of the sample that were not sent")},
        {"dropped.rate_limit", "Limited", "  rate limit",
         COUNTER(counts->dropped.rate_limit, "packets", "Dropped beyond the session's rate limit")},
        {"dropped.no_receiver", NULL, "  no receiver",
         COUNTER(counts->dropped.no_receiver, "packets", "Dropped while no receiver was up")},
        {"dropped.send_error", NULL, "  send error",
         COUNTER(counts->dropped.send_error, "packets", "Dropped as sending was refused")},
        {"dropped.backlog", NULL, "  backlog",
         COUNTER(counts->dropped.backlog, "packets", "Dropped for lack of room to send")},
    };

    COLUMNS_ADD(columns, table);
}

static void tag_columns(struct columns *columns, const void *item, const void *context)
{
    const struct node *const *tag = item;
    const struct column table[] = {
        {"key", TEXT((*tag)->key)},
        {"value", TEXT(node_value(*tag, "value"))},
    };

    (void)context;
    COLUMNS_ADD(columns, table);
}

static void add_tags(struct columns *columns, const struct node *session)
{
    const struct node **tags = calloc(session->child_count + 1, sizeof *tags);
    size_t count = 0;

    for (size_t i = 0; tags && i < session->child_count; i++)
        if (strcmp(session->children[i]->schema->name, "tag") == 0)
            tags[count++] = session->children[i];
    columns_keep(columns, tags);
    columns_add(columns,
                &(struct column){.key = "tags",
                                 LISTING(.items = tags, .count = count, .size = sizeof *tags,
                                         .columns = tag_columns)},
                1);
}

static void session_columns(struct columns *columns, const void *item, const void *context)
{
    const struct session_status *session = item;
    const struct mirror_session *config = session->config;
    const struct shown *shown = context;
    const struct node *node = node_instance(shown->tree, "session", config->name);
    const struct column state[] = {
        {"name", "Session", .heading = columns_text(columns, "Session %s", config->name),
         LABEL("session"), TEXT(config->name)},
        {"priority", NUMBER(config->priority)},
        {"state", "State", "state", STATE("up", "Whether the session mirrors"),
         TEXT(session_state_text(session->state))},
        {STATE("disabled", "Whether the session is disabled by its configuration"),
         TEXT(session_state_text(session->state))},
        {"reason", .note = true, TEXT(session->reason)},
        {"vni", NUMBER(config->vni)},
        {"packet_length", NUMBER(config->packet_length)},
        {"filter", TEXT(session->filter)},
        {"target", TEXT(session->target)},
        {"direction", TEXT(directions_text(config))},
        {"sources", TEXTS(sources_of(columns, config))},
    };

    COLUMNS_ADD(columns, state);
    if (node)
        add_tags(columns, node);
    if (node && shown->detail)
        add_settings(columns, node, "",
                     &(struct detail){profile_of(shown->tree), config->vni, config->priority});
    add_session_counts(columns, &session->counts);
}

enum command_status show_sessions(struct context *context, const struct arguments *arguments)
{
    struct engine_status *status = take_status(context);
    const struct shown shown = {context->running->revision->active.tree,
                                argument_given(arguments, "detail")};

    if (!status)
        return COMMAND_FAILED;
    show_list(context, "sessions",
              &(struct listing){.items = status->sessions,
                                .count = status->session_count,
                                .size = sizeof *status->sessions,
                                .columns = session_columns,
                                .context = &shown,
                                .form = shown.detail ? FORM_LINES : FORM_TABLE,
                                .only = argument_text(arguments, "NAME"),
                                .empty = "no sessions are configured"});
    engine_status_free(status);
    return COMMAND_OK;
}
