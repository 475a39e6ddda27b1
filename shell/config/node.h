/* The nodes that trees are made of: children in order, values of a leaf-list each once. For the
 * files of this folder; others read trees with tree.h. */
#ifndef MIRRORSH_NODE_H
#define MIRRORSH_NODE_H

#include "tree.h"

/* NULL when memory runs out. A key is copied. */
struct node *node_new(const struct schema *schema, const char *key);
struct node *node_copy(const struct node *node);
void node_free(struct node *node); /* NULL is fine */
bool node_equal(const struct node *a, const struct node *b);
bool node_values_equal(const struct node *a, const struct node *b);
/* The annotation, taken over: malloced, or NULL. */
void node_annotate(struct node *node, char *comment);
/* Deactivated or annotated alike? */
bool node_marks_equal(const struct node *a, const struct node *b);
bool comment_equal(const char *a, const char *b); /* NULL: none */

/* Siblings: by row of the schema, then by key; < 0, 0, > 0. */
int node_order(const struct node *a, const struct node *b);
/* Where the child is, or would stand: *at is its index. key: NULL unless row is a list. */
bool node_search(const struct node *parent, const struct schema *row, const char *key, size_t *at);
struct node *node_find(const struct node *parent, const struct schema *row, const char *key);
/* The children of one row: from *first, their number. */
size_t node_range(const struct node *parent, const struct schema *row, size_t *first);
/* The child, made when it is not there; NULL when memory runs out. */
struct node *node_make(struct node *parent, const struct schema *row, const char *key);
/* Takes the child, which comes behind all others; when memory runs out frees it and says false. */
bool node_append(struct node *parent, struct node *child);
void node_remove(struct node *parent, size_t first, size_t count);

/* Values of a leaf or leaf-list; false when memory runs out. */
bool node_value_set(struct node *node, const char *text);
bool node_value_add(struct node *node, const char *text); /* one that is there stays */
bool node_value_has(const struct node *node, const char *text);
bool node_values_remove(struct node *node, const struct node *others); /* those of `others` */

/* Where a node stands: it and what is above it, up to the root. */
struct location {
    const struct location *up; /* NULL: this is the root */
    const struct node *node;
};
/* "session web priority": the words of the path, without values. NULL is fine. */
enum { LOCATION_TEXT_SIZE = 1024 };
const char *location_text(const struct location *location, char out[static LOCATION_TEXT_SIZE]);
/* The place of the leaf `row` in the text that its tree was loaded from; where it has none, that of
 * what is around it. 0 of a tree that comes from no text. */
void location_in_text(const struct location *location, const char *row, uint32_t *line,
                      uint32_t *column);
/* Whether one is at, above or below the other; the path is canonical, as of tree_path. */
bool location_meets(const struct location *location, const struct path *path);
/* The same as words that words_split reads back, each behind a blank. */
void location_print(const struct location *location, FILE *out);

#endif
