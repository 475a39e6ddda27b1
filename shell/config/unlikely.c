/* checked tree -> warnings at its commit: what can be done, and is unlikely to be meant. */
#include "check.h"
#include "completion.h"
#include "node.h"
#include "value.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A VNI that a session says, at one receiver of its target. */
struct claim {
    const char *vni, *receiver;
    const struct node *session;
    const struct node *first; /* session that has the same, NULL: none has it before this one */
};

struct warning {
    const struct node *tree;
    const char **interfaces; /* of this machine, sorted; NULL: not known */
    size_t interface_count;
    struct problems *to;
    struct claim *claims;
    size_t claim_count;
};

static void __attribute__((format(printf, 4, 5)))
warn(struct warning *warning, const struct location *location, const char *behind,
     const char *format, ...)
{
    char path[LOCATION_TEXT_SIZE], *text;
    uint32_t line, column;
    va_list arguments;

    location_in_text(location, behind, &line, &column);
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    if (text)
        problems_add(warning->to, line, column, "%s%s%s: %s", location_text(location, path),
                     *behind ? " " : "", behind, text);
    free(text);
}

/* ---- rules ---- */

/* The protocols whose packets have ports. */
static bool has_ports(uint32_t protocol)
{
    return protocol == 6 || protocol == 17 || protocol == 132;
}

/* The IP version that a condition asks for: 4, 6, or 0 for either. */
static unsigned family_of(const struct match_field *field, const struct match_value *value)
{
    enum { ICMP = 1, IGMP = 2, ICMP6 = 58 };

    if (field->kind == MATCH_PREFIX)
        return value->family;
    if (field == &match_fields[FIELD_FAMILY])
        return value->low;
    if (field != &match_fields[FIELD_PROTOCOL])
        return 0;
    return value->low == ICMP || value->low == IGMP ? 4 : value->low == ICMP6 ? 6 : 0;
}

/* Two conditions of a rule that exclude each other. */
static void warn_never(struct warning *warning, const struct location *rule, const struct node *one,
                       const struct node *other)
{
    warn(warning, rule, other->schema->name, "%s with %s %s matches no packet", other->values[0],
         one->schema->name, one->values[0]);
}

/* Finds one contradiction among the conditions of a rule, the first. */
static void check_rule(struct warning *warning, const struct location *rule)
{
    const struct node *node = rule->node, *versioned = NULL, *protocol = NULL, *ports = NULL;
    unsigned version = 0;

    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *leaf = node->children[i];
        const struct match_field *field = leaf->schema->match;
        struct match_value value;
        char why[8];

        if (!field || !match_value_parse(field, leaf->values[0], &value, why, sizeof why))
            continue;
        unsigned family = family_of(field, &value);
        if (family && version && family != version) {
            warn_never(warning, rule, versioned, leaf);
            return;
        }
        if (family) {
            versioned = leaf;
            version = family;
        }
        if (field == &match_fields[FIELD_PROTOCOL] && !has_ports(value.low))
            protocol = leaf;
        if (field == &match_fields[FIELD_SOURCE_PORT] ||
            field == &match_fields[FIELD_DESTINATION_PORT])
            ports = leaf;
        if (protocol && ports) {
            warn_never(warning, rule, protocol, ports);
            return;
        }
    }
}

static bool takes_everything(const struct node *rule)
{
    for (size_t i = 0; i < rule->child_count; i++)
        if (rule->children[i]->schema->match)
            return false;
    return true;
}

/* The rules of one direction, in the order they are tried. */
static void check_rules(struct warning *warning, const struct location *direction)
{
    const struct node *node = direction->node;

    for (size_t i = 0; i < node->child_count; i++) {
        struct location rule = {.up = direction, .node = node->children[i]};

        if (i > 0 && takes_everything(node->children[i - 1])) {
            char more[60] = "";

            if (i + 2 == node->child_count)
                snprintf(more, sizeof more, ", nor is the one behind it");
            else if (i + 2 < node->child_count)
                snprintf(more, sizeof more, ", nor are the %zu behind it",
                         node->child_count - i - 1);
            warn(warning, &rule, "", "never reached%s: rule %s takes every packet", more,
                 node->children[i - 1]->key);
            return;
        }
        check_rule(warning, &rule);
    }
}

static void check_filter(struct warning *warning, const struct location *filter)
{
    for (size_t i = 0; i < filter->node->child_count; i++) {
        const struct node *child = filter->node->children[i];

        if (child->schema->kind == SCHEMA_CONTAINER)
            check_rules(warning, &(struct location){.up = filter, .node = child});
    }
}

