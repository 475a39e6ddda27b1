/* checked tree -> warnings at its commit: what can be done, and is unlikely to be meant. */
#include "check.h"
#include "completion.h"
#include "node.h"
#include "profile.h"
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
    size_t comparisons; /* of rules */
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

/* A match field that a rule or one of its conditions gives. */
struct given {
    const struct match_field *field;
    struct match_value value;
    const struct node *leaf, *condition; /* condition: NULL for the rule's own */
};

/* The IP version that it asks for: 4, 6, or 0 for either. */
static unsigned family_of(const struct given *given)
{
    enum { ICMP = 1, IGMP = 2, ICMP6 = 58 };
    uint32_t value = given->value.low;

    if (given->field->kind == MATCH_PREFIX)
        return given->value.family;
    if (given->field == &match_fields[FIELD_FAMILY])
        return value;
    if (given->field != &match_fields[FIELD_PROTOCOL])
        return 0;
    return value == ICMP || value == IGMP ? 4 : value == ICMP6 ? 6 : 0;
}

/* Whether packets of the protocol have not what the field looks at. */
static bool protocol_lacks(const struct given *protocol, const struct match_field *field)
{
    enum { TCP = 6 };

    if (protocol->field != &match_fields[FIELD_PROTOCOL])
        return false;
    if (field == &match_fields[FIELD_TCP_FLAGS])
        return protocol->value.low != TCP;
    return (field == &match_fields[FIELD_SOURCE_PORT] ||
            field == &match_fields[FIELD_DESTINATION_PORT]) &&
           !has_ports(protocol->value.low);
}

/* Whether no packet has both. */
static bool exclude(const struct given *a, const struct given *b)
{
    struct match_value both = a->value;

    if (a->field == b->field)
        return !match_value_narrow(a->field, &both, &b->value);
    return (family_of(a) && family_of(b) && family_of(a) != family_of(b)) ||
           protocol_lacks(a, b->field) || protocol_lacks(b, a->field);
}

/* Appends what a rule or condition gives; returns the end. */
static struct given *append_given(struct given *at, const struct node *node,
                                  const struct node *condition)
{
    char why[8];

    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *leaf = node->children[i];

        *at = (struct given){.field = leaf->schema->match, .leaf = leaf, .condition = condition};
        if (at->field && match_value_parse(at->field, leaf->values[0], &at->value, why, sizeof why))
            at++;
    }
    return at;
}

/* Everything that a rule gives, its own first: *count, malloced; NULL when memory runs out. */
static struct given *all_given(const struct node *rule, size_t *count)
{
    size_t room = rule->child_count + 1;

    for (size_t i = 0; i < rule->child_count; i++)
        room += rule->children[i]->child_count;
    struct given *all = calloc(room, sizeof *all), *end = all;
    if (!all)
        return NULL;
    end = append_given(end, rule, NULL);
    for (size_t i = 0; i < rule->child_count; i++)
        if (rule->children[i]->schema->kind == SCHEMA_LIST)
            end = append_given(end, rule->children[i], rule->children[i]);
    *count = (size_t)(end - all);
    return all;
}

/* The first that excludes one of those before it, *other; NULL: none. Of fields that are given
 * more than once, the common part of all before stands for them in folded, so that many conditions
 * take no longer than they have to. */
static const struct given *find_exclusion(const struct given *all, size_t count,
                                          struct given folded[static MATCH_FIELD_COUNT],
                                          const struct given **other)
{
    for (size_t i = 0; i < count; i++) {
        struct given *common = &folded[all[i].field - match_fields];

        for (size_t f = 0; f < MATCH_FIELD_COUNT; f++) {
            if (!folded[f].field || !exclude(&folded[f], &all[i]))
                continue;
            for (*other = all; *other < &all[i] && !exclude(*other, &all[i]);)
                ++*other;
            return &all[i];
        }
        if (common->field)
            match_value_narrow(common->field, &common->value, &all[i].value);
        else
            *common = all[i];
    }
    return NULL;
}

/* What a rule matches, with what follows from it: an address has a family, flags are TCP's. */
static struct match match_of(const struct given folded[static MATCH_FIELD_COUNT])
{
    enum { TCP = 6 };
    struct match match = {0};

    for (size_t f = 0; f < MATCH_FIELD_COUNT; f++) {
        if (!folded[f].field)
            continue;
        match.given |= 1u << f;
        match.value[f] = folded[f].value;
        if (folded[f].field->kind == MATCH_PREFIX) {
            match.given |= 1u << FIELD_FAMILY;
            match.value[FIELD_FAMILY].low = match.value[FIELD_FAMILY].high = folded[f].value.family;
        }
    }
    if (match.given & 1u << FIELD_TCP_FLAGS) {
        match.given |= 1u << FIELD_PROTOCOL;
        match.value[FIELD_PROTOCOL].low = match.value[FIELD_PROTOCOL].high = TCP;
    }
    return match;
}

/* Whether what has the value `other` has `value`, too. */
static bool value_covers(const struct match_field *field, const struct match_value *value,
                         const struct match_value *other)
{
    struct match_value common = *other;

    if (field->kind == MATCH_NEIGHBOUR) /* which link address they have is not known here */
        common = *value;
    return match_value_narrow(field, &common, value) && memcmp(&common, other, sizeof common) == 0;
}

