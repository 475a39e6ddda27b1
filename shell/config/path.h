/* Words read against the schema, one at a time: the one reading of paths, for set, delete, show,
 * edit and completion. For the files of this folder. */
#ifndef MIRRORSH_PATH_H
#define MIRRORSH_PATH_H

#include "node.h"

enum { TREE_DEPTH = 16 }; /* nodes from the root down: more than the schema has levels */

enum walk_mode {
    WALK_SET,    /* keys and values must follow; goes on over several leaves of a node */
    WALK_DELETE, /* keys and values may follow */
    WALK_SHOW,   /* keys may follow, values not; edit too */
};

/* What has been read. At the start everything but mode is zero. */
struct walk {
    enum walk_mode mode;
    struct walk_level {
        const struct schema *row; /* a container or list in whose node keywords stand */
        uint64_t given;           /* its rows that the line has given: bit i, row->children[i] */
    } level[TREE_DEPTH];          /* [0] is the root */
    size_t depth;                 /* where the next keyword stands */
    size_t instance;              /* depth of the innermost list instance, 0: in none. A keyword
                                     may stand in any plain container from there to depth */
    const struct schema *open; /* list, leaf or leaf-list whose key or value stands next, or NULL */
    size_t values;             /* that the open leaf-list has got */
    bool brackets;             /* it is one in [ ], not closed yet */
    bool bare;                 /* at a plain container that nothing has been said of */
    bool ended;                /* nothing may follow */
    const struct schema *text; /* of the text without quotes that came last, or NULL */
};

/* One word: a keyword or a bracket (text is NULL), or the key or value of the keyword before it. */
struct step {
    const struct schema *row;
    size_t depth; /* of the node that the row stands in; the root's is 0 */
    char *text;   /* canonical, malloced */
};

void walk_start(struct walk *walk, enum walk_mode mode);
/* The row in whose node the next keyword stands first. */
const struct schema *walk_at(const struct walk *walk);
/* The depth down to which a keyword may stand: walk->depth, or one above it. */
size_t walk_keywords(const struct walk *walk);
/* A further value that is a keyword ends the list: as a value it is taken in brackets or quotes
 * only. The walk stands at an open value. */
bool walk_needs_quotes(const struct walk *walk, const char *value);
/* false: the word may not stand here. */
bool walk_word(struct walk *walk, const struct word *word, struct step *step,
               struct problem *problem);
/* May the line end here, at `end`? */
bool walk_end(const struct walk *walk, const struct word *end, struct problem *problem);

/* All the words, and the end: one step a word. NULL with *problem. */
struct step *path_steps(enum walk_mode mode, const struct word *words, size_t count,
                        struct problem *problem);
void path_steps_free(struct step *steps, size_t count);
/* Says that the row's key or value is missing at `end`; false. */
bool path_missing(const struct schema *row, const struct word *end, struct problem *problem);

/* The line or the statement that words are of, to be noted in the nodes they make. */
struct origin {
    struct place place; /* of where it begins */
    const char *text;
    const struct word *words; /* the same: of the path */
};

/* tree_set, with places noted. */
bool tree_set_from(struct node *tree, const struct word *words, size_t count,
                   const struct origin *origin, struct problem *problem);
/* Step `at` of a line that is good so far; nodes: from the root down, where keywords stand. false:
 * out of memory. */
bool tree_apply(struct node *nodes[static TREE_DEPTH], const struct step *steps, size_t at,
                const struct origin *origin);
/* What can be known of a line that tree_set_from has refused: what is right in it is set, a leaf
 * whose value is wrong is there without one, and where a keyword is wrong the node is doubtful. */
void tree_salvage(struct node *tree, const struct word *words, size_t count,
                  const struct origin *origin);

/* The node of a path that is all there, to be changed; a list's keyword alone is none. NULL with
 * *problem. */
struct node *tree_node(struct node *tree, const struct word *words, size_t count,
                       struct problem *problem);

/* Where a canonical path leads in a tree. */
struct found {
    struct location location[TREE_DEPTH]; /* [0] is the root */
    size_t depth;                         /* of the last one */
    const struct schema *list; /* the path ends with this list's keyword: all instances */
};
/* false: not there. */
bool path_find(const struct node *tree, const struct path *path, struct found *found);

#endif
