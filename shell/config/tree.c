/* The configuration tree, and the two commands that change it. */
#include "tree.h"

#include "node.h"
#include "path.h"
#include "utf8.h"
#include <stdlib.h>
#include <string.h>

struct node *tree_new(void)
{
    return node_new(schema_root(), NULL);
}

struct node *tree_copy(const struct node *tree)
{
    return node_copy(tree);
}

void tree_free(struct node *tree)
{
    node_free(tree);
}

bool tree_equal(const struct node *a, const struct node *b)
{
    return node_equal(a, b);
}

static struct node *apply_value(struct node *node, const struct step *step)
{
    struct node *leaf = node_make(node, step->row, NULL);
    size_t at;

    if (leaf && (step->row->kind == SCHEMA_LEAF ? node_value_set(leaf, step->text)
                                                : node_value_add(leaf, step->text)))
        return leaf;
    if (leaf && leaf->value_count == 0 && node_search(node, step->row, NULL, &at))
        node_remove(node, at, 1); /* a leaf without a value is nothing */
    return NULL;
}

/* Notes the place of what word `at` has made: of the leaf whose value it is, that of its keyword.
 */
static void note_place(struct node *node, const struct origin *origin, const struct step *steps,
                       size_t at)
{
    bool leaf = node->schema->kind == SCHEMA_LEAF;

    if (!origin || (node->line != 0 && !leaf))
        return;
    while (node->schema->kind != SCHEMA_LIST && steps[at].text)
        at--;
    struct place place = origin->place;
    place_pass(&place, origin->text, origin->words[at].start);
    node->line = place.line;
    node->column = place.column;
}

bool tree_apply(struct node *nodes[static TREE_DEPTH], const struct step *steps, size_t at,
                const struct origin *origin)
{
    const struct step *step = &steps[at];
    struct node *node = nodes[step->depth];

    switch (step->row->kind) {
    case SCHEMA_LIST:
        if (!step->text)
            return true;
        /* fall through */
    case SCHEMA_CONTAINER:
        node = nodes[step->depth + 1] = node_make(node, step->row, step->text);
        break;
    case SCHEMA_FLAG:
        node = node_make(node, step->row, NULL);
        break;
    case SCHEMA_LEAF:
    case SCHEMA_LEAF_LIST:
        if (!step->text)
            return true;
        node = apply_value(node, step);
        break;
    }
    if (node)
        note_place(node, origin, steps, at);
    return node;
}

bool tree_set_from(struct node *tree, const struct word *words, size_t count,
                   const struct origin *origin, struct problem *problem)
{
    struct step *steps = path_steps(WALK_SET, words, count, problem);
    struct node *nodes[TREE_DEPTH] = {tree};
    bool good = steps;

    if (!good)
        return false;
    for (size_t i = 0; good && i < count; i++) {
        good = tree_apply(nodes, steps, i, origin);
        if (!good)
            problem_at(problem, NULL, "out of memory");
    }
    path_steps_free(steps, count);
    return good;
}

bool tree_set(struct node *tree, const struct word *words, size_t count, struct problem *problem)
{
    return tree_set_from(tree, words, count, NULL, problem);
}

/* The steps of a line. */
struct deletion {
    const struct step *steps;
    const struct word *words; /* that they are of */
    size_t count;
    struct problem *problem;
};

static bool warn_of_value(const struct deletion *deletion, const struct node *leaf, size_t at)
{
    char shown[UTF8_SHORT_SIZE];

    utf8_shorten(deletion->steps[at].text, shown);
    if (leaf->schema->kind == SCHEMA_LEAF)
        return problem_warn(deletion->problem, &deletion->words[at], "%s is %s, not %s",
                            leaf->schema->name, leaf->values[0], shown);
    return problem_warn(deletion->problem, &deletion->words[at], "%s has no %s", leaf->schema->name,
                        shown);
}

