#!/bin/bash
# What programs of others make of the mirror: tshark reads from the wire to the receivers what it
# reads at the source, the kernel's vxlan devices hand out the frames themselves, and behind those
# tcpflow rebuilds the bodies of HTTP transfers, through two receivers balanced by flow.

. "${0%/*}/lab.sh"
lab_open
vxlan vx5b 5 10.2.0.3 4790
box_start
check 'two receivers' ctl configure 'set target t receiver 10.2.0.2 10.2.0.3:4790' \
    'set session s priority 1 target t vni 5 source interface src0' commit

# begin DIRECTION...: captures at the source and behind both receivers
begin()
{
    rm -f "$lab"/*.pcap
    capture source box src0 "$@"
    capture five recv vx5
    capture fiveb recv vx5b
    capture wire recv eth0 'udp dst portrange 4789-4790'
}

# ---- every kind of frame ----

# decoded PCAP: the protocol of each frame and what tshark says of it by itself
decoded()
{
    tshark -n -r "$lab/$1.pcap" -d udp.port==4790,vxlan -o tcp.analyze_sequence_numbers:FALSE \
        -o ip.defragment:FALSE -o ipv6.defragment:FALSE -T fields -e _ws.col.Protocol -e _ws.col.Info \
        2>"$lab/tshark.err" | LC_ALL=C sort
}
begin -Q in
in_src python3 "$frames" eth0 mix 1 >/dev/null
captures_end
check "the kernel's vxlan devices hand out what was sent" \
    "$compare" "$lab/source.pcap" "$lab/five.pcap,$lab/fiveb.pcap" 65535 300
if command -v tshark >/dev/null; then
    decoded source >"$lab/sent"
    decoded wire >"$lab/mirrored"
    check 'tshark decodes on the wire what was sent' cmp "$lab/sent" "$lab/mirrored"
    check 'of many kinds' test "$(cut -f 1 "$lab/sent" | sort -u | wc -l)" -gt 5
else
    echo 'skip analysers: on the wire, by tshark: it is not installed'
fi

# ---- HTTP ----

if ! command -v tcpflow >/dev/null; then
    echo 'skip analysers: HTTP bodies, by tcpflow: it is not installed'
    check 'the box ends well' box_stop
    exit
fi
http_addresses='10.1.0.1 [fd01::1]'
in_box sh -c 'echo 0 >/proc/sys/net/ipv6/conf/src0/disable_ipv6'
in_src sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'
ip -n "$lab_name-box" address add 10.1.0.1/24 dev src0
ip -n "$lab_name-src" address add 10.1.0.2/24 dev eth0
ip -n "$lab_name-box" address add fd01::1/64 dev src0 nodad
ip -n "$lab_name-src" address add fd01::2/64 dev eth0 nodad
mkdir "$lab/www"
for ((i = 1; i <= 20; i++)); do
    head -c $((i * 20011)) /dev/urandom >"$lab/www/$i"
done
ip netns exec "$lab_name-box" python3 -m http.server -d "$lab/www" -b :: 80 >/dev/null 2>&1 &
helpers="$helpers $!"
until_true 10 in_src curl -s -g -o /dev/null 'http://[fd01::1]/1'
begin
for address in $http_addresses; do
    for ((i = 1; i <= 20; i++)); do
        in_src curl -s -g "http://$address/$i" | cmp - "$lab/www/$i" || not_ok "http://$address/$i" 'went wrong'
    done
done
captures_end
for receiver in five fiveb; do
    tcpflow -r "$lab/$receiver.pcap" -o "$lab/$receiver" >"$lab/tcpflow.log" 2>&1 ||
        not_ok "tcpflow at $receiver" "$(tail -n 3 "$lab/tcpflow.log")"
    rm -f "$lab/$receiver/report.xml"
done
# Of each answer what follows its header (tcpflow takes bodies out itself, but over IPv6 not all)
python3 - "$lab" <<'END' | sort >"$lab/bodies"
import glob, hashlib, sys
for path in glob.glob(sys.argv[1] + '/five*/*.00080-*'):
    with open(path, 'rb') as file:
        print(hashlib.sha256(file.read().partition(b'\r\n\r\n')[2]).hexdigest())
END
sha256sum "$lab"/www/* "$lab"/www/* | cut -c 1-64 | sort >"$lab/files"
check 'tcpflow rebuilds the body of every page, over IPv4 and IPv6' cmp "$lab/files" "$lab/bodies"

# flows RECEIVER: its connections, with how many directions of each it has
flows()
{
    find "$lab/$1" -type f -printf '%f\n' |
        awk -F - '{print ($1 < $2 ? $1 " " $2 : $2 " " $1)}' | sort | uniq -c
}
flows five >"$lab/flows"
flows fiveb >"$lab/flowsb"
echo "# $(wc -l <"$lab/flows") connections at one receiver, $(wc -l <"$lab/flowsb") at the other"
expect_equal 'each connection is whole at one receiver' \
    "$(awk '{print $1}' "$lab/flows" "$lab/flowsb" | sort | uniq -c | awk '{$1 = $1; print}')" '40 2'
check 'both receivers have some' test -s "$lab/flows" -a -s "$lab/flowsb"
check 'the sums hold' accounts
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
