#!/bin/bash
# What became of a packet after it was handed to the kernel: what the interface's queue drops is a
# backlog drop, not sent; errors that answer earlier packets cost none.
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
lab_open
box_start
count() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
settled() { [ "$(count "['matched']['packets']")" = "$1" ]; }
check 'a session' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface src0' commit
received() { ip -n "$lab_name-recv" -s -j link show vx5 | json "d[0]['stats64']['rx']['packets']"; }
packets=15000

# narrow NAME QDISC...: more than the egress takes through that queue
narrow()
{
    local name=$1 before after sent
    shift
    in_box tc qdisc replace dev up0 root "$@" || { not_ok "$name" 'no such queue'; return; }
    sleep 0.2
    ctl 'clear counters' >/dev/null
    before=$(received)
    sent=$(in_src "$generator" eth0 128 64 100000 $packets | awk '{print $2}')
    until_true 5 settled "$sent"
    after=$(once_quiet received)
    expect_equal "$name: sent is what the receiver got" "$(count "['sent']['packets']")" $((after - before))
    check "$name: the rest is backlog" test "$(count "['dropped']['backlog']")" -gt 0
    expect_equal "$name: and nothing else" "$(count "['dropped']['packets']")" "$(count "['dropped']['backlog']")"
    check "$name: the sums hold" accounts
    echo "# $(ctl 'show sessions' | tail -n 1)"
    in_box tc qdisc del dev up0 root
}
narrow 'a rate, small bursts' tbf rate 2mbit burst 4k limit 60k
in_box ethtool -K up0 tx on gso on tx-udp-segmentation on >/dev/null
narrow 'a rate, offload' tbf rate 2mbit burst 64k limit 100k
narrow 'a rate, small bursts, offload' tbf rate 2mbit burst 4k limit 10k
in_box ethtool -K up0 tx off gso off tx-udp-segmentation off >/dev/null

# answered NAME RECEIVER: it has nobody at that port, and says so. What is sent until the receiver is
# known to be down is sent; nothing is dropped for an answer to something else.
is_closed() { [[ "$(count "['reason']")" = *': port 4999 is closed (port unreachable)' ]]; }
answered()
{
    check "$1: a commit" ctl configure "delete target t" "set target t receiver $2" commit
    ctl 'clear counters' >/dev/null
    rm -f "$lab"/*.pcap
    capture in box src0 -Q in
    capture sent box up0 'udp dst port 4999'
    in_src python3 "$frames" eth0 flows 1 >/dev/null
    in_src python3 "$frames" eth0 sizes 1 >/dev/null
    captures_end
    check "$1: it is heard of" until_true 5 is_closed
    expect_equal "$1: no answer costs a packet" "$(count "['sent']['packets']")" "$(count "['matched']['packets']")"
    # on loopback super-frames stay whole; what asks whether it is still closed is empty
    [ $2 = 10.2.0.1:4999 ] ||
        expect_equal "$1: all went" "$(packets sent 'greater 70')" "$(count "['sent']['packets']")"
}
answered 'a closed port' 10.2.0.3:4999
answered 'a closed port of this machine' 10.2.0.1:4999
in_recv sh -c 'echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
answered 'a closed port over IPv6' '[fd02::2]:4999'
check 'the box ends well' box_stop
