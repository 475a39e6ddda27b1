/* What two trees differ in, and the merge of two consoles' changes. */
#ifndef MIRRORSH_DIFF_H
#define MIRRORSH_DIFF_H

#include "tree.h"

/* As JunOS shows it: `[edit session web]` headings, then - and + lines of braces text.
 * Returns whether there is a difference. */
bool diff_print(const struct node *old, const struct node *new, FILE *out);

/* theirs + what changed from base to mine. A path (leaf, flag, or value set of a leaf-list)
 * changed differently in both is a problem that shows both values; then NULL. */
struct node *diff_merge(const struct node *base, const struct node *mine,
                        const struct node *theirs, struct problems *problems);

#endif
