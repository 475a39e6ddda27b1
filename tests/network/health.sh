#!/bin/bash
# How soon the box hears of what happens to the way to a receiver, and that a storm of such news
# does not hold it.

. "${0%/*}/lab.sh"
lab_open
box_start
reason() { ctl 'show sessions | display json' | json "(d['sessions'][0]['state'], d['sessions'][0]['reason'] or '')"; }
is() { [ "$(reason)" = "$1" ]; }
count() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
settled() { ! ip -n "$lab_name-box" neighbour show dev up0 | grep -qE 'INCOMPLETE|DELAY|PROBE'; }

check 'a session' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface src0' commit
in_src python3 "$frames" eth0 flows 1 >/dev/null
mirrored() { [ "$(count "['sent']['packets']")" = 256 ]; }
check 'it mirrors' until_true 5 mirrored

# --- an egress without carrier
ip -n "$lab_name-recv" link set eth0 down
check 'an egress without carrier takes its receiver down' until_true 5 \
    is "('down', 'receiver 10.2.0.2: link up0 has no carrier')"
before=$(count "['sent']['packets']")
in_src python3 "$frames" eth0 flows 2 >/dev/null
sleep 0.2
expect_equal 'nothing is sent into it' "$(count "['sent']['packets']")" "$before"
ip -n "$lab_name-recv" link set eth0 up
ip -n "$lab_name-recv" address add fd02::2/64 dev eth0 nodad # went with the link
check 'with a carrier it comes back' until_true 5 is "('up', '')"

# --- a way that moves to another interface of the same MTU
leaves_by() { [ "$(ctl 'show targets | display json' | json "d['targets'][0]['receivers'][0]['interface']")" = "$1" ]; }
check 'a receiver says which interface its packets leave by' leaves_by up0
ip -n "$lab_name-box" link add up1 mtu 1700 type veth peer name eth1 mtu 1700 netns "$lab_name-recv"
ip -n "$lab_name-recv" link set eth1 up
ip -n "$lab_name-box" link set up1 up
ip -n "$lab_name-box" route add 10.2.0.2/32 dev up1
check 'and when it is another one' until_true 5 leaves_by up1
ip -n "$lab_name-box" link del up1
check 'and when it is the one of before again' until_true 5 leaves_by up0

# --- an alarm just after a probe: the path narrows, and only a router on the way knows
cat >"$lab/wide.py" <<'END'
import os, socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
print('ready', flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.001)
for i in range(300):
    wire.send(bytes.fromhex('020000000002020000000001') + b'\x88\xb5' + bytes(1200))
    time.sleep(0.005)
END
in_recv python3 "$TOP/tests/network/narrow.py" eth0 800 >"$lab/narrow" &
helpers="$helpers $!"
in_src python3 "$lab/wide.py" "$lab/go" >"$lab/wide" &
wide=$! helpers="$helpers $!"
until_true 10 grep -q listening "$lab/narrow"
until_true 10 grep -q ready "$lab/wide"
until_true 10 settled
sleep 1.2
ip -n "$lab_name-box" route add 10.99.0.0/24 via 10.2.0.3 # news: a probe
late=$(delayed .)
touch "$lab/go"
wait $wide
went_or_not() { echo $(($(count "['sent']['packets']") + $(count "['dropped']['send_error']") - before)); }
expect_equal 'what is too long is an error, the rest goes' "$(once_quiet went_or_not)" 300
errors=$(count "['dropped']['send_error']") late=$(($(delayed .) - late))
echo "# $errors of 300 packets were too long; the box waited $late ms for a processor"
if [ "$errors" -ge 100 ] && [ $late -gt 100 ]; then
    echo "skip $script the alarm of a worker just after a probe: the machine was too busy to tell"
else
    check 'the alarm of a worker just after a probe is not forgotten' \
        test "$errors" -lt 100 -a "$(count "['truncated']['packets']")" -gt 100
fi
in_box ip route flush cache

# --- a storm of route changes
routes=30000
for ((i = 0; i < routes; i++)); do
    echo "route add 10.$((50 + i / 65536)).$((i / 256 % 256)).$((i % 256)) via 10.2.0.3"
done >"$lab/add"
sed 's/add/del/' "$lab/add" >"$lab/del"
ticks() { awk '{print $14 + $15 + $16 + $17}' "/proc/$1/stat"; }
used=$(ticks "$box_pid")
in_box bash -c 'ip -batch "$1/add" && ip -batch "$1/del" && echo done; awk "{print \$16 + \$17}" "/proc/$$/stat"; sleep 1' - \
    "$lab" >"$lab/storm" 2>&1 &
storm=$! helpers="$helpers $!" answers=0
while ! grep -q 'done' "$lab/storm"; do
    [ "$(count "['state']")" = up ] && answers=$((answers + 1))
done
used=$(($(ticks "$box_pid") - used))
wait $storm
check 'it answers during a storm of route changes' test "$answers" -gt 0
storm=$(tail -n 1 "$lab/storm")
echo "# $answers answers; ticks of a processor: the box $used, who made the storm $storm"
[ -n "$SANITIZE" ] || check 'and does little for it' test $((used * 4)) -lt "$storm"
check 'the sums hold' accounts
check 'the box ends well' box_stop
