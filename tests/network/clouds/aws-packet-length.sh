#!/bin/bash
# AWS, Traffic Mirror Sessions, packet length: set to 100, the first 100 bytes after the VXLAN header
# are copied to the target; to mirror the entire packet no value is given.

. "${0%/*}/lab.sh"
lab_open
box_start

committed 'packet length 100' <<'END'
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 packet-length 100 source interface src0
END
watch
received sizes
received lengths 64,85,86,87,88,1000
captures_end
judge 'the first 100 bytes after the VXLAN header' 5 10.2.0.2 100 in ''
expect_equal 'no packet has more' "$(packets wire "ip and udp[4:2] > $((8 + 8 + 100))")" 0
check 'no value' ctl configure 'delete session s packet-length' commit
watch
received sizes
captures_end
judge 'the entire packet' 5 10.2.0.2 full in ''
check 'the sums hold' accounts
check 'the box ends well' box_stop
