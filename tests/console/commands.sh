#!/bin/bash
# What commands answer, the places of their errors, commits and rollbacks, consoles beside each
# other and consoles that misbehave; offline (-n) and in a running box. Needs no privileges.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh}
lab=$(mktemp -d "${TMPDIR:-/tmp}/commands.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; rm -rf "$lab"' EXIT

ok() { echo "ok $1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '~')"; }
skip() { echo "skip $1: $2"; }
# is NAME GOT EXPECTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi; }

# Runs a batch against the box; leaves $out, $err and $status.
ctl()
{
    "$MIRRORSH" --state "$state" --socket "$socket" "$@" >"$lab/out" 2>"$lab/err" </dev/null
    status=$?
    out=$(cat "$lab/out") err=$(cat "$lab/err")
}
offline() { ctl -n "$@"; }
fresh() { rm -rf "$state"; }
# lines LINE...: a file of them
lines() { printf '%s\n' "$@" >"$lab/lines"; }

target='set target t receiver 192.0.2.1'
session='set session s priority 1 target t vni 5'

# ---- places of errors ----

# wrong LINE COLUMN: in configuration mode
wrong()
{
    lines configure "$1"
    offline -f "$lab/lines"
    is "place: $1" "$(sed -n 's/^\([^ ]*\): error: .*/\1/p' "$lab/err") $status" "$lab/lines:2:$2 1"
}
wrong 'shwo' 1
wrong '   shwo' 4
wrong 'set' 4
wrong 'set   ' 4
wrong 'set session' 12
wrong 'set session web priority' 25
wrong 'set session web priority 40000' 26
wrong 'set session web priority 1 2' 28
wrong 'set session é description "ö" priority x' 40
wrong 'set session web description "open' 29
wrong 'show | match' 13
wrong 'show | match "["' 14
wrong 'show | nothing' 8
wrong 'show | display xml' 16
wrong 'run show sessions nobody' 19
wrong 'rollback 51' 10
wrong 'rollback 1' 10
wrong 'commit now' 8
wrong 'exit now' 6
wrong 'run shwo' 5
wrong 'edit session' 13
wrong 'show | compare rollback 9' 25
lines configure 'delete session nobody' "$target" 'delete target t receiver [ 192.0.2.1 192.0.2.9 ]' \
    'delete target t' commit
offline -f "$lab/lines"
is 'deleting what is not there is a warning' "$err $status $out" \
    "$lab/lines:2:16: warning: there is no session \"nobody\"
$lab/lines:4:38: warning: receiver has no 192.0.2.9 0 no changes"
offline -c shwo
is 'what was expected' "$err" '-c1:1:1: error: unknown command "shwo", expected one of: configure, exit, quit, show, monitor, capture, clear, request, terminal, test, help'

# advice LINE TEXT: what a line in the wrong mode is answered; CONFIGURE=configure for that mode
advice()
{
    offline -k ${CONFIGURE:+-c} $CONFIGURE -c "$1"
    is "advice: $CONFIGURE $1" "${err##*error: }" "$2"
}
advice 'set system host-name x' '"set" is a command of the configuration mode: configure first'
advice 'dele x' '"dele" is a command of the configuration mode: configure first'
advice commit '"commit" is a command of the configuration mode: configure first'
CONFIGURE=configure
advice 'clear counters' '"clear" is a command of the operational mode, expected run clear'
advice 'show sessions' '"show sessions" is a command of the operational mode, expected run show sessions'
advice 'sh rollb 1' '"show rollback" is a command of the operational mode, expected run show rollback'
advice 'show system commit' \
    '"show system commit" is a command of the operational mode, expected run show system commit'
advice 'show system host-name shop' 'unexpected word "shop", expected the end of the line'
advice 'show filter shop | compare' 'there is no filter "shop"'
advice 'show session shop' 'there is no session "shop"'
advice configure 'configure: this is the configuration mode already'
advice 'run exit' 'exit cannot stand behind run'
advice 'run quit' 'quit cannot stand behind run'
advice 'run configure' 'configure cannot stand behind run'
advice 'run set x' '"set" is a command of this mode, without run'
advice 'top commit' 'unknown command "commit", expected one of: set, delete, deactivate, activate, annotate, rename, copy, edit, show'
CONFIGURE=
lines configure 'edit session s' 'run exit' 'run quit' 'set priority 7' 'top show | display set'
offline -k -f "$lab/lines"
is 'run exit leaves neither level nor mode' "$out" 'set session s priority 7'

# ---- words ----

fresh
lines configure 'set session s description "a | b # \"c\" \\ ?"' 'show | display set'
offline -k -f "$lab/lines"
is 'quotes, pipes, hashes and backslashes' "$out" 'set session s description "a | b # \"c\" \\ ?"'
lines conf 'se sess s pri 7' 'sh sess s' 'sh | disp js' 'ru sh vers | disp j' 'ex' 'sh conf | cou'
offline -f "$lab/lines"
is 'abbreviations' "$(head -n 2 "$lab/out" | tr -d '\n') $(grep -c '^{"version":"[0-9.]*"}$' "$lab/out") $(tail -n 1 "$lab/out")" \
    'priority 7;{"configuration":{"session":[{"name":"s","priority":7}]}} 1 Count: 0 lines'

# ---- commits ----

fresh
lines configure 'set session a priority 1' 'set session b filter f' commit
offline -f "$lab/lines"
is 'a refused commit tells every problem at its place' \
    "$(grep -c "^$lab/lines:4:1: error: session [ab]" "$lab/err") $status" '4 1'
is 'a commit that fails leaves nothing' "$(ls "$state")" "$(printf 'archive\nlock')"
lines configure "$target" "$session" 'commit check' commit commit 'commit and-quit' \
    'show configuration | match vni'
offline -f "$lab/lines"
is 'commit check, commit, no changes, and-quit' "$out" 'configuration check succeeds
commit complete
no changes
no changes
    vni 5;'
is 'no changes makes no archive' "$(ls "$state/archive")" ''
is 'startup.conf' "$(cat "$state/startup.conf")" 'set target t receiver 192.0.2.1
set session s priority 1
set session s target t
set session s vni 5'

fresh
lines configure "$target" "$session" ' commit check' commit
offline -f "$lab/lines"
is 'warnings of a commit: standard error, with their place; they are no failure' "$err $status" \
    "$lab/lines:4:2: warning: session s source: missing: nothing is mirrored
$lab/lines:5:1: warning: session s source: missing: nothing is mirrored 0"

lines configure 'set session s vni 6' 'set session s vni 5'
offline -f "$lab/lines"
is 'changes there and back are none' "$err$status" 0
lines configure 'set session s vni 6' exit 'show configuration | match vni' configure \
    'show | match vni' 'rollback 0' 'show | match vni'
offline -f "$lab/lines"
is 'leaving the mode keeps the candidate, rollback 0 drops it' "$(tr -d ' \n' <"$lab/out")$status" \
    'vni5;vni6;vni5;0'

lines configure 'set session s vni 6' 'show | compare' commit 'show | compare rollback 1' \
    'rollback 1' 'show | compare' commit 'show | compare' 'show | match vni' \
    exit 'show configuration | compare rollback 1'
offline -f "$lab/lines"
is 'compare and rollback' "$out" '[edit session s]
-  vni 5;
+  vni 6;
commit complete
[edit session s]
-  vni 5;
+  vni 6;
[edit session s]
-  vni 6;
+  vni 5;
commit complete
    vni 5;
[edit session s]
-  vni 6;
+  vni 5;'

offline -c 'show configuration | display set'
{ echo configure; echo "$out"; echo commit; } >"$lab/lines"
before=$(cat "$state/startup.conf")
fresh
offline -f "$lab/lines"
is 'what is displayed as set is what is piped in and saved' "$(cat "$state/startup.conf")" "$before"

# ---- edit levels ----

fresh
lines configure 'edit filter f ingress rule 10' 'set action accept protocol tcp' up \
    'set rule 20 action reject' up 'set description x' exit 'edit filter f' 'edit egress' \
    'set rule 1 action accept' exit 'show | count' top 'set system host-name h' 'show | display set'
offline -k -f "$lab/lines"
lines_of_levels=$out
fresh
lines configure 'edit filter f ingress rule 10' 'top set system host-name h' \
    'up set rule 20 action reject' 'up 2 set description x' 'set action accept' \
    'up 2 show description' 'top edit target t' 'set receiver 10.0.0.1' exit 'show | display set' \
    'top delete system' 'up delete nothing'
offline -k -f "$lab/lines"
is 'top and up run a command there' "$out" 'description x;
set system host-name h
set filter f description x
set filter f ingress rule 10 action accept
set filter f ingress rule 20 action reject
set target t receiver 10.0.0.1'
is 'and tell its problems at their place' "$(cut -d: -f2,3 "$lab/err" | head -n 1)" '13:11'
out=$lines_of_levels
is 'edit, up, top, exit' "$out" 'Count: 15 lines
set system host-name h
set filter f description x
set filter f ingress rule 10 action accept
set filter f ingress rule 10 protocol tcp
set filter f ingress rule 20 action reject
set filter f egress rule 1 action accept'

# What it has said beside its journal, or in it that somebody should do something: box.log is its
# journal, as if that were systemd's.
complaints() { grep -v '^<[4-7]>' "$lab/box.log"; }
# ---- a box ----

# The socket is there as soon as consoles may come.
box_start()
{
    local JOURNAL_STREAM
    touch "$lab/box.log"
    JOURNAL_STREAM=$(stat -c %d:%i "$lab/box.log")
    export JOURNAL_STREAM
    rm -f "$socket"
    "$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >>"$lab/box.log" 2>&1 &
    box=$!
    for ((tries = 0; tries < 600; tries++)); do
        [ -S "$socket" ] && return
        sleep 0.1
    done
    not_ok 'the box starts' "$(tail -n 3 "$lab/box.log")"
    exit 1
}

fresh
box_start
ctl -c 'show sessions' -c 'show filters' -c 'show targets'
is 'empty lists say so' "$out" 'no sessions are configured
no filters are configured
no targets are configured'
ctl -c 'show sessions | display json' -c 'show filters | display json' -c 'show targets | display json'
is 'empty lists in JSON' "$out" '{"sessions":[]}
{"filters":[]}
{"targets":[]}'
ctl --daemon
is 'a second box is refused' $status 3
offline -c 'show version'
is 'offline beside the box is refused' $status 3

lines configure "$target" "$session" commit 'run show sessions s'
ctl -f "$lab/lines"
is 'a commit in the box' "$(head -n 1 "$lab/out")$status" 'commit complete0'
ctl -c 'show sessions | display json'
is 'show sessions as JSON' "$out" '{"sessions":[{"name":"s","priority":1,"state":"down","reason":"no source interface","vni":5,"packet_length":65535,"filter":null,"target":"t","direction":"both","sources":[],"tags":[],"matched":{"packets":0,"bytes":0},"sent":{"packets":0,"bytes":0},"truncated":{"packets":0},"sampled_out":{"packets":0},"dropped":{"packets":0,"rate_limit":0,"no_receiver":0,"send_error":0,"backlog":0}}]}'
ctl -c 'show sessions s detail'
is 'defaults are marked' \
    "$(grep -cE '^  (direction +both|packet-length +full|disabled +no) \(default\)$' "$lab/out")" 3
ctl -c 'show sessions t'
is 'a name that does not exist' "$err $status" '-c1:1:15: error: there is no session "t" 1'
ctl -c 'monitor sessions count 2 interval 1 plain'
is 'monitor: two rounds' "$(grep -cE '^[0-9T:+-]+ s down matched 0 packets 0 bytes \(0 pps\) sent 0 packets 0 bytes \(0 pps\) dropped 0$' "$lab/out") $status" '2 0'
ctl -c 'monitor sessions count 2 | count' -c 'show version | match ^mirrorsh | count'
is 'monitor through a pipe, and a line behind it' "$out" 'Count: 2 lines
Count: 1 lines'
ctl -c 'monitor sessions count 2 | display json'
is 'monitor as JSON: a line a round' "$(sed -E 's/"time":"[0-9T:+-]{25}","elapsed_ms":[0-9]+,/"time":T,/' "$lab/out" | sort -u)
$(wc -l <"$lab/out") $status" '{"round":{"time":T,"sessions":[{"name":"s","state":"down","reason":"no source interface","matched":{"packets":0,"bytes":0},"sent":{"packets":0,"bytes":0},"truncated":{"packets":0},"sampled_out":{"packets":0},"dropped":{"packets":0,"rate_limit":0,"no_receiver":0,"send_error":0,"backlog":0},"packets_per_second":{"matched":0,"sent":0}}]}}
2 0'
ctl -c 'monitor sessions count 2 | display json | match "^.\"round\"" | count'
is 'and through a pipe' "$out" 'Count: 2 lines'
ctl -c 'monitor sessions | display prometheus'
is 'monitor in a display that it has not' "$err $status" \
    '-c1:1:28: error: monitor sessions cannot be displayed as prometheus, expected one of: json 1'
ctl -c 'show version | display prometheus'
is 'a show without metrics' "$err $status" \
    '-c1:1:24: error: show version cannot be displayed as prometheus, expected one of: json 1'
ctl -c 'clear counters' -c 'clear counters session s' -c 'clear counters session x'
is 'clear counters' "$err $status" '-c3:1:24: error: there is no session "x" 1'

# ---- a full disk ----

if [ -n "${MIRRORSH_NETWORK-}" ] && mkdir "$lab/small" && mount -t tmpfs -o size=256k none "$lab/small" 2>/dev/null; then
    small() { "$MIRRORSH" -n --state "$lab/small" "$@" 2>&1 </dev/null; }
    small -c configure -c "$target" -c "$session" -c commit >"$lab/out"
    before=$(cat "$lab/small/startup.conf")
    cat /dev/zero >"$lab/small/filler" 2>/dev/null
    lines configure "set session s description $(printf %0200d 7)" commit
    is 'a commit on a full disk is refused' "$(small -f "$lab/lines")" \
        "$lab/lines:3:1: error: $lab/small/startup.conf.new: No space left on device"
    is 'and leaves the old configuration' "$(cat "$lab/small/startup.conf")" "$before"
    rm "$lab/small/filler"
    is 'with space it succeeds' "$(small -f "$lab/lines" | tail -n 1)" 'commit complete'
    umount "$lab/small"
else
    skip 'a full disk' 'no file system can be mounted'
fi

# ---- consoles beside each other ----

# console DESCRIPTOR NAME: one that stays; lines go to the descriptor, output to files of the name
console()
{
    mkfifo "$lab/$2"
    "$MIRRORSH" --state "$state" --socket "$socket" -k <"$lab/$2" >"$lab/$2.out" 2>"$lab/$2.err" &
    eval "$2=$!; exec $1>\"$lab/$2\""
}
# after NAME TEXT: waits until it is in that console's output
after()
{
    for ((tries = 0; tries < 600; tries++)); do
        grep -q "$2" "$lab/$1.out" && return
        sleep 0.1
    done
    not_ok "waiting for $2" "$(cat "$lab/$1.out")"
}
console 7 anna
console 8 bert
printf 'configure\nset session s description anna\nshow | count\n' >&7
printf 'configure\nset session s packet-length 96\nshow | count\n' >&8
after anna Count
after bert Count
echo commit >&8
after bert complete
printf 'show | compare\ncommit\n' >&7
after anna complete
ctl -c 'show configuration session s | display set | match "description|length"'
is 'changes of different paths are merged' "$out" 'set session s description anna
set session s packet-length 96'
printf 'set session s vni 71\nshow | display set | match vni\n' >&7
after anna 'vni 71'
printf 'set session s vni 72\ncommit\nshow | display set | match vni\n' >&8
after bert 'vni 72'
printf 'show | compare\ncommit\nshow | compare\nrun show version\n' >&7
after anna mirrorsh
both='session s vni: 71 in this candidate, 72 in the running configuration meanwhile'
is 'compare warns of a clash, and a commit refuses it, with both values' \
    "$(tail -n 3 "$lab/anna.err" | sed 's/at [0-9:]*;/at TIME;/')" "-:8:1: warning: $both
-:9:1: error: $both
last commit: $(id -un) at TIME; commit again to put the values of this candidate through, rollback to give its changes up"
is 'compare shows what the next commit will do' "$(sed -n '/^\[edit/,$p' "$lab/anna.out" |
    sed '/^mirrorsh/,$d' | tail -n 6)" '[edit session s]
