#!/bin/bash
# Random frames with random virtio_net headers, on both ends of a veth and from a tap: the box
# lives on, and every sum holds. FUZZ_SEED=N repeats a run.

. "${0%/*}/lab.sh"
lab_open
fuzz=$TOP/tests/network/fuzz.py
seed=${FUZZ_SEED-$(date +%s)}
frames_each=1500
echo "# FUZZ_SEED=$seed"

box_start
check 'a configuration' ctl configure 'set target t receiver 10.2.0.2' 'set target t6 receiver fd02::2' \
    'set filter f ingress rule 10 action reject protocol sctp' 'set filter f ingress rule 20 action accept family ipv4' \
    'set filter f ingress rule 30 action accept vlan 1-4095' 'set filter f egress rule 10 action accept family ipv6' \
    'set filter f egress rule 20 action reject protocol tcp' \
    'set session a priority 1 filter f target t vni 5 packet-length 96 source interface src0 tap0' \
    'set session b priority 2 target t6 vni 6 direction ingress source interface tap0' commit

# interfaces_add_up: what the ring delivered is mirrored, rejected, unmatched or own; and what all
# interfaces mirrored the sessions matched
interfaces_add_up()
{
    ctl 'show interfaces | display json' >"$lab/interfaces.json" &&
        ctl 'show sessions | display json' >"$lab/sessions.json" &&
        python3 - "$lab/interfaces.json" "$lab/sessions.json" <<'END'
import json, sys
interfaces = json.load(open(sys.argv[1]))['interfaces']
sessions = json.load(open(sys.argv[2]))['sessions']
for i in interfaces:
    parts = [i[k]['packets'] for k in ('mirrored', 'rejected', 'unmatched', 'own')]
    if i['received']['packets'] != sum(parts):
        sys.exit(str(i))
mirrored = sum(i['mirrored']['packets'] for i in interfaces)
matched = sum(s['matched']['packets'] for s in sessions)
if mirrored != matched:
    sys.exit('%d mirrored, %d matched' % (mirrored, matched))
END
}

# received INTERFACE packets|bytes
received() { ctl "show interfaces $1 | display json" | json "d['interfaces'][0]['received']['$2']"; }

came() { [ "$(received "$1" packets)" -ge "$2" ]; }

# Until nothing more comes: two looks are at two moments.
all_received() { ctl 'show engine | display json' | json "d['engine']['interfaces']['received']"; }
settle() { [[ "$(once_quiet all_received)" != *more* ]]; }

# took NAME INTERFACE COUNT: at least COUNT frames were taken by the kernel, and as many packets
# came
took()
{
    check "$1: the kernel took some" test "$3" -ge 300
    check "$1: and the box got them" until_true 10 came "$2" 300
    check "$1: and it ends" settle
    # the smallest segments of the largest frame, with all their headers, are less than 1 MB
    check "$1: nothing that was not sent" test "$(received "$2" bytes)" -lt $((2 * $3 * 1000000))
    check "$1: interfaces and sessions add up" interfaces_add_up
    check "$1: sent and dropped add up" accounts
}

took 'into the veth' src0 "$(in_src python3 "$fuzz" wire eth0 "$seed" $frames_each)"
took 'out of the veth' src0 "$(in_box python3 "$fuzz" wire src0 $((seed + 1)) $frames_each)"

if [ -c /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; } 2>/dev/null; then
    mkfifo "$lab/go"
    ip netns exec "$lab_name-box" python3 "$fuzz" tap tap0 $((seed + 2)) $((4 * frames_each)) <"$lab/go" >"$lab/tap" 2>&1 &
    tap=$!
    helpers="$helpers $tap"
    exec 8>"$lab/go"
    if until_true 10 grep -q ready "$lab/tap"; then
        ip -n "$lab_name-box" link set tap0 up
        check 'a tap comes' until_true 10 sh -c "ip netns exec $lab_name-box '$MIRRORSH' --socket '$socket' \
            --state '$state' -c 'show sessions b' </dev/null | grep -q ' up '"
        echo >&8
        until_true 60 sh -c "! kill -0 $tap"
        took 'from a tap' tap0 "$(tail -n 1 "$lab/tap")"
    else
        echo "skip fuzz: a tap: $(tail -n 1 "$lab/tap")"
    fi
    exec 8>&-
else
    echo 'skip fuzz: a tap: there is no /dev/net/tun'
fi
ctl 'show interfaces' | sed 's/^/# /'
check 'the box ends well' box_stop
