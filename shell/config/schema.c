/* The rows of the configuration tree, and how a keyword finds its row. */
#include "schema.h"

#include "../../engine/mirror_config.h"
#include "utf8.h"
#include "value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows that stand in more than one place. */
#define DESCRIPTION(OF)                                                                            \
    {                                                                                              \
        .name = "description", .help = "What the " OF " is for", .hint = "TEXT",                   \
        .kind = SCHEMA_LEAF, .parse = value_text, .maximum = 255                                   \
    }
#define NAMED_LIST(NAME, HELP, CHILDREN)                                                           \
    {                                                                                              \
        .name = NAME, .help = HELP, .hint = "NAME", .kind = SCHEMA_LIST, .parse = value_name,      \
        .minimum = 1, .maximum = 64, .children = CHILDREN                                          \
    }
#define REFERENCE(NAME, HELP)                                                                      \
    .name = NAME, .help = HELP, .hint = "NAME", .kind = SCHEMA_LEAF, .parse = value_name,          \
    .minimum = 1, .maximum = 64, .refers_to = NAME

static const struct schema_choice actions[] = {
    {"accept", "The packet is mirrored, and no later session sees it"},
    {"reject", "The packet is mirrored for nobody"},
    {NULL, NULL},
};
static const struct schema_choice balances[] = {
    {"flow", "Both directions of a flow go to the same receiver"},
    {"source-interface", "All of a source interface goes to the same receiver"},
    {"even", "Every receiver gets the same share of the packets, whatever their flow"},
    {NULL, NULL},
};
static const struct schema_choice directions[] = {
    {"both", "What the sources receive and send"},
    {"ingress", "Only what they receive"},
    {"egress", "Only what they send"},
    {NULL, NULL},
};

static const struct schema_choice profiles[] = {
    /* as enum profile counts them */
    {"native", "What this box can: the widest limits"},
    {"aws", "As AWS VPC Traffic Mirroring"},
    {"huawei", "As Huawei Cloud VPC traffic mirroring"},
    {"tencent", "As Tencent Cloud traffic mirroring"},
    {NULL, NULL},
};

static const struct schema_choice sampled[] = {
    {"packet", "One of so many packets, drawn at random"},
    {"flow", "One of so many flows, whole, both directions"},
    {NULL, NULL},
};

static const struct schema system_rows[] = {
    {.name = "host-name",
     .help = "Name of this box, shown in the prompt",
     .default_text = "the machine's",
     .hint = "NAME",
     .kind = SCHEMA_LEAF,
     .parse = value_name,
     .minimum = 1,
     .maximum = 64},
    {.name = "profile",
     .help = "Whose limits and defaults hold: help profile",
     .kind = SCHEMA_LEAF,
     .parse = value_choice,
     .choices = profiles,
     .default_value = "native"},
    {.name = "idle-timeout",
     .help = "Minutes that a console may stand unused; 0: for ever",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .minimum = 0,
     .maximum = 65535,
     .hint = "<0-65535>",
     .default_value = "0"},
    {.name = "workers",
     .help = "Threads that packets are spread over, by flow",
     .hint = "<1-64>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .minimum = 1,
     .maximum = WORKERS_MAX,
     .also = {"auto", "As many as processors"},
     .default_value = "1"},
    {.name = "ring-size",
     .help = "Megabytes of all capture rings together",
     .hint = "<16-65536>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .minimum = RING_MEGABYTES_LEAST,
     .maximum = RING_MEGABYTES_MOST,
     .default_value = "256"},
    {.name = NULL},
};

/* A further condition of a rule: the rows of match_fields, which build_match_rows puts behind. */
enum { CONDITION_OWN_ROWS = 1 };
static struct schema condition_rows[CONDITION_OWN_ROWS + MATCH_FIELD_COUNT + 1] = {
    DESCRIPTION("condition"),
};

/* What a rule says, then the same, and its conditions behind them. */
enum { RULE_OWN_ROWS = 2, RULE_CONDITIONS = RULE_OWN_ROWS + MATCH_FIELD_COUNT };
static struct schema rule_rows[RULE_CONDITIONS + 1 + 1] = {
    {.name = "action",
     .help = "What becomes of the packets that the rule matches",
     .kind = SCHEMA_LEAF,
     .parse = value_choice,
     .choices = actions,
     .required = true},
    DESCRIPTION("rule"),
    [RULE_CONDITIONS] = {.name = "condition",
                         .help = "A further condition: all of a rule's must hold",
                         .hint = "<1-65535>",
                         .kind = SCHEMA_LIST,
                         .parse = value_number,
                         .minimum = 1,
                         .maximum = 65535,
                         .numeric_key = true,
                         .children = condition_rows},
};

