/* The configuration tree: candidate, running and archived configurations are each one of
 * these. A node is a row of the schema with its key or values. Children stand in the
 * schema's order, instances of a list by key (name_order: names naturally, numbers as numbers),
 * values of a leaf-list in the order they were set; so equal trees print equal texts. */
#ifndef MIRRORSH_TREE_H
#define MIRRORSH_TREE_H

#include "schema.h"
#include "words.h"

struct node {
    const struct schema *schema;
    char *key;     /* SCHEMA_LIST instance; else NULL */
    char **values; /* SCHEMA_LEAF: one; SCHEMA_LEAF_LIST: one or more; canonical texts */
    size_t value_count;
    uint32_t *index; /* of a long leaf-list: finds a value; private to node.c */
    size_t index_size;
    struct node **children; /* containers and instances */
    size_t child_count;
    uint32_t line, column; /* where the text it was loaded from first has it, of a leaf last;
                              0: it comes from no text */
    bool inactive;         /* deactivated: it and what is below it takes no part */
    char *comment;         /* its annotation, one line without a "*" and a "/" behind it; or NULL */
    bool doubtful;         /* text_examine: a line that could not be read says more of it */
};

/* A tree is its root node. NULL when memory runs out. */
struct node *tree_new(void);
struct node *tree_copy(const struct node *tree);
void tree_free(struct node *tree);
bool tree_equal(const struct node *a, const struct node *b);

/* `words` are what follows set or delete, with the edit path already in front. Keywords and choices
 * may be abbreviated; a quoted word is never a keyword.
 * set: a leaf is replaced, values are added to a leaf-list, any number of them, word by word or in
 * [ ] (one that is there already stays). A further value that is a keyword where the list stands
 * ends the list; in brackets or quotes it is a value. An instance alone is created (`set filter
 * web`); one line may go on over several leaves of one node and of the plain containers in it
 * (`session s source interface a b vni 5`), each once. A plain container alone is incomplete: it is
 * there only while something is in it.
 * delete: the node, all instances (`delete session`), a leaf (its value may be given and must be
 * the one it has), values of a leaf-list. Plain containers left empty go too; an instance left
 * empty stays, as `set filter web` made it. Deleting what is not there is a warning.
 * false: *problem has the word; nothing changed, unless memory ran out halfway, or the problem is
 * a warning: then what is there of the values is gone. */
bool tree_set(struct node *tree, const struct word *words, size_t count, struct problem *problem);
bool tree_delete(struct node *tree, const struct word *words, size_t count,
                 struct problem *problem);

/* Marks on the node at a path (no values), one that is there: set and delete leave them alone, and
 * they go with the node. One that is as asked for already is a warning. The text of tree_annotate
 * is the last word, in quotes; an empty one takes the comment away. */
enum { ANNOTATION_MAX = 255 }; /* characters */
bool tree_deactivate(struct node *tree, const struct word *words, size_t count,
                     struct problem *problem);
bool tree_activate(struct node *tree, const struct word *words, size_t count,
                   struct problem *problem);
bool tree_annotate(struct node *tree, const struct word *words, size_t count,
                   struct problem *problem);
/* Words `A to B`: the instance A is called B then, and what refers to it follows; or B is a copy of
 * it, its marks included. B takes the place of as many words at the end of A: a name, `rule 20`, a
 * whole path of the same list. B is not there yet. */
bool tree_rename(struct node *tree, const struct word *words, size_t count,
                 struct problem *problem);
bool tree_duplicate(struct node *tree, const struct word *words, size_t count,
                    struct problem *problem);
/* Where in such words the `to` stands behind an instance that is there; count: nowhere, with
 * *problem. */
size_t tree_rename_to(struct node *tree, const struct word *words, size_t count,
                      struct problem *problem);

/* What takes part of a tree: itself where nothing is deactivated, else a copy without that, with
 * the places of the text. tree: NULL when memory runs out. */
struct active {
    const struct node *tree;
    struct node *copy; /* to be freed with tree_free; NULL: there is none */
};
struct active tree_active(const struct node *tree);

/* The node at a path (no values), NULL with *problem when it is not there. The keyword of a list
 * without a key: its first instance, to say that there is one. */
const struct node *tree_find(const struct node *tree, const struct word *words, size_t count,
                             struct problem *problem);

/* A path's canonical words (malloced array of malloced strings), whether or not a tree has it.
 * It may end with a leaf or with a list's keyword, for show; path_editable says whether it leads
 * to a container or an instance, and if not, why (words: those that it was made of). */
struct path {
    char **words;
    size_t count;
};
bool tree_path(const struct word *words, size_t count, struct path *path, struct problem *problem);
bool path_editable(const struct path *path, const struct word *words, struct problem *problem);
void path_free(struct path *path);
/* An edit path with a line's words behind it, as tree_set takes them: the array is malloced, the
 * texts are borrowed. What is wrong with the edit path is so at the line's first word. NULL: out of
 * memory. */
struct word *path_whole(const struct path *above, const struct word *words, size_t count);
/* Of a path that leads to a container or an instance: how many of its words the one so many levels
 * above has. 0: the root, however many levels those are. */
size_t path_above(const struct path *path, unsigned long levels);

/* Names in natural order, "cust-2" before "cust-10": < 0, 0 (the same), > 0. Anything but the
 * digits counts bytewise. */
int name_order(const char *a, const char *b);

/* Lookups for programs: exact names. NULL: not set. */
const struct node *node_child(const struct node *node, const char *name);
const struct node *node_instance(const struct node *node, const char *list, const char *key);
const char *node_value(const struct node *node, const char *leaf);

#endif
