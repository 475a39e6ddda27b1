#!/bin/bash
# needs: mirrorsh build/tests/fuzz/config
# Random configurations through the program: piped into an empty box line by line, loaded as lines
# and in braces, shown and saved, they are the same text again, byte for byte.

work=$(mktemp -d "${TMPDIR:-/tmp}/round_trips.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# empty COMMAND...: in the configuration mode of a box that has nothing, from standard input
empty() { rm -rf state; printf '%s\n' configure "$@" | "$MIRRORSH" -n --state state; }
# same NAME FILE: what differs from the configuration's text is noted
same() { cmp -s "${3:-lines}" "$2" || wrong="$wrong $1"; }

round_trips()
{
    local wrong='' seed=$1
    "$BUILD/build/tests/fuzz/config" "$seed" >lines && [ -s lines ] || wrong=none
    { echo configure; cat lines; echo 'show | display set'; } >script
    rm -rf state
    "$MIRRORSH" -n --state state <script >piped 2>err
    same piped piped
    empty 'load override lines' 'show | display set' 2>>err | sed '/^load complete$/d' >loaded
    same loaded loaded
    empty 'load override lines' 'show' 2>>err | sed '/^load complete$/d' >braces
    empty 'load override braces' 'show | display set' 2>>err | sed '/^load complete$/d' >unbraced
    same 'braces to lines' unbraced
    empty 'load merge braces' 'show' 2>>err | sed '/^load complete$/d' >again
    same 'braces to braces' again braces
    empty 'load set lines' 'save saved' >out 2>>err
    same saved saved
    grep -v 'uncommitted changes were dropped' err >said && wrong="$wrong $(head -n 1 said)"
    if [ -z "$wrong" ]; then echo "ok seed $seed"; else echo "not ok seed $seed: $wrong"; fi
}

for ((seed = 1; seed <= ${MIRRORSH_FUZZ_ROUNDS:-12}; seed++)); do
    round_trips "$seed"
done