static const struct schema direction_rows[] = {
    {.name = "rule",
     .help = "A rule, tried in ascending order: the first that matches decides",
     .hint = "<1-65535>",
     .kind = SCHEMA_LIST,
     .parse = value_number,
     .minimum = 1,
     .maximum = 65535,
     .numeric_key = true,
     .children = rule_rows},
    {.name = NULL},
};

static const struct schema filter_rows[] = {
    DESCRIPTION("filter"),
    {.name = "ingress",
     .help = "Rules for what the sources receive",
     .kind = SCHEMA_CONTAINER,
     .children = direction_rows},
    {.name = "egress",
     .help = "Rules for what the sources send",
     .kind = SCHEMA_CONTAINER,
     .children = direction_rows},
    {.name = NULL},
};

static const struct schema target_rows[] = {
    DESCRIPTION("target"),
    {.name = "receiver",
     .help = "Where mirrored packets are sent",
     .default_text = "port 4789",
     .hint = "ADDRESS[:PORT]",
     .kind = SCHEMA_LEAF_LIST,
     .parse = value_endpoint,
     .required = true},
    {.name = "balance",
     .help = "Which of several receivers gets a packet",
     .kind = SCHEMA_LEAF,
     .parse = value_choice,
     .choices = balances,
     .default_value = "flow"},
    {.name = "source-address",
     .help = "Outer source, an IPv4 and an IPv6 address",
     .default_text = "as routed",
     .hint = "ADDRESS",
     .kind = SCHEMA_LEAF_LIST,
     .parse = value_address,
     .one_a_family = true},
    {.name = "dscp",
     .help = "DSCP of the outer IP header",
     .hint = "<0-63>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .maximum = 63,
     .default_value = "0"},
    {.name = "ttl",
     .help = "TTL or hop limit of the outer IP header",
     .hint = "<1-255>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .minimum = 1,
     .maximum = 255,
     .default_value = "64"},
    {.name = NULL},
};

static const struct schema source_rows[] = {
    {.name = "interface",
     .help = "Interfaces whose traffic is mirrored",
     .hint = "IFNAME",
     .kind = SCHEMA_LEAF_LIST,
     .parse = value_interface,
     .interfaces = true},
    {.name = "all-interfaces",
     .help = "All interfaces but the receivers', later ones too",
     .kind = SCHEMA_FLAG},
    {.name = "prefix",
     .help = "Only what these receive and send",
     .default_text = "every address",
     .hint = "PREFIX",
     .kind = SCHEMA_LEAF_LIST,
     .parse = value_match,
     .match = &match_fields[FIELD_SOURCE]},
    {.name = NULL},
};

static const struct schema tag_rows[] = {
    {.name = "value",
     .help = "What the tag says",
     .hint = "VALUE",
     .kind = SCHEMA_LEAF,
     .parse = value_text,
     .maximum = 256,
     .implied = true,
     .required = true},
    {.name = NULL},
};

static const struct schema session_rows[] = {
    DESCRIPTION("session"),
    {.name = "priority",
     .help = "Place among the sessions, lowest first",
     .hint = "<1-32766>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .minimum = 1,
     .maximum = PRIORITY_MAX,
     .required = true,
     .unique = true},
    {.name = "source",
     .help = "Whose traffic is mirrored",
     .kind = SCHEMA_CONTAINER,
     .children = source_rows},
    {.name = "direction",
     .help = "What is mirrored: received, sent, or both",
     .kind = SCHEMA_LEAF,
     .parse = value_choice,
     .choices = directions,
     .default_value = "both"},
    {REFERENCE("filter", "Which packets are mirrored"), .default_text = "every packet"},
    {REFERENCE("target", "Where they are sent"), .required = true},
    {.name = "vni",
     .help = "VXLAN network identifier",
     .hint = "<0-16777215>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .maximum = VNI_MAX,
     .also = {"auto", "An unused one, which the session keeps"},
     .default_value = "auto"},
    {.name = "packet-length",
     .help = "Bytes of a packet that are kept",
     .hint = "<1-65535>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .minimum = 1,
     .maximum = 65535,
     .also = {"full", "The whole packet, as far as the path carries it"},
     .default_value = "full"},
    {.name = "sample",
     .help = "Of how many packets or flows one is sent",
     .hint = "<1-65535>",
     .kind = SCHEMA_LEAF,
     .parse = value_number,
     .minimum = 1,
     .maximum = 65535,
     .default_value = "1"},
    {.name = "sample-by",
     .help = "What is sampled",
     .kind = SCHEMA_LEAF,
     .parse = value_choice,
     .choices = sampled,
     .default_value = "packet"},
    {.name = "rate-limit",
     .help = "Packets or bits sent a second",
     .default_text = "no limit",
     .hint = "N[k|m|g]pps|N[k|m|g]bps",
     .kind = SCHEMA_LEAF,
     .parse = value_rate},
    {.name = "tag",
     .help = "A name and what it says, for people and programs",
     .hint = "KEY",
     .kind = SCHEMA_LIST,
     .parse = value_text,
     .minimum = 1,
     .maximum = 128,
     .children = tag_rows},
    {.name = "disabled", .help = "Takes the session out of service", .kind = SCHEMA_FLAG},
    {.name = NULL},
};

