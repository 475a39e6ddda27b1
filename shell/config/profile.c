/* The rules of the clouds, and what holds of them: see profile.h. Their documents give the numbers;
 * limits.c has the checks. */
#include "profile.h"

#include "limits.h"
#include <string.h>

#define AWS     [PROFILE_AWS]
#define HUAWEI  [PROFILE_HUAWEI]
#define TENCENT [PROFILE_TENCENT]

static const struct profile_rule rules[] = {
    {.name = "priority", .kind = PROFILE_RANGE, .list = "session", .leaf = "priority"},
    {.name = "priority is unique",
     .kind = PROFILE_UNIQUE,
     .list = "session",
     .leaf = "priority",
     .whole = unique_on_source,
     .cells = {AWS = {.text = "on a source"}}},
    {.name = "priority left out",
     .kind = PROFILE_DEFAULT,
     .list = "session",
     .leaf = "priority",
     .cells = {TENCENT = {.text = "assigned"}},
     .note = "assigned: behind all others, in the order of creation, and then kept"},
    {.name = "vni", .kind = PROFILE_RANGE, .list = "session", .leaf = "vni"},
    {.name = "vni left out",
     .kind = PROFILE_DEFAULT,
     .list = "session",
     .leaf = "vni",
     .cells = {HUAWEI = {.text = "1"}},
     .note = "auto: random, unused, and then kept"},
    {.name = "packet-length",
     .kind = PROFILE_RANGE,
     .list = "session",
     .leaf = "packet-length",
     .each = limit_number,
     .cells = {AWS = {8500}, HUAWEI = {1460}, TENCENT = {ONLY_WORD}}},
    {.name = "packet-length left out",
     .kind = PROFILE_DEFAULT,
     .list = "session",
     .leaf = "packet-length",
     .cells = {HUAWEI = {.text = "96"}}},
    {.name = "sources are",
     .kind = PROFILE_ONLY,
     .list = "session",
     .leaf = "source",
     .each = limit_kinds,
     .cells = {AWS = {.text = "interfaces"}, HUAWEI = {.text = "interfaces"},
               TENCENT = {.text = "of one kind"}},
     .note = "of one kind: all-interfaces, interfaces or prefixes"},
    {.name = "a public IP's session",
     .kind = PROFILE_ONLY,
     .list = "session",
     .leaf = "source",
     .each = limit_public,
     .cells = {TENCENT = {.text = "whole"}},
     .note = "whole: a source prefix that is one address takes both directions, no filter"},
    {.name = "sources a session",
     .kind = PROFILE_MOST,
     .list = "session",
     .leaf = "source interface",
     .each = limit_values,
     .cells = {AWS = {1}, HUAWEI = {10}}},
    {.name = "sessions a source",
     .kind = PROFILE_MOST,
     .list = "session",
     .leaf = "source interface",
     .whole = limit_of_source,
     .cells = {AWS = {3}, HUAWEI = {3}}},
    {.name = "sessions in all",
     .kind = PROFILE_MOST,
     .list = "session",
     .whole = limit_instances,
     .cells = {AWS = {10000}, HUAWEI = {20000}, TENCENT = {5}}},
    {.name = "rules a filter",
     .kind = PROFILE_MOST,
     .list = "filter",
     .each = limit_rules,
     .cells = {AWS = {10}}},
    {.name = "rules a direction",
     .kind = PROFILE_MOST,
     .list = "filter",
     .each = limit_direction,
     .cells = {HUAWEI = {10}, TENCENT = {.text = "ANDed"}},
     .note = "ANDed: a packet meets every condition of a rule; several rules are unusual"},
    {.name = "sessions a filter",
     .kind = PROFILE_MOST,
     .list = "filter",
     .whole = limit_users,
     .cells = {HUAWEI = {1000}, TENCENT = {1}}},
    {.name = "receivers a target",
     .kind = PROFILE_MOST,
     .list = "target",
     .leaf = "receiver",
     .each = limit_values,
     .cells = {AWS = {1}}},
    {.name = "receiver left out",
     .kind = PROFILE_DEFAULT,
     .list = "target",
     .leaf = "receiver",
     .cells = {TENCENT = {.text = "none"}},
     .note = "none: a target without receivers forwards nothing"},
    {.name = "sessions a target",
     .kind = PROFILE_MOST,
     .list = "target",
     .whole = limit_users_one,
     .cells = {AWS = {10}, HUAWEI = {10}}},
    {.name = "  of several receivers",
     .kind = PROFILE_MOST,
     .list = "target",
     .whole = limit_users_many,
     .cells = {AWS = {10}, HUAWEI = {200}},
     .note = "several receivers of one target are a load balancer"},
    {.name = "name",
     .kind = PROFILE_RANGE,
     .list = "session",
     .whole = limit_name,
     .cells = {TENCENT = {60}},
     .note = "name, description: characters; a name has letters, digits and _ - ."},
    {.name = "description", .kind = PROFILE_RANGE, .list = "session", .leaf = "description"},
    {.name = "description has",
     .kind = PROFILE_ONLY,
     .list = "session",
     .leaf = "description",
     .whole = limit_description,
     .cells = {HUAWEI = {.text = "no < or >"}}},
    {.name = "disabled left out", .kind = PROFILE_DEFAULT, .list = "session", .leaf = "disabled"},
    {.name = "never mirrored",
     .kind = PROFILE_SERVICES,
     .list = "session",
     .cells = {AWS = {.text = "services"}, TENCENT = {.text = "services"}},
     .note = "services: ARP, DHCP, NTP, 169.254.169.254, Windows activation (TCP 1688)"},
};

