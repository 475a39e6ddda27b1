/* committed tree -> mirror_config: the last step of the shell's flow before the engine takes over.
 */
#include "compile.h"

#include "node.h"
#include "value.h"
#include <stdlib.h>
#include <string.h>

uint32_t assignments_find(const struct assignments *assigned, const char *session)
{
    for (size_t i = 0; i < assigned->count; i++)
        if (strcmp(assigned->at[i].session, session) == 0)
            return assigned->at[i].vni;
    return UINT32_MAX;
}

void assignments_free(struct assignments *assigned)
{
    for (size_t i = 0; i < assigned->count; i++)
        free(assigned->at[i].session);
    free(assigned->at);
    *assigned = (struct assignments){0};
}

/* calloc that gives memory for none too. */
static void *array(size_t count, size_t size)
{
    return calloc(count == 0 ? 1 : count, size);
}

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

static bool compile_target(const struct node *node, struct mirror_target *target)
{
    const struct node *list = node_child(node, "receiver");
    size_t count = list ? list->value_count : 0;

    target->name = strdup(node->key);
    target->receivers = array(count, sizeof *target->receivers);
    if (!target->receivers)
        return false;
    target->receiver_count = count;
    for (size_t i = 0; i < count; i++)
        value_to_receiver(list->values[i], &target->receivers[i]);
    return target->name;
}

static bool compile_sources(const struct node *node, struct mirror_session *session)
{
    const struct node *source = node_child(node, "source");
    const struct node *list = source ? node_child(source, "interface") : NULL;
    size_t count = list ? list->value_count : 0;

    session->sources = array(count, sizeof *session->sources);
    if (!session->sources)
        return false;
    session->source_count = count;
    for (size_t i = 0; i < count; i++) /* value_interface took no longer one */
        snprintf(session->sources[i], sizeof session->sources[i], "%s", list->values[i]);
    return true;
}

static bool compile_session(const struct node *tree, const struct node *node, uint32_t vni,
                            struct mirror_session *session)
{
    const char *direction = node_setting(node, "direction").text;

    session->name = strdup(node->key);
    session->priority = (uint16_t)value_to_number(node_value(node, "priority"), 0);
    session->disabled = node_child(node, "disabled");
    session->direction[INGRESS] = strcmp(direction, "egress") != 0;
    session->direction[EGRESS] = strcmp(direction, "ingress") != 0;
    session->filter = position(tree, "filter", node_value(node, "filter"));
    session->target = position(tree, "target", node_value(node, "target"));
    session->vni = vni;
    session->packet_length =
        (uint16_t)value_to_number(node_setting(node, "packet-length").text, PACKET_LENGTH_FULL);
    return compile_sources(node, session) && session->name;
}

/* One bit a VNI: 2 MiB that are touched where VNIs are taken. */
enum { VNI_COUNT = VNI_MAX + 1 };

static bool is_taken(const uint8_t *taken, uint32_t vni)
{
    return taken[vni / 8] >> vni % 8 & 1;
}

static void take(uint8_t *taken, uint32_t vni)
{
    taken[vni / 8] |= (uint8_t)(1 << vni % 8);
}

/* Sebastiano Vigna's splitmix64: any seed gives numbers that look random. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* A free VNI; 0 is left to those who ask for it. */
static uint32_t draw(uint8_t *taken, uint64_t *seed)
{
    uint32_t vni = (uint32_t)(next_random(seed) % VNI_COUNT);

    while (vni == 0 || is_taken(taken, vni))
        vni = (vni + 1) % VNI_COUNT;
    take(taken, vni);
    return vni;
}

static int by_session(const void *a, const void *b)
{
    const struct assignment *x = a, *y = b;

    return strcmp(x->session, y->session);
}

/* The VNI that a session says; -1: it is to be given one. */
static long own_vni(const struct node *session)
{
    return value_to_number(node_setting(session, "vni").text, -1);
}

/* Every session's VNI in vnis; *assigned is replaced. false: out of memory, nothing changed. */
static bool give_vnis(struct instances sessions, struct assignments *assigned, uint64_t seed,
                      uint32_t *vnis)
{
    uint8_t *own = calloc(VNI_COUNT / 8, 1), *taken = calloc(VNI_COUNT / 8, 1);
    struct assignments kept = {.at = array(sessions.count, sizeof *kept.at)};
    struct assignment *sorted = array(assigned->count, sizeof *sorted);
    bool good = own && taken && kept.at && sorted;

    for (size_t i = 0; good && i < assigned->count; i++) {
        sorted[i] = assigned->at[i];
        take(taken, assigned->at[i].vni % VNI_COUNT);
    }
    for (size_t i = 0; good && i < sessions.count; i++)
        if (own_vni(sessions.at[i]) >= 0) {
            take(own, (uint32_t)own_vni(sessions.at[i]));
            take(taken, (uint32_t)own_vni(sessions.at[i]));
        }
    if (good)
        qsort(sorted, assigned->count, sizeof *sorted, by_session);
    for (size_t i = 0; good && i < sessions.count; i++) {
        vnis[i] = (uint32_t)own_vni(sessions.at[i]);
        if (own_vni(sessions.at[i]) >= 0)
            continue;
        struct assignment entry = {.session = sessions.at[i]->key};
        const struct assignment *had =
            bsearch(&entry, sorted, assigned->count, sizeof *sorted, by_session);
        entry.vni =
            had && had->vni < VNI_COUNT && !is_taken(own, had->vni) ? had->vni : draw(taken, &seed);
        vnis[i] = entry.vni;
        entry.session = strdup(entry.session);
        good = entry.session;
        if (good)
            kept.at[kept.count++] = entry;
    }
    free(own);
    free(taken);
    free(sorted);
    assignments_free(good ? assigned : &kept);
    if (good)
        *assigned = kept;
    return good;
}

static int by_priority(const void *a, const void *b)
{
    const struct mirror_session *x = a, *y = b;

    return (x->priority > y->priority) - (x->priority < y->priority);
}

static bool compile_all(const struct node *tree, const uint32_t *vnis, struct mirror_config *config)
{
    struct instances filters = instances_of(tree, "filter"), targets = instances_of(tree, "target"),
                     sessions = instances_of(tree, "session");
    bool good;

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
        good = compile_target(targets.at[i], &config->targets[i]);
    }
    while (good && config->session_count < sessions.count) {
        size_t i = config->session_count++;
        good = compile_session(tree, sessions.at[i], vnis[i], &config->sessions[i]);
    }
    if (good)
        qsort(config->sessions, config->session_count, sizeof *config->sessions, by_priority);
    return good;
}

struct mirror_config *compile(const struct node *tree, struct assignments *assigned, uint64_t seed)
{
    struct instances sessions = instances_of(tree, "session");
    struct mirror_config *config = calloc(1, sizeof *config);
    uint32_t *vnis = array(sessions.count, sizeof *vnis);

    if (config && vnis && give_vnis(sessions, assigned, seed, vnis) &&
        compile_all(tree, vnis, config)) {
        free(vnis);
        return config;
    }
    free(vnis);
    mirror_config_free(config);
    return NULL;
}
