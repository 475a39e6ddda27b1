/* vni.auto: the VNIs that sessions were given, as lines `NAME VNI`. Written before
 * startup.conf with the entries of the old and the new configuration, so that either finds its
 * own after a crash. */
#ifndef MIRRORSH_VNI_FILE_H
#define MIRRORSH_VNI_FILE_H

#include "../config/compile.h"

/* Lines that are no such line are left out: the worst that a bad file does is new VNIs. False
 * when memory runs out. */
bool vni_file_parse(const char *text, size_t length, struct vni_book *book);
/* The entries of both books, those that stand in both once, as text (malloced); NULL when
 * memory runs out. */
char *vni_file_print(const struct vni_book *old_book, const struct vni_book *new_book);
/* The entries that belong to a tree: of two for one session the first whose number is no
 * session's own. False when memory runs out. */
bool vni_book_settle(const struct vni_book *book, const struct node *tree,
                     struct vni_book *settled);
bool vni_book_copy(const struct vni_book *book, struct vni_book *copy);

#endif
