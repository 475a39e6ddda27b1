/* What is marked in a tree: deactivated parts, which are kept and take no part, and annotations. */
#include "node.h"
#include "path.h"
#include "utf8.h"
#include <stdlib.h>
#include <string.h>

struct node *tree_node(struct node *tree, const struct word *words, size_t count,
                       struct problem *problem)
{
    struct path path = {0};
    struct node *node = NULL;

    if (count == 0)
        problem_at(problem, words, "a path is missing");
    else if (tree_find(tree, words, count, problem))
        node = tree;
    if (!node || !tree_path(words, count, &path, problem))
        return NULL;
    for (size_t i = 0; node && i < count; i++) {
        const struct schema *row = schema_child(node->schema, path.words[i]);

        if (row->kind == SCHEMA_LIST && i + 1 == count) {
            path_missing(row, &words[count], problem);
            node = NULL;
        } else {
            node = node_find(node, row, row->kind == SCHEMA_LIST ? path.words[++i] : NULL);
        }
    }
    path_free(&path);
    return node;
}

static bool mark(struct node *tree, const struct word *words, size_t count, bool inactive,
                 struct problem *problem)
{
    struct node *node = tree_node(tree, words, count, problem);

    if (!node)
        return false;
    if (node->inactive == inactive)
        return problem_warn(problem, &words[count - 1], "it is %s",
                            inactive ? "deactivated already" : "not deactivated");
    node->inactive = inactive;
    return true;
}

bool tree_deactivate(struct node *tree, const struct word *words, size_t count,
                     struct problem *problem)
{
    return mark(tree, words, count, true, problem);
}

bool tree_activate(struct node *tree, const struct word *words, size_t count,
                   struct problem *problem)
{
    return mark(tree, words, count, false, problem);
}

bool tree_annotate(struct node *tree, const struct word *words, size_t count,
                   struct problem *problem)
{
    const struct word *text = &words[count - (count > 0)];

    if (count < 2 || !text->quoted)
        return problem_at(problem, &words[count], "a comment in quotes is missing");
    if (strstr(text->text, "*/"))
        return problem_at(problem, text, "\"*/\" cannot stand in a comment");
    if (utf8_length(text->text) > ANNOTATION_MAX)
        return problem_at(problem, text, "the comment is longer than %d characters",
                          ANNOTATION_MAX);
    struct node *node = tree_node(tree, words, count - 1, problem);
    if (!node)
        return false;
    if (text->text[0] == '\0' && !node->comment)
        return problem_warn(problem, text, "%s has no comment", node->schema->name);
    char *comment = text->text[0] == '\0' ? NULL : strdup(text->text);
    if (text->text[0] != '\0' && !comment)
        return problem_at(problem, NULL, "out of memory");
    node_annotate(node, comment);
    return true;
}

static bool all_active(const struct node *node)
{
    for (size_t i = 0; i < node->child_count; i++)
        if (!all_active(node->children[i]))
            return false;
    return !node->inactive;
}

/* Without what is deactivated, and the plain containers that had nothing else. */
static struct node *copy_active(const struct node *node)
{
    struct node *copy = node_new(node->schema, node->key);
    bool good = copy;

    for (size_t i = 0; good && i < node->value_count; i++)
        good = node_value_add(copy, node->values[i]);
    for (size_t i = 0; good && i < node->child_count; i++) {
        const struct node *child = node->children[i];
        struct node *active = child->inactive ? NULL : copy_active(child);

        good = child->inactive || active;
        if (active && child->schema->kind == SCHEMA_CONTAINER && active->child_count == 0)
            node_free(active);
        else if (active)
            good = node_append(copy, active);
    }
    if (good) {
        copy->line = node->line;
        copy->column = node->column;
        copy->doubtful = node->doubtful;
        return copy;
    }
    node_free(copy);
    return NULL;
}

struct active tree_active(const struct node *tree)
{
    if (all_active(tree))
        return (struct active){.tree = tree};
    struct node *copy = copy_active(tree);
    return (struct active){.tree = copy, .copy = copy};
}
