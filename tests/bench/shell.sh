#!/bin/bash
# make bench, the shell's part: shell.py in namespaces of its own, without any traffic.

if [ "$1" != --inside ]; then
    exec "${0%/*}/../isolated.sh" "$0" --inside
fi
work=$(mktemp -d) || exit 1
. "${0%/*}/foremost.sh"
trap 'foremost_end; rm -rf "$work"' EXIT
${CC:-cc} -w -shared -fPIC -o "$work/disk.so" "${0%/*}/../console/disk.c" &&
    python3 -B "${0%/*}/shell.py" ./mirrorsh "$work" "$work/disk.so"
