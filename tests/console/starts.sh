#!/bin/bash
# How a box starts beside what it finds: what stands at its socket, a state directory that is
# broken, read-only or somebody's trap; and how consoles and batches hear of it.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh}
lab=$(mktemp -d "${TMPDIR:-/tmp}/starts.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; umount "$lab/mounted" 2>/dev/null; rm -rf "$lab"' EXIT

ok() { echo "ok $1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '~')"; }
skip() { echo "skip $1: $2"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi; }

until_true()
{
    for ((tries = 0; tries < 1200; tries++)); do
        "$@" && return
        sleep 0.05
    done
    return 1
}
answers() { [ -n "$("$MIRRORSH" --complete 4 mirrorsh --socket "$socket" -c 'show ver')" ]; }
# What it has said beside its journal, or in it that somebody should do something: box.log is its
# journal, as if that were systemd's.
complaints() { grep -v '^<[4-7]>' "$lab/box.log"; }
# box_start: in the background; its process is $box, what it says in box.log
box_start()
{
    local JOURNAL_STREAM
    touch "$lab/box.log"
    JOURNAL_STREAM=$(stat -c %d:%i "$lab/box.log")
    export JOURNAL_STREAM
    "$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >"$lab/box.log" 2>&1 &
    box=$!
    until_true answers || not_ok 'the box starts' "$(cat "$lab/box.log")"
}
box_stop()
{
    kill "$box"
    wait "$box"
    status=$?
    box=
}
# ctl COMMAND...: a batch; leaves $out, $err and $status
ctl()
{
    local line arguments=()
    for line; do arguments+=(-c "$line"); done
    "$MIRRORSH" --state "$state" --socket "$socket" "${arguments[@]}" >"$lab/out" 2>"$lab/err" </dev/null
    status=$?
    out=$(cat "$lab/out") err=$(cat "$lab/err")
}

# ---- a batch without a box ----

ctl 'show configuration | count'
is 'a batch that starts a box says so' "$status $out $err" \
    "0 Count: 0 lines mirrorsh: no box at $socket: started one in this process"
is 'which ends with it' "$(ls "$socket" 2>&1 | grep -c 'No such file')" 1
echo 'show version' | "$MIRRORSH" --state "$state" --socket "$socket" >/dev/null 2>"$lab/err"
is 'so does one that reads standard input' "$(cat "$lab/err")" \
    "mirrorsh: no box at $socket: started one in this process"
"$MIRRORSH" -n --state "$state" -c 'show version' >/dev/null 2>"$lab/err" </dev/null
is 'offline there is none to say' "$(cat "$lab/err")" ''

# ---- the socket ----

echo precious >"$socket"
ctl 'show version'
is 'a file is no socket: a batch says so' "$status $err" \
    "3 mirrorsh: $socket: this is there and is not a socket"
ctl_daemon() { timeout 300 "$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >/dev/null 2>&1; }
ctl_daemon
is 'so does a box' $? 3
is 'and the file is as it was' "$(cat "$socket")" precious
rm "$socket"
mkfifo "$socket"
ctl_daemon
is 'a fifo is none either' "$? $(stat -c %F "$socket")" '3 fifo'
rm "$socket"
echo precious >"$lab/precious"
ln -s "$lab/precious" "$socket"
ctl_daemon
is 'nor is a link' "$? $(cat "$lab/precious") $(readlink "$socket")" "3 precious $lab/precious"
rm "$socket"

box_start
{ kill -9 "$box"; wait "$box"; } 2>/dev/null
is 'a box that is killed leaves its socket' "$(stat -c %F "$socket")" socket
box_start
ok 'another box takes its place'
mv "$socket" "$lab/moved"
: >"$socket"
box_stop
is 'a box that ends leaves what is not its socket' "$status $(stat -c %F "$socket")" \
    '0 regular empty file'
rm -f "$socket" "$lab/moved"
box_start
is 'the socket is of mode 0660' "$(stat -c %a "$socket")" 660
box_stop
is 'its own goes with it' "$(ls "$socket" 2>&1 | grep -c 'No such file')" 1

# Many at once, each with a state of its own: one gets the place, and keeps it.
pids=
for i in 1 2 3 4 5 6; do
    "$MIRRORSH" --daemon --state "$lab/many$i" --socket "$socket" </dev/null >/dev/null 2>"$lab/many$i.err" &
    pids="$pids $!"
done
until_true eval '[ $(grep -l "running already" "$lab"/many*.err | wc -l) = 5 ]'
is 'of six boxes that start at once one runs' "$(grep -l 'running already' "$lab"/many*.err | wc -l)" 5
ctl 'show configuration | count'
is 'and it answers' "$out $err" 'Count: 0 lines '
# shellcheck disable=SC2086
kill $pids 2>/dev/null
# shellcheck disable=SC2086
wait $pids

# ---- a state directory that is broken ----

"$MIRRORSH" -n --state "$state" -c configure -c 'set system host-name a' -c commit \
    -c 'set system host-name b' -c commit >/dev/null </dev/null
echo 'set sytem' >"$state/startup.conf"
box_start
is 'an unusable startup.conf: the box says what it runs' \
    "$(grep -c "RUNNING AN OLD CONFIGURATION: $state/archive/000001.conf" "$lab/box.log")" 1
told="RUNNING AN OLD CONFIGURATION: $state/archive/000001.conf, until a commit"
ctl 'show configuration | match host'
is 'and so does every console' "$out$err" "    host-name a;$told"
ctl configure commit 'run show version | count'
is 'a commit without changes saves what runs' "$out $(cat "$state/startup.conf") $(cat "$state/startup.conf.aside")" \
    'commit complete
Count: 1 lines set system host-name a set sytem'
ctl configure commit
is 'then nothing is told any more' "$out$err" 'no changes'
box_stop
is 'and the next start is as ever' "$(box_start; complaints; box_stop)" ''

rm -r "$state/archive" "$state/startup.conf"
mkfifo "$state/startup.conf"
box_start
ctl 'show configuration | count'
is 'a fifo in the place of startup.conf' "$out $err" \
    'Count: 0 lines RUNNING AN EMPTY CONFIGURATION, until a commit'
rm "$state/startup.conf"
ctl configure 'set system host-name c' commit 'set system host-name d' commit
is 'commits go on when it is gone' "$out" 'commit complete
commit complete'
box_stop
is 'and it ends' $status 0

# ---- file systems ----

if [ -n "${MIRRORSH_NETWORK-}" ] && mkdir "$lab/mounted" && mount -t tmpfs none "$lab/mounted" 2>/dev/null; then
    cp -r "$state/." "$lab/mounted"
    chmod 755 "$lab/mounted"
    state=$lab/mounted
    mount -o remount,ro "$lab/mounted"
    box_start
    ctl 'show configuration | match host'
    is 'a box on a read-only file system runs' "$out$err" '    host-name d;'
    ctl configure 'set system host-name e' commit
    is 'and says why nothing can be committed' "$err" \
        "-c3:1:1: error: $lab/mounted/startup.conf.new: Read-only file system"
    box_stop
    is 'it ends' $status 0
    mount -o remount,rw "$lab/mounted"
    rm -r "$lab/mounted/lock" "$lab/mounted/archive"
    mount -o remount,ro "$lab/mounted"
    box_start
    ctl 'show configuration | match host'
    is 'also where neither lock nor archive can be made' "$out$err" '    host-name d;'
    box_stop
else
    skip 'a read-only file system' 'no file system can be mounted'
fi
