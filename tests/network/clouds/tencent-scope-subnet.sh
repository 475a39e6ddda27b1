#!/bin/bash
# Tencent Cloud, creating a traffic mirror, the collection range of subnets: the traffic in the subnet
# ranges that are selected, but for the receivers'. Traffic in is what goes to an address of theirs,
# traffic out what comes from one; what has both is mirrored once, as traffic out.

. "${0%/*}/lab.sh"
lab_open
more_sources 1
# Two of the addresses are the box's own, one inside and one outside the subnets. What others have
# sent is mirrored as it is received, not once more as the box passes it on.
ip -n "$lab_name-box" address add 10.3.0.9/32 dev lo
ip -n "$lab_name-box" address add 192.0.2.1/32 dev lo
box_start

addresses=10.0.0.1,10.0.1.1,10.3.0.9,192.0.2.1
to='ip dst net 10.0.0.0/24 or ip dst net 10.3.0.0/16 or ip6 dst net fd00:1::/64'
from='ip src net 10.0.0.0/24 or ip src net 10.3.0.0/16 or ip6 src net fd00:1::/64'
box='src host 10.3.0.9 or src host 192.0.2.1'

# collects NAME DIRECTION EXPRESSION
collects()
{
    local interfaces sent
    for interfaces in '' 'interface src0 src1'; do
        sent="($3) and ($box)"
        # on interfaces that are named each shows all that passes it
        [ -z "$interfaces" ] || sent=$3
        committed "$1 ${interfaces:-on all interfaces}" <<END
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 direction $2
set session s source prefix 10.0.0.0/24 10.3.0.0/16 fd00:1::/64 $interfaces
END
        watch src0 src1
        received_on 0 cross tcp,udp $addresses $addresses
        received_on 1 cross udp fd00:1::1,fd00:2::1 fd00:1::2,fd00:2::2
        sent_on 1 cross tcp,udp $addresses $addresses
        received_on 0 others
        received_on 0 cross udp 10.0.0.1,10.2.0.2 10.2.0.2,10.0.0.1
        captures_end
        judge "$1 ${interfaces:-on all interfaces}: each once" 5 10.2.0.2 full \
            in-src0 "($3) and not host 10.2.0.2" in-src1 "$3" out-src1 "$sent"
        nothing_else "$1 ${interfaces:-on all interfaces}: and nothing else"
    done
}
collects 'all traffic of the subnets' both "$to or $from"
collects 'traffic in' ingress "($to) and not ($from)"
collects 'traffic out' egress "$from"
check 'the sums hold' accounts
check 'the box ends well' box_stop