-  vni 72;
+  vni 71;
[edit session s]
-  vni 72;
+  vni 71;'
printf 'commit\nrun show configuration | match "vni 71"\n' >&7
after anna '    vni 71;'
ok 'a second commit puts the own value through'
printf 'show | match "vni 71"\nset session s vni 74\n' >&8
after bert '    vni 71;'
printf 'set session s vni 73\ncommit\nshow | match vni\n' >&7
after anna '    vni 73;'
printf 'rollback 1\nshow | compare\ncommit\nshow | match vni | count\n' >&8
after bert 'Count: 1 lines'
is 'a rollback replaces what was begun before' "$(sed -n '/^\[edit/,/complete/p' "$lab/bert.out" |
    tail -n 4)" '[edit session s]
-  vni 73;
+  vni 71;
commit complete'
printf 'set session s vni 73\ncommit\nshow | display set | match vni\n' >&7
after anna 'set session s vni 73'
printf 'show | match "vni 73"\n' >&8
after bert 'vni 73'
ok 'a console without changes follows'
printf 'set session s vni 99\nshow | match "vni 99"\n' >&8
after bert 'vni 99'
{ kill -9 "$bert"; wait "$bert"; } 2>/dev/null
exec 8>&-
ctl -c 'show configuration | match vni'
is 'a console that is killed leaves nothing' "$out" '    vni 73;'
exec 7>&-
wait "$anna"

