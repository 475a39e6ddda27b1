#!/bin/bash
# tests/isolated.sh [--see-processes] COMMAND...: runs it in network, mount and process
# namespaces of its own, with /run and the temporary files on a tmpfs, so that nothing is left
# behind however it ends. Without root, as root of a user namespace. MIRRORSH_NETWORK is yes
# then; where no namespaces can be made it is empty and the command runs as it is.
# --see-processes: no process namespace; for who must see the kernel's own threads.

spaces='--net --mount'
if [ "$1" = --see-processes ]; then
    shift
else
    spaces="$spaces --pid --fork --kill-child --mount-proc"
fi
[ "$(id -u)" = 0 ] || spaces="--user --map-root-user $spaces"
# shellcheck disable=SC2086
if unshare $spaces mount -t tmpfs none /run 2>/dev/null; then
    export MIRRORSH_NETWORK=yes TMPDIR=/run/tmp
    exec unshare $spaces -- sh -c \
        'mount -t tmpfs none /run && mkdir /run/tmp && ip link set lo up; exec "$@"' sh "$@"
fi
export MIRRORSH_NETWORK=
exec "$@"
