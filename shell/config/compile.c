/* committed tree -> mirror_config: the last step of the shell's flow before the engine takes over.
 */
#include "compile.h"

#include "node.h"
#include "profile.h"
#include "value.h"
#include <stdlib.h>
#include <string.h>

/* calloc that gives memory for none too. */
static void *array(size_t count, size_t size)
{
    return calloc(count == 0 ? 1 : count, size);
}

struct compiling {
    const struct node *tree;
    enum profile profile;
};

/* The instances of a top-level list. */
struct instances {
    struct node **at;
    size_t count;
};

static struct instances instances_of(const struct node *parent, const char *list)
{
    size_t first, count = node_range(parent, schema_child(parent->schema, list), &first);

    return (struct instances){.at = parent->children + first, .count = count};
}

/* The position of a key among its list's instances; NO_FILTER: a NULL. */
static int position(const struct node *tree, const char *list, const char *key)
{
    const struct schema *row = schema_child(tree->schema, list);
    size_t at, first;

    if (!key || !node_search(tree, row, key, &at))
        return NO_FILTER;
    node_range(tree, row, &first);
    return (int)(at - first);
}

/* Of a rule or of one of its conditions. */
static struct match compile_match(const struct node *node)
{
    struct match match = {0};
    char why[8];

    for (size_t i = 0; i < node->child_count; i++) {
        const struct match_field *field = node->children[i]->schema->match;
        if (field && match_value_parse(field, node->children[i]->values[0],
                                       &match.value[field - match_fields], why, sizeof why))
            match.given |= 1u << (field - match_fields);
    }
    return match;
}

static bool compile_rule(const struct node *node, struct mirror_rule *rule)
{
    const char *action = node_value(node, "action");
    struct instances conditions = instances_of(node, "condition");

    rule->number = (uint16_t)value_to_number(node->key, 0);
    rule->accept = action && strcmp(action, "accept") == 0;
    rule->match = compile_match(node);
    rule->conditions = array(conditions.count, sizeof *rule->conditions);
    if (!rule->conditions)
        return false;
    for (; rule->condition_count < conditions.count; rule->condition_count++) {
        const struct node *condition = conditions.at[rule->condition_count];
        rule->conditions[rule->condition_count] =
            (struct mirror_condition){.number = (uint16_t)value_to_number(condition->key, 0),
                                      .match = compile_match(condition)};
    }
    return true;
}

static bool compile_filter(const struct node *node, struct mirror_filter *filter)
{
    static const char *const lists[DIRECTIONS] = {[INGRESS] = "ingress", [EGRESS] = "egress"};

    filter->name = strdup(node->key);
    for (size_t d = 0; d < DIRECTIONS; d++) {
        const struct node *list = node_child(node, lists[d]);
        struct instances rules = {0};
        if (list)
            rules = instances_of(list, "rule");
        filter->rules[d] = array(rules.count, sizeof *filter->rules[d]);
        if (!filter->rules[d])
            return false;
        filter->rule_count[d] = rules.count;
        for (size_t i = 0; i < rules.count; i++)
            if (!compile_rule(rules.at[i], &filter->rules[d][i]))
                return false;
    }
    return filter->name;
}

static enum balance compile_balance(const char *text)
{
    return strcmp(text, "even") == 0               ? BALANCE_EVEN
           : strcmp(text, "source-interface") == 0 ? BALANCE_SOURCE_INTERFACE
                                                   : BALANCE_FLOW;
}

static void compile_source_addresses(const struct node *list, struct mirror_target *target)
{
    for (size_t i = 0; list && i < list->value_count; i++) {
        struct mirror_receiver address;
        if (!value_to_receiver(list->values[i], &address))
            continue;
        if (address.family == 4)
            memcpy(target->source_ipv4, address.address, sizeof target->source_ipv4);
        else
            memcpy(target->source_ipv6, address.address, sizeof target->source_ipv6);
    }
}

static bool compile_target(const struct compiling *compiling, const struct node *node,
                           struct mirror_target *target)
{
    const struct node *list = node_child(node, "receiver");
    size_t count = list ? list->value_count : 0;

    target->name = strdup(node->key);
    target->balance = compile_balance(profile_setting(compiling->profile, node, "balance").text);
    target->dscp =
        (uint8_t)value_to_number(profile_setting(compiling->profile, node, "dscp").text, 0);
    target->ttl =
        (uint8_t)value_to_number(profile_setting(compiling->profile, node, "ttl").text, 0);
    compile_source_addresses(node_child(node, "source-address"), target);
    target->receivers = array(count, sizeof *target->receivers);
    if (!target->receivers)
        return false;
    target->receiver_count = count;
    for (size_t i = 0; i < count; i++)
        value_to_receiver(list->values[i], &target->receivers[i]);
    return target->name;
}

