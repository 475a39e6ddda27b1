#!/bin/bash
# A disk that takes its time, and one that fails: commits wait for it, nobody else does. The
# box's disk is disk.c, which this test builds.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh}
lab=$(mktemp -d "${TMPDIR:-/tmp}/slow_disk.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=
export SLOW=$lab/disk_waits FAILS=$lab/fails
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; rm -rf "$lab"' EXIT

ok() { echo "ok $1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '~')"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi; }

if ! ${CC:-cc} -w -shared -fPIC -o "$lab/disk.so" "${BASH_SOURCE[0]%/*}/disk.c" 2>"$lab/cc"; then
    not_ok 'the slow disk builds' "$(cat "$lab/cc")"
    exit 1
fi

# What it has said beside its journal, or in it that somebody should do something: box.log is its
# journal, as if that were systemd's.
complaints() { grep -v '^<[4-7]>' "$lab/box.log"; }
# A sanitizer's library has to come first, unless it is told not to mind.
box_start()
{
    local JOURNAL_STREAM
    touch "$lab/box.log"
    JOURNAL_STREAM=$(stat -c %d:%i "$lab/box.log")
    export JOURNAL_STREAM
    rm -f "$socket"
    LD_PRELOAD=$lab/disk.so ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS-} \
        "$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >>"$lab/box.log" 2>&1 &
    box=$!
    for ((tries = 0; tries < 600; tries++)); do
        [ -S "$socket" ] && return
        sleep 0.1
    done
    not_ok 'the box starts' "$(tail -n 3 "$lab/box.log")"
    exit 1
}
# run NAME LINE...: a batch that begins in the configuration mode; NAME.out, NAME.err
run()
{
    local name=$1
    shift
    printf '%s\n' configure "$@" >"$lab/$name"
    "$MIRRORSH" --socket "$socket" -f "$lab/$name" >"$lab/$name.out" 2>"$lab/$name.err" </dev/null
}
# begin NAME LINE...: the same in the background; its process is $!
begin()
{
    local name=$1
    shift
    printf '%s\n' configure "$@" >"$lab/$name"
    "$MIRRORSH" --socket "$socket" -f "$lab/$name" >"$lab/$name.out" 2>"$lab/$name.err" </dev/null &
}
show() { "$MIRRORSH" --socket "$socket" -c "show configuration | match host-name" </dev/null; }
saved() { sed -n 's/^set system host-name //p' "$state/startup.conf"; }
# until_true COMMAND...
until_true()
{
    for ((tries = 0; tries < 1200; tries++)); do
        "$@" && return
        sleep 0.05
    done
    not_ok "waiting for $*" "it did not come"
    return 1
}
saving() { [ -e "$SLOW.waits" ]; }
# slow: from now on the disk waits; fast: until here
slow() { rm -f "$SLOW.waits"; touch "$SLOW"; }
fast() { rm "$SLOW"; }

box_start
run first 'set system host-name none' commit 'set system host-name first' commit
is 'commits without hard links' "$(cat "$lab/first.out") $(cat "$state/archive/000001.conf")" \
    'commit complete
commit complete set system host-name none'
slow
begin first_of 'set system host-name slow' 'commit and-quit' 'show configuration | match host-name'
slow=$!
until_true saving
is 'others are answered while a commit is saved' "$(show; show) $(kill -0 $slow && cat "$lab/first_of.out")" \
    '    host-name first;
    host-name first; '
begin queued 'set target t receiver 192.0.2.1' commit
queued=$!
show >/dev/null
is 'a second commit waits for its turn' "$(kill -0 $queued && cat "$lab/queued.out") $(saved)" ' first'
fast
wait $slow
is 'who commits is answered when it is saved' "$(cat "$lab/first_of.out")" 'commit complete
    host-name slow;'
wait $queued
is 'then comes the second' "$(cat "$lab/queued.out") $(cat "$state/startup.conf")" 'commit complete set system host-name slow
set target t receiver 192.0.2.1'
slow
begin gone 'set system host-name gone' commit
until_true saving
{ kill -9 $!; wait $!; } 2>/dev/null
show >/dev/null # now the box knows
fast
until_true eval '[ "$(saved)" = gone ]' && until_true eval '[ "$(show)" = "    host-name gone;" ]' &&
    ok 'a commit goes on when its console goes'
slow
begin end 'set system host-name end' commit
end=$!
until_true saving
kill $box
show >/dev/null
fast
wait $box
is 'a box that ends waits for the disk' "$? $(saved)" '0 end'
wait $end
is 'and tells who waits with it' "$(cat "$lab/end.out")" 'commit complete'

box_start
for part in archive startup.conf; do # the steps before and behind the one that counts
    if [ $part = archive ]; then ln -s "$state/archive" "$FAILS"; else ln -s "$state" "$FAILS"; fi
    run failing 'set system host-name fails' commit
    is "a disk that fails at $part: the commit is refused" "$? $(cut -d ' ' -f 2- "$lab/failing.err")" \
        "1 error: $state/$part: Input/output error"
    rm "$FAILS"
    is 'and nothing has changed' \
        "$(show) $(saved) $(ls "$state/archive" | wc -l) $(ls "$state" "$state/archive" | grep -c new)" \
        '    host-name end; end 5 0'
done
run works 'set system host-name works' commit
is 'then it works again' "$(cat "$lab/works.out") $(saved)" 'commit complete works'
kill $box
wait $box
is 'the box ends well, and has complained of what failed' "$? $(complaints | grep -c 'refused: .*Input/output error') $(complaints | wc -l)" '0 2 2'
box=
