#!/bin/bash
# The journal of a box, on its standard error and in show log: start and end, commits, rescue,
# fallbacks, logins and who is refused. What the engine tells is in tests/network/journal.sh. Needs
# no privileges.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh} TZ=UTC
unset SSH_CONNECTION
lab=$(mktemp -d "${TMPDIR:-/tmp}/log.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=''
# shellcheck disable=SC2086
trap 'kill -9 $box 2>/dev/null; rm -rf "$lab"' EXIT

ok() { echo "ok $1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '~')"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi; }
# has NAME LINE: the box's journal has exactly one such line, a basic regular expression
has() { is "$1" "$(grep -c "^$2\$" "$lab/box.log")" 1; }
box_start()
{
    local JOURNAL_STREAM
    : >"$lab/box.log"
    JOURNAL_STREAM=$(stat -c %d:%i "$lab/box.log")
    export JOURNAL_STREAM
    "$MIRRORSH" --daemon --state "$state" --socket "$socket" \
        </dev/null >>"$lab/box.log" 2>&1 &
    box=$!
    for ((tries = 0; tries < 600; tries++)); do
        [ ! -S "$socket" ] || return 0
        sleep 0.1
    done
    not_ok 'the box starts' "$(cat "$lab/box.log")"
    exit 1
}
box_stop()
{
    kill "$box"
    wait "$box"
    box=
}
# ctl LINE...: a batch; leaves $out, $err and $status
ctl()
{
    printf '%s\n' "$@" | "$MIRRORSH" -k --socket "$socket" >"$lab/out" 2>"$lab/err"
    status=${PIPESTATUS[1]}
    out=$(cat "$lab/out") err=$(cat "$lab/err")
}
me=$(id -un)

box_start
ctl configure 'set system host-name a' 'commit comment "why ~ 世界"' 'set system host-name b' commit \
    'set target t receiver 10.0.0.1:0' 'delete system host-name' 'set session s vni 5' commit \
    'commit check' rollback commit \
    'run request rescue save' 'run request rescue delete' 'run clear counters' \
    'set system host-name c' 'commit confirmed 5 comment "a try"' commit
ctl 'show log | match "commit|host" | except host'
ctl 'show log'
is 'show log tells what was done, by whom and why' \
    "$(sed -nE 's/^[0-9-]{10} [0-9:]{8}  (notice  .*)/\1/p' "$lab/out" | sed 's/ [^ ]* has started$/ has started/')" \
    "notice    mirrorsh has started
notice    commit by $me: why ~ 世界
notice    commit by $me
notice    commit by $me refused: session s priority: missing (and 1 more)
notice    rescue configuration saved by $me
notice    rescue configuration deleted by $me
notice    counters cleared by $me
notice    commit confirmed by $me: it goes back in 5 minutes unless a commit follows
notice    commit by $me, to be confirmed: a try
notice    the commit is confirmed by $me
notice    commit by $me"
is 'and who came and went' "$(grep -cE "info +(login: $me, process [0-9]+, a script|logout: $me, process [0-9]+)\$" "$lab/out")" 5
ctl 'show log last 1' 'show log last 2 | display json'
is 'the newest only' "$(grep -cE '^2.* info +login: ' "$lab/out") $(sed -nE 's/[0-9]/9/g; $p' "$lab/out" | sed -E 's/99+/9/g')" \
    "1 {\"log\":[{\"time\":\"9-9-9T9:9:9+9:9\",\"priority\":\"info\",\"message\":\"logout: $me, process 9\"},{\"time\":\"9-9-9T9:9:9+9:9\",\"priority\":\"info\",\"message\":\"login: $me, process 9, a script\"}]}"
ctl 'show log last 0' 'show log last'
is 'how many is a number' "$err" \
    '-:1:15: error: "0" is not a number of 1-4000
-:2:14: error: last: a number of 1-4000 is missing'
box_stop
has 'the journal of systemd has priorities' "<5>commit by $me: why ~ 世界"
has 'and the start' '<5>mirrorsh [0-9.]* has started'
has 'and the end' '<5>mirrorsh ends'
is 'and nothing else' "$(grep -vc '^<[56]>' "$lab/box.log")" 0

# ---- who comes from elsewhere, who is refused, and how often that is told ----

# told NAME COUNT: five times, and once more every 12 seconds since then
told() { is "$1" "$(($2 >= 5 && $2 <= 5 + (SECONDS - begun + 1) / 12))" 1; }

box_start
begun=$SECONDS
SSH_CONNECTION='192.0.2.7 50000 192.0.2.1 22' ctl configure 'set system host-name d' 'commit comment far'
for i in {8..14}; do
    SSH_CONNECTION="192.0.2.$i 50000 192.0.2.1 22" ctl 'show version'
done
ctl 'show log'
is 'a login from elsewhere' "$(grep -c "info      login: $me from 192.0.2.7, process [0-9]*, a script\$" "$lab/out")" 1
is 'and its commit' "$(grep -c "notice    commit by $me from 192.0.2.7: far\$" "$lab/out")" 1
told 'wherever they come from, they are of one user' "$(grep -c 'info      login' "$lab/out")"
if command -v python3 >/dev/null; then
    python3 - "$socket" <<'END'
import socket, struct, sys
for i in range(50): # a line is no greeting
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(struct.pack('III', 2, 4, 1) + b'\0\0\0\0')
    while s.recv(4096):
        pass
END
    ctl 'show log'
    told 'a stranger to the protocol is told of five times' \
        "$(grep -c "warning   console of user $(id -u), process [0-9]*, refused: a console has to say hello first\$" "$lab/out")"
else
    echo 'skip who is refused: no python3'
fi
for ((i = 0; i < 8; i++)); do
    ctl 'show version'
done
ctl 'show log'
told 'so are logins' "$(grep -c 'info      login' "$lab/out")"
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
    chmod 755 "$lab"
    chmod 666 "$socket"
    cp "$MIRRORSH" "$lab/mirrorsh" # out of a directory that is perhaps nobody's to enter
    stranger() { setpriv --reuid 65534 --regid 65534 --clear-groups "$lab/mirrorsh" --socket "$socket" -k "$@" </dev/null; }
    stranger -c configure -c 'show log last 1' >"$lab/out" 2>&1
    is 'who may only look reads it, and it tells what they tried' \
        "$(grep -cE 'notice +[a-z]+ may not configure: refused$' "$lab/out")" 1
    ctl 'show log'
    is 'and that they may no more' "$(grep -cE 'info +login: [a-z]+, process [0-9]+, a script, may only look$' "$lab/out")" 1
else
    echo 'skip who may only look: not root'
fi
box_stop

# ---- starts ----

echo 'set sytem' >"$state/startup.conf"
box_start
box_stop
has 'a broken startup.conf' "<3>$state/startup.conf cannot be loaded: line 1, column 5: .*"
has 'and what runs in its place' "<3>RUNNING AN OLD CONFIGURATION: $state/archive/00000[0-9].conf"
box_start
ctl configure commit
is 'who commits over it is told where it is' "$err" "$(grep -o 'RUNNING AN OLD.*' "$lab/box.log"), until a commit
startup.conf was not what ran: kept as startup.conf.aside"
ctl 'show log | match RUNNING | count'
is 'show log has it too' "$out" 'Count: 1 lines'
box_stop
: >"$lab/box.log" # what the box before has said is not this one's
"$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >>"$lab/box.log" 2>&1 &
box=$!
for ((tries = 0; tries < 600; tries++)); do
    grep -q 'has started' "$lab/box.log" && break
    sleep 0.1
done
box_stop
is 'without systemd it is plain text' "$(sed 's/ [0-9.]* has/ has/' "$lab/box.log")" 'mirrorsh: mirrorsh has started
mirrorsh: mirrorsh ends'

# ---- nobody reads ----

# The box writes into a pipe that is full, and answers all the same.
if command -v python3 >/dev/null; then
    mkfifo "$lab/pipe"
    exec 8<>"$lab/pipe"
    python3 -c 'import fcntl; fcntl.fcntl(8, 1031, 4096)' # F_SETPIPE_SZ
    rm -f "$socket"
    "$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null 2>&8 &
    box=$!
    for ((tries = 0; tries < 600; tries++)); do
        [ ! -S "$socket" ] || break
        sleep 0.1
    done
    for ((i = 0; i < 2500; i++)); do
        echo 'clear counters'
    done >"$lab/many"
    "$MIRRORSH" --socket "$socket" -f "$lab/many" </dev/null
    ctl 'show log | match cleared | count'
    is 'a full pipe makes no console wait' "$? $out" '0 Count: 2000 lines'
    cat <&8 >"$lab/read" &
    reader=$!
    ctl 'clear counters session none' 'show version'
    for ((tries = 0; tries < 600; tries++)); do
        [ "$(grep -c cleared "$lab/read")" -lt 2000 ] || break
        sleep 0.1
    done
    is 'who reads again is told how many lines are lost' \
        "$(awk '/ lines are lost here: / { lost += $2; next } { read++ } END { print (lost > 0), (lost + read >= 2501) }' "$lab/read")" '1 1'
    box_stop
    kill $reader
    exec 8>&-
else
    echo 'skip nobody reads: no python3'
fi

# ---- a box of its own ----

"$MIRRORSH" --verbose -c 'show log' </dev/null >"$lab/out" 2>&1
is 'details are for a daemon' "$? $(head -n 1 "$lab/out")" '2 mirrorsh: --verbose is for the journal of a --daemon'
"$MIRRORSH" -n --state "$state" -c 'show log' </dev/null >"$lab/out" 2>&1
is 'a box in the process keeps it to itself, but for show log' "$(grep -c . "$lab/out")" 3
