#!/bin/bash
# A guest behind a tap sends what the kernel cannot describe to a capture: super-frames of IP
# fragments, after it has filled the ring with bytes of its choice. They are counted as dropped,
# and what the ring held before is not taken for packets.

. "${0%/*}/lab.sh"
lab_open
length=1400 fill=60000 ufo=3000 last=500
export TUN=/dev/net/tun # or one that nobody else sees
[ -c $TUN ] || ! mknod "$lab/tun" c 10 200 2>/dev/null || TUN=$lab/tun
box_start
ip netns exec "$lab_name-box" python3 "$TOP/tests/network/guest.py" tap0 $length $fill $ufo:ufo $last \
    >"$lab/guest" 2>"$lab/guest.err" &
guest=$!
helpers=$guest
if ! until_true 10 grep -q open "$lab/guest"; then
    echo "skip $script no tap can be made here: $(tail -n 1 "$lab/guest.err")"
    exit 0
fi
ip -n "$lab_name-box" link set tap0 up
check 'a session on a tap' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 packet-length 64 source interface tap0' commit
kill -USR1 $guest
check 'the guest has sent everything' until_true 60 grep -q 'done' "$lab/guest"
tap() { ctl 'show interfaces | display json' | json "[i for i in d['interfaces'] if i['name'] == 'tap0'][0]$1"; }
session() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
taken() { received=$(tap "['received']['packets']") dropped=$(tap "['dropped']['packets']"); }
all_taken() { taken && [ $((received + dropped)) = $((fill + ufo + last)) ]; }
until_true 30 all_taken
taken
echo "# received $received dropped $dropped"
expect_equal 'every frame is received or dropped' $((received + dropped)) $((fill + ufo + last))
check 'what cannot be described is dropped' test "$dropped" -ge $ufo
check 'most of the rest is received' test "$received" -gt $((fill / 2))
expect_equal 'nothing but frames of that length was taken' "$(tap "['received']['bytes']")" $((received * length))
expect_equal 'and mirrored' "$(session "['matched']['bytes']")" $((received * length))
check 'the sums hold' accounts
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
