/* What a commit would change, for show | compare. */
#include "diff.h"

#include "node.h"
#include "text.h"

/* Both nodes' children, slot by slot in their common order; the end: both NULL. */
static void next_slot(const struct node *old, const struct node *new, size_t *i, size_t *j,
                      const struct node **before, const struct node **after)
{
    const struct node *a = *i < old->child_count ? old->children[*i] : NULL;
    const struct node *b = *j < new->child_count ? new->children[*j] : NULL;
    int order = !a ? 1 : !b ? -1 : node_order(a, b);

    *before = order <= 0 ? a : NULL;
    *after = order >= 0 ? b : NULL;
    *i += *before != NULL;
    *j += *after != NULL;
}

/* Something that is shown as a whole: there on one side only, or with other values. */
static bool print_slot(const struct node *before, const struct node *after, bool *headed,
                       const struct location *location, FILE *out)
{
    enum schema_kind kind = before ? before->schema->kind : after->schema->kind;

    if (before && after &&
        (kind == SCHEMA_CONTAINER || kind == SCHEMA_LIST || node_equal(before, after)))
        return false;
    if (!*headed) {
        fputs("[edit", out);
        location_print(location, out);
        fputs("]\n", out);
        *headed = true;
    }
    if (before)
        text_print_node(before, "-  ", out);
    if (after)
        text_print_node(after, "+  ", out);
    return true;
}

static bool print_nodes(const struct node *old, const struct node *new, const struct location *up,
                        FILE *out)
{
    struct location location = {.up = up, .node = new};
    const struct node *before, *after;
    bool different = false, headed = false;
    size_t i = 0, j = 0;

    while (next_slot(old, new, &i, &j, &before, &after), before || after)
        different |= print_slot(before, after, &headed, &location, out);
    i = j = 0;
    while (next_slot(old, new, &i, &j, &before, &after), before || after)
        if (before && after)
            different |= print_nodes(before, after, &location, out);
    return different;
}

bool diff_print(const struct node *old, const struct node *new, FILE *out)
{
    return print_nodes(old, new, NULL, out);
}
