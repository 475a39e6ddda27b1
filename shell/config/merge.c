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

/* Moves the part of a text from `from` on to its front, one blank for what a line of its own stands
 * for. */
static char *in_one_line(char *text, const char *from)
{
    char *to = text;

    for (; *from != '\0'; from++) {
        if (*from == '\n') {
            from += strspn(from, "\n ") - 1;
            *to++ = ' ';
        } else {
            *to++ = *from;
        }
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
    return text;
}

/* What a side has at the place of a clash, whole and in one line: "5", "[ eth0 eth1 ]",
 * "{ priority 1; vni 5; }", "set", "deleted", "inactive: vni 5;". Malloced; NULL when memory runs
 * out. */
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
    if (node->inactive || node->comment)
        return in_one_line(text, text);
    /* behind the name */
    from = text + strcspn(text, node->value_count > 0 ? " " : "{");
    if (*from == '\0')
        return strcpy(text, node->schema->kind == SCHEMA_LIST ? "{ }" : "set");
    in_one_line(text, from + (*from == ' '));
    for (to = text + strlen(text); to > text && node->value_count > 0 && to[-1] == ';';)
        *--to = '\0';
    return text;
}

static void report(struct merge *merge, const struct location *location, const char *what,
                   const char *mine, const char *theirs)
{
    char path[LOCATION_TEXT_SIZE];

    problems_add(merge->clashes, 0, 0,
                 "%s%s: %s in this candidate, %s in the running configuration meanwhile",
                 location_text(location, path), what, mine, theirs);
}

static void clash(struct merge *merge, const struct location *up, const struct slot *slot)
{
    const struct node *node = slot->mine ? slot->mine : slot->theirs;
    char *mine, *theirs;

    mine = describe(slot->mine);
    theirs = describe(slot->theirs);
    if (mine && theirs)
        report(merge, &(struct location){.up = up, .node = node}, "", mine, theirs);
    merge->good = merge->good && mine && theirs;
    free(mine);
    free(theirs);
}

/* The marks of a place that is merged child by child. Of two there is no clash whether it is
 * inactive: who changes that, changes it to the same. */
static void merge_marks(struct merge *merge, const struct location *location,
                        const struct slot *slot, struct node *merged)
{
    const struct node *base = slot->base, *mine = slot->mine ? slot->mine : base,
                      *theirs = slot->theirs ? slot->theirs : base;
    bool was = base && base->inactive;
    const char *old = base ? base->comment : NULL, *ours = mine ? mine->comment : NULL,
               *other = theirs ? theirs->comment : NULL, *take = old;

    if (merge->clashes) {
        merged->inactive =
            mine && mine->inactive != was ? mine->inactive : theirs && theirs->inactive;
        take = comment_equal(old, ours) ? other : ours;
    } else {
        merged->inactive = was;
    }
    if (!comment_equal(old, ours) && !comment_equal(old, other) && !comment_equal(ours, other)) {
        take = merge->clashes ? ours : other;
        if (merge->clashes)
            report(merge, location, ": comment", ours ? ours : "deleted",
                   other ? other : "deleted");
    }
    char *comment = take ? strdup(take) : NULL;
    node_annotate(merged, comment);
    merge->good = merge->good && (!take || comment);
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
 * that it did not have, unless its comment is settled. */
static struct node *merge_nodes(struct merge *merge, const struct location *up,
                                const struct slot *slot)
{
    const struct node *any = slot->mine ? slot->mine : slot->theirs;
    struct location location = {.up = up, .node = any};
    struct node *merged = node_new(any->schema, any->key);
    size_t b = 0, m = 0, t = 0;

    merge->good = merge->good && merged;
    if (merged)
        merge_marks(merge, &location, slot, merged);
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
    bool settled = merged && !merge->clashes && merged->comment;
    if (!merged || merged->child_count > 0 || !up || instance || settled)
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
