/* A tree against the rules of its profile, each by the function that its row of profile.c names. A
 * configuration of twenty thousand sessions is checked in a fraction of a second: what is counted
 * over sessions is sorted once a rule. */
#include "limits.h"

#include "utf8.h"
#include "value.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void report(struct checking *checking, const struct location *location, const char *row,
                   const char *suffix, const char *format, va_list arguments)
{
    char path[LOCATION_TEXT_SIZE], text[LOCATION_TEXT_SIZE];
    uint32_t line, column;
    const char *between = location_text(location, path)[0] && *row ? " " : "";

    vsnprintf(text, sizeof text, format, arguments);
    location_in_text(location, row, &line, &column);
    problems_add(checking->problems, line, column, "%s%s%s: %s%s", path, between, row, text,
                 suffix);
    checking->good = false;
}

void check_report(struct checking *checking, const struct location *location, const char *row,
                  const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(checking, location, row, "", format, arguments);
    va_end(arguments);
}

/* The same of what the profile refuses, which is named behind it. */
static void __attribute__((format(printf, 4, 5)))
refuse(struct checking *checking, const struct location *location, const char *row,
       const char *format, ...)
{
    char suffix[40];
    va_list arguments;

    snprintf(suffix, sizeof suffix, " (profile %s)", profile_name(checking->profile));
    va_start(arguments, format);
    report(checking, location, row, suffix, format, arguments);
    va_end(arguments);
}

static size_t instances(const struct checking *checking, const char *list, size_t *first)
{
    return node_range(checking->tree, schema_child(checking->tree->schema, list), first);
}

void check_limits(struct checking *checking)
{
    const struct location root = {.node = checking->tree};
    const struct profile_rule *rule;

    for (size_t i = 0; (rule = profile_rule(i)); i++) {
        const struct profile_cell *cell = &rule->cells[checking->profile];
        size_t first = 0, count = rule->each ? instances(checking, rule->list, &first) : 0;

        if (!cell->limit && !cell->text)
            continue;
        if (rule->whole)
            rule->whole(checking, rule, cell, &root);
        for (size_t at = first; at < first + count; at++)
            rule->each(checking, rule, cell,
                       &(struct location){.up = &root, .node = checking->tree->children[at]});
    }
}

/* ---- of one instance ---- */

/* A leaf below an instance, which may stand in a container of it; *in: what it stands in. */
static const struct node *leaf_at(const struct location *at, const char *leaf, struct location *in)
{
    const char *blank = strchr(leaf, ' ');
    char container[32];

    *in = *at;
    if (blank) {
        snprintf(container, sizeof container, "%.*s", (int)(blank - leaf), leaf);
        *in = (struct location){.up = at, .node = node_child(at->node, container)};
        leaf = blank + 1;
    }
    return in->node ? node_child(in->node, leaf) : NULL;
}

void limit_number(struct checking *checking, const struct profile_rule *rule,
                  const struct profile_cell *cell, const struct location *at)
{
    struct location in;
    const struct node *leaf = leaf_at(at, rule->leaf, &in);
    const char *text = leaf && leaf->value_count > 0 ? leaf->values[0] : NULL;

    if (!text)
        return;
    if (value_to_number(text, -1) < 0) {
        if (!profile_takes_word(checking->profile, leaf->schema))
            refuse(checking, &in, leaf->schema->name, "%s is above %ld", text, cell->limit);
    } else if (cell->limit == ONLY_WORD) {
        refuse(checking, &in, leaf->schema->name, "%s, where only %s is taken", text,
               leaf->schema->also.name);
    } else if (value_to_number(text, 0) > cell->limit) {
        refuse(checking, &in, leaf->schema->name, "%s is above %ld", text, cell->limit);
    }
}

void limit_values(struct checking *checking, const struct profile_rule *rule,
                  const struct profile_cell *cell, const struct location *at)
{
    struct location in;
    const struct node *leaf = leaf_at(at, rule->leaf, &in);

    if (leaf && leaf->value_count > (size_t)cell->limit)
        refuse(checking, &in, leaf->schema->name, "%zu are above %ld", leaf->value_count,
               cell->limit);
}

void limit_name(struct checking *checking, const struct profile_rule *rule,
                const struct profile_cell *cell, const struct location *at)
{
    (void)rule;
    for (size_t i = 0; i < at->node->child_count; i++) {
        const struct node *node = at->node->children[i];
        if (node->key && utf8_length(node->key) > (size_t)cell->limit)
            refuse(checking, &(struct location){.up = at, .node = node}, "",
                   "a name of %zu characters is above %ld", utf8_length(node->key), cell->limit);
    }
}

