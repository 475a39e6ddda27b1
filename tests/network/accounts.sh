#!/bin/bash
# The accounts hold in every look at them, to the packet: while sessions come and go with a commit
# every 20 ms under traffic, interfaces are deleted and made anew, and receivers fail.
# Environment: DURATION in seconds (6).
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
lab_open
in_box tc qdisc replace dev up0 root tbf rate 2mbit burst 3k limit 6000 2>/dev/null ||
    { echo "skip accounts no tbf queue"; exit 0; }
in_box tc qdisc del dev up0 root
rate=40000 duration=${DURATION:-6}
[ -z "$SANITIZE" ] || rate=5000
box_start
for ((i = 0; i < 4; i++)); do
    ip -n "$lab_name-box" link add c$i type veth peer name p$i netns "$lab_name-src"
    ip -n "$lab_name-box" link set c$i up
    ip -n "$lab_name-src" link set p$i up
done
check 'filters and targets' ctl configure 'set filter udp ingress rule 1 action accept protocol udp' \
    'set filter none ingress rule 10 action accept protocol tcp' \
    'set filter rest ingress rule 5 action reject source-port 10003' 'set filter rest ingress rule 10 action accept source-port 10000-10031' \
    'set target near receiver 10.2.0.2' 'set target far receiver [fd02::2]' 'set target both receiver 10.2.0.2 10.2.0.3' \
    'set target nowhere receiver 10.2.0.99' 'set target itself receiver 10.1.0.1' \
    'set session rest priority 100 target both filter rest vni 6 source interface src0' commit
ip netns exec "$lab_name-src" "$generator" eth0 128 64 $rate 0 >"$lab/generator" 2>&1 &
generator_pid=$!
helpers=$generator_pid
check 'every sum holds in every look' timeout $((duration + 600)) python3 "$TOP/tests/network/accounts.py" "$lab_name" \
    "$duration" "$MIRRORSH" "$state" "$socket" "$generator" $rate
seen=$(grep "^looked " "$lab/check.out")
echo "# $seen"
kill -INT $generator_pid && wait $generator_pid
looked=${seen#looked }
check 'it was looked at often' test "${looked%%,*}" -gt $((duration * 3))
for part in mirrored rejected unmatched own; do
    check "some packets were $part" grep -qE "interfaces.$part.packets=[1-9]" <<<"$seen"
done
for part in sent.packets truncated.packets sampled_out.packets dropped.rate_limit dropped.backlog; do
    check "some packets were counted as $part" grep -qE "sessions.$part=[1-9]" <<<"$seen"
done
expect_equal 'every packet of the interface that stayed is accounted for' "$(once_quiet taken)" \
    $(($(awk '{print $2}' "$lab/generator") - $(wire_dropped src eth0)))
totals() { ctl 'show engine | display json' | json "[d['engine'][all] for all in ('interfaces', 'sessions')]"; }
before=$(totals)
check 'one session is cleared' ctl 'clear counters session rest'
expect_equal 'the totals keep what it had' "$(totals)" "$before"
check 'all counters are cleared' ctl 'clear counters'
expect_equal 'the totals are zero' "$(totals | grep -o '[1-9]')" ''
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
