#!/bin/bash
# Huawei Cloud, Traffic Mirroring Overview, figure 1 and table 1: one session has the interfaces A
# and B, one filter, and a load balancer as its target, here two receivers. Packet 01 comes to B from
# a server, packet 02 leaves B for the internet; each matches the rules of its direction.

. "${0%/*}/lab.sh"
lab_open
more_sources 2
box_start

committed 'one session, two sources, one filter' <<'END'
set filter f ingress rule 1 action accept source 10.0.0.0/24
set filter f egress rule 1 action reject destination 10.0.0.0/8
set filter f egress rule 2 action accept protocol tcp
set target load-balancer receiver 10.2.0.2 10.2.0.3
set session s priority 1 filter f target load-balancer vni 5 source interface src0 src1
END
watch src0 src1 src2
for interface in 0 1 2; do # 2 is no source
    received_on $interface cross tcp,udp 10.0.0.1,10.0.1.1 10.1.0.1 1000,1001,1002,1003
    sent_on $interface cross tcp,udp 10.1.0.1 10.0.0.1,198.51.100.1 80 1000,1001,1002,1003
done
captures_end
packet_01='src net 10.0.0.0/24' packet_02='tcp and dst host 198.51.100.1'
for interface in src0 src1; do
    select_packets in-$interface 01-$interface "$packet_01"
    select_packets out-$interface 02-$interface "$packet_02"
done
check 'each interface: packet 01 by the ingress rules, packet 02 by the egress rules' "$compare" \
    "$lab/01-src0.sel,$lab/02-src0.sel,$lab/01-src1.sel,$lab/02-src1.sel" "wire:5:$lab/wire.pcap"
check 'both receivers behind the load balancer take part' \
    test "$(packets wire 'dst host 10.2.0.2')" -gt 0 -a "$(packets wire 'dst host 10.2.0.3')" -gt 0
check 'the sums hold' accounts
check 'the box ends well' box_stop