void limit_description(struct checking *checking, const struct profile_rule *rule,
                       const struct profile_cell *cell, const struct location *at)
{
    for (size_t i = 0; i < at->node->child_count; i++) {
        const struct node *node = at->node->children[i];
        const char *found = NULL;

        limit_description(checking, rule, cell, &(struct location){.up = at, .node = node});
        if (strcmp(node->schema->name, rule->leaf) == 0 && node->value_count > 0)
            found = strpbrk(node->values[0], "<>");
        if (found)
            refuse(checking, at, rule->leaf, "\"%c\" is not taken", *found);
    }
}

static size_t rule_count(const struct node *filter, const char *direction)
{
    const struct node *rules = node_child(filter, direction);

    return rules ? rules->child_count : 0;
}

void limit_rules(struct checking *checking, const struct profile_rule *rule,
                 const struct profile_cell *cell, const struct location *at)
{
    size_t count = rule_count(at->node, "ingress") + rule_count(at->node, "egress");

    (void)rule;
    if (count > (size_t)cell->limit)
        refuse(checking, at, "", "%zu rules are above %ld", count, cell->limit);
}

void limit_direction(struct checking *checking, const struct profile_rule *rule,
                     const struct profile_cell *cell, const struct location *at)
{
    static const char *const directions[] = {"ingress", "egress"};

    (void)rule;
    for (size_t i = 0; cell->limit && i < sizeof directions / sizeof *directions; i++)
        if (rule_count(at->node, directions[i]) > (size_t)cell->limit)
            refuse(checking, at, directions[i], "%zu rules are above %ld",
                   rule_count(at->node, directions[i]), cell->limit);
}

/* What the sources of a session are: rows of its source. All of one, and where the profile says
 * so of `interface`. */
void limit_kinds(struct checking *checking, const struct profile_rule *rule,
                 const struct profile_cell *cell, const struct location *at)
{
    const struct location in = {.up = at, .node = node_child(at->node, rule->leaf)};
    bool interfaces = strcmp(cell->text, "interfaces") == 0;

    for (size_t i = 0; in.node && i < in.node->child_count; i++) {
        const char *kind = in.node->children[i]->schema->name;
        if (interfaces && strcmp(kind, "interface") != 0)
            refuse(checking, &in, kind, "only interfaces are sources");
        else if (!interfaces && i > 0)
            refuse(checking, &in, kind, "beside %s, where sources are of one kind",
                   in.node->children[0]->schema->name);
    }
}

/* A prefix of one address. */
static bool is_address(const char *prefix)
{
    const char *slash = strchr(prefix, '/');

    return slash && strcmp(slash, strchr(prefix, ':') ? "/128" : "/32") == 0;
}

void limit_public(struct checking *checking, const struct profile_rule *rule,
                  const struct profile_cell *cell, const struct location *at)
{
    const struct node *source = node_child(at->node, rule->leaf);
    const struct node *prefixes = source ? node_child(source, "prefix") : NULL;
    const char *direction = profile_setting(checking->profile, at->node, "direction").text;
    size_t i = 0;

    (void)cell;
    while (prefixes && i < prefixes->value_count && !is_address(prefixes->values[i]))
        i++;
    if (!prefixes || i == prefixes->value_count)
        return;
    if (strcmp(direction, "both") != 0)
        refuse(checking, at, "direction", "%s, where public IP %s takes both", direction,
               prefixes->values[i]);
    if (node_child(at->node, "filter"))
        refuse(checking, at, "filter", "public IP %s takes none", prefixes->values[i]);
}

/* ---- over all sessions ---- */

void limit_instances(struct checking *checking, const struct profile_rule *rule,
                     const struct profile_cell *cell, const struct location *at)
{
    size_t first, count = instances(checking, rule->list, &first);

    if (count > (size_t)cell->limit)
        refuse(checking, at, rule->list, "%zu are above %ld", count, cell->limit);
}

/* Sessions of each instance of a list that `counts` says yes to. */
static void limit_of(struct checking *checking, const struct profile_rule *rule, long limit,
                     const struct location *root, bool (*counts)(const struct node *))
{
    const struct schema *list = schema_child(checking->tree->schema, rule->list);
    size_t first, count = node_range(checking->tree, list, &first), at;
    size_t from, sessions = instances(checking, "session", &from);
    size_t *users = calloc(count + 1, sizeof *users);

    if (!users)
        check_report(checking, root, rule->list, "out of memory");
    for (size_t i = from; users && i < from + sessions; i++) {
        const char *used = node_value(checking->tree->children[i], rule->list);
        if (used && node_search(checking->tree, list, used, &at))
            users[at - first]++;
    }
    for (size_t i = 0; users && i < count; i++) {
        const struct node *node = checking->tree->children[first + i];
        if (users[i] > (size_t)limit && counts(node))
            refuse(checking, &(struct location){.up = root, .node = node}, "",
                   "%zu sessions are above %ld", users[i], limit);
    }
    free(users);
}