const struct profile_rule *profile_rule(size_t index)
{
    return index < sizeof rules / sizeof *rules ? &rules[index] : NULL;
}

/* ---- the rows of the schema that they are about ---- */

/* The row of a leaf ("source interface"), or of a list where leaf is NULL. */
static const struct schema *row_of(const struct profile_rule *rule)
{
    const struct schema *row = schema_child(schema_root(), rule->list);
    char words[64], *rest = words, *word;

    snprintf(words, sizeof words, "%s", rule->leaf ? rule->leaf : "");
    while (row && (word = strsep(&rest, " ")) && *word)
        row = schema_child(row, word);
    return row;
}

const struct profile_cell *profile_cell(enum profile profile, enum profile_kind kind,
                                        const struct schema *row)
{
    for (size_t i = 0; profile != PROFILE_NATIVE && i < sizeof rules / sizeof *rules; i++) {
        const struct profile_cell *cell = &rules[i].cells[profile];
        if (rules[i].kind == kind && (cell->limit || cell->text) && row_of(&rules[i]) == row)
            return cell;
    }
    return NULL;
}

const char *profile_text(const struct profile_rule *rule, enum profile profile,
                         char out[static PROFILE_TEXT_SIZE])
{
    const struct profile_cell *cell = &rule->cells[profile];
    const struct schema *row = row_of(rule);

    if (cell->text)
        return cell->text;
    switch (rule->kind) {
    case PROFILE_RANGE:
        if (cell->limit == ONLY_WORD)
            return row->also.name;
        snprintf(out, PROFILE_TEXT_SIZE, "%ld-%ld", row->minimum,
                 cell->limit ? cell->limit : row->maximum);
        return out;
    case PROFILE_DEFAULT:
        return row->required ? "required" : schema_default(row);
    case PROFILE_MOST:
        snprintf(out, PROFILE_TEXT_SIZE, "%ld", cell->limit);
        return cell->limit ? out : "any";
    case PROFILE_UNIQUE:
        return "in all";
    case PROFILE_ONLY:
        return "any";
    case PROFILE_SERVICES:
        return "-";
    }
    return "";
}

/* ---- what holds ---- */

static const struct schema *profile_row(void)
{
    return schema_child(schema_child(schema_root(), "system"), "profile");
}

const char *profile_name(enum profile profile)
{
    return profile_row()->choices[profile].name;
}

enum profile profile_of(const struct node *tree)
{
    const struct node *system = node_child(tree, "system");
    const char *name = system ? node_value(system, "profile") : NULL;
    int profile = PROFILES - 1;

    if (!name)
        name = profile_row()->default_value;
    while (profile > PROFILE_NATIVE && strcmp(profile_name((enum profile)profile), name) != 0)
        profile--;
    return (enum profile)profile;
}

struct setting profile_setting(enum profile profile, const struct node *node, const char *leaf)
{
    const struct schema *row = schema_child(node->schema, leaf);
    const struct node *child = node_child(node, leaf);
    const struct profile_cell *cell;

    if (row->kind == SCHEMA_FLAG)
        return (struct setting){child ? "yes" : "no", child, false};
    if (child && child->value_count > 0)
        return (struct setting){child->values[0], true, false};
    cell = profile_cell(profile, PROFILE_DEFAULT, row);
    return (struct setting){cell ? cell->text : row->default_value, false, cell};
}

const char *profile_default(enum profile profile, const struct schema *row)
{
    const struct profile_cell *cell = profile_cell(profile, PROFILE_DEFAULT, row);

    return cell ? cell->text : schema_default(row);
}

const char *profile_defaults(const struct schema *row, char out[static PROFILE_DEFAULTS_SIZE])
{
    const char *native = schema_default(row);
    size_t length = (size_t)snprintf(out, PROFILE_DEFAULTS_SIZE, "%s", native ? native : "");

    for (int i = PROFILE_NATIVE + 1; i < PROFILES && length < PROFILE_DEFAULTS_SIZE; i++) {
        const struct profile_cell *cell = profile_cell((enum profile)i, PROFILE_DEFAULT, row);
        if (cell)
            length +=
                (size_t)snprintf(out + length, PROFILE_DEFAULTS_SIZE - length, "%s%s: %s",
                                 length > 0 ? "; " : "", profile_name((enum profile)i), cell->text);
    }
    return out;
}

const char *profile_help(enum profile profile, const struct schema *row,
                         char out[static PROFILE_HELP_SIZE])
{
    const char *unless_given = profile_default(profile, row);

    if (!unless_given)
        return row->help;
    snprintf(out, PROFILE_HELP_SIZE, "%s (default %s)", row->help, unless_given);
    return out;
}

const char *profile_hint(enum profile profile, const struct schema *row,
                         char out[static PROFILE_TEXT_SIZE])
{
    const struct profile_cell *cell = profile_cell(profile, PROFILE_RANGE, row);

    if (!cell || row->kind != SCHEMA_LEAF)
        return row->hint;
    snprintf(out, PROFILE_TEXT_SIZE, "<%ld-%ld>", row->minimum, cell->limit);
    return cell->limit == ONLY_WORD ? NULL : out;
}

/* It goes beyond any number: where it does not hold by itself, it is not taken. */
bool profile_takes_word(enum profile profile, const struct schema *row)
{
    const struct profile_cell *cell = profile_cell(profile, PROFILE_RANGE, row);

    return !cell || cell->limit == ONLY_WORD ||
           strcmp(profile_default(profile, row), row->also.name) == 0;
}

bool profile_leaves_services(enum profile profile)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].kind == PROFILE_SERVICES && rules[i].cells[profile].text)
            return true;
    return false;
}
