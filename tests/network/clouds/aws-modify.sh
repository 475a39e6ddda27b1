#!/bin/bash
# AWS, Traffic Mirror Sessions, modifying, viewing and deleting: of a session that mirrors, the
# description, target, session number, VNI, packet length and filter can be changed; left out on that
# occasion, the VNI becomes a random unused one. Deleted, it mirrors no more, and filter and target stay.

. "${0%/*}/lab.sh"
lab_open
box_start
session() { ctl 'show sessions | display json' | json "[s for s in d['sessions'] if s['name'] == 's'][0]$1"; }

# modified NAME VNI RECEIVER LENGTH EXPRESSION COMMAND...: what is mirrored after the commands
modified()
{
    check "$1" ctl configure "${@:6}" commit
    watch
    received ports
    captures_end
    judge "$1: what is mirrored" "$2" "$3" "$4" in "$5"
    nothing_else "$1: and nothing else"
}

committed 'two sessions of one source' <<'END'
set system profile aws
set filter http ingress rule 100 action accept protocol tcp destination-port 80
set filter tcp ingress rule 100 action accept protocol tcp
set target a receiver 10.2.0.2
set target b receiver 10.2.0.3
set session s priority 2 filter http target a vni 5 source interface src0
set session none priority 1 filter none target a vni 9 source interface src0
set filter none ingress rule 100 action reject destination-port 443
END
http='tcp dst port 80' tcp='tcp and not dst port 443 and not port 1688'
modified 'the description' 5 10.2.0.2 full "$http" 'set session s description "of the web servers"'
expect_equal 'it is shown' "$(ctl 'show configuration session s description')" 'description "of the web servers";'
modified 'the target' 5 10.2.0.3 full "$http" 'set session s target b'
modified 'the packet length' 5 10.2.0.3 60 "$http" 'set session s packet-length 60'
modified 'the filter' 5 10.2.0.3 60 "$tcp" 'set session s filter tcp'
modified 'the session number, behind one that rejects' 5 10.2.0.3 60 "$tcp" 'set session s priority 32766'
modified 'and in front of it' 5 10.2.0.3 60 'tcp and not port 1688' 'set session none priority 2' \
    'set session s priority 1'
modified 'the VNI' 6 10.2.0.3 60 'tcp and not port 1688' 'set session s vni 6'
check 'no VNI' ctl configure 'delete session s vni' commit
vni=$(session "['vni']")
check 'another one is assigned' test "$vni" != 6 -a "$vni" != 9
modified 'nor a packet length' "$vni" 10.2.0.3 full 'tcp and not port 1688' 'delete session s packet-length'

check 'a session is deleted' ctl configure 'delete session s' commit
watch
received ports
captures_end
expect_equal 'it mirrors no more' "$(packets wire)" 0
expect_equal 'its filter and its target stay' \
    "$(ctl 'show configuration | display set' | grep -cE '^set (filter tcp ingress rule 100 action|target b receiver)')" 2
check 'the sums hold' accounts
check 'the box ends well' box_stop
