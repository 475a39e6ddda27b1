/* vni.auto: the numbers that sessions were assigned, as lines `NAME VNI`, `NAME VNI PRIORITY` or
 * `NAME - PRIORITY`. Written before startup.conf with the entries of the old and the new
 * configuration, so that either finds its own after a crash (assignments_settle). */
#ifndef MIRRORSH_ASSIGNED_FILE_H
#define MIRRORSH_ASSIGNED_FILE_H

#include "../config/assign.h"

/* Lines that are no such line are left out: the worst that a bad file does is new numbers. False
 * when memory runs out. */
bool assigned_parse(const char *text, size_t length, struct assignments *assigned);
/* The entries of both, those that stand in both once, as text (malloced); NULL when memory runs
 * out. The old ones in order. */
char *assigned_print(const struct assignments *old_assigned,
                     const struct assignments *new_assigned);

#endif
