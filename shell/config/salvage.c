/* A line that is wrong -> what can be known of it, so that a check of the whole tree does not tell
 * what is only its consequence. */
#include "node.h"
#include "path.h"
#include <stdlib.h>

/* Behind a keyword that is unknown: if the next word is the key of one of the lists here, nobody
 * knows of which. */
static void doubt_instances(struct node *node, const struct word *words, size_t count, size_t at)
{
    char why[200], *key;

    node->doubtful = true;
    if (at + 1 >= count)
        return;
    for (const struct schema *row = node->schema->children; row->name; row++) {
        if (row->kind != SCHEMA_LIST || !row->parse(row, words[at + 1].text, &key, why, sizeof why))
            continue;
        struct node *instance = node_make(node, row, key);
        if (instance)
            instance->doubtful = true;
        free(key);
    }
}

/* The leaf that waits for its value is there, without one. */
static void doubt_leaf(struct node *node, const struct walk *walk)
{
    if (walk->open->kind == SCHEMA_LEAF || walk->open->kind == SCHEMA_LEAF_LIST)
        node_make(node, walk->open, NULL);
}

void tree_salvage(struct node *tree, const struct word *words, size_t count,
                  const struct origin *origin)
{
    struct step *steps = calloc(count + 1, sizeof *steps);
    struct node *nodes[TREE_DEPTH] = {tree};
    struct problem unused;
    struct walk walk;
    bool goes_on = steps;

    walk_start(&walk, WALK_SET);
    for (size_t i = 0; goes_on && i < count; i++) {
        if (walk_word(&walk, &words[i], &steps[i], &unused)) {
            goes_on = tree_apply(nodes, steps, i, origin);
        } else if (!walk.open) {
            doubt_instances(nodes[walk.depth], words, count, i);
            goes_on = false;
        } else {
            doubt_leaf(nodes[walk.depth], &walk);
            goes_on = walk.open->kind != SCHEMA_LIST;
            walk.open = walk.open->kind == SCHEMA_LEAF ? NULL : walk.open;
            steps[i].row = NULL;
        }
    }
    if (goes_on && walk.open)
        doubt_leaf(nodes[walk.depth], &walk);
    path_steps_free(steps, !steps ? 0 : count);
}
