#!/bin/bash
# Tencent Cloud, creating a traffic mirror, receiving IPs: several may be given, and the traffic of a
# receiving IP is not collected, whether it is mirror traffic or anything else.

. "${0%/*}/lab.sh"
lab_open
box_start

committed 'two receivers' <<'END'
set target t receiver 10.2.0.2 10.2.0.3 fd02::2
set session s priority 1 target t vni 5 source interface src0
END
# The receivers and their neighbours, either way; ports of mirror traffic and others
addresses=10.2.0.1,10.2.0.2,10.2.0.3,10.2.0.4
watch
received cross tcp,udp,icmp $addresses 10.0.0.1 1000 80,4789
received cross tcp,udp,icmp 10.0.0.1 $addresses 1000 80,4789
received cross udp,icmp6 fd02::1,fd02::2,fd02::3 fd00::1
received cross udp,icmp6 fd00::1 fd02::1,fd02::2,fd02::3
received arps $addresses 10.2.0.9
received arps 10.2.0.9 $addresses
sent cross tcp,udp,icmp $addresses 10.0.0.1 1000 80,4789
sent cross tcp,udp,icmp 10.0.0.1 $addresses 1000 80,4789
captures_end
own=$(tagged 'host 10.2.0.2 or host 10.2.0.3 or host fd02::2') # of IP, and of ARP
select_packets in in-wanted "not $own"
select_packets out out-wanted "not $own"
check 'traffic from or to a receiver is not collected, all else is' "$compare" \
    "$lab/in-wanted.sel,$lab/out-wanted.sel" "wire:5:$lab/wire.pcap" 65535 60
for receiver in 10.2.0.2 10.2.0.3 fd02::2; do
    check "$receiver has a part of it" test "$(packets wire "dst host $receiver")" -gt 0
done
check 'the sums hold' accounts
check 'the box ends well' box_stop
