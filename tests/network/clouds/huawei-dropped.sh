#!/bin/bash
# Huawei Cloud, Traffic Mirroring Overview, constraints: what a security group or network ACL of the
# source has dropped is not mirrored. Here that holds for what is sent; what is received is mirrored
# as it came in on the wire, before this machine's own rules see it. The rules are tc's, which takes
# UDP away from the source, either way.

. "${0%/*}/lab.sh"
lab_open
ip -n "$lab_name-box" link add away0 type veth peer name away1
ip -n "$lab_name-box" link set away1 up
ip -n "$lab_name-box" link set away0 up
in_box sh -c 'tc qdisc add dev src0 clsact
    for side in ingress egress; do
        tc filter add dev src0 $side protocol ip u32 match ip protocol 17 0xff \
            action mirred egress redirect dev away0
    done' || { echo "skip huawei-dropped tc cannot redirect here"; exit 0; }
box_start

committed 'a session of everything' <<'END'
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 source interface src0
END
watch
capture peer src eth0 -Q in # what src0 has really sent
received cross tcp,udp 10.0.0.1 10.1.0.1 1000 80,81
sent cross tcp,udp 10.1.0.1 10.0.0.1 80,81 1000
captures_end
expect_equal 'no UDP leaves, and TCP does' "$(packets peer udp) $(packets peer tcp)" '0 2'
judge 'what is dropped before it is sent is not mirrored, what comes in is' 5 10.2.0.2 full \
    in '' peer tcp
nothing_else 'and nothing else'
check 'the sums hold' accounts
check 'the box ends well' box_stop