static bool compile_prefixes(const struct node *list, struct mirror_session *session)
{
    char why[1];
    size_t count = list ? list->value_count : 0;

    session->prefixes = array(count, sizeof *session->prefixes);
    session->prefix_count = session->prefixes ? count : 0;
    for (size_t i = 0; i < session->prefix_count; i++) { /* value_match took them */
        struct match_value value = {0};
        match_value_parse(list->schema->match, list->values[i], &value, why, sizeof why);
        session->prefixes[i] = (struct mirror_prefix){.family = value.family, .bits = value.bits};
        memcpy(session->prefixes[i].address, value.address, sizeof value.address);
    }
    return session->prefixes;
}

static bool compile_sources(const struct node *node, struct mirror_session *session)
{
    const struct node *source = node_child(node, "source");
    const struct node *list = source ? node_child(source, "interface") : NULL;
    size_t count = list ? list->value_count : 0;

    session->all_interfaces = source && node_child(source, "all-interfaces");
    if (!compile_prefixes(source ? node_child(source, "prefix") : NULL, session))
        return false;

    session->sources = array(count, sizeof *session->sources);
    if (!session->sources)
        return false;
    session->source_count = count;
    for (size_t i = 0; i < count; i++) /* value_interface took no longer one */
        snprintf(session->sources[i], sizeof session->sources[i], "%s", list->values[i]);
    return true;
}

static bool compile_session(const struct compiling *compiling, const struct node *node,
                            struct session_numbers numbers, struct mirror_session *session)
{
    const char *direction = profile_setting(compiling->profile, node, "direction").text;
    const char *length = profile_setting(compiling->profile, node, "packet-length").text;

    const char *sample = profile_setting(compiling->profile, node, "sample").text;
    const char *sample_by = profile_setting(compiling->profile, node, "sample-by").text;

    session->name = strdup(node->key);
    session->priority = numbers.priority;
    session->disabled = node_child(node, "disabled");
    session->direction[INGRESS] = strcmp(direction, "egress") != 0;
    session->direction[EGRESS] = strcmp(direction, "ingress") != 0;
    session->filter = position(compiling->tree, "filter", node_value(node, "filter"));
    session->target = position(compiling->tree, "target", node_value(node, "target"));
    session->vni = numbers.vni;
    session->packet_length = (uint16_t)value_to_number(length, PACKET_LENGTH_FULL);
    session->sample = (uint16_t)value_to_number(sample, 1);
    session->sample_flows = strcmp(sample_by, "flow") == 0;
    session->rate_limit = value_to_rate(node_value(node, "rate-limit"), &session->rate_unit);
    return compile_sources(node, session) && session->name;
}

/* Some profiles take a priority more than once: names decide then. */
static int by_priority(const void *a, const void *b)
{
    const struct mirror_session *x = a, *y = b;
    int order = (x->priority > y->priority) - (x->priority < y->priority);

    return order != 0 ? order : name_order(x->name, y->name);
}

static void compile_system(const struct node *system, struct mirror_config *config)
{
    const char *workers = system ? node_value(system, "workers") : NULL;
    const char *rings = system ? node_value(system, "ring-size") : NULL;

    config->workers = workers ? (unsigned)value_to_number(workers, WORKERS_AUTO) : 1;
    config->ring_megabytes = (unsigned)value_to_number(rings, RING_MEGABYTES);
}

static bool compile_all(const struct compiling *compiling, const struct session_numbers *numbers,
                        struct mirror_config *config)
{
    struct instances filters = instances_of(compiling->tree, "filter"),
                     targets = instances_of(compiling->tree, "target"),
                     sessions = instances_of(compiling->tree, "session");
    bool good;

    compile_system(node_child(compiling->tree, "system"), config);
    config->without_services = profile_leaves_services(compiling->profile);
    config->filters = array(filters.count, sizeof *config->filters);
    config->targets = array(targets.count, sizeof *config->targets);
    config->sessions = array(sessions.count, sizeof *config->sessions);
    good = config->filters && config->targets && config->sessions;
    while (good && config->filter_count < filters.count) {
        size_t i = config->filter_count++;
        good = compile_filter(filters.at[i], &config->filters[i]);
    }
    while (good && config->target_count < targets.count) {
        size_t i = config->target_count++;
        good = compile_target(compiling, targets.at[i], &config->targets[i]);
    }
    while (good && config->session_count < sessions.count) {
        size_t i = config->session_count++;
        good = compile_session(compiling, sessions.at[i], numbers[i], &config->sessions[i]);
    }
    if (good)
        qsort(config->sessions, config->session_count, sizeof *config->sessions, by_priority);
    return good;
}

static struct mirror_config *compile_active(const struct node *tree, struct assignments *assigned,
                                            uint64_t seed)
{
    const struct compiling compiling = {tree, profile_of(tree)};
    struct mirror_config *config = calloc(1, sizeof *config);
    struct session_numbers *numbers = assign(tree, assigned, seed);

    if (!config || !numbers || !compile_all(&compiling, numbers, config)) {
        mirror_config_free(config);
        config = NULL;
    }
    free(numbers);
    return config;
}

struct mirror_config *compile(const struct node *tree, struct assignments *assigned, uint64_t seed)
{
    struct active active = tree_active(tree);
    struct mirror_config *config = active.tree ? compile_active(active.tree, assigned, seed) : NULL;

    tree_free(active.copy);
    return config;
}
