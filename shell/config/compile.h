/* A checked tree -> what the engine takes. */
#ifndef MIRRORSH_COMPILE_H
#define MIRRORSH_COMPILE_H

#include "../../engine/mirror_config.h"
#include "tree.h"

/* The VNIs that sessions with `vni auto`, or none, were given; a VNI once given is kept as
 * long as the session has no other and its number is not another session's own. */
struct assignments {
    struct assignment {
        char *session;
        uint32_t vni;
    } * at;
    size_t count;
};

uint32_t assignments_find(const struct assignments *assigned,
                          const char *session); /* UINT32_MAX: none */
void assignments_free(struct assignments *assigned);

/* NULL when memory runs out. *assigned is brought up to the tree: entries of sessions that need one
 * are kept or drawn (from `seed`, unused in the tree and in *assigned), others go. */
struct mirror_config *compile(const struct node *tree, struct assignments *assigned, uint64_t seed);

#endif
