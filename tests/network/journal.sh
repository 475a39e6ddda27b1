#!/bin/bash
# What the engine tells the journal: sessions and receivers that go down and come up, with the
# reason, drops that begin and end, and, with --verbose, what it has decided; and systemd how many
# are up. What flaps is told a few times. The journal itself is in tests/console/log.sh.

. "${0%/*}/lab.sh"
lab_open
cat >"$lab/verbose" <<'END'
#!/bin/bash
exec "$@" --verbose
END
chmod +x "$lab/verbose"
export NOTIFY_SOCKET=$lab/notify
python3 - "$NOTIFY_SOCKET" >"$lab/notified" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode(), flush=True)
END
helpers="$helpers $!"
until_true 10 test -S "$NOTIFY_SOCKET"

# said PRIORITY TEXT: whether the journal has such a line, an extended regular expression
said() { ctl 'show log | no-more' | grep -qE "^[0-9-]+ [0-9:]+ +$1 +$2\$"; }
# is_told NAME PRIORITY TEXT
is_told()
{
    if until_true 20 said "$2" "$3"; then ok "$1"; else not_ok "$1" "no '$2 $3' in $(ctl 'show log' | tail -n 12 | tr '\n' ';')"; fi
}
# status TEXT: whether that is the last that systemd was told
status() { [ "$(grep '^STATUS' "$lab/notified" | tail -n 1)" = "STATUS=$1" ]; }

box_start "$lab/verbose"
ctl configure 'set filter hop ingress rule 1 action accept next-hop 10.2.0.2' \
    'set target t receiver 10.2.0.2' 'set target gone receiver 10.2.0.9' \
    'set session web priority 1 target t vni 5 source interface src0' \
    'set session lost priority 2 target gone vni 6 filter hop source interface src0' \
    'set session off priority 3 target t vni 7 disabled' \
    'set session nowhere priority 4 target t vni 8 source interface src0 nowhere' commit >/dev/null 2>&1
is_told 'a session that is down' warning 'session lost is down: receiver 10\.2\.0\.9: neighbour does not resolve'
is_told 'one that is partly up' warning 'session nowhere is up, but interface nowhere is absent'
is_told 'a receiver that is down' warning 'receiver 10\.2\.0\.9 of target gone is down: neighbour does not resolve'
is_told '--verbose: how a receiver is reached' debug 'receiver 10\.2\.0\.2 of target t leaves by up0, source address 10\.2\.0\.1, path MTU 1700'
is_told '--verbose: what is captured' debug 'source src0 is interface [0-9]+, captured by rings of [0-9]+ KiB \(interfaces in them: 1\)'
is_told '--verbose: what is not' debug 'source nowhere delivers nothing: interface nowhere is absent'
is_told '--verbose: a plan' debug 'a plan is published: 4 sessions, 1 rules, 2 receivers, 2 interfaces'
is_told '--verbose: a neighbour' debug "next hop 10\\.2\\.0\\.2 is $(in_recv cat /sys/class/net/eth0/address)"
check 'systemd is told how many' until_true 10 status '2 sessions up, 1 down, 1 disabled; 1 receiver up, 1 down'

# Drops begin now, and end while the rest goes on.
ctl configure 'set session web rate-limit 1pps' commit >/dev/null
in_src python3 "$frames" eth0 flows 1 >/dev/null
is_told 'drops begin' notice 'drops of session web have begun: rate-limit'

ip -n "$lab_name-box" link set src0 down
is_told 'an interface that goes down takes its session down' warning 'session web is down: interface src0 is down'
check 'and systemd is told' until_true 10 status '0 sessions up, 3 down, 1 disabled; 1 receiver up, 1 down'
ip -n "$lab_name-box" link set src0 up
is_told 'and up again' notice 'session web is up'
ip -n "$lab_name-box" link set src0 name src1
is_told 'one that is not there any more' warning 'session web is down: interface src0 is absent'
ip -n "$lab_name-box" link set src1 name src0
ip -n "$lab_name-recv" link set eth0 down
is_told 'a receiver without a way' warning 'receiver 10\.2\.0\.2 of target t is down: link up0 has no carrier'
is_told 'and its session' warning 'session web is down: receiver 10\.2\.0\.2: link up0 has no carrier'
ip -n "$lab_name-recv" link set eth0 up
is_told 'a receiver is back' notice 'receiver 10\.2\.0\.2 of target t is up'

# ---- what flaps ----

state_is() { [ "$(ctl 'show sessions web | display json' | json "d['sessions'][0]['state']")" = "$1" ]; }
until_true 10 state_is up
for ((i = 0; i < 8; i++)); do
    ip -n "$lab_name-box" link set src0 down
    until_true 10 state_is down
    ip -n "$lab_name-box" link set src0 up
    until_true 10 state_is up
done
is_told 'the last word on a session that flaps, and how many are left out' notice \
    'session web is up \([0-9]+ before it not told\)'
lines=$(ctl 'show log | match "session web is (up|down)" | count')
check 'it has not flooded the journal' test "${lines//[^0-9]/}" -lt 18
is_told 'drops end, and how many they were' notice \
    'drops of session web have ended: rate-limit 2[0-9]{2} packets in [0-9]+ s'

check 'it ends well' box_stop
expect_equal 'and systemd is told' "$(tail -n 1 "$lab/notified")" 'STOPPING=1'
for line in '<4>session web is down: interface src0 is down' '<5>session web is up' \
    '<7>receiver 10.2.0.2 of target t leaves by up0, source address 10.2.0.1, path MTU 1700'; do
    check "in the journal: $line" grep -qxF "$line" "$lab/box.err"
done
: >"$lab/box.err"
box_start
check 'without --verbose it says no details' test "$(ctl 'show log | match debug | count')" = 'Count: 0 lines'
is_told 'a start tells what is down' warning 'session lost is down: .*'
check 'it ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
