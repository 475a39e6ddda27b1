#!/bin/bash
# Tencent Cloud, creating a traffic mirror, filtering by five-tuples: protocol, source, destination,
# source port and destination port, in one condition or several; what meets all of them is collected.

. "${0%/*}/lab.sh"
lab_open
box_start

both_ways()
{
    watch
    received cross tcp,udp 10.0.0.127,10.0.0.128,10.0.1.1 10.1.0.1,10.1.0.2 999,1000,2000,2001 79,80,85,90,91
    sent cross tcp,udp 10.0.0.127,10.0.0.128,10.0.1.1 10.1.0.1,10.1.0.2 999,1000,2000,2001 79,80,85,90,91
    captures_end
}
one='tcp and src net 10.0.0.0/24 and dst host 10.1.0.1 and src portrange 1000-2000 and dst portrange 80-90'
two='src net 10.0.0.128/25 and dst portrange 85-91'

# five_tuples NAME: one condition, or also a second, in both directions, as the form has it
committed 'one five-tuple' <<'END'
set filter f ingress rule 1 action accept condition 1 protocol tcp source 10.0.0.0/24
set filter f ingress rule 1 condition 1 destination 10.1.0.1/32
set filter f ingress rule 1 condition 1 source-port 1000-2000 destination-port 80-90
set filter f egress rule 1 action accept condition 1 protocol tcp source 10.0.0.0/24
set filter f egress rule 1 condition 1 destination 10.1.0.1/32
set filter f egress rule 1 condition 1 source-port 1000-2000 destination-port 80-90
set target t receiver 10.2.0.2
set session s priority 1 filter f target t vni 5 source interface src0
END
both_ways
judge 'what meets the five-tuple' 5 10.2.0.2 full in "$one" out "$one"
nothing_else 'and nothing else'

check 'a second one' ctl configure \
    'set filter f ingress rule 1 condition 2 source 10.0.0.128/25 destination-port 85-91' \
    'set filter f egress rule 1 condition 2 source 10.0.0.128/25 destination-port 85-91' commit
both_ways
judge 'what meets both' 5 10.2.0.2 full in "$one and $two" out "$one and $two"
nothing_else 'and nothing that meets one of them only'

expect_equal 'conditions that nothing can meet are told' "$(ctl configure \
    'set filter f ingress rule 1 condition 3 destination-port 443' commit 2>&1 | grep -c 'warning: .*filter f ingress rule 1')" 1
both_ways
judge 'and nothing meets them' 5 10.2.0.2 full out "$one and $two"
nothing_else 'all else goes on'
check 'the sums hold' accounts
check 'the box ends well' box_stop
