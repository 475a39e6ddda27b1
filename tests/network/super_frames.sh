#!/bin/bash
# Super-frames of 65,000 bytes and unfinished checksums: the kernel itself splits and finishes
# a copy of them (tc mirrors the source to a device without offloads), and the receiver must
# get the same packets; then real TCP and UDP with all offloads on.

. "${0%/*}/lab.sh"
lab_open
# The kernel's copy of what the wire carries: wire0, with nobody at its other end
ip -n "$lab_name-box" link add wire0 mtu 9000 type veth peer name wire1
in_box ethtool -K wire0 tso off gso off tx off sg off >/dev/null 2>&1
ip -n "$lab_name-box" link set wire1 up
ip -n "$lab_name-box" link set wire0 up
in_box sh -c 'tc qdisc add dev src0 clsact
    for side in ingress egress; do
        tc filter add dev src0 $side protocol all u32 match u32 0 0 \
            action mirred egress mirror dev wire0
    done' || { echo "skip super_frames tc cannot mirror here"; exit 0; }
box_start
check 'a session' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface src0' commit

for side in egress ingress; do
    rm -f "$lab"/*.pcap
    capture wire box wire0
    capture got recv vx5
    if [ $side = egress ]; then
        in_box python3 "$frames" src0 super_frames >/dev/null
    else
        in_src python3 "$frames" eth0 super_frames >/dev/null
    fi
    captures_end
    check "$side: super-frames split as the kernel splits them" \
        "$compare" "$lab/wire.pcap" "$lab/got.pcap" 65535 400
done

# Cut packets of super-frames, and counts that are those of the wire
check 'a shorter length' ctl configure 'set session s packet-length 96' commit 'run clear counters'
rm -f "$lab"/*.pcap
capture wire box wire0
capture got recv vx5
in_src python3 "$frames" eth0 super_frames >/dev/null
captures_end
expect_equal 'cut super-frames: as many packets' "$(packets got)" "$(packets wire)"
expect_equal 'cut super-frames: as many counted' "$(packets wire)" \
    "$(ctl 'show sessions | display json' | json "d['sessions'][0]['matched']['packets']")"

# Flags that only the last packet of a super-frame has on the wire: each is matched by its own.
check 'rules for flags' ctl configure 'delete session s packet-length' 'set session s filter f' \
    'set filter f ingress rule 10 action reject tcp-flags !psh,ack' \
    'set filter f ingress rule 20 action accept tcp-flags psh' commit 'run clear counters'
rm -f "$lab"/*.pcap
capture wire box wire0
capture got recv vx5
in_src python3 "$frames" eth0 super_frames >/dev/null
captures_end
psh=$(tagged 'tcp[13] & 8 != 0 or (ip6[6] = 6 and ip6[53] & 8 != 0)')
select_packets wire pushed "$psh"
select_packets wire others "not $psh"
count() { tcpdump -n -r "$lab/$1.sel" 2>/dev/null | wc -l; }
check 'a flag of the last packet' "$compare" "$lab/pushed.sel" "$lab/got.pcap" 65535 10
expect_equal 'and what the other packets are counted for' \
    "$(ctl 'show filters f | display json' | json "[r['hits']['packets'] for r in d['filters'][0]['rules']]")" \
    "[$(count others), $(count pushed)]"
check 'the sums hold with flags' accounts

# Programs that speak: an HTTP server in box, its client in src. Checksums by tshark.
check 'the length back' ctl configure 'delete session s filter' commit 'run clear counters'
ip -n "$lab_name-box" address add 10.1.0.1/24 dev src0
ip -n "$lab_name-src" address add 10.1.0.2/24 dev eth0
mkdir "$lab/www"
head -c 3000000 /dev/urandom >"$lab/www/file"
ip netns exec "$lab_name-box" python3 -m http.server -d "$lab/www" -b 10.1.0.1 80 >/dev/null 2>&1 &
helpers="$helpers $!"
until_true 10 in_src curl -s -o /dev/null http://10.1.0.1/
once_quiet ctl 'show sessions' >/dev/null
rm -f "$lab"/*.pcap
capture wire box wire0
capture got recv vx5
check 'a page over TCP' in_src curl -s -o "$lab/page" http://10.1.0.1/file
check 'the page is whole' cmp "$lab/page" "$lab/www/file"
captures_end
check 'TCP with offloads: byte for byte as on the wire' \
    "$compare" "$lab/wire.pcap" "$lab/got.pcap" 65535 1000
if command -v tshark >/dev/null; then
    expect_equal 'tshark finds every checksum right' "$(tshark -r "$lab/got.pcap" \
        -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
        -Y 'tcp.checksum.status == 0 || ip.checksum.status == 0' 2>/dev/null | wc -l)" 0
else
    echo 'skip super_frames: checksums by tshark: it is not installed'
fi
check 'the sums hold' accounts
check 'the box ends well' box_stop
