#!/bin/bash
# tests/isolated.sh [--see-processes] COMMAND...: runs it in network, mount and process
# namespaces of its own, with /run and the temporary files on a tmpfs, so that nothing is left
# behind however it ends. Without root, as root of a user namespace. MIRRORSH_NETWORK is yes
# then; where no namespaces can be made it is empty and the command runs as it is.
# --see-processes: no process namespace; for who must see the kernel's own threads.

own_processes='--pid --fork --kill-child --mount-proc'
if [ "$1" = --see-processes ]; then
    own_processes=
    shift
fi

# Root may lack the right in a container, and there /proc may not be mounted anew: the least
# that works.
for spaces in "$own_processes" "--user --map-root-user $own_processes" '' '--user --map-root-user'; do
    case $(id -u)$spaces in
    0* | *--user*) ;;
    *) continue ;;
    esac
    # shellcheck disable=SC2086
    if unshare --net --mount $spaces mount -t tmpfs none /run 2>/dev/null; then
        export MIRRORSH_NETWORK=yes TMPDIR=/run/tmp
        exec unshare --net --mount $spaces -- sh -c \
            'mount -t tmpfs none /run && mkdir /run/tmp && ip link set lo up; exec "$@"' sh "$@"
    fi
done
export MIRRORSH_NETWORK=
exec "$@"
