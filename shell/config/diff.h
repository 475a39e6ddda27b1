/* What two trees differ in, and the merge of two consoles' changes. */
#ifndef MIRRORSH_DIFF_H
#define MIRRORSH_DIFF_H

#include "tree.h"

/* As JunOS shows it: `[edit session web]` headings, then - and + lines of braces text, and !
 * before what is only deactivated or activated. Only what is at or below the path, or holds it and
 * is shown as a whole.
 * Returns whether there is a difference. */
bool diff_print(const struct node *old, const struct node *new, const struct path *path, FILE *out);

/* theirs + what changed from base to mine. A path (leaf, flag, or value set of a leaf-list, each
 * with its marks; the annotation of another node; an instance that one side deleted) changed
 * differently in both is a clash: mine is taken, and a text with both values, whole, is added. NULL
 * when memory runs out. */
struct node *diff_merge(const struct node *base, const struct node *mine, const struct node *theirs,
                        struct problems *clashes);
/* base, but as theirs at the paths that clash: merged with that as its base, mine goes through at
 * those paths until they are changed again. NULL when memory runs out. */
struct node *diff_settle(const struct node *base, const struct node *mine,
                         const struct node *theirs);

#endif
