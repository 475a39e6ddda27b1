#!/bin/bash
# AWS, Traffic Mirror Sessions, VNI: when none is given, a random unused number is assigned. It is
# kept through other changes and a restart.

. "${0%/*}/lab.sh"
lab_open
box_start
vnis() { ctl 'show sessions | display json' | json "' '.join(str(s['vni']) for s in d['sessions'])"; }

committed 'four sessions without a VNI, one with' <<'END'
set system profile aws
set filter f ingress rule 100 action accept
set target t receiver 10.2.0.2
set session a priority 1 filter f target t source interface src0
set session b priority 2 filter f target t source interface src0
set session c priority 3 filter f target t vni 5 source interface src0
set session d priority 1 filter f target t source interface lo
set session e priority 2 filter f target t source interface lo
END
before=$(vnis)
expect_equal 'each is another' "$(echo "$before" | tr ' ' '\n' | sort -u | wc -l)" 5
check 'they are random: not in a row' test "$(echo "$before" | tr ' ' '\n' | sort -n | awk 'NR > 1 && $1 - l > 1 {n++} {l = $1} END {print n + 0}')" -ge 3
watch
received flows
captures_end
vni=$(ctl 'show sessions | display json' | json "[s['vni'] for s in d['sessions'] if s['name'] == 'a'][0]")
judge 'the packets have it' "$vni" 10.2.0.2 full in 'not (udp port 123)'
check 'another change' ctl configure 'set session a description kept' 'delete session e' \
    'set session e priority 2 filter f target t source interface lo' commit
expect_equal 'they are kept' "$(vnis)" "$before"
check 'the box ends well' box_stop
box_start
expect_equal 'and through a restart' "$(vnis)" "$before"
check 'the sums hold' accounts
check 'the box ends well again' box_stop
