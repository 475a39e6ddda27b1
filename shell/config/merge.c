/* Two consoles' changes to one configuration: at every path the one that changed it wins; where
 * both did, and differently, neither may. */
#include "diff.h"

#include "node.h"
#include "utf8.h"

struct merge {
    struct problems *problems;
    bool good;
};

/* One place of the three trees; NULL: not there. */
struct slot {
    const struct node *base, *mine, *theirs;
};

static bool same(const struct node *a, const struct node *b)
{
    return a == b || (a != NULL && b != NULL && node_equal(a, b));
}

/* "5", "[ eth0 eth1 ]", "deleted", "changed": what a side has at the place of a clash. */
static void describe(const struct node *node, char *out, size_t size)
{
    char shown[UTF8_SHORT_SIZE];
    size_t length = 0;

    if (node == NULL || node->value_count == 0) {
        snprintf(out, size, "%s", node == NULL ? "deleted" : "changed");
        return;
    }
    length += (size_t)snprintf(out, size, "%s", node->value_count > 1 ? "[ " : "");
    for (size_t i = 0; i < node->value_count && length < size; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%s", i == 0 ? "" : " ",
                                   utf8_shorten(node->values[i], shown));
    if (node->value_count > 1 && length < size)
        snprintf(out + length, size - length, " ]");
    utf8_trim(out);
}

static void clash(struct merge *merge, const struct trail *up, const struct slot *slot)
{
    const struct node *node = slot->mine != NULL ? slot->mine : slot->theirs;
    char path[TRAIL_TEXT_SIZE], mine[600], theirs[600];

    describe(slot->mine, mine, sizeof mine);
    describe(slot->theirs, theirs, sizeof theirs);
    trail_text(&(struct trail){.up = up, .node = node}, path);
    problems_add(merge->problems, 0, 0,
                 "%s: %s in this candidate, %s in the running configuration meanwhile", path, mine,
                 theirs);
    merge->good = false;
}

static struct node *merge_nodes(struct merge *merge, const struct trail *up,
                                const struct slot *slot);

/* NULL: nothing is to stand there, or memory ran out (merge->good is false then). */
static struct node *merge_slot(struct merge *merge, const struct trail *up, const struct slot *slot)
{
    const struct node *any = slot->mine != NULL ? slot->mine : slot->theirs, *take;

    if (same(slot->base, slot->mine) || same(slot->mine, slot->theirs))
        take = slot->theirs;
    else if (same(slot->base, slot->theirs))
        take = slot->mine;
    else if (any->schema->kind == SCHEMA_CONTAINER ||
             (any->schema->kind == SCHEMA_LIST && slot->mine != NULL && slot->theirs != NULL))
        return merge_nodes(merge, up, slot);
    else { /* a leaf, or an instance that one deleted and the other changed */
        clash(merge, up, slot);
        return NULL;
    }
    struct node *copy = take == NULL ? NULL : node_copy(take);
    merge->good = merge->good && (take == NULL || copy != NULL);
    return copy;
}

static const struct node *head(const struct node *node, size_t at)
{
    return node != NULL && at < node->child_count ? node->children[at] : NULL;
}

/* The first of the three heads' places; the heads that are not there become NULL. */
static bool first_place(struct slot *slot)
{
    const struct node **at[] = {&slot->base, &slot->mine, &slot->theirs};
    const struct node *first = NULL;

    for (int i = 0; i < 3; i++)
        if (*at[i] != NULL && (first == NULL || node_order(*at[i], first) < 0))
            first = *at[i];
    for (int i = 0; i < 3; i++)
        if (*at[i] != NULL && node_order(*at[i], first) != 0)
            *at[i] = NULL;
    return first != NULL;
}

/* Child by child. A plain container that nothing is left in goes. */
static struct node *merge_nodes(struct merge *merge, const struct trail *up,
                                const struct slot *slot)
{
    const struct node *any = slot->mine != NULL ? slot->mine : slot->theirs;
    struct trail trail = {.up = up, .node = any};
    struct node *merged = node_new(any->schema, any->key);
    size_t b = 0, m = 0, t = 0;

    merge->good = merge->good && merged != NULL;
    while (merged != NULL) {
        struct slot child = {head(slot->base, b), head(slot->mine, m), head(slot->theirs, t)};
        if (!first_place(&child))
            break;
        b += child.base != NULL;
        m += child.mine != NULL;
        t += child.theirs != NULL;
        struct node *node = merge_slot(merge, &trail, &child);
        if (node != NULL && !node_append(merged, node))
            merge->good = false;
    }
    if (merged == NULL || merged->child_count > 0 || up == NULL || any->schema->kind == SCHEMA_LIST)
        return merged;
    node_free(merged);
    return NULL;
}

struct node *diff_merge(const struct node *base, const struct node *mine, const struct node *theirs,
                        struct problems *problems)
{
    struct merge merge = {.problems = problems, .good = true};
    struct node *merged = merge_nodes(&merge, NULL, &(struct slot){base, mine, theirs});

    if (merge.good)
        return merged;
    if (problems->count == 0)
        problems_add(problems, 0, 0, "out of memory");
    node_free(merged);
    return NULL;
}
