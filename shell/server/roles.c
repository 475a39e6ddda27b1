/* Decides, once a console attaches, what it may do: see roles.h. */
#include "roles.h"
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The groups that the peer had when it connected: its own word for it, not the files'. */
static bool peer_in_group(int fd, const struct ucred *peer, gid_t group)
{
    bool member = peer->gid == group;
    gid_t *groups = NULL;
    socklen_t size = 0;

    if (member || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
        return member;
    groups = malloc(size);
    if (groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
        for (size_t i = 0; i < size / sizeof *groups; i++)
            member |= groups[i] == group;
    }
    free(groups);
    return member;
}

struct role role_of_peer(int fd)
{
    struct role role = {.user = (uid_t)-1};
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return role;
    role.user = peer.uid;
    role.process = peer.pid;
    role.own_process = peer.pid == getpid();
    role.owner = peer.uid == 0 || peer.uid == geteuid();
    const struct group *group = role.owner ? NULL : getgrnam(ROLES_GROUP);
    role.may_configure = role.owner || (group && peer_in_group(fd, &peer, group->gr_gid));
    return role;
}
