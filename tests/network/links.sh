#!/bin/bash
# A source that is absent, down, goes away and is made anew: its session says so and comes
# back by itself, and others do not notice.

. "${0%/*}/lab.sh"
lab_open
box_start
reason() { ctl 'show sessions | display json' | json "[(s['state'], s['reason'] or '') for s in d['sessions'] if s['name'] == 's'][0]"; }
is() { [ "$(reason)" = "$1" ]; }

# mirrored NAME DEVICE: frames sent at src reach vx5
mirrored()
{
    rm -f "$lab"/*.pcap
    capture in box "$2" -Q in
    capture got recv vx5
    in_src python3 "$frames" "$3" flows 1 >/dev/null
    captures_end
    check "$1" "$compare" "$lab/in.pcap" "$lab/got.pcap" 65535 256
}

check 'a session on an interface that is absent' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface tap9' \
    'set session other priority 2 target t vni 6 source interface src0' commit
expect_equal 'it is down and says why' "$(reason)" "('down', 'interface tap9 is absent')"
ip -n "$lab_name-src" link add peer9 type veth peer name tap9 netns "$lab_name-box"
ip -n "$lab_name-src" link set peer9 up
check 'it says when the interface is there but down' until_true 5 is "('down', 'interface tap9 is down')"
ip -n "$lab_name-box" link set tap9 up
check 'it comes up by itself' until_true 5 is "('up', '')"
mirrored 'it mirrors' tap9 peer9
ip -n "$lab_name-box" link del tap9
check 'it says that the interface has gone' until_true 5 is "('down', 'interface tap9 is absent')"
rm -f "$lab"/*.pcap
capture in box src0 -Q in
capture got recv vx6
in_src python3 "$frames" eth0 flows 2 >/dev/null
captures_end
check 'the other session goes on' "$compare" "$lab/in.pcap" "$lab/got.pcap" 65535 256
ip -n "$lab_name-src" link add peer9 type veth peer name tap9 netns "$lab_name-box"
ip -n "$lab_name-src" link set peer9 up
ip -n "$lab_name-box" link set tap9 up
check 'made anew, it comes up by itself' until_true 5 is "('up', '')"
mirrored 'made anew, it mirrors' tap9 peer9
ip -n "$lab_name-box" link set tap9 down
ip -n "$lab_name-box" link set tap9 name old9
ip -n "$lab_name-box" link set old9 up
check 'a rename is an absence' until_true 5 is "('down', 'interface tap9 is absent')"
check 'the sums hold' accounts
check 'the box ends well' box_stop
