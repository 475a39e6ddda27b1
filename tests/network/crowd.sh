#!/bin/bash
# Fifty consoles at once, one of them stopped and one that never reads, under 100,000 packets a second,
# while a commit waits for a disk that does not come: the others are answered, and no packet is lost.
# How long an answer takes is measured by make bench. Under sanitizers there are fewer packets.
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
lab_open
rate=100000
[ -z "$SANITIZE" ] || rate=1000
export SLOW=$lab/slow FAILS=$lab/fails
if ! ${CC:-cc} -w -shared -fPIC -o "$lab/disk.so" "$TOP/tests/console/disk.c" 2>"$lab/cc"; then
    not_ok 'the slow disk builds' "$(cat "$lab/cc")"
    exit 1
fi
in_box sysctl -q -w net.core.wmem_max=16777216 2>/dev/null
received() { ip -n "$lab_name-recv" -s -j link show vx5 | json "d[0]['stats64']['rx']['packets']"; }

box_start env LD_PRELOAD="$lab/disk.so" ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}"
{
    echo configure
    for ((i = 1; i <= 1000; i++)); do echo "set filter f ingress rule $i action reject source-port $i"; done
    echo 'set filter f ingress rule 60000 action accept'
    echo 'set target t receiver 10.2.0.2'
    echo 'set session s priority 1 filter f target t vni 5 packet-length 96 source interface src0'
    echo commit
} >"$lab/lines"
check 'a session' ctl_file "$lab/lines"
ip netns exec "$lab_name-src" "$generator" eth0 128 64 $rate 0 >"$lab/generator" 2>&1 &
generator_pid=$!
helpers="$helpers $generator_pid"
before=$(delayed)
in_box python3 -B "$TOP/tests/network/crowd.py" "$MIRRORSH" "$socket" "$SLOW"
kill -INT $generator_pid
wait $generator_pid
sent=$(($(awk '{print $2}' "$lab/generator") - $(wire_dropped src eth0)))
echo "# $(cat "$lab/generator")"
ring_took "$sent"
none_dropped 'the ring dropped none' "$dropped" "$before"
arrived() { [ $(($(received) + $(wire_dropped box up0))) = $((sent - dropped)) ]; }
check 'every packet of the ring arrived once' until_true 10 arrived
check 'the sums hold' accounts
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
