#!/bin/bash
# A storm: 20 interfaces appear, vanish, are renamed and flooded under 100,000 packets a second and
# a commit every 20 ms. The box answers throughout, and the sums are exact.
# Environment: DURATION in seconds (10).
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
lab_open
rate=100000 duration=${DURATION:-10}
[ -z "$SANITIZE" ] || rate=10000
box_start
for ((i = 0; i < 20; i++)); do
    ip -n "$lab_name-box" link add c$i type veth peer name p$i netns "$lab_name-src"
    ip -n "$lab_name-box" link set c$i up
done
check 'sessions' ctl configure 'set target t receiver 10.2.0.2' \
    'set filter f ingress rule 10 action accept protocol udp source-port 10000-10031' \
    'set session s0 priority 1 target t vni 5 packet-length 96 filter f source interface src0' \
    'set session s1 priority 2 target t vni 5 packet-length 64' \
    'set session s2 priority 3 target t vni 6 filter f' 'set session s3 priority 4 target t vni 6' commit
ip netns exec "$lab_name-src" "$generator" eth0 128 64 $((rate * 3 / 5)) 0 >"$lab/generator" 2>&1 &
generator_pid=$!
helpers=$generator_pid
check 'the storm' timeout $((duration + 600)) python3 "$TOP/tests/network/chaos.py" "$lab_name" "$duration" \
    "$MIRRORSH" "$state" "$socket" "$generator" $rate
storm=$(cat "$lab/check.out")
echo "# $storm"
kill -INT $generator_pid && wait $generator_pid
slowest=${storm##*slowest } plans=${storm#plans }
# 100 ms on a machine that has the time; here it only must not stand still
check 'the box answered throughout' test "${slowest%%.*}" -lt 60000
check 'there were many commits' test "${plans%%,*}" -gt $((duration * 4))
check "the sessions' sums hold" accounts
interface_sums()
{
    ctl 'show interfaces' | awk 'NR > 1 && $4 != $5 + $6 + $7 + $8 {print; wrong = 1} END {exit wrong}'
}
check "the interfaces' sums hold" interface_sums
received=$(once_quiet taken)
check 'the interface that stayed has seen many' test "$received" -gt $((rate / 10))
expect_equal 'every packet of the interface that stayed is accounted for' "$received" \
    $(($(awk '{print $2}' "$lab/generator") - $(wire_dropped src eth0)))
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
