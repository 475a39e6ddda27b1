/* Instances that get another name, or a copy of another name: what refers to them follows. */
#include "node.h"
#include "path.h"
#include "utf8.h"
#include <stdlib.h>
#include <string.h>

/* What a line `A to B` is about. */
struct renaming {
    struct node *tree;
    const struct word *words;
    size_t to; /* where the word stands */
    const struct node *instance;
    struct path path; /* of B, whole */
};

static bool is_to(const struct word *word)
{
    return !word->quoted && strcmp(word->text, "to") == 0;
}

size_t tree_rename_to(struct node *tree, const struct word *words, size_t count,
                      struct problem *problem)
{
    bool seen = false;

    for (size_t i = 1; i < count; i++) {
        const struct node *node = is_to(&words[i]) ? tree_node(tree, words, i, problem) : NULL;

        seen |= is_to(&words[i]);
        if (node && node->schema->kind == SCHEMA_LIST)
            return i;
        if (node)
            problem_at(problem, &words[i - 1], "%s has no name", node->schema->name);
    }
    if (!seen)
        problem_at(problem, &words[count], "missing word, expected: to");
    return count;
}

/* B's words take the place of as many at the end of A's. */
static bool find_new(struct renaming *renaming, size_t count, struct problem *problem)
{
    size_t to = renaming->to, given = count - to - 1;
    const struct node *instance = renaming->instance;
    struct problem unused;
    char shown[UTF8_SHORT_SIZE];

    if (given == 0)
        return path_missing(instance->schema, &renaming->words[count], problem);
    if (given > to)
        return problem_at(problem, &renaming->words[2 * to + 1],
                          "unexpected word \"%s\", expected the end of the line",
                          utf8_shorten(renaming->words[2 * to + 1].text, shown));
    struct word *whole = calloc(to + 1, sizeof *whole);
    if (!whole)
        return problem_at(problem, NULL, "out of memory");
    memcpy(whole, renaming->words, (to - given) * sizeof *whole);
    memcpy(whole + to - given, renaming->words + to + 1, (given + 1) * sizeof *whole);
    bool good = tree_path(whole, to, &renaming->path, problem);
    const struct node *there = good ? tree_node(renaming->tree, whole, to, &unused) : NULL;
    if (there && there->schema == instance->schema)
        good = problem_at(problem, &whole[to - 1], "there is a %s \"%s\" already",
                          instance->schema->name, utf8_shorten(there->key, shown));
    free(whole);
    return good;
}

/* A copy of the instance at the path of B. */
static bool copy_there(const struct renaming *renaming, struct problem *problem)
{
    const struct path *path = &renaming->path;
    const struct node *instance = renaming->instance;
    const struct schema *row = schema_root();
    struct node *node = renaming->tree, *copy = node_copy(instance), was;
    size_t i = 0;

    for (; i < path->count; i++) { /* before anything is made */
        row = schema_child(row, path->words[i]);
        i += row->kind == SCHEMA_LIST;
    }
    if (row != instance->schema || i != path->count) {
        node_free(copy);
        return problem_at(problem, &renaming->words[renaming->to + 1], "%s, expected %s", row->name,
                          instance->schema->name);
    }
    for (i = 0; node && i < path->count; i++) {
        row = schema_child(node->schema, path->words[i]);
        node = node_make(node, row, row->kind == SCHEMA_LIST ? path->words[++i] : NULL);
    }
    char *key = copy && node ? strdup(node->key) : NULL;
    if (!key) {
        node_free(copy);
        return problem_at(problem, NULL, "out of memory");
    }
    free(copy->key);
    copy->key = key;
    was = *node;
    *node = *copy;
    *copy = was;
    node_free(copy);
    return true;
}

/* Whether a value of the row, or below it, may be the name of an instance of a top-level list. */
static bool refers(const struct schema *row, const char *list)
{
    if (row->refers_to && strcmp(row->refers_to, list) == 0)
        return true;
    for (const struct schema *child = row->children; child && child->name; child++)
        if (refers(child, list))
            return true;
    return false;
}

/* Values that are the name of a top-level list's instance. Ten thousand filters, which refer to
 * nothing, are not looked at. */
static bool follow(struct node *node, const char *list, const char *old, const char *new)
{
    const struct schema *row = NULL;
    bool good = true, wanted = false;

    if (node->schema->refers_to && strcmp(node->schema->refers_to, list) == 0 &&
        strcmp(node->values[0], old) == 0)
        good = node_value_set(node, new);
    for (size_t i = 0; good && i < node->child_count; i++) {
        if (node->children[i]->schema != row) {
            row = node->children[i]->schema;
            wanted = refers(row, list);
        }
        good = !wanted || follow(node->children[i], list, old, new);
    }
    return good;
}

static bool copy(struct node *tree, const struct word *words, size_t count, bool rename,
                 struct problem *problem)
{
    size_t to = tree_rename_to(tree, words, count, problem);
    struct renaming renaming = {.tree = tree, .words = words, .to = to};

    if (to == count)
        return false;
    renaming.instance = tree_node(tree, words, to, problem);
    bool good = find_new(&renaming, count, problem) && copy_there(&renaming, problem);
    if (good && rename) {
        const char *key = renaming.path.words[renaming.path.count - 1];
        const struct node *instance = renaming.instance;
        if (schema_child(tree->schema, instance->schema->name) == instance->schema &&
            !follow(tree, instance->schema->name, instance->key, key))
            good = problem_at(problem, NULL, "out of memory");
        good = good && tree_delete(tree, words, to, problem);
    }
    path_free(&renaming.path);
    return good;
}

bool tree_rename(struct node *tree, const struct word *words, size_t count, struct problem *problem)
{
    return copy(tree, words, count, true, problem);
}

bool tree_duplicate(struct node *tree, const struct word *words, size_t count,
                    struct problem *problem)
{
    return copy(tree, words, count, false, problem);
}