# ---- consoles that misbehave ----

if command -v python3 >/dev/null; then
    python3 - "$socket" <<'END' >"$lab/rude" 2>&1
import os, re, socket, struct, sys
def attach():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    return s
def rest(s):
    s.settimeout(60)
    try:
        while s.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return 'ended'
version = int(re.search(r'PROTOCOL_VERSION = (\d+)',
                        open(os.environ['TOP'] + '/shell/protocol.h').read())[1])
hello = struct.pack('<IIIIIHH64s64sI', 1, 144, 0, version, 1, 80, 24, b'test', b'', 0)
for name, data in [('noise', b'\xff' * 4096), ('no hello', struct.pack('<IIII', 2, 8, 1, 0) + b'exit'),
                   ('other version', hello[:12] + struct.pack('<I', 99) + hello[16:]),
                   ('too long', hello + struct.pack('<III', 2, 1 << 31, 1)),
                   ('own kind', hello + struct.pack('<III', 14, 0, 1))]:
    s = attach()
    try:
        s.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass
    print(name, rest(s))
half = attach()
half.sendall(hello + struct.pack('<IIII', 2, 100, 1, 0) + b'show')
# one that asks for much and reads nothing: it waits, nobody else does
mute = attach()
mute.sendall(hello)
mute.settimeout(2)
line = b'show configuration | display json'
try:
    for i in range(200000):
        mute.sendall(struct.pack('<IIII', 2, 4 + len(line), 1, 0) + line)
