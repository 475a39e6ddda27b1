/* A whole tree against the rules that no single value can know, each finding "PATH: what":
 * "session web target: missing", "session web filter: there is no filter \"wbe\"". */
#ifndef MIRRORSH_CHECK_H
#define MIRRORSH_CHECK_H

#include "tree.h"

struct interfaces;

/* What is required, unique, referred to, and what the profile (profile.h) refuses: all problems at
 * once, each with its place where the tree was loaded from a text. false: at least one was added.
 * Pure. */
bool check(const struct node *tree, struct problems *problems);

/* What can be committed but is unlikely to be meant, of a tree that has passed the check: a
 * session without source or on an absent interface, a target without receiver, one VNI twice at a
 * receiver, a rule that nothing matches or that is never reached. interfaces: of this machine;
 * NULL: not known. Sessions that are disabled are left alone. Pure. */
void check_warnings(const struct node *tree, const struct interfaces *interfaces,
                    struct problems *warnings);

#endif
