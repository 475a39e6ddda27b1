#!/bin/bash
# Four receivers share by flow, and one of them fails under traffic: unplugged, without a neighbour,
# stopped. The others take its flows over, it gets them back, and no other flow moves or loses a packet;
# judged by which receiver gets which flow before, while and after.

. "${0%/*}/lab.sh"
lab_open
flows=64
# A link of its own for the third
ip -n "$lab_name-recv" link add eth1 type veth peer name up1 netns "$lab_name-box"
ip -n "$lab_name-box" link set up1 mtu 1700 up
ip -n "$lab_name-recv" link set eth1 mtu 1700 up
in_box ethtool -K up1 tx-udp-segmentation off gso off tso off tx off >/dev/null
in_recv ethtool -K eth1 gro off >/dev/null
ip -n "$lab_name-box" address add 10.5.0.1/24 dev up1
ip -n "$lab_name-recv" address add 10.5.0.2/24 dev eth1
vxlan vx5b 5 10.2.0.3 4790
vxlan vx5c 5 10.5.0.2 4791
vxlan vx5d 5 fd02::2 4792
box_start
check 'four receivers' ctl configure \
    'set target t receiver 10.2.0.2 10.2.0.3:4790 10.5.0.2:4791 [fd02::2]:4792' \
    'set session s priority 1 target t vni 5 source interface src0' commit
health() { ctl 'show targets | display json' | json "[(r['state'], r['reason'] or '') for r in d['targets'][0]['receivers'] if r['address'] == '$1'][0]"; }
is() { [ "$(health "$1")" = "$2" ]; }
sent() { ctl 'show sessions | display json' | json "d['sessions'][0]['sent']['packets']"; }
more() { [ "$(sent)" -gt "$1" ]; }
packets_go() { check "$1: packets go" until_true 10 more $(($(sent) + 1000)); }

# fails NAME RECEIVER ADDRESS REASON FAULT CURE: the functions of both
fails()
{
    local blast_pid fault cure
    rm -f "$lab"/*.pcap
    capture five recv vx5 udp
    capture fiveb recv vx5b udp
    capture fivec recv eth1 udp dst port 4791 # the devices are not there all the time
    capture fived recv eth0 udp dst port 4792
    ip netns exec "$lab_name-src" python3 "$TOP/tests/network/blast.py" eth0 10000000 2000 $flows >"$lab/blast" &
    blast_pid=$! helpers="$helpers $!"
    packets_go "$1, before"
    fault=$EPOCHREALTIME
    $5
    check "$1: it is down" until_true 10 is "$3" "('down', '$4')"
    packets_go "$1, while it is away"
    cure=$EPOCHREALTIME
    $6
    check "$1: it is back" until_true 20 is "$3" "('up', '')"
    packets_go "$1, after"
    kill $blast_pid
    wait $blast_pid
    captures_end
    check "$1: only its flows move, in time" python3 "$TOP/tests/network/failover.py" "$2" "$fault" "$cure" \
        "$(cat "$lab/blast")" $flows "$lab/five.pcap" "$lab/fiveb.pcap" "$lab/fivec.pcap" "$lab/fived.pcap"
    sed 's/^/# /' "$lab/check.out"
    check "$1: the sums hold" accounts
}

unplug() { ip -n "$lab_name-recv" link set eth1 down; }
plug() { ip -n "$lab_name-recv" link set eth1 up; }
fails 'unplugged' fivec 10.5.0.2 'link up1 has no carrier' unplug plug

# Nobody answers for it any more, and the kernel has found that out
silence()
{
    ip -n "$lab_name-recv" address del 10.2.0.3/24 dev eth0
    ip -n "$lab_name-box" neighbour replace 10.2.0.3 dev up0 nud failed
}
forget()
{
    ip -n "$lab_name-recv" address del 10.2.0.3/24 dev eth0
    ip -n "$lab_name-box" neighbour flush 10.2.0.3 dev up0
}
answer() { ip -n "$lab_name-recv" address add 10.2.0.3/24 dev eth0; }
fails 'without a neighbour' fiveb 10.2.0.3 'neighbour does not resolve' silence answer
fails 'with a neighbour that is forgotten' fiveb 10.2.0.3 'neighbour does not resolve' forget answer

stop() { ip -n "$lab_name-recv" link set vx5c down; }
start() { ip -n "$lab_name-recv" link set vx5c up; }
fails 'stopped' fivec 10.5.0.2 'port 4791 is closed (port unreachable)' stop start
stop6() { ip -n "$lab_name-recv" link set vx5d down; }
start6() { ip -n "$lab_name-recv" link set vx5d up; }
fails 'stopped, IPv6' fived fd02::2 'port 4792 is closed (port unreachable)' stop6 start6
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
