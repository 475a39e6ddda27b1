#!/bin/bash
# What a profile changes beside what a commit refuses: the values that hold, the packets that are
# left out, targets without receivers, and priorities in the order of creation.

. "${0%/*}/lab.sh"
lab_open
box_start

# ---- aws: what its services say is not mirrored, and counted as unmatched ----

ctl configure 'set system profile aws' 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface src0' commit >/dev/null
capture in box src0 -Q in
capture out box src0 -Q out
capture got recv eth0 'udp dst port 4789'
in_src python3 "$frames" eth0 services 1 >"$lab/sent"
in_box python3 "$frames" src0 services 2 >>"$lab/sent"
captures_end
# tcpdump has no ports of fragments: those of NTP are told by their identification
services='arp or (ip host 169.254.169.254) or (ip and udp and (dst port 67 or dst port 68)) or
    (udp port 123) or (tcp port 1688) or (ip[4:2] = 900) or (ip6[6] = 44 and ip6[44:4] = 901)'
for side in in out; do
    select_packets $side $side "not $(tagged "$services")"
done
check 'services of the cloud are not mirrored' "$compare" "$lab/in.sel,$lab/out.sel" "wire:5:$lab/got.pcap"
sent=$(awk '{sum += $1} END {print sum}' "$lab/sent")
matched=$(packets got)
expect_equal 'they are unmatched' "$(ctl 'show interfaces src0 | display json' |
    json "d['interfaces'][0]['unmatched']['packets']")" "$((sent - matched))"
ctl configure 'set system profile native' commit >/dev/null
before=$(ctl 'show sessions | display json' | json "d['sessions'][0]['matched']['packets']")
in_src python3 "$frames" eth0 services 3 >"$lab/sent"
all_matched()
{
    [ "$(ctl 'show sessions | display json' | json "d['sessions'][0]['matched']['packets']")" = \
        "$((before + $(cat "$lab/sent")))" ]
}
check 'native mirrors them' until_true 10 all_matched

# ---- huawei: the values that nobody typed ----

ctl configure 'set system profile huawei' 'delete session s vni' commit >/dev/null
ctl 'show sessions s detail' >"$lab/detail"
for line in 'vni 1 (default of huawei)' 'packet-length 96 (default of huawei)' 'direction both (default)' \
    'priority 1'; do
    check "huawei: $line" grep -qx "$line" <(sed -E 's/^ +//; s/ +/ /g' "$lab/detail")
done
expect_equal 'huawei: they are what runs' "$(ctl 'show sessions | display json' |
    json "[(s['vni'], s['packet_length']) for s in d['sessions']]")" '[(1, 96)]'

# ---- tencent: a target without receivers, and priorities that are assigned ----

ctl configure 'set system profile tencent' 'delete session' 'delete target' 'set target none' \
    'set session z target none source interface src0' commit >/dev/null
ctl configure 'set target t receiver 10.2.0.2' 'set session b target t vni 6 source interface src0' \
    'set session a target t vni 5' commit >/dev/null
sessions() { ctl 'show sessions | display json' | json "[(s['name'], s['priority']) for s in d['sessions']]"; }
expect_equal 'priorities follow the order of creation' "$(sessions)" "[('z', 1), ('a', 2), ('b', 3)]"
expect_equal 'a target without receivers says so' "$(ctl 'show sessions | display json' |
    json "(d['sessions'][0]['state'], d['sessions'][0]['reason'])")" "('down', 'the target has no receiver')"
expect_equal 'and is shown without them' "$(ctl 'show targets none | display json' |
    json "d['targets'][0]['receivers']")" '[]'
ctl 'show targets' >"$lab/targets"
check 'in the table, too' grep -q '^none' "$lab/targets"
expect_equal 'the detail says that it was assigned' "$(ctl 'show sessions b detail' |
    sed -nE 's/^ *priority +//p')" '3 (default of tencent: assigned)'
before=$(ctl 'show sessions | display json' | json "d['sessions'][2]['sent']['packets']")
in_src python3 "$frames" eth0 flags 4 >"$lab/sent"
passed_on()
{
    [ "$(ctl 'show sessions | display json' | json "d['sessions'][2]['sent']['packets']")" = \
        "$((before + $(cat "$lab/sent")))" ]
}
check 'the next session sees its packets' until_true 10 passed_on
ctl configure 'delete session a' 'set session c target t vni 7' commit >/dev/null
check 'the box ends well' box_stop
box_start
expect_equal 'and are kept over a restart' "$(sessions)" "[('z', 1), ('b', 3), ('c', 4)]"
check 'the sums hold' accounts
check 'the box ends well again' box_stop
