#!/bin/bash
# Holds what every NN-name.in becomes against NN-name.ok, and the set text in it against itself:
# loaded again it must become the same.
#   golden.sh [DIRECTORY]    the directory of the golden program; $BUILD/build/tests/config else
# needs: build/tests/config/golden

directory=$(cd "$(dirname "$0")" && pwd)
golden=${1:-${BUILD:-.}/build/tests/config}/golden
. "$directory/../golden.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# section NAME FILE: the lines of one of the printed forms
section()
{
    sed -n "/^--- $1\$/,/^--- /{/^--- /d;p}" "$2"
}

for input in "$directory"/*.in; do
    name=$(basename "$input" .in)
    "$golden" "$input" >"$work/$name" 2>&1
    golden "$name" "$directory/$name.ok" "$work/$name"
    section set "$work/$name" >"$work/saved.in"
    "$golden" "$work/saved.in" >"$work/again" 2>&1
    section set "$work/again" >"$work/saved-again.in"
    if diff -u "$work/saved.in" "$work/saved-again.in"; then
        echo "ok $name saved, loaded and saved again"
    else
        echo "not ok $name saved, loaded and saved again"
    fi
done
