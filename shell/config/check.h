/* A whole tree against the rules that no single value can know: what is required, unique,
 * referred to. All problems at once, each "PATH: what", e.g.
 * "session web target: missing", "session web filter: there is no filter \"wbe\"". */
#ifndef MIRRORSH_CHECK_H
#define MIRRORSH_CHECK_H

#include "tree.h"

/* false: at least one problem was added. Pure. */
bool check(const struct node *tree, struct problems *problems);

#endif
