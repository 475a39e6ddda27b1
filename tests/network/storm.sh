#!/bin/bash
# Commits under load: 1,000 commits of changing filters under 100,000 packets a second. Every
# packet arrives once, whichever plan it met; the sums are exact; memory does not grow.
# Under sanitizers there is less of all of it.
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
lab_open
commits=1000 rate=100000
[ -z "$SANITIZE" ] || commits=60 rate=1000
in_box sysctl -q -w net.core.wmem_max=16777216 2>/dev/null
box_start
check 'two sessions' ctl configure 'set filter f ingress rule 10 action accept protocol udp' \
    'set filter g ingress rule 10 action accept' 'set target t receiver 10.2.0.2' \
    'set session a priority 1 filter f target t vni 5 packet-length 96 source interface src0' \
    'set session b priority 2 filter g target t vni 6 packet-length 64 source interface src0' commit

# commits FROM TO: each moves the border between the sessions and the rules before it
commits()
{
    local i port rule
    echo configure
    for ((i = $1; i < $2; i++)); do
        port=$((10000 + i * 7 % 64)) rule=$((1 + i % 3))
        echo "delete filter f"
        echo "set filter f ingress rule $rule action accept protocol udp source-port 10000-$port"
        echo "set filter f ingress rule $((rule + 1)) action reject destination-port 81"
        echo commit
    done
}
memory() { awk '/^VmRSS/ {print $2}' "/proc/$box_pid/status"; }
received() { ip -n "$lab_name-recv" -s -j link show "$1" | json "d[0]['stats64']['rx']['packets']"; }

parts=10
for ((part = 0; part < parts; part++)); do
    commits $((commits * part / parts)) $((commits * (part + 1) / parts)) >"$lab/part$part"
done
plans() { ctl 'show engine | display json' | json "d['engine']['plans']"; }
ip netns exec "$lab_name-src" "$generator" eth0 128 64 $rate 0 >"$lab/generator" 2>&1 &
generator_pid=$!
helpers="$helpers $generator_pid"
plans_before=$(plans) waited=$(delayed)
for ((part = 0; part < parts; part++)); do
    check "commits of part $part" ctl_file "$lab/part$part"
    [ $part != 0 ] || before=$(memory)
    sleep 0.3
done
after=$(memory)
expect_equal "$commits commits under $rate packets a second" $(($(plans) - plans_before)) "$commits"
# A sanitizer keeps freed memory for a while
[ -n "$SANITIZE" ] || check 'memory does not grow' test $((after - before)) -lt $((before / 10 + 512))
kill -INT $generator_pid
wait $generator_pid
sent=$(($(awk '{print $2}' "$lab/generator") - $(wire_dropped src eth0)))
echo "# $(cat "$lab/generator"); resident $before -> $after KiB"
ring_took "$sent"
none_dropped 'the ring dropped none' "$dropped" "$waited"
arrived()
{
    a=$(received vx5) b=$(received vx6)
    [ $((a + b + $(wire_dropped box up0))) = $((sent - dropped)) ]
}
check 'every packet of the ring arrived once' until_true 10 arrived
check 'both sessions mirrored' test "$a" -gt 0 -a "$b" -gt 0
for pair in a:$a b:$b; do
    session_sent=$(ctl 'show sessions | display json' |
        json "[s['sent']['packets'] for s in d['sessions'] if s['name'] == '${pair%%:*}'][0]")
    [ "$(wire_dropped box up0)" != 0 ] ||
        expect_equal "session ${pair%%:*}: sent is what arrived" "$session_sent" "${pair#*:}"
done
check 'the sums hold' accounts
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
