#!/bin/bash
# Profiles as their user meets them: the table of help profile, what a commit refuses of a full box
# whose profile is changed, and what TAB and ? offer. Needs no privileges.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh}
: "${TOP:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
. "$TOP/tests/golden.sh"
lab=$(mktemp -d "${TMPDIR:-/tmp}/profiles.XXXXXX") || exit 1
trap 'rm -rf "$lab"' EXIT

run() { "$MIRRORSH" -n --state "$lab/state" "$@" </dev/null; }

# verdict NAME COMMAND...
verdict()
{
    local name=$1
    shift
    if "$@" >"$lab/out" 2>&1; then
        echo "ok $name"
    else
        echo "not ok $name: $(tr '\n' '~' <"$lab/out")"
    fi
}

# A box of its own mind: everything that a cloud would not have
{
    echo configure
    for i in {1..11}; do
        echo "set target t$i receiver 192.0.2.$i"
        echo "set filter many ingress rule $i action accept"
        echo "set session s$i priority $i target t1 source interface eth0"
    done
    echo 'set target t1 receiver 192.0.2.201 192.0.2.202'
    echo 'set filter many egress rule 1 action reject description "<all>"'
    echo 'set session s1 filter many source interface eth1 eth2 eth3 eth4 eth5 eth6 eth7 eth8 eth9 eth10'
    echo 'set session s2 filter many packet-length 1461'
    echo 'set session s3 packet-length full'
    echo 'set session s4 packet-length 9000 vni 0'
    echo 'set session s5 direction ingress source prefix 192.0.2.9 198.51.100.0/24'
    echo 'set session abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijk priority 99 target t2'
    echo commit
} >"$lab/box"
verdict 'native takes everything' run -f "$lab/box"
for profile in aws huawei tencent; do
    {
        echo "### set system profile $profile"
        run -c configure -c "set system profile $profile" -c commit 2>&1 | sed 's/^-c3:1:1: //'
        echo
    } >>"$lab/refused"
done
golden 'what no longer fits is told at once' "$TOP/tests/console/profiles-refused.ok" "$lab/refused"
run -c 'show configuration | display set' >"$lab/after"
verdict 'and nothing of it has changed' test "$(grep -c profile "$lab/after")" = 0

run -c 'help profile' >"$lab/help"
golden 'help profile' "$TOP/tests/console/profiles-help.ok" "$lab/help"
verdict 'it fits 80 columns' test "$(awk '{if (length > most) most = length} END {print most}' "$lab/help")" -le 80

# Priorities that are left out are kept beside the VNIs, and found again by the next box
rm -rf "$lab/state"
run -c configure -c 'set system profile tencent' -c 'set target t' -c 'set session b target t vni 7' \
    -c commit -c 'set session a target t vni 8' -c commit >"$lab/out" 2>&1
verdict 'they are on the disk' grep -qx 'a - 2' "$lab/state/vni.auto"
run -c configure -c 'delete session b' -c 'set session 0 target t vni 9' -c commit >"$lab/out" 2>&1
run -c configure -c 'set system host-name x' -c commit >"$lab/out" 2>&1
verdict 'and stay there' diff -u "$lab/state/vni.auto" <(printf '0 - 3\na - 2\n')
run -c configure -c 'set system profile native' -c commit >"$lab/native" 2>&1
verdict 'native wants them given' grep -q 'error: session a priority: missing$' "$lab/native"
verdict 'of every session' test "$(grep -c 'priority: missing$' "$lab/native")" = 2
