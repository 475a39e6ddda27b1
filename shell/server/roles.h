/* Who a console is: the identity of the process at the other end of its socket. */
#ifndef MIRRORSH_ROLES_H
#define MIRRORSH_ROLES_H

#include <stdbool.h>
#include <sys/types.h>

/* Members of this group, where it exists, may attach and configure. */
#define ROLES_GROUP "mirrorsh"

struct role {
    uid_t user;
    pid_t process;
    bool own_process;   /* the box's: a console that began it */
    bool owner;         /* root, or the user that the box runs as */
    bool may_configure; /* an owner or a member of the group; others may only look */
};

/* Of the peer of a connected unix socket. */
struct role role_of_peer(int fd);

#endif
