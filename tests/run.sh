#!/bin/bash
# Runs the suites from a build directory (make check does) and counts their verdicts:
#   tests/run.sh [TEST]...     a TEST is a path below the sources: tests/network/match.sh,
#                              tests/unit/test_decode.c; all of them when none is named
# A test prints lines `ok NAME`, `not ok NAME why`, `skip NAME why` (or cmocka's TAP). One that
# ends badly, or without any verdict, or not in time, counts as failed. What failed is said again
# at the end.
#
# When all of them run, up to three files of tests/console or tests/network that failed run once more
# after the others: machines pause for seconds, and what a test of time and traffic says of such a
# moment is not a finding. That is said at the end as well, and a sanitizer's complaint stays a
# failure. More than three are a finding.
#
# Everything runs inside tests/isolated.sh, so nothing is left behind, however it ends.
#
# PATIENCE=4: on a machine that is as many times slower, all have as much more time.
#
# INTERACTIVE=1, on a terminal: no test ends for its time, and one that has a lab stops inside its
# namespaces with a shell (tests/network/lab.sh).

set -u
top=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1-}" != --inside ]; then
    exec "$top/tests/isolated.sh" "$top/tests/run.sh" --inside "$@"
fi
shift
if [ -n "${INTERACTIVE-}" ] && ! { [ -t 0 ] && [ -t 1 ]; }; then
    echo 'tests/run.sh: INTERACTIVE=1 needs a terminal' >&2
    exit 2
fi
if [ -z "$MIRRORSH_NETWORK" ]; then
    echo 'no namespaces can be made here: network tests are skipped (try as root)'
    TMPDIR=$(mktemp -d) && chmod 755 "$TMPDIR" # a test attaches as a stranger
    trap 'rm -rf "$TMPDIR"' EXIT
fi
trap 'echo interrupted; exit 130' INT TERM HUP

export TMPDIR TOP=$top BUILD=$PWD MIRRORSH=$PWD/mirrorsh SANITIZE=${SANITIZE-} LC_ALL=C.UTF-8
[ -n "${MIRRORSH_DATA-}" ] || ! [ -d "$top/../shared/data" ] ||
    export MIRRORSH_DATA=$top/../shared/data
export CMOCKA_MESSAGE_OUTPUT=TAP XDG_STATE_HOME=$TMPDIR/home
reports=$TMPDIR/sanitizer
export ASAN_OPTIONS=log_path=$reports:${ASAN_OPTIONS-} TSAN_OPTIONS=log_path=$reports:${TSAN_OPTIONS-}
export UBSAN_OPTIONS=log_path=$reports:print_stacktrace=1:${UBSAN_OPTIONS-}

# python3 itself: a version manager's script in its place takes longer to start than most answers take
python=$(python3 -S -c 'import os, sys; print(os.path.dirname(sys.executable))') && PATH=$python:$PATH

passed=0 failed=0 skipped=0
failures=$TMPDIR/failures unsteady=() good=0 bad=0 left=0 complained=

# run NAME SECONDS COMMAND...: leaves its counts in good, bad and left
run()
{
    local name=$1 seconds=$(($2 * ${PATIENCE:-1})) log=$TMPDIR/log status extra=
    shift 2
    if [ -n "${INTERACTIVE-}" ]; then
        "$@" >"$log" 2>&1 </dev/null
    else
        timeout -k 10 "$seconds" "$@" >"$log" 2>&1 </dev/null
    fi
    status=$?
    # cmocka 1.1.5 calls a skipped test "not ok N # SKIP NAME"
    sed -i -E 's/^(not )?ok [0-9]+ # SKIP /skip /' "$log"
    left=$(grep -c '^skip ' "$log")
    good=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^not ok ' "$log")
    if [ $status = 124 ] || [ $status = 137 ]; then
        extra="not ended after $seconds s"
    elif [ $status != 0 ] && [ "$bad" = 0 ]; then
        extra="ended with status $status"
    elif [ $((good + bad + left)) = 0 ]; then
        extra='ended without a verdict'
    fi
    complained=
    if compgen -G "$reports.*" >/dev/null; then
        complained=yes
        extra="${extra:+$extra; }a sanitizer complained"
    fi
    [ -z "$extra" ] || bad=$((bad + 1))
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
    printf '%-36s %4d passed' "$name" "$good"
    [ "$bad" = 0 ] || printf ', %d failed' "$bad"
    [ "$left" = 0 ] || printf ', %d skipped' "$left"
    echo
    grep -a '^skip ' "$log" | sed 's/^/    /'
    [ "$bad" != 0 ] || return
    {
        grep -a '^not ok ' "$log"
        [ -z "$extra" ] || echo "$name: $extra"
    } | sed 's/^/    /' | tee "$TMPDIR/failed"
    { echo "$name" && cat "$TMPDIR/failed"; } >>"$failures"
    grep -avE '^(ok|not ok|skip) ' "$log" | tail -n 25 | sed 's/^/    | /'
    for report in "$reports".*; do
        [ -f "$report" ] || continue
        head -n 60 "$report" | sed 's/^/    | /'
        rm -f "$report"
    done
}

# run_again TEST: what failed when it ran with the others counts as it does now
run_again()
{
    local was_good=$2 was_bad=$3 was_left=$4
    echo "once more: $1"
    start "$1"
    passed=$((passed - was_good)) failed=$((failed - was_bad)) skipped=$((skipped - was_left))
    [ "$bad" != 0 ] || echo "    it held this time: $1" >>"$failures"
}

# start TEST: a path below the sources
start()
{
    local test=$1
    bad=0
    case $test in
    *golden.c | *tables.c) ;; # run by the script of the same name
    tests/unit/*.c) run "$test" 300 "$BUILD/build/${test%.c}" ;;
    tests/fuzz/*.c) run "$test" 300 "$BUILD/build/${test%.c}" ;;
    *.exp) run "$test" 300 expect -f "$top/$test" ;;
    *.sh) run "$test" 450 bash "$top/$test" ;;
    *) echo "tests/run.sh: $test: not a test" >&2; failed=$((failed + 1)) ;;
    esac
}

all=
if [ $# = 0 ]; then
    all=yes
    cd "$top" || exit 1
    shopt -s nullglob
    set -- tests/layers.sh tests/unit/test_*.c tests/fuzz/*.c tests/config/golden.sh tests/tables.sh \
        tests/interactive.exp tests/install.sh tests/console/*.exp tests/console/*.sh tests/network/*.sh \
        tests/network/clouds/*.sh
    shopt -u nullglob
    cd "$BUILD" || exit 1
fi
for test; do
    case ${test##*/} in lab.sh | driver.sh | box_of_rules.sh) continue ;; esac
    start "$test"
    if [ -n "$all" ] && [ "$bad" != 0 ] && [ -z "$complained" ]; then
        case $test in tests/console/* | tests/network/*) unsteady+=("$test $good $bad $left") ;; esac
    fi
done
[ ${#unsteady[@]} -le 3 ] || unsteady=()
for test in "${unsteady[@]}"; do
    # shellcheck disable=SC2086
    run_again $test
done
if [ -s "$failures" ]; then
    echo 'failed:'
    cat "$failures"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
