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

/* Something that is marked in another way, but the same: an annotation above its outline, an
 * outline behind `!` that says what it is now. */
static void print_marks(const struct node *before, const struct node *after, FILE *out)
{
    if (!comment_equal(before->comment, after->comment)) {
        if (before->comment) {
            fputs("-  ", out);
            text_print_comment(before, out);
        }
        if (after->comment) {
            fputs("+  ", out);
            text_print_comment(after, out);
        }
    }
    fputs(before->inactive == after->inactive ? "   "
          : after->inactive                   ? "!  inactive: "
                                              : "!  active: ",
          out);
    text_print_outline(after, out);
}

/* Two of which at most what is below them in braces differs, and the marks. */
static bool same_head(const struct node *before, const struct node *after)
{
    if (schema_implied(before->schema)) /* its value is on the line of its key */
        return before->child_count == after->child_count &&
               (before->child_count == 0 || node_equal(before->children[0], after->children[0]));
    return before->schema->children || node_values_equal(before, after);
}

/* Something that is there on one side only, or with other values, is shown as a whole. */
static bool print_slot(const struct node *before, const struct node *after, bool *headed,
                       const struct location *location, FILE *out)
{
    bool both = before && after && same_head(before, after);

    if (both && node_marks_equal(before, after))
        return false;
    if (!*headed) {
        fputs("[edit", out);
        location_print(location, out);
        fputs("]\n", out);
        *headed = true;
    }
    if (both) {
        print_marks(before, after, out);
        return true;
    }
    if (before)
        text_print_node(before, "-  ", out);
    if (after)
        text_print_node(after, "+  ", out);
    return true;
}

static bool concerns(const struct path *path, const struct location *location,
                     const struct node *node)
{
    return path->count == 0 || location_meets(&(struct location){location, node}, path);
}

static bool print_nodes(const struct node *old, const struct node *new, const struct location *up,
                        const struct path *path, FILE *out)
{
    struct location location = {.up = up, .node = new};
    const struct node *before, *after;
    bool different = false, headed = false;
    size_t i = 0, j = 0;

    while (next_slot(old, new, &i, &j, &before, &after), before || after)
        if (concerns(path, &location, after ? after : before))
            different |= print_slot(before, after, &headed, &location, out);
    i = j = 0;
    while (next_slot(old, new, &i, &j, &before, &after), before || after)
        if (before && after && !schema_implied(after->schema) && concerns(path, &location, after))
            different |= print_nodes(before, after, &location, path, out);
    return different;
}

bool diff_print(const struct node *old, const struct node *new, const struct path *path, FILE *out)
{
    return print_nodes(old, new, NULL, path, out);
}
