# The engine without a shell in the test network (lab.sh, which comes first): engine_driver.c, linked
# with nothing but the engine. Sourced.
# shellcheck shell=bash

driver=${ENGINE_DRIVER-}

driver_build()
{
    [ -z "$driver" ] || return
    driver=$lab/driver
    local objects # those of the sources that are there: an old build may have more
    mapfile -t objects < <(cd "$TOP" && find engine -name '*.c')
    objects=("${objects[@]/#/$BUILD/build/}")
    # shellcheck disable=SC2086
    if ! ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -pthread -g $SANITIZE -o "$driver" \
        "$TOP/tests/network/engine_driver.c" "${objects[@]/%.c/.o}" -luring \
        >"$lab/cc" 2>&1; then
        not_ok 'the driver builds' "$(cat "$lab/cc")"
        exit 1
    fi
}

# engine ARGUMENT...: runs until engine_end; ready when this returns
engine()
{
    : >"$lab/engine.out" # what the one before has said is not this one's
    ip netns exec "$lab_name-box" "$driver" -t 1200 "$@" >"$lab/engine.out" 2>"$lab/engine.err" &
    box_pid=$!
    until_true 20 grep -q '^ready' "$lab/engine.out" || not_ok 'the engine starts' \
        "$(cat "$lab/engine.out" "$lab/engine.err")"
}

engine_end()
{
    kill "$box_pid"
    wait "$box_pid" || not_ok 'the engine ends well' "$(tail -n 3 "$lab/engine.err")"
    box_pid=
    ! grep BROKEN "$lab/engine.out" || not_ok 'sums hold' "$(grep -m 3 BROKEN "$lab/engine.out")"
}

# value KIND NAME KEY: of the status at the end
value() { sed -n "s/^$1 $2 .*\<$3=\('[^']*'\|[^ ]*\).*/\1/p" "$lab/engine.out" | tail -n 1; }

# look: waits for a status that is asked for now, whole
looks() { grep -c '^engine all ' "$lab/engine.out"; }
looked() { [ "$(looks)" -gt "$1" ]; }
look()
{
    local before
    before=$(looks)
    kill -USR1 "$box_pid" && until_true 5 looked "$before"
}

# now KIND NAME KEY: of a status that is asked for
now() { look; value "$@"; }
now_is() { local wanted=$1; shift; [ "$(now "$@")" = "$wanted" ]; }

# becomes NAME WANTED KIND NAME KEY
becomes() { check "$1" until_true 8 now_is "${@:2}" || now "${@:3}"; }