except (socket.timeout, BrokenPipeError):
    pass
sys.stdout.flush()
os.system('"$MIRRORSH" --socket %s -c "show version" </dev/null' % sys.argv[1])
END
    is 'malformed messages end their console only' "$(sed '$d' "$lab/rude")" 'noise ended
no hello ended
other version ended
too long ended
own kind ended'
    is 'a console that does not read disturbs nobody' "$(tail -n 1 "$lab/rude" | cut -c 1-9)" \
        'mirrorsh '
else
    skip 'consoles that misbehave' 'no python3'
fi

# ---- systemd ----

if command -v python3 >/dev/null; then
    python3 - "$lab" <<'END' >"$lab/notified" 2>&1
import os, socket, subprocess, sys
lab = sys.argv[1]
for name in [lab + '/notify', '\0' + lab + '/notify']:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(name)
    s.settimeout(60)
    box = subprocess.Popen([os.environ['MIRRORSH'], '--daemon', '--state', lab + '/notified.d',
                            '--socket', lab + '/notified.s'],
                           env=dict(os.environ, NOTIFY_SOCKET=name.replace('\0', '@')), stderr=subprocess.DEVNULL)
    print(s.recv(100).decode(), s.recv(100).decode())
    box.terminate()
    print(s.recv(100).decode(), box.wait())
