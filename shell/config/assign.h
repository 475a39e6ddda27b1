/* What the box assigns to sessions that leave it out: a VNI, and under a profile that wants none a
 * priority. compile.c gives it to the engine, running/assigned_file.c keeps it over restarts. */
#ifndef MIRRORSH_ASSIGN_H
#define MIRRORSH_ASSIGN_H

#include "tree.h"

enum { NO_PRIORITY = 0 };
#define NO_VNI UINT32_MAX

/* One session's numbers. */
struct assignment {
    char *session;
    uint32_t vni;      /* NO_VNI: it says its own */
    uint16_t priority; /* NO_PRIORITY: it says its own */
};

/* In the order of the sessions' names, each once, except where they come from a file. */
struct assignments {
    struct assignment *at;
    size_t count;
};

/* Of an entry in order; NULL: none. */
const struct assignment *assignments_find(const struct assignments *assigned, const char *session);
/* Adds one behind the others. `length` bytes of the name are copied. false: out of memory. */
bool assignments_add(struct assignments *assigned, const char *session, size_t length, uint32_t vni,
                     uint16_t priority);
bool assignments_copy(const struct assignments *assigned, struct assignments *copy);
void assignments_free(struct assignments *assigned);

/* The entries that belong to a tree, in order: of several for one session, of those whose numbers
 * are no session's own, the first that has all it leaves out, else the first. false: out of memory.
 */
bool assignments_settle(const struct assignments *assigned, const struct node *tree,
                        struct assignments *settled);

/* What every session of the tree has, in their order, given or assigned: malloced; NULL when memory
 * runs out. *assigned is brought up to the tree. A number once assigned is kept as long as its
 * session says none of its own and it is no other session's own. VNIs are drawn from `seed`, unused
 * in the tree and in *assigned. Priorities follow the highest there is, in the order of the
 * sessions' names: so they stand in the order in which sessions were created. */
struct session_numbers {
    uint32_t vni;
    uint16_t priority;
};
struct session_numbers *assign(const struct node *tree, struct assignments *assigned,
                               uint64_t seed);

#endif
