#!/bin/bash
# Everything at once: interfaces that come and go under a flood, commits, and a console that
# looks on (tempest.py). The box answers throughout, and every sum is exact at the end.
# TEMPEST_SECONDS=60 for a longer one.
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
lab_open
rate=100000
[ -z "$SANITIZE" ] || rate=5000
in_box sysctl -q -w net.core.wmem_max=16777216 2>/dev/null
box_start
check 'two sessions' ctl configure 'set filter f ingress rule 10 action accept source-port 10000' \
    'set target t receiver 10.2.0.2 10.2.0.3' \
    'set session a priority 1 filter f target t vni 5 packet-length 96 source interface src0' \
    'set session b priority 2 target t vni 6 packet-length 64 source interface src0' commit
ip netns exec "$lab_name-src" "$generator" eth0 128 64 $rate 0 >"$lab/generator" 2>&1 &
generator_pid=$!
helpers="$helpers $generator_pid"
check 'the box answers throughout' timeout 200 python3 "$TOP/tests/network/tempest.py" "$lab_name" \
    "${TEMPEST_SECONDS:-6}" "$MIRRORSH" "$socket" "$generator"
sed 's/^/# /' "$lab/check.out"
kill -INT $generator_pid
wait $generator_pid
sleep 0.5
check 'many commits' test "$(awk '{print $2}' "$lab/check.out")" -gt 20
sent=$(($(awk '{print $2}' "$lab/generator") - $(wire_dropped src eth0)))
check 'the sums of the sessions hold' accounts
ctl 'show interfaces | display json' 'show engine | display json' 'show interfaces' >"$lab/sums"
sed 's/^/# /' "$lab/sums" | tail -n +3
expect_equal 'the flood was seen whole' \
    "$(sed -n 1p "$lab/sums" | json "sum(i['received']['packets'] + i['dropped']['packets'] for i in d['interfaces'] if i['name'] == 'src0')")" "$sent"
expect_equal 'every frame is one of four' "$(sed -n 2p "$lab/sums" |
    json "sum(w['received'] - w['mirrored'] - w['rejected'] - w['unmatched'] - w['own'] for w in d['engine']['workers'])")" 0
check 'the box ends well' box_stop
check 'the box has said nothing' test ! -s "$lab/box.err"