static bool is_any(const struct node *node)
{
    return node;
}

static bool has_many(const struct node *target)
{
    const struct node *receivers = node_child(target, "receiver");

    return receivers && receivers->value_count > 1;
}

static bool has_one(const struct node *target)
{
    return !has_many(target);
}

void limit_users(struct checking *checking, const struct profile_rule *rule,
                 const struct profile_cell *cell, const struct location *at)
{
    limit_of(checking, rule, cell->limit, at, is_any);
}

void limit_users_one(struct checking *checking, const struct profile_rule *rule,
                     const struct profile_cell *cell, const struct location *at)
{
    limit_of(checking, rule, cell->limit, at, has_one);
}

void limit_users_many(struct checking *checking, const struct profile_rule *rule,
                      const struct profile_cell *cell, const struct location *at)
{
    limit_of(checking, rule, cell->limit, at, has_many);
}

/* ---- over all sources ---- */

/* A session on one of its interfaces. */
struct use {
    const char *interface;
    const char *priority; /* "": none is given */
    const struct node *session;
};

struct uses {
    struct use *at;
    size_t count;
};

static const struct node *interfaces_of(const struct node *session)
{
    const struct node *source = node_child(session, "source");

    return source ? node_child(source, "interface") : NULL;
}

static int by_interface(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    int order = strcmp(x->interface, y->interface);

    return order != 0 ? order : node_order(x->session, y->session);
}

static int by_priority(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    int order = strcmp(x->interface, y->interface);

    if (order == 0)
        order = strcmp(x->priority, y->priority);
    return order != 0 ? order : node_order(x->session, y->session);
}

/* Malloced, sorted. */
static struct uses uses_of(struct checking *checking, int (*order)(const void *, const void *))
{
    size_t first, count = instances(checking, "session", &first), room = 0;
    struct node **sessions = checking->tree->children + first;
    struct uses uses = {0};

    for (size_t i = 0; i < count; i++)
        room += interfaces_of(sessions[i]) ? interfaces_of(sessions[i])->value_count : 0;
    uses.at = calloc(room + 1, sizeof *uses.at);
    if (!uses.at)
        check_report(checking, &(struct location){.node = checking->tree}, "session",
                     "out of memory");
    for (size_t i = 0; uses.at && i < count; i++) {
        const struct node *interfaces = interfaces_of(sessions[i]);
        const char *priority = node_value(sessions[i], "priority");
        for (size_t j = 0; interfaces && j < interfaces->value_count; j++)
            uses.at[uses.count++] =
                (struct use){interfaces->values[j], priority ? priority : "", sessions[i]};
    }
    if (uses.at)
        qsort(uses.at, uses.count, sizeof *uses.at, order);
    return uses;
}

/* Told of the first session that is too many. */
void limit_of_source(struct checking *checking, const struct profile_rule *rule,
                     const struct profile_cell *cell, const struct location *at)
{
    struct uses uses = uses_of(checking, by_interface);
    size_t end;

    (void)rule;
    for (size_t i = 0; i < uses.count; i = end) {
        const char *interface = uses.at[i].interface;
        for (end = i; end < uses.count && strcmp(uses.at[end].interface, interface) == 0;)
            end++;
        if (end - i <= (size_t)cell->limit)
            continue;
        const struct location session = {.up = at,
                                         .node = uses.at[i + (size_t)cell->limit].session};
        const struct location source = {.up = &session, .node = node_child(session.node, "source")};
        refuse(checking, &source, "interface", "%s has %zu sessions, above %ld", interface, end - i,
               cell->limit);
    }
    free(uses.at);
}

void unique_on_source(struct checking *checking, const struct profile_rule *rule,
                      const struct profile_cell *cell, const struct location *at)
{
    struct uses uses = uses_of(checking, by_priority);
    const struct use *first = uses.at;

    (void)cell;
    for (size_t i = 1; i < uses.count; i++) {
        const struct use *use = &uses.at[i];
        if (strcmp(use->interface, first->interface) != 0 ||
            strcmp(use->priority, first->priority) != 0) {
            first = use;
        } else if (*use->priority) {
            char also[LOCATION_TEXT_SIZE];
            location_text(&(struct location){.up = at, .node = first->session}, also);
            refuse(checking, &(struct location){.up = at, .node = use->session}, rule->leaf,
                   "%s is also %s's on %s", use->priority, also, use->interface);
        }
    }
    free(uses.at);
}
