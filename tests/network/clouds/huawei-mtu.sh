#!/bin/bash
# Huawei Cloud, Traffic Mirroring Overview, constraints: the packets are of the standard VXLAN format
# (RFC 7348). One that is too long with it is truncated; none is where the sources' MTU is at least
# 64 bytes less than what the link carries, over IPv4.

. "${0%/*}/lab.sh"
lab_open
ip -n "$lab_name-box" link set up0 mtu 1500
box_start
truncated() { ctl 'show sessions | display json' | json "d['sessions'][0]['truncated']['packets']"; }

committed 'a session' <<'END'
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 source interface src0
END
watch
received lengths 64,1435,1436 # below no, one and two VLAN tags
captures_end
judge '64 bytes less: every packet is whole' 5 10.2.0.2 full in ''
expect_equal 'none is counted as truncated' "$(truncated)" 0
if command -v tshark >/dev/null; then
    expect_equal 'the format is that of RFC 7348, as tshark reads it' "$(tshark -r "$lab/wire.pcap" \
        -T fields -E occurrence=f -e ip.flags.df -e udp.dstport -e vxlan.flags -e vxlan.gbp \
        -e vxlan.vni -e vxlan.reserved8 2>/dev/null | sort -u | tr '\t' ' ')" '1 4789 0x0800 0 5 0'
else
    echo 'skip huawei-mtu: the format by tshark: it is not installed'
fi

ctl 'clear counters' >/dev/null
watch
received lengths 1450,1451,1480
captures_end
judge 'longer ones are cut to what the link carries' 5 10.2.0.2 1464 in ''
expect_equal 'and counted' "$(truncated)" "$(packets in 'greater 1465')"
expect_equal 'none is above the MTU' "$(packets wire 'ip[2:2] > 1500')" 0
expect_equal 'none is a fragment' "$(packets wire 'ip[6:2] & 0x3fff != 0')" 0
check 'the sums hold' accounts
check 'the box ends well' box_stop
