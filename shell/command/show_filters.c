/* show filters: every rule with its hits. */
#include "show.h"
#include <stdlib.h>

/* Why it matches nothing for now; NULL: it does. */
static const char *rule_reason(struct columns *columns, const struct rule_status *rule)
{
    char address[MATCH_TEXT_MAX];

    if (!rule->unresolved)
        return NULL;
    match_value_print(&match_fields[FIELD_NEXT_HOP], rule->unresolved, address);
    return columns_text(columns, "next-hop %s is no neighbour now", address);
}

static void rule_columns(struct columns *columns, const void *item, const void *context)
{
    const struct rule_status *rule = item;
    const char *match = columns_keep(columns, rule_match_text(rule->rule));
    const struct column table[] = {
        {"direction", "Direction", LABEL("direction"), TEXT(direction_text(rule->direction))},
        {"number", "Rule", LABEL("rule"), NUMBER(rule->rule->number)},
        {"action", "Action", TEXT(rule->rule->accept ? "accept" : "reject")},
        {.title = "Hits", NUMBER(rule->counts.hits.packets)},
        {"match", "Match", TEXT(match ? match : "")},
        {"reason", .note = true, TEXT(rule_reason(columns, rule))},
        {"hits.packets",
         COUNTER(rule->counts.hits.packets, "packets", "Packets that the rule decided")},
        {"hits.bytes", COUNTER(rule->counts.hits.bytes, "bytes",
                               "Bytes on the wire of the packets that the rule decided")},
    };

    (void)context;
    COLUMNS_ADD(columns, table);
}

static void filter_columns(struct columns *columns, const void *item, const void *context)
{
    const struct owner *filter = item;
    const struct column table[] = {
        {"name", .heading = columns_text(columns, "Filter %s", filter->name), LABEL("filter"),
         TEXT(filter->name)},
        {"rules",
         LISTING(.items = filter->items, .count = filter->count, .size = sizeof(struct rule_status),
                 .columns = rule_columns, .empty = "no rules: it takes nothing")},
    };

    (void)context;
    COLUMNS_ADD(columns, table);
}

static const char *filter_name(const void *item)
{
    const struct rule_status *rule = item;

    return rule->filter->name;
}

enum command_status show_filters(struct context *context, const struct arguments *arguments)
{
    const struct node *tree = context->running->revision->active.tree;
    struct engine_status *status = take_status(context);

    if (!status)
        return COMMAND_FAILED;
    struct owners filters = owners_of(
        tree, "filter",
        &(struct owned){status->rules, status->rule_count, sizeof *status->rules, filter_name});
    show_list(context, "filters",
              &(struct listing){.items = filters.at,
                                .count = filters.count,
                                .size = sizeof *filters.at,
                                .columns = filter_columns,
                                .form = FORM_LINES,
                                .only = argument_text(arguments, "NAME"),
                                .empty = "no filters are configured"});
    free(filters.at);
    engine_status_free(status);
    return COMMAND_OK;
}