END
    is 'systemd hears of the start and the end' "$(tr '\n' ' ' <"$lab/notified")" \
        'READY=1 STATUS=0 sessions up; 0 receivers up STOPPING=1 0 READY=1 STATUS=0 sessions up; 0 receivers up STOPPING=1 0 '
else
    skip 'systemd' 'no python3'
fi

# ---- roles ----

if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
    chmod 711 "$lab"
    chmod 666 "$socket"
    cp "$MIRRORSH" "$lab/mirrorsh"
    stranger()
    {
        setpriv --reuid 65534 --regid 65534 --clear-groups "$lab/mirrorsh" --socket "$socket" "$@" \
            >"$lab/out" 2>"$lab/err" </dev/null
    }
    stranger -c 'show sessions s | count'
    is 'a stranger may look' "$(cat "$lab/out" "$lab/err")" 'Count: 3 lines'
    stranger -c configure
    is 'a stranger may not configure' "$? $(cat "$lab/err")" \
        '1 -c1:1:1: error: only root and members of the group mirrorsh may configure'
    stranger -c 'clear counters'
    is 'a stranger may not clear' $? 1
    stranger -c "capture session s file /dev/null count 1"
    is 'a stranger may not capture' "$? $(cat "$lab/err")" \
        '1 -c1:1:1: error: only root and members of the group mirrorsh may capture session'
else
    skip 'roles' 'needs root'
fi

# ---- the end ----

kill "$box"
wait "$box"
is 'the box ends well' "$?" 0
box=
is 'its socket is gone' "$(ls "$socket" 2>/dev/null)" ''
is 'the box has no complaints' "$(complaints)" ''
printf 'set sesion\n' >"$state/startup.conf"
ctl -c 'show configuration | match vni'
is 'an unusable startup.conf: the newest archived one, loudly' \
    "$out$(grep -c 'RUNNING AN OLD CONFIGURATION' "$lab/err")" '    vni 71;1'
