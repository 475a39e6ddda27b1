/* The consoles in the configuration mode, and the lock that one of them may hold: nobody else
 * enters the mode then, and no commit of those who are there already is taken. It ends with its
 * console. */
#ifndef MIRRORSH_EXCLUSIVE_H
#define MIRRORSH_EXCLUSIVE_H

#include "candidate.h"

/* False: another console holds the lock. */
bool edit_enter(struct edit *edit, bool exclusive);
void edit_leave(struct edit *edit);
/* Who holds the lock, unless that is this one; NULL: nobody. */
const struct edit *exclusive_other(const struct edit *edit);
/* The first of the others in the configuration mode, and the one behind `before`; NULL: none. */
const struct edit *edit_next_other(const struct edit *edit, const struct edit *before);

enum { EDIT_TEXT_MAX = AUTHOR_MAX + 48 };
/* "anna (pts/3), idle for 12 seconds" */
void edit_describe(const struct edit *edit, char text[static EDIT_TEXT_MAX]);

#endif
