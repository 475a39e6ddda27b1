#!/bin/bash
# Huawei Cloud, Traffic Mirroring Overview, matching rules, the example of sessions: A with priority
# 1 and B with priority 2 have one source. A packet that rules of both match is A's, and does not go
# on to B. At one target it is the VNI that tells the sessions apart.

. "${0%/*}/lab.sh"
lab_open
box_start

both_ways()
{
    watch
    received cross tcp,udp 10.0.0.1 10.1.0.1 1000 79,80,81,82
    sent cross tcp,udp 10.1.0.1 10.0.0.1 79,80,81,82 1000
    captures_end
}

# B is the first that is given, and the first by name: only its priority says where it stands
committed 'session B behind session A' <<'END'
set filter of-a ingress rule 7 action accept protocol tcp destination-port 80-81
set filter of-b ingress rule 1 action accept protocol tcp destination-port 81-82
set target t receiver 10.2.0.2
set session 1-b priority 2 filter of-b target t vni 6 source interface src0
set session 2-a priority 1 filter of-a target t vni 5 source interface src0
END
both_ways
judge 'what both match is mirrored for A' 5 10.2.0.2 full in 'tcp and dst portrange 80-81'
judge 'what only B matches for B' 6 10.2.0.2 full in 'tcp and dst port 82'
nothing_else 'none twice, and none that neither matches'

check 'A does not collect' ctl configure 'set filter of-a ingress rule 7 action reject' commit
both_ways
judge 'what A rejects does not go on to B' 6 10.2.0.2 full in 'tcp and dst port 82'
nothing_else 'nothing for A'

check 'A is closed' ctl configure 'set filter of-a ingress rule 7 action accept' \
    'set session 2-a disabled' commit
both_ways
judge 'a closed session monitors nothing: B has all of its own' 6 10.2.0.2 full \
    in 'tcp and dst portrange 81-82'
nothing_else 'nothing for a closed session'

check 'A is deactivated' ctl configure 'delete session 2-a disabled' 'deactivate session 2-a' commit
both_ways
judge 'a deactivated one neither' 6 10.2.0.2 full in 'tcp and dst portrange 81-82'
nothing_else 'nothing for a deactivated session'

check 'B before A' ctl configure 'activate session 2-a' 'set session 1-b priority 1' \
    'set session 2-a priority 2' commit
both_ways
judge 'with priorities exchanged B has what both match' 6 10.2.0.2 full in 'tcp and dst portrange 81-82'
judge 'and A what is left' 5 10.2.0.2 full in 'tcp and dst port 80'
nothing_else 'each once'
check 'the sums hold' accounts
check 'the box ends well' box_stop
