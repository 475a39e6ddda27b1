#!/bin/bash
# Tencent Cloud, creating a traffic mirror, the collection range of public IPs: several may be given;
# all traffic of each is collected, without a filter; the receivers are given as IP:port, and share it.

. "${0%/*}/lab.sh"
lab_open
more_sources 1
ip -n "$lab_name-box" address add 203.0.113.5/32 dev lo # one is the box's, the other is behind it
vxlan vx4790 5 10.2.0.2 4790 # somebody listens at both ports
vxlan vx4795 5 10.2.0.3 4795
box_start

committed 'two public IPs' <<'END'
set system profile tencent
set target t receiver 10.2.0.2:4790 10.2.0.3:4795
set session s target t vni 5 source prefix 203.0.113.5 203.0.113.9
END
addresses=203.0.113.4,203.0.113.5,203.0.113.9,203.0.113.10,10.0.0.1
watch src0 src1
received_on 0 cross tcp,udp,icmp $addresses $addresses
sent_on 1 cross tcp,udp,icmp 203.0.113.5 $addresses
captures_end
select_packets in-src0 in-wanted 'host 203.0.113.5 or host 203.0.113.9'
check 'all traffic of the public IPs' "$compare" "$lab/in-wanted.sel,$lab/out-src1.pcap" \
    "wire:5:$lab/wire.pcap" 65535 60
check 'each receiver has some of it, at its port' test \
    "$(packets wire 'dst host 10.2.0.2 and udp dst port 4790')" -gt 0 -a \
    "$(packets wire 'dst host 10.2.0.3 and udp dst port 4795')" -gt 0
expect_equal 'nothing is at other ports' "$(packets wire 'udp dst port 4789')" 0

# refused NAME PATH COMMAND...: by the profile, and nothing else is wrong
refused()
{
    expect_equal "$1 is refused" "$(ctl configure "${@:3}" commit 2>&1 | grep -oE 'error: [^:]*:|\(profile .*')" \
        "error: $2:
(profile tencent)"
}
refused 'traffic in only' 'session s direction' 'set session s direction ingress'
refused 'a filter' 'session s filter' 'set filter f ingress rule 1 action accept' 'set session s filter f'
check 'the sums hold' accounts
check 'the box ends well' box_stop
