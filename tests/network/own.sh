#!/bin/bash
# The box's own packets come past its sources again: inside a tunnel over the source, in what a router
# answers to them, and in the mirror of another box that mirrors what this one sends. None may go
# round.

. "${0%/*}/lab.sh"
lab_open
other=$lab/other.socket

# other COMMAND...: for the box in src
other()
{
    local line arguments=()
    for line; do
        arguments+=(-c "$line")
    done
    in_src "$MIRRORSH" --state "$lab/other" --socket "$other" "${arguments[@]}" </dev/null
}

# of SESSIONS.json EXPRESSION: of its first session
of() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
of_other() { other 'show sessions | display json' | json "d['sessions'][0]$1"; }

# neighbours ADDRESS...: of src, as box knows them for ever
neighbours()
{
    local address
    for address; do
        ip -n "$lab_name-box" neighbour replace "$address" dev src0 \
            lladdr "$(in_src cat /sys/class/net/eth0/address)" nud permanent
    done
}

# sink HOST VNI ADDRESS: somebody listens there, else the kernel's answers were mirrored too
sink()
{
    ip -n "$lab_name-$1" link add sink type vxlan id "$2" local "$3" dstport 4789 nolearning
    ip -n "$lab_name-$1" link set sink up
}

# ---- a receiver behind a tunnel over the source ----

ip -n "$lab_name-box" address add 10.1.0.1/24 dev src0
ip -n "$lab_name-src" address add 10.1.0.2/24 dev eth0
neighbours 10.1.0.2
ip -n "$lab_name-box" link add over type vxlan id 1 local 10.1.0.1 remote 10.1.0.2 dstport 8472
ip -n "$lab_name-src" link add over type vxlan id 1 local 10.1.0.2 remote 10.1.0.1 dstport 8472
for host in box:1 src:2; do
    ip -n "$lab_name-${host%:*}" address add "10.4.0.${host#*:}/24" dev over
    ip -n "$lab_name-${host%:*}" link set over up
done
in_box ethtool -K over tx-udp-segmentation off gso off >/dev/null
ip -n "$lab_name-box" neighbour add 10.4.0.2 dev over \
    lladdr "$(in_src cat /sys/class/net/over/address)" nud permanent

sink src 5 10.4.0.2

box_start
check 'a receiver behind a tunnel over the source' ctl configure 'set target t receiver 10.4.0.2' \
    'set session s priority 1 target t vni 5 source interface src0' commit
capture got src over udp dst port 4789
sent=$(in_src python3 "$frames" eth0 prefixes)
expect_equal 'every packet is mirrored once' "$(once_quiet of "['matched']['packets']")" "$sent"
captures_end
expect_equal 'and arrives' "$(packets got)" "$sent"
expect_equal 'nothing is said of a box that mirrors this one' "$(of "['reason']")" None
check 'the sums hold' accounts

# The mark is routed by like any other; the engine asks for the routes of marked packets.
ip -n "$lab_name-box" rule add fwmark 0x4d000000 lookup 100
ip -n "$lab_name-box" route add 10.9.0.2 via 10.2.0.2 dev up0 table 100
ip -n "$lab_name-recv" address add 10.9.0.2/32 dev eth0
vxlan vx9 9 10.9.0.2
check 'a receiver that only the mark leads to' ctl configure 'set target t9 receiver 10.9.0.2' \
    'set session s target t9' 'set session s vni 9' commit
