#!/bin/bash
# The MTU on the way to a receiver goes down and up under traffic, of the link and of a router
# behind it: nothing is fragmented, every packet is cut to the MTU of its moment, what is cut is
# counted, and what was too long for a way that had just narrowed is counted too.

. "${0%/*}/lab.sh"
lab_open
flows=64 sizes='128 1400 1514'
box_start
check 'sessions to an IPv4 and an IPv6 receiver' ctl configure 'set target t4 receiver 10.2.0.2' \
    'set target t6 receiver fd02::2' 'set session s priority 1 target t4 vni 5 source interface src0' commit
count() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
known_mtu() { [ "$(ctl 'show targets | display json' | json "[t['receivers'][0]['mtu'] for t in d['targets'] if t['name'] == '$1'][0]")" = "$2" ]; }

more() { [ "$(count "['sent']['packets']")" -gt "$1" ]; }

# step TARGET MTU COMMAND...: which makes it the MTU
step()
{
    local target=$1 mtu=$2 begin=$EPOCHREALTIME
    shift 2
    "$@"
    check "the box knows of MTU $mtu" until_true 10 known_mtu "$target" "$mtu"
    echo "$begin $EPOCHREALTIME $mtu" >>"$lab/steps"
    check "packets of MTU $mtu go" until_true 10 more $(($(count "['sent']['packets']") + 500))
}

# judged NAME: the capture since $lab/steps was begun
judged()
{
    local came=0 cut=0 errors
    kill "$blast_pid"
    wait "$blast_pid"
    captures_end
    # shellcheck disable=SC2086
    check "$1: each packet once, in one piece, of the size of its moment" \
        python3 "$TOP/tests/network/mtu.py" "$lab/wire.pcap" "$lab/steps" $flows $sizes
    read -r came cut <"$lab/check.out"
    errors=$(count "['dropped']['send_error']")
    echo "# $came came, $cut of them cut; $errors were too long for a moment"
    expect_equal "$1: what is cut is counted" "$(count "['truncated']['packets']")" "$cut"
    expect_equal "$1: sent is what came" "$(count "['sent']['packets']")" "$came"
    expect_equal "$1: nothing else is missing" $((came + errors)) "$(cat "$lab/blast")"
    check "$1: some were cut, some whole" test "$cut" -gt 100 -a $((came - cut)) -gt 100
    check "$1: the sums hold" accounts
}

# begin TARGET VNI
begin()
{
    ctl configure "set session s target $1" "set session s vni $2" commit 'run clear counters' >/dev/null
    rm -f "$lab"/*.pcap
    capture wire recv eth0 'udp dst port 4789'
    echo '0 0 1700' >"$lab/steps"
    # shellcheck disable=SC2086
    ip netns exec "$lab_name-src" python3 "$TOP/tests/network/blast.py" eth0 1000000 3000 $flows $sizes >"$lab/blast" &
    blast_pid=$!
    helpers="$helpers $blast_pid"
    check 'packets go' until_true 10 more 500
}
link_mtu() { ip -n "$lab_name-box" link set up0 mtu "$1"; }

for family in 4 6; do
    begin t$family $((family == 4 ? 5 : 7))
    for mtu in 1400 1650 1300 1550 1700; do
        step t$family $mtu link_mtu $mtu
    done
    judged "link, IPv$family"
done

# ---- only a router knows ----

for family in 4 6; do
    begin t$family $((family == 4 ? 5 : 7))
    step t$family 1350 in_recv python3 "$TOP/tests/network/narrow.py" eth0 1350
    step t$family 1700 in_box ip -$family route flush cache
    judged "a router, IPv$family"
done
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