static bool covers(const struct match *match, const struct match *other)
{
    if (match->given & ~other->given)
        return false;
    for (size_t f = 0; f < MATCH_FIELD_COUNT; f++)
        if (match->given & 1u << f &&
            !value_covers(&match_fields[f], &match->value[f], &other->value[f]))
            return false;
    return true;
}

/* The rules of one direction that can match, in the order they are tried. */
struct tried {
    struct match *matches;
    const struct node **rules;
    size_t count;
};

/* The first of those before it that takes all of its packets; NULL: none. So many comparisons in
 * all are quick; beyond that long lists are taken as they are. */
static const struct node *find_cover(struct warning *warning, const struct tried *tried,
                                     const struct match *match)
{
    enum { COMPARISONS_MAX = 1 << 22 };

    for (size_t i = 0; i < tried->count && warning->comparisons < COMPARISONS_MAX; i++) {
        warning->comparisons++;
        if (covers(&tried->matches[i], match))
            return tried->rules[i];
    }
    return NULL;
}

/* Says that a rule cannot match, or is never reached. */
static void check_rule(struct warning *warning, const struct location *rule, struct tried *tried)
{
    size_t count = 0;
    struct given folded[MATCH_FIELD_COUNT] = {0}, *all = all_given(rule->node, &count);
    const struct given *other, *found = all ? find_exclusion(all, count, folded, &other) : NULL;

    if (found) {
        const struct location condition = {.up = rule, .node = found->condition};
        warn(warning, found->condition ? &condition : rule, found->field->name,
             "%s with %s %s matches no packet", found->leaf->values[0], other->field->name,
             other->leaf->values[0]);
    } else if (all && tried->matches && tried->rules) {
        struct match match = match_of(folded);
        const struct node *cover = find_cover(warning, tried, &match);

        if (cover)
            warn(warning, rule, "", "never reached: rule %s takes all of its packets", cover->key);
        tried->matches[tried->count] = match;
        tried->rules[tried->count++] = rule->node;
    }
    free(all);
}

static bool takes_everything(const struct node *rule)
{
    for (size_t i = 0; i < rule->child_count; i++)
        if (rule->children[i]->schema->match || !takes_everything(rule->children[i]))
            return false;
    return true;
}

/* Says that nothing behind the rule `last` is reached. */
static void warn_rest(struct warning *warning, const struct location *direction, size_t last)
{
    const struct node *node = direction->node;
    const struct location rule = {.up = direction, .node = node->children[last + 1]};
    size_t behind = node->child_count - last - 2;
    char more[60] = "";

    if (behind == 1)
        snprintf(more, sizeof more, ", nor is the one behind it");
    else if (behind > 1)
        snprintf(more, sizeof more, ", nor are the %zu behind it", behind);
    warn(warning, &rule, "", "never reached%s: rule %s takes every packet", more,
         node->children[last]->key);
}

static void check_rules(struct warning *warning, const struct location *direction)
{
    const struct node *node = direction->node;
    struct tried tried = {.matches = calloc(node->child_count + 1, sizeof *tried.matches),
                          .rules = calloc(node->child_count + 1, sizeof *tried.rules)};

    if (node->child_count > 1 && profile_of(warning->tree) == PROFILE_TENCENT)
        warn(warning, direction, "",
             "%zu rules, any of which decides: what all must hold are conditions of one rule "
             "(profile tencent)",
             node->child_count);
    for (size_t i = 0; i < node->child_count; i++) {
        check_rule(warning, &(struct location){.up = direction, .node = node->children[i]}, &tried);
        if (i + 1 < node->child_count && takes_everything(node->children[i])) {
            warn_rest(warning, direction, i);
            break;
        }
    }
    free(tried.matches);
    free(tried.rules);
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

static void check_sample(struct warning *warning, const struct location *session)
{
    const char *by = node_value(session->node, "sample-by");

    if (by && strcmp(by, "flow") == 0 &&
        value_to_number(node_value(session->node, "sample"), 1) == 1)
        warn(warning, session, "sample-by", "flow, but sample is 1: nothing is left out");
}

/* Notes the session's VNI at each of its receivers. VNIs that are assigned are nobody else's,
 * and one that a profile has for all is shared on purpose. */
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

static void check_active(const struct node *tree, const struct interfaces *interfaces,
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
        if (strcmp(node->schema->name, "target") == 0 && !node_child(node, "receiver"))
            warn(&warning, &location, "receiver", "missing: nothing is forwarded");
        if (strcmp(node->schema->name, "session") != 0 || node_child(node, "disabled"))
            continue;
        check_sources(&warning, &location);
        check_sample(&warning, &location);
        good = claim(&warning, node);
    }
    check_claims(&warning);
    free(warning.claims);
    free(warning.interfaces);
}

void check_warnings(const struct node *tree, const struct interfaces *interfaces,
                    struct problems *warnings)
{
    struct active active = tree_active(tree);

    if (active.tree)
        check_active(active.tree, interfaces, warnings);
    tree_free(active.copy);
}
