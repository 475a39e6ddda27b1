#!/bin/bash
# The box with the rights that its systemd unit leaves it, a few capabilities and its group: it
# mirrors, marks what it sends, and hands its socket to the group.

. "${0%/*}/lab.sh"
lab_open

unit=$TOP/shell/systemd/mirrorsh.service.in
bounds=-all
for capability in $(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr '[:upper:]' '[:lower:]'); do
    bounds=$bounds,+${capability#cap_}
done
cat >"$lab/unit-rights" <<END
set -e
echo mirrorsh:x:4242: | cat /etc/group - >"$lab/group"
mount --bind "$lab/group" /etc/group
exec setpriv --groups \$1 --bounding-set $bounds --inh-caps -all --no-new-privs "\${@:2}"
END
group=4242
unshare --mount bash "$lab/unit-rights" 4242 true 2>/dev/null || group=
if [ -z "$group" ]; then
    echo "skip $script: no groups can be given away here"
    exit 0
fi
box_start unshare --mount bash "$lab/unit-rights" $group
effective=$(sed -n 's/^CapEff:\t//p' "/proc/$box_pid/status")
expect_equal 'it has CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF' "$((0x$effective))" $((1 << 12 | 1 << 13 | 1 << 39))
expect_equal 'the socket is its group'"'"'s' "$(stat -c '%g %a' "$socket")" "$group 660"
check 'a session' ctl configure 'set target t receiver 10.2.0.2' \
    'set session a priority 1 target t vni 5 source interface src0' commit
capture in box src0 -Q in
capture got recv vx5
in_src python3 "$frames" eth0 flows 1 >/dev/null
captures_end
check 'it mirrors' "$compare" "$lab/in.pcap" "$lab/got.pcap" 65535 256
expect_equal 'what it sends is marked' "$(ctl 'show engine | display json' | json 'd["engine"]["own_marked"]')" True
# In a user namespace the kernel takes programs of nobody.
if grep -q 4294967295 /proc/self/uid_map; then
    expect_equal 'the kernel leaves out for it what no session takes' "$(ctl 'show engine | display json' | json 'd["engine"]["filtered"]')" True
    filters=$(sed -n 's/^SystemCallFilter=//p' "$unit")
    expect_equal 'its unit lets it ask the kernel for that' "$(grep -cw bpf <<<"$filters")" 1
fi
check 'it ends well' box_stop
