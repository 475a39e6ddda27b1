#!/bin/bash
# What the kernel leaves out of an interface, and how much it hands over of the rest: beside traffic
# that sessions want comes traffic that none does, of every kind and in both directions, while what
# is wanted changes with a commit every 20 to 50 ms, and workers come and go. Nothing wanted is missed
# and all is accounted for, to the packet and the byte. Then the same where the kernel may not.
# Environment: DURATION in seconds (2).

. "${0%/*}/lab.sh"
lab_open
duration=${DURATION:-2} rate=60
[ -z "$SANITIZE" ] || rate=15

of_engine() { ctl 'show engine | display json' | json "d['engine']$1"; }
copies() { ip -n "$lab_name-recv" -s -j link show "$1" | grep -o '"rx":{[^}]*' | sed 's/.*"packets":\([0-9]*\).*/\1/'; }

# Whether everything is as it should be, of what was sent.
is_right()
{
    {
        ctl 'show interfaces src0 | display json' 'show sessions | display json' || return 1
        echo "[$(($(copies vx5) - vx5)), $(($(copies vx6) - vx6))]"
    } >"$lab/look"
    python3 "${0%.sh}.py" check "$lab/sent" "$lab/look" >"$lab/wrong"
}

# traffic WHAT: sent and received, with commits meanwhile; everything of it as it should be
traffic()
{
    local vx5 vx6 pids=()
    vx5=$(copies vx5) vx6=$(copies vx6)
    ctl 'clear counters' >/dev/null
    in_src python3 "${0%.sh}.py" send eth0 "$duration" $rate >"$lab/sent.src" &
    pids+=($!)
    in_box python3 "${0%.sh}.py" send src0 "$duration" $rate >"$lab/sent.box" &
    pids+=($!)
    in_box python3 "${0%.sh}.py" commits "$duration" "$MIRRORSH" "$state" "$socket" >"$lab/commits" &
    pids+=($!)
    helpers="${pids[*]}"
    wait "${pids[@]}"
    cat "$lab/sent.src" "$lab/sent.box" >"$lab/sent"
    echo "# $1: $(cat "$lab/commits")"
    expect_equal "$1: the wire loses nothing" "$(wire_dropped src eth0) $(wire_dropped box src0)" '0 0'
    if until_true 20 is_right; then
        ok "$1: each packet is accounted for, each copy is there, to the byte"
    else
        not_ok "$1: each packet is accounted for, each copy is there, to the byte" "$(tr '\n' ';' <"$lab/wrong")"
    fi
}

# comes_and_goes: one that wants what was left out, whole where others keep little, gets all of it as
# soon as the commit is done, again and again
comes_and_goes()
{
    local wanted=0 bytes=0
    ctl configure 'set filter later egress rule 1 action accept destination-port 9' \
        'set session later priority 3 target t vni 7 filter later source interface src0 disabled' commit >/dev/null
    ctl 'clear counters' >/dev/null
    for _ in 1 2 3; do
        ctl configure 'delete session later disabled' commit >/dev/null
        in_box python3 "${0%.sh}.py" send src0 0.05 $rate >"$lab/later"
        ctl configure 'set session later disabled' commit >/dev/null
        in_box python3 "${0%.sh}.py" send src0 0.05 $rate >/dev/null
        wanted=$((wanted + $(json "d['later']['packets']" <"$lab/later")))
        bytes=$((bytes + $(json "d['later']['bytes']" <"$lab/later")))
    done
    expect_equal "$1: what is wanted from a commit on is there from then on, whole" \
        "$(ctl 'show sessions later | display json' | json "[d['sessions'][0]['sent'], d['sessions'][0]['truncated']['packets']]")" \
        "[{'packets': $wanted, 'bytes': $bytes}, 0]"
    ctl configure 'delete session later' commit >/dev/null
}

box_start
configuration=(
    'set filter whole ingress rule 1 action accept destination-port 7777'
    'set filter short ingress rule 1 action accept destination-port 7779'
    'set filter short egress rule 1 action accept destination-port 7779'
    'set target t receiver 10.2.0.2'
    'set session whole priority 1 target t vni 5 filter whole direction ingress source interface src0'
    'set session short priority 2 target t vni 6 filter short packet-length 96 source interface src0'
)
check 'sessions' ctl configure "${configuration[@]}" commit
filtered=$(of_engine "['filtered']")
if [ "$filtered" = True ]; then
    traffic 'the kernel filters'
    left=$(of_engine "['left_out']['packets']")
    unmatched=$(of_engine "['interfaces']['unmatched']['packets']")
    check "much of what nobody wants does not reach the workers ($left of $unmatched)" test "$left" -gt $((unmatched / 3))
    expect_equal 'what it says' "$(ctl 'show engine' | sed -n 's/^\(Packets left out by the kernel\).*: \([0-9]*\)$/\1 \2/p')" \
        "Packets left out by the kernel $left"
    before=$left
    in_src python3 "${0%.sh}.py" send eth0 0.2 $rate >"$lab/sent.src"
    more() { [ "$(of_engine "['left_out']['packets']")" -gt "$before" ]; }
    check 'without commits all the more' until_true 10 more
    comes_and_goes 'the kernel filters'
    check 'the box ends well' box_stop
    rm -rf "$state"
    box_start setpriv --bounding-set -bpf,-sys_admin --inh-caps -all
    check 'sessions again' ctl configure "${configuration[@]}" commit
else
    echo '# the kernel takes no programs of ours here'
fi
# Where anybody may give it programs (kernel.unprivileged_bpf_disabled) it is none to say.
if [ "$(of_engine "['filtered']")" = False ]; then
    traffic 'the kernel does not filter'
    comes_and_goes 'the kernel does not filter'
    expect_equal 'it says so' "$(ctl 'show engine' | grep -c '^The kernel does not filter (Operation not permitted)')" 1
    expect_equal 'nothing is left out' "$(of_engine "['left_out']['packets']")" 0
fi
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
