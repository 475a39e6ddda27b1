#!/bin/bash
# Tencent Cloud, creating a traffic mirror, filtering by the next hop: what goes to a NAT gateway is
# collected, what goes to another router or straight to a neighbour is not.

. "${0%/*}/lab.sh"
lab_open
in_box ethtool -K src0 tx off >/dev/null # the captures' checksums are those of the wire
gateway=02:00:00:00:cc:01 other=02:00:00:00:cc:02 neighbour=02:00:00:00:cc:03
ip -n "$lab_name-box" address add 10.1.0.1/24 dev src0
ip -n "$lab_name-box" neighbour add 10.1.0.254 dev src0 lladdr $gateway nud permanent
ip -n "$lab_name-box" neighbour add 10.1.0.253 dev src0 lladdr $other nud permanent
ip -n "$lab_name-box" neighbour add 10.1.0.7 dev src0 lladdr $neighbour nud permanent
ip -n "$lab_name-box" route add default via 10.1.0.254
ip -n "$lab_name-box" route add 198.51.100.0/24 via 10.1.0.253
box_start

# what a program sends to the internet, through another router, and to a neighbour
speak()
{
    watch
    in_box python3 - <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(20):
    for address in '203.0.113.%d' % i, '198.51.100.%d' % i, '10.1.0.7', '10.1.0.254':
        s.sendto(b'%-40d' % i, (address, 9))
END
    captures_end
}

committed 'the next hop is the NAT gateway' <<'END'
set filter nat egress rule 1 action accept next-hop 10.1.0.254
set target t receiver 10.2.0.2
set session s priority 1 filter nat target t vni 5 source interface src0
END
speak
judge 'what goes to the NAT gateway is collected' 5 10.2.0.2 full out "ether dst $gateway"
expect_equal 'that is what is routed there' "$(packets out "ether dst $gateway and dst net 203.0.113.0/24")" 20
nothing_else 'and nothing else'

# The gateway is replaced by another machine with its address
gateway=02:00:00:00:cc:04
ip -n "$lab_name-box" neighbour replace 10.1.0.254 dev src0 lladdr $gateway nud permanent
follows()
{
    speak
    [ "$(packets wire)" = "$(packets out "ether dst $gateway")" ]
}
check 'the box hears of a new gateway' until_true 5 follows
judge 'what goes to the new one is collected' 5 10.2.0.2 full out "ether dst $gateway"
check 'the sums hold' accounts
check 'the box ends well' box_stop