rm -f "$lab"/*.pcap
capture got recv vx9
sent=$(in_src python3 "$frames" eth0 sizes 2)
captures_end
expect_equal 'gets everything' "$(packets got)" "$sent"
check 'the box ends well' box_stop
ip -n "$lab_name-box" link del over
ip -n "$lab_name-src" link del over
ip -n "$lab_name-src" link del sink

# ---- a router that answers: each packet has one hop too many before it ----

rm -rf "$state"
in_recv sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
# known for ever: who asks for a neighbour has the address of one that answers
known() { ip -n "$lab_name-$1" neighbour replace "$2" dev "$3" lladdr "$("in_$4" cat "/sys/class/net/$5/address")" nud permanent; }
for prefix in 10.2.0. fd02::; do
    known box "${prefix}2" up0 recv eth0
    known recv "${prefix}1" eth0 box up0
done
box_start
while read -r target receiver router; do
    ip -n "$lab_name-box" route add $receiver via $router
    ip -n "$lab_name-recv" route add $receiver dev eth0
    check "a router answers what goes to $receiver" ctl configure "set target $target receiver $receiver" \
        "set target $target ttl 1" 'set filter f ingress rule 1 action accept protocol udp' \
        'set filter f ingress rule 2 action accept protocol tcp' \
        'set filter f ingress rule 3 action accept protocol icmp' \
        'set filter f ingress rule 4 action accept source fd02::2' \
        'set session s priority 1 vni 5 filter f source interface src0 up0' "set session s target $target" \
        commit 'run clear counters'
    sent=$(in_src python3 "$frames" eth0 prefixes 4)
    expect_equal "$receiver: the answers are not mirrored" "$(once_quiet of "['matched']['packets']")" "$sent"
    check "$receiver: they are counted as own" test "$(interface up0 "['own']['packets']")" -gt 0
    expect_equal "$receiver: of a mirror that goes round nothing is said" "$(of "['reason']")" None
done <<END
v4 10.8.0.2 10.2.0.2
v6 fd08::2 fd02::2
END
# Who has a receiver's address is asked of a group that is not the receiver's alone.
check 'the way to a receiver as the source' ctl configure 'delete session s' 'set target near receiver fd02::2' \
    'set filter n egress rule 1 action accept destination ff02::1:ff00:2' \
    'set session n priority 1 target near vni 5 filter n source interface up0' commit 'run clear counters'
ip -n "$lab_name-box" neighbour del fd02::2 dev up0
check 'neighbour discovery finds the receiver' in_box ping -q -c 1 -W 10 fd02::2
asked() { [ "$(interface up0 "['own']['packets']")" -gt 0 ]; }
check 'its questions are own' until_true 5 asked
expect_equal 'and not mirrored' "$(once_quiet of "['matched']['packets']")" 0
check 'the box ends well beside a router' box_stop

# ---- two boxes, each on the other's way to its receiver ----

ip -n "$lab_name-box" address add 10.1.0.4/24 dev src0
ip -n "$lab_name-src" address add 10.1.0.3/24 dev eth0
neighbours 10.1.0.2 10.1.0.3
for address in 10.1.0.1 10.1.0.4; do
    ip -n "$lab_name-src" neighbour replace "$address" dev eth0 \
        lladdr "$(in_box cat /sys/class/net/src0/address)" nud permanent
done
sink box 6 10.1.0.4
sink src 5 10.1.0.3
rm -rf "$state"
box_start
ip netns exec "$lab_name-src" "$MIRRORSH" --daemon --state "$lab/other" --socket "$other" </dev/null \
    >>"$lab/box.out" 2>>"$lab/box.err" &
helpers="$helpers $!"
until_true 20 test -S "$other"
check 'one box mirrors to an address of the other' ctl configure 'set target t receiver 10.1.0.3' \
    'set session s priority 1 target t vni 5 source interface src0' commit
check 'and the other to one of the first' other configure 'set target t receiver 10.1.0.4' \
    'set session s priority 1 target t vni 6 source interface eth0' commit
sent=$(in_src python3 "$frames" eth0 sizes 3)
# Each mirrors what was sent, and what the other has made of it, once.
expect_equal 'two boxes do not amplify each other' "$(once_quiet of "['matched']['packets']")" $((2 * sent))
expect_equal 'nor the other way round' "$(once_quiet of_other "['matched']['packets']")" $((2 * sent))
for which in of of_other; do
    expect_equal "$which: it says why" "$($which "['reason']")" \
        "this box's mirror comes back inside another packet; it is not mirrored again"
    expect_equal "$which: it stays up" "$($which "['state']")" up
done
journal_has() { ctl 'show log' | grep -q "warning   $1"; }
check 'and so does the journal' until_true 10 journal_has 'mirror of session s comes back inside another packet'
expect_equal 'what came back is counted as own' "$(ctl 'show interfaces src0' | awk '$1 == "src0" { print $8 }')" "$sent"
check 'the sums hold with it' accounts
check 'the box ends well beside another' box_stop

# ---- without the right to mark ----

if in_box setpriv --bounding-set -net_admin,-net_raw true 2>/dev/null; then
    rm -rf "$state"
    expect_equal 'a box that may not mark says so' "$(in_box setpriv --bounding-set -net_admin,-net_raw \
        "$MIRRORSH" --state "$state" --socket "$lab/bare" -c 'show engine' </dev/null 2>/dev/null |
        grep -c '^Own packets cannot be marked')" 1
    expect_equal 'and so does its journal' "$(in_box setpriv --bounding-set -net_admin,-net_raw \
        "$MIRRORSH" --state "$state" --socket "$lab/bare" -c 'show log' </dev/null 2>/dev/null |
        grep -c 'warning   own packets cannot be marked')" 1
else
    echo 'skip own: without the right to mark: setpriv cannot take it here'
fi