/* Of the values that are not there the first is told; those that are go. */
static bool delete_values(const struct deletion *deletion, struct node *parent, size_t at,
                          size_t first)
{
    struct node *leaf = parent->children[at];
    struct node *gone = node_new(leaf->schema, NULL);
    bool there = true, good = gone;

    for (size_t i = first; good && i < deletion->count; i++) {
        const char *text = deletion->steps[i].text;
        if (!text) /* a bracket */
            continue;
        if (node_value_has(leaf, text))
            good = node_value_add(gone, text);
        else if (there)
            there = warn_of_value(deletion, leaf, i);
    }
    if (good && gone->value_count == leaf->value_count)
        node_remove(parent, at, 1);
    else if (good)
        good = node_values_remove(leaf, gone);
    node_free(gone);
    return good ? there : problem_at(deletion->problem, NULL, "out of memory");
}

/* Deletes what the steps from `first` on lead to below `parent`. */
static bool delete_below(const struct deletion *deletion, struct node *parent, size_t first)
{
    const struct step *step = &deletion->steps[first];
    const struct schema *row = step->row;
    char shown[UTF8_SHORT_SIZE];
    bool last = first + 1 == deletion->count;
    size_t at, count = 1;

    if (row->kind == SCHEMA_LIST && last) {
        count = node_range(parent, row, &at);
        if (count == 0)
            return problem_warn(deletion->problem, &deletion->words[first], "there is no %s",
                                row->name);
    } else if (row->kind == SCHEMA_LIST) {
        first++;
        last = first + 1 == deletion->count;
        if (!node_search(parent, row, step[1].text, &at))
            return problem_warn(deletion->problem, &deletion->words[first], "there is no %s \"%s\"",
                                row->name, utf8_shorten(step[1].text, shown));
    } else if (!node_search(parent, row, NULL, &at)) {
        return problem_warn(deletion->problem, &deletion->words[first], "%s is not set", row->name);
    }
    if (last) {
        node_remove(parent, at, count);
        return true;
    }
    if (row->kind == SCHEMA_LEAF || row->kind == SCHEMA_LEAF_LIST)
        return delete_values(deletion, parent, at, first + 1);
    struct node *child = parent->children[at];
    bool there = delete_below(deletion, child, first + 1);
    if (row->kind == SCHEMA_CONTAINER && child->child_count == 0)
        node_remove(parent, at, 1);
    return there;
}

bool tree_delete(struct node *tree, const struct word *words, size_t count, struct problem *problem)
{
    struct step *steps = path_steps(WALK_DELETE, words, count, problem);
    struct deletion deletion = {.steps = steps, .words = words, .count = count, .problem = problem};

    if (!steps)
        return false;
    bool good = delete_below(&deletion, tree, 0);
    path_steps_free(steps, count);
    return good;
}

const struct node *tree_find(const struct node *tree, const struct word *words, size_t count,
                             struct problem *problem)
{
    struct step *steps = path_steps(WALK_SHOW, words, count, problem);
    const struct node *node = steps ? tree : NULL;
    char shown[UTF8_SHORT_SIZE];
    size_t at;

    for (size_t i = 0; node && i < count; i++) {
        const struct step *step = &steps[i];
        const struct node *parent = node;
        if (step->row->kind == SCHEMA_LIST && i + 1 == count) {
            node = node_range(parent, step->row, &at) > 0 ? parent->children[at] : NULL;
            if (!node)
                problem_at(problem, &words[i], "there is no %s", step->row->name);
        } else if (step->row->kind == SCHEMA_LIST) {
            const char *key = steps[++i].text;
            node = node_find(parent, step->row, key);
            if (!node)
                problem_at(problem, &words[i], "there is no %s \"%s\"", step->row->name,
                           utf8_shorten(key, shown));
        } else {
            node = node_find(parent, step->row, NULL);
            if (!node)
                problem_at(problem, &words[i], "%s is not set", step->row->name);
        }
    }
    path_steps_free(steps, count);
    return node;
}

const struct node *node_child(const struct node *node, const char *name)
{
    const struct schema *row = schema_child(node->schema, name);

    return !row || row->kind == SCHEMA_LIST ? NULL : node_find(node, row, NULL);
}

const struct node *node_instance(const struct node *node, const char *list, const char *key)
{
    const struct schema *row = schema_child(node->schema, list);

    return !row || row->kind != SCHEMA_LIST ? NULL : node_find(node, row, key);
}

const char *node_value(const struct node *node, const char *leaf)
{
    const struct node *child = node_child(node, leaf);

    return !child || child->value_count == 0 ? NULL : child->values[0];
}
