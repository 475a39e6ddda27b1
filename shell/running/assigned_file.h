/* vni.auto: the VNIs that sessions were given, as lines `NAME VNI`. Written before
 * startup.conf with the entries of the old and the new configuration, so that either finds its
 * own after a crash. */
#ifndef MIRRORSH_ASSIGNED_FILE_H
#define MIRRORSH_ASSIGNED_FILE_H

#include "../config/compile.h"

/* Lines that are no such line are left out: the worst that a bad file does is new VNIs. False
 * when memory runs out. */
bool assigned_parse(const char *text, size_t length, struct assignments *assigned);
/* The entries of both, those that stand in both once, as text (malloced); NULL when
 * memory runs out. */
char *assigned_print(const struct assignments *old_assigned,
                     const struct assignments *new_assigned);
/* The entries that belong to a tree: of two for one session the first whose number is no
 * session's own. False when memory runs out. */
bool assignments_settle(const struct assignments *assigned, const struct node *tree,
                        struct assignments *settled);
bool assignments_copy(const struct assignments *assigned, struct assignments *copy);

#endif
