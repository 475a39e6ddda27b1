# Golden files, sourced by the tests that have some: what a program printed against what it
# printed when somebody looked at it. `make golden` (UPDATE_GOLDEN=1) writes them anew; whether
# they became what was meant, git diff shows.
# shellcheck shell=bash

# golden NAME FILE GOT: GOT is a file too
golden()
{
    if [ -n "${UPDATE_GOLDEN-}" ]; then
        cmp -s "$3" "$2" || cp "$3" "$2" || { echo "not ok $1: $2 cannot be written"; return; }
    fi
    if diff -u "$2" "$3"; then
        echo "ok $1"
    else
        echo "not ok $1"
    fi
}
