#!/bin/bash
# Huawei Cloud, Traffic Mirroring Overview, matching rules, the example of a filter's rules: A and B
# match the same packets; A has priority 1 and does not collect, B has priority 2 and collects. The
# packet meets A first and is not mirrored, and does not go on to B.

. "${0%/*}/lab.sh"
lab_open
box_start

# both_ways: packets that A and B match, and such as neither does
both_ways()
{
    watch
    received cross tcp,udp 10.0.0.1,10.0.0.2 10.1.0.1 1000 80,81
    sent cross tcp,udp 10.1.0.1 10.0.0.1,10.0.0.2 80,81 1000
    captures_end
}

# B is the first that is given: only its number says where it stands
committed 'rule B behind rule A' <<'END'
set filter f ingress rule 2 action accept protocol tcp destination-port 80
set filter f ingress rule 1 action reject protocol tcp destination-port 80
set filter f ingress rule 3 action accept source 10.0.0.1
set target t receiver 10.2.0.2
set session a priority 1 filter f target t vni 5 source interface src0
END
both_ways
judge 'what A rejects is not mirrored, what neither matches goes on' 5 10.2.0.2 full \
    in 'src host 10.0.0.1 and not (tcp and dst port 80)'
nothing_else 'B collects nothing, and no rule of ingress is one of egress'
expect_equal 'A has decided, B has not been asked' "$(ctl 'show filters f | display json' |
    json "[r['hits']['packets'] for r in d['filters'][0]['rules']][:2]")" '[2, 0]'

check 'B before A' ctl configure 'set filter f ingress rule 1 action accept' \
    'set filter f ingress rule 2 action reject' 'delete filter f ingress rule 3' commit
both_ways
judge 'the other way round, all of it is mirrored' 5 10.2.0.2 full in 'tcp and dst port 80'
nothing_else 'and what no rule matches is not'
check 'the sums hold' accounts
check 'the box ends well' box_stop