/* Referred to before they refer: a saved text reads in this order. */
static const struct schema top_rows[] = {
    {.name = "system",
     .help = "Settings of the box itself",
     .kind = SCHEMA_CONTAINER,
     .children = system_rows},
    NAMED_LIST("filter", "Rules that say which packets are mirrored", filter_rows),
    NAMED_LIST("target", "Receivers of mirrored packets", target_rows),
    NAMED_LIST("session", "Mirrors packets of its sources to its target", session_rows),
    {.name = NULL},
};

static const struct schema root = {
    .name = "", .help = "The configuration", .kind = SCHEMA_CONTAINER, .children = top_rows};

/* Before main, so that no thread ever sees the table change. */
static void __attribute__((constructor)) build_match_rows(void)
{
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        condition_rows[CONDITION_OWN_ROWS + i] = (struct schema){.name = match_fields[i].name,
                                                                 .help = match_fields[i].help,
                                                                 .hint = match_fields[i].hint,
                                                                 .kind = SCHEMA_LEAF,
                                                                 .parse = value_match,
                                                                 .match = &match_fields[i]};
        rule_rows[RULE_OWN_ROWS + i] = condition_rows[CONDITION_OWN_ROWS + i];
    }
}

const struct schema *schema_root(void)
{
    return &root;
}

const struct schema *schema_child(const struct schema *row, const char *name)
{
    for (const struct schema *child = row->children; child->name; child++)
        if (strcmp(child->name, name) == 0)
            return child;
    return NULL;
}

const struct schema *schema_implied(const struct schema *row)
{
    return row->kind == SCHEMA_LIST && row->children->implied ? row->children : NULL;
}

const char *schema_default(const struct schema *row)
{
    return row->kind == SCHEMA_FLAG ? "no"
           : row->default_text      ? row->default_text
                                    : row->default_value;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t schema_expected(const struct schema *row, const char *prefix, char *out, size_t size)
{
    const char *names[SCHEMA_CHILDREN_MAX];
    size_t count = 0, length = 0;

    for (const struct schema *child = row->children; child->name && count < SCHEMA_CHILDREN_MAX;
         child++)
        if (strncmp(child->name, prefix, strlen(prefix)) == 0)
            names[count++] = child->name;
    qsort(names, count, sizeof *names, by_name);
    out[0] = '\0';
    for (size_t i = 0; i < count && length < size; i++)
        length +=
            (size_t)snprintf(out + length, size - length, "%s%s", i == 0 ? "" : ", ", names[i]);
    return count;
}

const struct schema *schema_match(const struct schema *row, const struct word *word,
                                  struct problem *problem)
{
    const char *text = word->text;
    char names[SCHEMA_EXPECTED_SIZE], shown[UTF8_SHORT_SIZE];
    const struct schema *exact = schema_child(row, text), *found = NULL;
    size_t count = 0, length = strlen(text);

    if (exact)
        return exact;
    for (const struct schema *child = row->children; length > 0 && child->name; child++)
        if (strncmp(child->name, text, length) == 0) {
            found = child;
            count++;
        }
    if (count == 1)
        return found;
    if (count > 1) {
        schema_expected(row, text, names, sizeof names);
        problem_at(problem, word, "\"%s\" is ambiguous: %s", utf8_shorten(text, shown), names);
    } else {
        count = schema_expected(row, "", names, sizeof names);
        problem_at(problem, word, "unknown word \"%s\", expected%s %s", utf8_shorten(text, shown),
                   count == 1 ? "" : " one of:", names);
    }
    return NULL;
}