/* ---- sessions ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_absent(const struct warning *warning, const char *interface)
{
    return warning->interfaces && !bsearch(&interface, warning->interfaces,
                                           warning->interface_count, sizeof interface, by_text);
}

/* Not known, too, when memory runs out. */
static void sort_interfaces(struct warning *warning, const struct interfaces *interfaces)
{
    warning->interface_count = interfaces->count;
    warning->interfaces = calloc(interfaces->count + 1, sizeof *warning->interfaces);
    for (size_t i = 0; warning->interfaces && i < interfaces->count; i++)
        warning->interfaces[i] = interfaces->names[i];
    if (warning->interfaces)
        qsort(warning->interfaces, interfaces->count, sizeof *warning->interfaces, by_text);
}

static void check_sources(struct warning *warning, const struct location *session)
{
    const struct node *source = node_child(session->node, "source");
    const struct location location = {.up = session, .node = source};

    if (!source) {
        warn(warning, session, "source", "missing: nothing is mirrored");
        return;
    }
    for (size_t i = 0; i < source->child_count; i++) {
        const struct node *leaf = source->children[i];

        for (size_t j = 0; leaf->schema->interfaces && j < leaf->value_count; j++)
            if (is_absent(warning, leaf->values[j]))
                warn(warning, &location, leaf->schema->name, "%s is absent", leaf->values[j]);
    }
}

/* Notes the session's VNI at each of its receivers. VNIs that are given out are nobody else's. */
static bool claim(struct warning *warning, const struct node *session)
{
    const char *vni = node_value(session, "vni"), *target = node_value(session, "target");
    const struct node *node = target ? node_instance(warning->tree, "target", target) : NULL;
    const struct node *receivers = node ? node_child(node, "receiver") : NULL;

    if (value_to_number(vni, -1) < 0 || !receivers)
        return true;
    struct claim *more =
        realloc(warning->claims, (warning->claim_count + receivers->value_count) * sizeof *more);
    if (!more)
        return false;
    warning->claims = more;
    for (size_t i = 0; i < receivers->value_count; i++)
        more[warning->claim_count++] = (struct claim){vni, receivers->values[i], session, NULL};
    return true;
}

static int by_claim(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = strcmp(x->vni, y->vni);

    if (order == 0)
        order = strcmp(x->receiver, y->receiver);
    return order != 0 ? order : node_order(x->session, y->session);
}

static int by_session(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = node_order(x->session, y->session);

    return order != 0 ? order : by_claim(a, b);
}

/* One warning a session, however many receivers it shares. */
static void check_claims(struct warning *warning)
{
    const struct location root = {.node = warning->tree};
    const struct node *warned = NULL;
    struct claim *claims = warning->claims;

    if (warning->claim_count == 0)
        return;
    qsort(claims, warning->claim_count, sizeof *claims, by_claim);
    for (size_t i = 1; i < warning->claim_count; i++)
        if (strcmp(claims[i - 1].vni, claims[i].vni) == 0 &&
            strcmp(claims[i - 1].receiver, claims[i].receiver) == 0)
            claims[i].first = claims[i - 1].first ? claims[i - 1].first : claims[i - 1].session;
    qsort(claims, warning->claim_count, sizeof *claims, by_session);
    for (size_t i = 0; i < warning->claim_count; i++) {
        if (!claims[i].first || claims[i].session == warned)
            continue;
        warned = claims[i].session;
        warn(warning, &(struct location){.up = &root, .node = warned}, "vni",
             "%s is also session %s's at receiver %s", claims[i].vni, claims[i].first->key,
             claims[i].receiver);
    }
}

void check_warnings(const struct node *tree, const struct interfaces *interfaces,
                    struct problems *warnings)
{
    const struct location root = {.node = tree};
    struct warning warning = {.tree = tree, .to = warnings};
    bool good = true;

    if (interfaces)
        sort_interfaces(&warning, interfaces);
    for (size_t i = 0; i < tree->child_count && good; i++) {
        const struct node *node = tree->children[i];
        const struct location location = {.up = &root, .node = node};

        if (strcmp(node->schema->name, "filter") == 0)
            check_filter(&warning, &location);
        if (strcmp(node->schema->name, "session") != 0 || node_child(node, "disabled"))
            continue;
        check_sources(&warning, &location);
        good = claim(&warning, node);
    }
    check_claims(&warning);
    free(warning.claims);
    free(warning.interfaces);
}
