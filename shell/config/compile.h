/* A checked tree -> what the engine takes. */
#ifndef MIRRORSH_COMPILE_H
#define MIRRORSH_COMPILE_H

#include "../../engine/mirror_config.h"
#include "tree.h"

/* The VNIs that sessions with `vni auto`, or none, were given; a VNI once given is kept as
 * long as the session has no other and its number is not another session's own. */
struct vni_book {
    struct vni_entry {
        char *session;
        uint32_t vni;
    } * at;
    size_t count;
};

uint32_t vni_book_find(const struct vni_book *book, const char *session); /* UINT32_MAX: none */
void vni_book_free(struct vni_book *book);

/* NULL when memory runs out. *book is brought up to the tree: entries of sessions that need one
 * are kept or drawn (from `seed`, unused in the tree and in the book), others dropped. */
struct mirror_config *compile(const struct node *tree, struct vni_book *book, uint64_t seed);

#endif
