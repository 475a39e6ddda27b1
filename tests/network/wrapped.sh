#!/bin/bash
# The box's own mirror packets come past its sources again, in whatever a router or a tunnel on their
# way has wrapped them in: they are not mirrored again, or they would go round for ever. What is
# wrapped alike but is not the box's is mirrored as anything else.

. "${0%/*}/lab.sh"
lab_open
box_start
own() { ctl 'show interfaces | display json' | json "[i['own']['packets'] for i in d['interfaces'] if i['name'] == 'src0'][0]"; }
session() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
wrapped() { in_src python3 "$TOP/tests/network/wrapped.py" eth0 "$lab/mirror.pcap" "$1"; }

# round NAME RECEIVER VNI
round()
{
    local sent
    check "$1: a session" ctl configure 'delete session' 'delete target' "set target t receiver $2" \
        "set session s priority 1 target t vni $3 packet-length 80 source interface src0" commit
    rm -f "$lab"/*.pcap
    capture mirror recv eth0 udp dst port 4789
    in_src python3 "$frames" eth0 flows 1 >/dev/null
    captures_end
    ctl 'clear counters' >/dev/null
    sent=$(wrapped ours)
    check "$1: there are many wrappings" test "$sent" -gt 70
    check "$1: what comes back is counted as own" until_true 5 own_is "$sent"
    expect_equal "$1: none of it is mirrored" "$(session "['matched']['packets']")" 0
    expect_equal "$1: the session says why" "$(session "['reason']")" \
        "this box's mirror comes back inside another packet; it is not mirrored again"
    mv "$lab/mirror.pcap" "$lab/mirror"
    rm -f "$lab"/*.pcap
    mv "$lab/mirror" "$lab/mirror.pcap"
    capture in box src0 -Q in
    capture got recv eth0 udp dst port 4789
    sent=$(wrapped others)
    captures_end
    check "$1: what is not the box's is mirrored" \
        "$compare" "$lab/in.pcap" "wire:$3:$lab/got.pcap" 80 "$sent"
}
own_is() { [ "$(own)" = "$1" ]; }

round 'over IPv4' 10.2.0.2 5
round 'over IPv6' fd02::2 7
check 'the sums hold' accounts
check 'the box ends well' box_stop
