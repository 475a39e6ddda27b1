/* candidate tree -> check -> commit: what no single value can know. */
#include "check.h"

#include "limits.h"
#include "node.h"
#include <stdlib.h>
#include <string.h>

/* The values that the instances of a list have in one leaf, sorted: equal ones in the order of
 * their instances. */
struct holders {
    const struct schema *row;
    struct holder {
        const char *value;
        const struct node *instance;
    } * at;
    size_t count;
    const struct holders *next; /* of another leaf of the list */
};

static int by_value(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    int order = strcmp(x->value, y->value);

    return order != 0 ? order : node_order(x->instance, y->instance);
}

static void check_node(struct checking *checking, const struct location *location,
                       const struct holders *holders);

/* In all of its list: a profile may want that only of some. */
static bool is_unique(const struct checking *checking, const struct schema *row)
{
    return row->unique && !profile_cell(checking->profile, PROFILE_UNIQUE, row);
}

/* The instances of a list, all that are in parent->children from `first` on. */
static void check_instances(struct checking *checking, const struct location *parent, size_t first,
                            size_t count, const struct schema *unique, const struct holders *others)
{
    struct node **instances = parent->node->children + first;
    const struct schema *list = instances[0]->schema;

    while (unique->name && !is_unique(checking, unique))
        unique++;
    if (!unique->name) {
        for (size_t i = 0; i < count; i++)
            check_node(checking, &(struct location){.up = parent, .node = instances[i]}, others);
        return;
    }
    struct holders holders = {.row = unique, .next = others};
    holders.at = calloc(count, sizeof *holders.at);
    if (!holders.at) {
        check_report(checking, parent, list->name, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *value = node_value(instances[i], unique->name);
        if (value)
            holders.at[holders.count++] = (struct holder){value, instances[i]};
    }
    qsort(holders.at, holders.count, sizeof *holders.at, by_value);
    check_instances(checking, parent, first, count, unique + 1, &holders);
    free(holders.at);
}

/* The first instance that has the value of this leaf. */
static const struct node *first_holder(const struct holders *holders, const struct node *leaf)
{
    size_t low = 0, high = holders->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(holders->at[middle].value, leaf->values[0]) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return holders->at[low].instance;
}

/* More than one of a family would leave it open which is meant. */
static void check_families(struct checking *checking, const struct location *location,
                           const struct node *leaf)
{
    const char *first[2] = {NULL, NULL};

    for (size_t i = 0; i < leaf->value_count; i++) {
        const char **same = &first[strchr(leaf->values[i], ':') ? 1 : 0];
        if (*same)
            check_report(checking, location, leaf->schema->name,
                         "%s and %s: one of IPv4 and one of IPv6 is enough", *same,
                         leaf->values[i]);
        else
            *same = leaf->values[i];
    }
}

static void check_leaf(struct checking *checking, const struct location *location,
                       const struct node *leaf, const struct holders *holders)
{
    const struct schema *row = leaf->schema;

    while (row->unique && holders && holders->row != row)
        holders = holders->next;
    if (row->unique && holders && leaf->value_count > 0) {
        const struct node *first = first_holder(holders, leaf);
        if (first != location->node) {
            char also[LOCATION_TEXT_SIZE];
            location_text(&(struct location){.up = location->up, .node = first}, also);
            check_report(checking, location, row->name, "%s is also %s's", leaf->values[0], also);
        }
    }
    if (row->one_a_family)
        check_families(checking, location, leaf);
    for (size_t i = 0; row->refers_to && i < leaf->value_count; i++)
        if (!node_instance(checking->tree, row->refers_to, leaf->values[i]))
            check_report(checking, location, row->name,
                         node_instance(checking->whole, row->refers_to, leaf->values[i])
                             ? "%s \"%s\" is deactivated"
                             : "there is no %s \"%s\"",
                         row->refers_to, leaf->values[i]);
}

static void check_node(struct checking *checking, const struct location *location,
                       const struct holders *holders)
{
    const struct node *node = location->node;
    size_t at = 0, count;

    for (const struct schema *row = node->schema->children; row->name; row++, at += count) {
        for (count = 0; at + count < node->child_count; count++)
            if (node->children[at + count]->schema != row)
                break;
        if (count == 0 && row->required && !node->doubtful &&
            !profile_cell(checking->profile, PROFILE_DEFAULT, row))
            check_report(checking, location, row->name, "missing");
        if (count == 0 || row->kind == SCHEMA_FLAG)
            continue;
        const struct node *child = node->children[at];
        if (row->kind == SCHEMA_LIST)
            check_instances(checking, location, at, count, row->children, NULL);
        else if (row->kind == SCHEMA_CONTAINER)
            check_node(checking, &(struct location){.up = location, .node = child}, NULL);
        else
            check_leaf(checking, location, child, holders);
    }
}

bool check(const struct node *tree, struct problems *problems)
{
    struct active active = tree_active(tree);

    if (!active.tree) {
        problems_add(problems, 0, 0, "out of memory");
        return false;
    }
    struct checking checking = {.tree = active.tree,
                                .whole = tree,
                                .profile = profile_of(active.tree),
                                .problems = problems,
                                .good = true};
    check_node(&checking, &(struct location){.node = active.tree}, NULL);
    check_limits(&checking);
    tree_free(active.copy);
    return checking.good;
}
