/* show filters: every rule with its hits. */
#include "output.h"
#include "show.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void rule_json(struct json *json, const struct rule_status *rule, const char *match)
{
    json_open(json, NULL, '{');
    json_text(json, "direction", direction_text(rule->direction));
    json_number(json, "number", rule->rule->number);
    json_text(json, "action", rule->rule->accept ? "accept" : "reject");
    json_text(json, "match", match && *match ? match : "any");
    json_count(json, "hits", rule->hits.packets, rule->hits.bytes);
    json_close(json, '}');
}

static void rule_row(struct table *table, const struct rule_status *rule, const char *match)
{
    table_cell(table, "%s", direction_text(rule->direction));
    table_cell(table, "%u", rule->rule->number);
    table_cell(table, "%s", rule->rule->accept ? "accept" : "reject");
    table_cell(table, "%" PRIu64, rule->hits.packets);
    table_cell(table, "%s", match && *match ? match : "any");
}

static void table_header(struct table *table)
{
    static const char *const titles[] = {"Direction", "Rule", "Action", "Hits", "Match"};

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        table_cell(table, "%s", titles[i]);
}

/* The rules of one filter, to one of the two writers; how many. */
static size_t filter_rules(const struct engine_snapshot *snapshot, const char *filter,
                           struct json *json, struct table *table)
{
    size_t rules = 0;

    for (size_t i = 0; i < snapshot->rule_count; i++) {
        const struct rule_status *rule = &snapshot->rules[i];

        if (strcmp(rule->filter->name, filter) != 0)
            continue;
        char *match = match_text(&rule->rule->match);
        if (json)
            rule_json(json, rule, match);
        else
            rule_row(table, rule, match);
        free(match);
        rules++;
    }
    return rules;
}

static void filter_json(struct json *json, const struct engine_snapshot *snapshot,
                        const char *filter)
{
    json_open(json, NULL, '{');
    json_text(json, "name", filter);
    json_open(json, "rules", '[');
    filter_rules(snapshot, filter, json, NULL);
    json_close(json, ']');
    json_close(json, '}');
}

static void filter_text(const struct engine_snapshot *snapshot, const char *filter, FILE *out)
{
    struct table table = {.columns = 5, .align = "lrlrl", .indent = "  "};

    fprintf(out, "Filter %s\n", filter);
    table_header(&table);
    if (filter_rules(snapshot, filter, NULL, &table) == 0)
        table_note(&table, "no rules: it takes nothing");
    table_print(&table, out);
}

/* Filters come from the tree: one without rules is in no snapshot. */
enum command_status show_filters(struct context *context, const struct arguments *arguments)
{
    const char *name = argument_text(arguments, "NAME");
    const struct node *tree = context->running->snapshot->tree;
    struct engine_snapshot *snapshot = take_snapshot(context);
    bool as_json = context->request.pipe.display == DISPLAY_JSON;
    size_t shown = 0;
    struct json json;

    if (!snapshot)
        return COMMAND_FAILED;
    if (as_json) {
        json_begin(&json, context->out);
        json_open(&json, "filters", '[');
    }
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct node *filter = tree->children[i];

        if (strcmp(filter->schema->name, "filter") != 0 || (name && strcmp(filter->key, name) != 0))
            continue;
        if (as_json)
            filter_json(&json, snapshot, filter->key);
        else
            filter_text(snapshot, filter->key, context->out);
        shown++;
    }
    if (as_json) {
        json_close(&json, ']');
        json_end(&json);
    } else if (shown == 0) {
        fputs("no filters are configured\n", context->out);
    }
    engine_snapshot_free(snapshot);
    return COMMAND_OK;
}
