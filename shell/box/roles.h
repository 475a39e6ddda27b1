/* Who a console is: the identity of the process at the other end of its socket. */
#ifndef MIRRORSH_ROLES_H
#define MIRRORSH_ROLES_H

#include <stdbool.h>

/* Members of this group, where it exists, may attach and configure. */
#define ROLES_GROUP "mirrorsh"

/* Whether the peer of a connected unix socket may configure: root, the user that the box runs
 * as, and members of the group. Others may only look. */
bool roles_may_configure(int fd);

#endif
