/* Two consoles' changes to one configuration: at every path the one that changed it wins; where
 * both did, and differently, the places are told. */
#include "diff.h"

#include "node.h"
#include "text.h"
#include <stdlib.h>
#include <string.h>

struct merge {
    struct problems *clashes; /* NULL: the base is settled instead, see diff_settle */
    bool good;
};

/* One place of the three trees; NULL: not there. */
struct slot {
    const struct node *base, *mine, *theirs;
};

static bool same(const struct node *a, const struct node *b)
{
    return a == b || (a && b && node_equal(a, b));
}

/* What a side has at the place of a clash, whole and in one line: "5", "[ eth0 eth1 ]",
 * "{ priority 1; vni 5; }", "set", "deleted". Malloced; NULL when memory runs out. */
static char *describe(const struct node *node)
{
    char *text = NULL, *from, *to;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (!node)
        fputs("deleted", out);
    else
        text_print_node(node, "", out);
    if (fclose(out) != 0 || !node)
        return text;
    /* behind the name, and what a line of its own stands for: one blank */
    from = text + strcspn(text, node->value_count > 0 ? " " : "{");
    if (*from == '\0')
        return strcpy(text, node->schema->kind == SCHEMA_LIST ? "{ }" : "set");
    from += *from == ' ';
    for (to = text; *from != '\0'; from++) {
        if (*from == '\n') {
            from += strspn(from, "\n ") - 1;
            *to++ = ' ';
        } else {
            *to++ = *from;
        }
    }
    while (to > text && strchr(node->value_count > 0 ? " ;" : " ", to[-1]))
        to--;
    *to = '\0';
    return text;
}

static void clash(struct merge *merge, const struct location *up, const struct slot *slot)
{
    const struct node *node = slot->mine ? slot->mine : slot->theirs;
    char path[LOCATION_TEXT_SIZE], *mine, *theirs;

    mine = describe(slot->mine);
    theirs = describe(slot->theirs);
    location_text(&(struct location){.up = up, .node = node}, path);
    if (mine && theirs)
        problems_add(merge->clashes, 0, 0,
                     "%s: %s in this candidate, %s in the running configuration meanwhile", path,
                     mine, theirs);
    merge->good = merge->good && mine && theirs;
    free(mine);
    free(theirs);
}

static struct node *merge_nodes(struct merge *merge, const struct location *up,
                                const struct slot *slot);

/* NULL: nothing is to stand there, or memory ran out (merge->good is false then). */
static struct node *merge_slot(struct merge *merge, const struct location *up,
                               const struct slot *slot)
{
    const struct node *any = slot->mine ? slot->mine : slot->theirs, *take;

    if (same(slot->base, slot->mine) || same(slot->mine, slot->theirs))
        take = merge->clashes ? slot->theirs : slot->base;
    else if (same(slot->base, slot->theirs))
        take = merge->clashes ? slot->mine : slot->base;
    else if (any->schema->kind == SCHEMA_CONTAINER ||
             (any->schema->kind == SCHEMA_LIST && slot->mine && slot->theirs))
        return merge_nodes(merge, up, slot);
    else { /* a leaf, or an instance that one deleted and the other changed */
        take = merge->clashes ? slot->mine : slot->theirs;
        if (merge->clashes)
            clash(merge, up, slot);
    }
    struct node *copy = take ? node_copy(take) : NULL;
    merge->good = merge->good && (!take || copy);
    return copy;
}

static const struct node *head(const struct node *node, size_t at)
{
    return node && at < node->child_count ? node->children[at] : NULL;
}

/* The first of the three heads' places; the heads that are not there become NULL. */
static bool first_place(struct slot *slot)
{
    const struct node **at[] = {&slot->base, &slot->mine, &slot->theirs};
    const struct node *first = NULL;

    for (int i = 0; i < 3; i++)
        if (*at[i] && (!first || node_order(*at[i], first) < 0))
            first = *at[i];
    for (int i = 0; i < 3; i++)
        if (*at[i] && node_order(*at[i], first) != 0)
            *at[i] = NULL;
    return first;
}

/* Child by child. A plain container that nothing is left in goes, and of a settled base an instance
 * that it did not have. */
static struct node *merge_nodes(struct merge *merge, const struct location *up,
                                const struct slot *slot)
{
    const struct node *any = slot->mine ? slot->mine : slot->theirs;
    struct location location = {.up = up, .node = any};
    struct node *merged = node_new(any->schema, any->key);
    size_t b = 0, m = 0, t = 0;

    merge->good = merge->good && merged;
    while (merged) {
        struct slot child = {head(slot->base, b), head(slot->mine, m), head(slot->theirs, t)};
        if (!first_place(&child))
            break;
        b += child.base != NULL;
        m += child.mine != NULL;
        t += child.theirs != NULL;
        struct node *node = merge_slot(merge, &location, &child);
        if (node && !node_append(merged, node))
            merge->good = false;
    }
    bool instance = any->schema->kind == SCHEMA_LIST && (merge->clashes || slot->base);
    if (!merged || merged->child_count > 0 || !up || instance)
        return merged;
    node_free(merged);
    return NULL;
}

static struct node *merge_trees(const struct slot *trees, struct problems *clashes)
{
    struct merge merge = {.clashes = clashes, .good = true};
    struct node *merged = merge_nodes(&merge, NULL, trees);

    if (merge.good)
        return merged;
    node_free(merged);
    return NULL;
}

struct node *diff_merge(const struct node *base, const struct node *mine, const struct node *theirs,
                        struct problems *clashes)
{
    return merge_trees(&(struct slot){base, mine, theirs}, clashes);
}

struct node *diff_settle(const struct node *base, const struct node *mine,
                         const struct node *theirs)
{
    return merge_trees(&(struct slot){base, mine, theirs}, NULL);
}
