#!/bin/bash
# Super-frames inside tunnels that run over the source: TCP and segmented UDP through every kind
# of tunnel that this kernel has, both ways. The kernel itself splits a copy of what passes (tc
# mirrors the source to a device without offloads), and the receiver must get the same packets.

. "${0%/*}/lab.sh"
lab_open
ip -n "$lab_name-box" link add wire0 mtu 9000 type veth peer name wire1
in_box ethtool -K wire0 tso off gso off tx off sg off >/dev/null 2>&1
ip -n "$lab_name-box" link set wire1 up
ip -n "$lab_name-box" link set wire0 up
in_box sh -c 'tc qdisc add dev src0 clsact
    for side in ingress egress; do
        tc filter add dev src0 $side protocol all u32 match u32 0 0 \
            action mirred egress mirror dev wire0
    done' || { echo "skip tunnels tc cannot mirror here"; exit 0; }

in_box sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6; echo 0 >/proc/sys/net/ipv6/conf/src0/disable_ipv6'
in_src sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6; echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'
ip -n "$lab_name-box" address add 10.1.0.1/24 dev src0
ip -n "$lab_name-src" address add 10.1.0.2/24 dev eth0
ip -n "$lab_name-box" address add fd01::1/64 dev src0 nodad
ip -n "$lab_name-src" address add fd01::2/64 dev eth0 nodad
for address in 10.1.0. fd01::; do # as known, so that nobody asks in between
    ip -n "$lab_name-box" neighbour add "${address}2" dev src0 \
        lladdr "$(in_src cat /sys/class/net/eth0/address)" nud permanent
    ip -n "$lab_name-src" neighbour add "${address}1" dev eth0 \
        lladdr "$(in_box cat /sys/class/net/src0/address)" nud permanent
done

# ends NAME HOST LOCAL REMOTE TYPE...: one end of a tunnel; L and R in TYPE are its addresses
end()
{
    local name=$1 space=$lab_name-$2 local=$3 remote=$4 words=() word
    shift 4
    for word; do
        case $word in
        L4) word=10.1.0.$local ;; R4) word=10.1.0.$remote ;;
        L6) word=fd01::$local ;; R6) word=fd01::$remote ;;
        esac
        words+=("$word")
    done
    ip -n "$space" link add "$name" type "${words[@]}" 2>"$lab/link.err" || return
    ip -n "$space" address add "10.3.0.$local/24" dev "$name" 2>/dev/null
    ip -n "$space" address add "fd03::$local/64" dev "$name" nodad 2>/dev/null
    ip -n "$space" link set "$name" up
}

# speak FROM TO FAMILY: TCP from TO to FROM (who asks), and UDP in segments from FROM
speak()
{
    local address=10.3.0. talk=$lab/talk
    [ "$3" = 4 ] || address=fd03::
    if [ "$2" = box ]; then address=${address}1; else address=${address}2; fi
    rm -f "$talk"
    ip netns exec "$lab_name-$2" python3 "$TOP/tests/network/stream.py" serve "$address" 80 400000 >"$talk" &
    helpers="$helpers $!"
    until_true 10 grep -q listening "$talk" || return
    ip netns exec "$lab_name-$1" python3 "$TOP/tests/network/stream.py" fetch "$address" 80 400000 || return
    ip netns exec "$lab_name-$1" python3 - "$address" <<'END'
import socket, sys
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
wire = socket.socket(family, socket.SOCK_DGRAM)
wire.setsockopt(17, 103, 1000)  # SOL_UDP, UDP_SEGMENT
for size in (20000, 3001, 2000):
    try:
        wire.sendto(bytes(i & 0xff for i in range(size)), (sys.argv[1], 9))
    except OSError:  # not every kernel segments UDP for every tunnel
        pass
END
}

# through NAME FAMILIES TYPE...: FAMILIES: those inside
through()
{
    local name=$1 inner=$2 family
    shift 2
    # Before there is anything that would speak by itself, and until there is no more.
    rm -f "$lab"/*.pcap
    capture wire box wire0 'not ip6 multicast'
    capture got recv vx5 'not ip6 multicast'
    if end tun box 1 2 "$@" && end tun src 2 1 "$@"; then
        for family in $inner; do
            check "$name, IPv$family inside: data gets through" speak src box "$family"
            check "$name, IPv$family inside: and back" speak box src "$family"
        done
    else
        echo "skip tunnels: $name: $(head -n 1 "$lab/link.err")"
        inner=
    fi
    ip -n "$lab_name-box" link del tun 2>/dev/null
    ip -n "$lab_name-src" link del tun 2>/dev/null
    captures_end
    [ -z "$inner" ] || check "$name: super-frames are split as the kernel splits them" \
        "$compare" "$lab/wire.pcap" "$lab/got.pcap" 65535 600
}

box_start
check 'a session' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface src0' commit

through 'VXLAN' '4 6' vxlan id 1 local L4 remote R4 dstport 4789
through 'VXLAN without checksum' '4 6' vxlan id 1 local L4 remote R4 dstport 8472 noudpcsum
through 'VXLAN over IPv6' '4 6' vxlan id 1 local L6 remote R6 dstport 4789
through 'VXLAN over IPv6 without checksum' '4 6' vxlan id 1 local L6 remote R6 dstport 4789 \
    udp6zerocsumtx udp6zerocsumrx
through 'Geneve' '4 6' geneve id 1 remote R4
through 'Geneve over IPv6' '4 6' geneve id 1 remote R6
through 'GRE' '4 6' gre local L4 remote R4
through 'GRE with key and checksum' '4 6' gre local L4 remote R4 key 7 csum
through 'GRE with sequence numbers' '4 6' gre local L4 remote R4 seq
through 'Ethernet over GRE' '4 6' gretap local L4 remote R4 csum
through 'GRE over IPv6' '4 6' ip6gre local L6 remote R6 csum
through 'Ethernet over GRE over IPv6' '4 6' ip6gretap local L6 remote R6
through 'IPIP' 4 ipip local L4 remote R4
through 'sit' 6 sit local L4 remote R4
through 'IP over IPv6' '4 6' ip6tnl local L6 remote R6 mode any
check 'nothing of it was cut' test \
    "$(ctl 'show sessions | display json' | json "d['sessions'][0]['truncated']['packets']")" = 0
check 'the sums hold' accounts
check 'the box ends well' box_stop
