#!/bin/bash
# How a target's receivers share, what its packets look like outside, and the paths to receivers.

. "${0%/*}/lab.sh"
lab_open
vxlan vx5b 5 10.2.0.3 4790
vxlan vx5c 5 fd02::2 4791
# two more sources, src1 and src2; their other ends are beside src0's
for i in 1 2; do
    ip -n "$lab_name-src" link add eth$i type veth peer name src$i netns "$lab_name-box"
    ip -n "$lab_name-src" link set eth$i up
    ip -n "$lab_name-box" link set src$i up
done
box_start

send() { in_src python3 "$frames" "$@" >/dev/null; }
count() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
settled() { [ "$(count "['sent']['packets']")" = "$1" ]; }
# shares: packets that each receiver has been sent, in the order of the target
shares() { ctl 'show targets | display json' | json "*(r['sent']['packets'] for r in d['targets'][0]['receivers'])"; }

# --- balance
check 'three receivers, evenly' ctl configure 'set target t receiver 10.2.0.2 10.2.0.3:4790 [fd02::2]:4791 balance even' \
    'set session s priority 1 target t vni 5 source interface src0 src1 src2' commit
expect_equal 'show targets says how' "$(ctl 'show targets | display json' | json "d['targets'][0]['balance']")" even
rm -f "$lab"/*.pcap
capture in box src0 -Q in
for receiver in vx5 vx5b vx5c; do capture $receiver recv $receiver; done
send eth0 flows 1
send eth0 mix 2
captures_end
all=$(packets in)
check 'evenly: each has its share of the packets' python3 - "$all" $(shares) <<'END'
import sys
total, *shares = map(int, sys.argv[1:])
assert sum(shares) == total, (shares, total)
assert all(abs(share - total / len(shares)) <= 1 for share in shares), (shares, total)
END
check 'evenly: all arrive, each once' "$compare" "$lab/in.pcap" "$lab/vx5.pcap,$lab/vx5b.pcap,$lab/vx5c.pcap" 65535 500
in_src python3 - <<'END'
# one flow, of 3,000 packets
import socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
packet = bytes.fromhex('0200000000020200000000010800' + '4500002a0000400040110000' + '0a000001' + '0a010001' + '03e8005000160000') + bytes(14)
for i in range(3000):
    wire.send(packet)
END
before=$all
until_true 5 settled $((before + 3000))
check 'evenly: also of a single flow' python3 - $((before + 3000)) $(shares) <<'END'
import sys
total, *shares = map(int, sys.argv[1:])
assert sum(shares) == total, (shares, total)
assert all(abs(share - total / len(shares)) <= total / len(shares) / 100 for share in shares), shares
END

check 'by source interface' ctl configure 'set target t balance source-interface' commit
ctl 'clear counters' >/dev/null
send eth0 flows 3
send eth1 flows 4
send eth2 flows 5
send eth2 flows 6
until_true 5 settled 1024
expect_equal 'by source interface: each receiver has one' "$(shares | tr ' ' '\n' | sort -n | tr '\n' ' ')" '256 256 512 '

# --- a receiver at which nobody listens
in_recv sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
reason() { ctl 'show targets | display json' | json "d['targets'][0]['receivers'][$1]['reason'] or ''"; }
reason_is() { [ "$(reason "$1")" = "$2" ]; }
up() { ctl 'show targets | display json' | json "' '.join(r['state'] for r in d['targets'][0]['receivers'])"; }
up_is() { [ "$(up)" = "$1" ]; }
# keep_sending: flows of eth0, again and again
keep_sending()
{
    touch "$lab/sending"
    in_src sh -c 'while [ -e "$2" ]; do python3 "$1" eth0 flows 9; done' - "$frames" "$lab/sending" >/dev/null 2>&1 &
    sending=$!
}
check 'balanced by flow, to three' ctl configure 'set target t balance flow' commit
until_true 5 up_is 'up up up'
keep_sending
get_all() { [ "$(shares | tr ' ' '\n' | awk '$1 > 256' | wc -l)" = 3 ]; }
ctl 'clear counters' >/dev/null
until_true 5 get_all
ip -n "$lab_name-recv" link del vx5b
closed='port 4790 is closed (port unreachable)'
check 'a closed port takes its receiver out' until_true 2 reason_is 1 "$closed"
check 'and the session says so' test "$(ctl 'show sessions | display json' | json "d['sessions'][0]['reason']")" = \
    "receiver 10.2.0.3:4790: $closed"
expect_equal 'the session stays up' "$(count "['state']")" up
lost=$(shares | awk '{print $2}')
sleep 3 # time enough to be wrong
expect_equal 'while it is closed nothing is sent to it' "$(shares | awk '{print $2}')" "$lost"
expect_equal 'and it stays out' "$(up)" 'up down up'
vxlan vx5b 5 10.2.0.3 4790
check 'it returns' until_true 5 up_is 'up up up'
gets_more() { [ "$(shares | awk '{print $2}')" -gt "$lost" ]; }
check 'and gets its share again' until_true 5 gets_more
ip -n "$lab_name-recv" link del vx5
ip -n "$lab_name-recv" link del vx0
ip -n "$lab_name-recv" link del vx6
ip -n "$lab_name-recv" link del vxmax
ip -n "$lab_name-recv" link del vx7
ip -n "$lab_name-recv" link del vx5b
ip -n "$lab_name-recv" link del vx5c
session_is() { [ "$(count "['state']")" = "$1" ]; }
check 'with none left the session is down' until_true 5 session_is down
for receiver in 'vx5 10.2.0.2' 'vx5b 10.2.0.3 4790' 'vx5c fd02::2 4791'; do
    # shellcheck disable=SC2086
    vxlan ${receiver%% *} 5 ${receiver#* }
done
check 'all return' until_true 12 up_is 'up up up'
rm "$lab/sending"
wait $sending
check 'the sums hold' accounts
expect_equal 'no answer costs a packet' "$(count "['dropped']['send_error']")" 0

# --- the outer header
state_is() { [ "$(ctl 'show targets | display json' | json "[r['reason'] or r['state'] for r in d['targets'][0]['receivers']]")" = "$1" ]; }
# outer NAME FIELD...: what tshark reads of the mirrored packets on the receivers' wire, each kind once
outer()
{
    local name=$1
    shift
    # shellcheck disable=SC2046
    tshark -r "$lab/$name.pcap" -T fields -E occurrence=f -E separator=' ' $(printf ' -e %s' "$@") 2>/dev/null |
        sed 's/  */ /g; s/^ //; s/ $//' | sort -u
}
check 'a source address that nobody has' ctl configure 'delete target t receiver' \
    'set target t receiver 10.2.0.3:4790 [fd02::2]:4791 source-address 10.2.0.9 fd02::9 dscp 46 ttl 9' commit
absent="source address %s is not one of this machine's"
# shellcheck disable=SC2059
check 'its receivers are down' until_true 5 \
    state_is "[\"$(printf "$absent" 10.2.0.9)\", \"$(printf "$absent" fd02::9)\"]"
ip -n "$lab_name-box" address add 10.2.0.9/24 dev up0
ip -n "$lab_name-box" address add fd02::9/64 dev up0 nodad
check 'until it has it' until_true 5 state_is "['up', 'up']"
capture outside recv eth0 'udp dst portrange 4790-4791 and greater 80'
send eth0 flows 10
captures_end
if command -v tshark >/dev/null; then
    expect_equal 'source address, DSCP and TTL, IPv4' "$(outer outside ip.src ip.dsfield.dscp ip.ttl | grep '^10\.')" '10.2.0.9 46 9'
    expect_equal 'source address, DSCP and hop limit, IPv6' \
        "$(outer outside ipv6.src ipv6.tclass.dscp ipv6.hlim | grep '^fd02')" 'fd02::9 46 9'
else
    echo 'skip targets: outer headers: tshark is not installed'
fi
ip -n "$lab_name-box" address del 10.2.0.9/24 dev up0
# shellcheck disable=SC2059
check 'one that goes takes its receivers with it' until_true 5 state_is "[\"$(printf "$absent" 10.2.0.9)\", 'up']"

# --- a link-local receiver, on an interface that goes and comes
link_local()
{
    ip -n "$lab_name-recv" link add ll0 type veth peer name ll0 netns "$lab_name-box"
    in_box sh -c 'echo 0 >/proc/sys/net/ipv6/conf/ll0/disable_ipv6'
    in_recv sh -c 'echo 0 >/proc/sys/net/ipv6/conf/ll0/disable_ipv6'
    ip -n "$lab_name-recv" address add fe80::2/64 dev ll0 nodad
    ip -n "$lab_name-box" address add fe80::1/64 dev ll0 nodad
    ip -n "$lab_name-recv" link set ll0 up
    ip -n "$lab_name-box" link set ll0 up
    ip -n "$lab_name-recv" link add vxll type vxlan id 5 local fe80::2 dev ll0 dstport 4792 nolearning
    ip -n "$lab_name-recv" link set vxll up
}
# arrives NAME: what is sent now reaches the link-local receiver's vxlan device
arrives()
{
    local received="ip -n $lab_name-recv -s -j link show vxll" before
    ctl 'clear counters' >/dev/null
    before=$($received | json "d[0]['stats64']['rx']['packets']")
    send eth0 flows "$((++flows_sent))"
    until_true 5 settled 256
    arrived() { echo $(($($received | json "d[0]['stats64']['rx']['packets']") - before)); }
    expect_equal "$1" "$(once_quiet arrived)" 256
}
flows_sent=20
check 'a link-local receiver' ctl configure 'delete target t' 'set target t receiver [fe80::2%ll0]:4792' commit
check 'on an interface that is absent' until_true 5 state_is "['interface ll0 is absent']"
link_local
check 'which comes' until_true 5 state_is "['up']"
arrives 'a link-local receiver gets what is sent'
ip -n "$lab_name-box" link del ll0
check 'which goes' until_true 5 state_is "['interface ll0 is absent']"
link_local
check 'and comes back' until_true 5 state_is "['up']"
arrives 'it gets what is sent then'
expect_equal 'show targets names it' "$(ctl 'show targets | display json' | json "d['targets'][0]['receivers'][0]['address']")" 'fe80::2%ll0'

# --- two ways to a receiver
ip -n "$lab_name-recv" link add way1 type veth peer name way1 netns "$lab_name-box"
in_box ethtool -K way1 tx-udp-segmentation off gso off tso off tx off >/dev/null # as up0
in_recv ethtool -K way1 gro off >/dev/null
ip -n "$lab_name-box" address add 10.3.0.1/24 dev way1
ip -n "$lab_name-recv" address add 10.3.0.2/24 dev way1
ip -n "$lab_name-recv" address add 10.9.0.2/32 dev lo
ip -n "$lab_name-box" link set way1 mtu 1450 up
ip -n "$lab_name-recv" link set way1 up
in_box sh -c 'echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy'
ip -n "$lab_name-box" route add 10.9.0.2/32 nexthop via 10.2.0.2 nexthop via 10.3.0.2
# which way a packet goes its ports say: to this one not all of the box's go the same
outer_ports() { in_box ss -Huan 'sport >= 49152' | awk '{sub(".*:", "", $4); print $4}' | sort -u; }
way_of() { ip -n "$lab_name-box" route get 10.9.0.2 ipproto udp sport "$1" dport "$2" | grep -o 'dev [^ ]*'; }
for ((port = 4793; port < 4893; port++)); do
    [ "$(for outer in $(outer_ports); do way_of "$outer" $port; done | sort -u | wc -l)" != 2 ] || break
done
check 'there is one' test $port -lt 4893
vxlan vxm 5 10.9.0.2 $port
# ways NAME FIRST SECOND: captures of both while 512 packets are sent; whether either has some
ways()
{
    rm -f "$lab"/*.pcap
    capture first recv eth0 "udp dst port $port"
    capture second recv way1 "udp dst port $port"
    send eth0 flows "$((++flows_sent))"
    send eth0 flows "$((++flows_sent))"
    captures_end
    expect_equal "$1: all arrive" $(($(packets first) + $(packets second))) 512
    expect_equal "$1: by which way" "$([ "$(packets first)" = 0 ] && echo no || echo yes) $([ "$(packets second)" = 0 ] && echo no || echo yes)" "$2 $3"
}
check 'a receiver with two ways' ctl configure 'delete target t' "set target t receiver 10.9.0.2:$port" commit
check 'is up' until_true 5 state_is "['up']"
mtu_is() { [ "$(ctl 'show targets | display json' | json "d['targets'][0]['receivers'][0]['mtu']")" = "$1" ]; }
check 'its MTU is that of the narrower' until_true 5 mtu_is 1450
ways 'both ways' yes yes
ip -n "$lab_name-recv" address del 10.3.0.2/24 dev way1
ip -n "$lab_name-box" neighbour flush dev way1
check 'one without neighbour: the MTU is that of the other' until_true 5 mtu_is 1700
expect_equal 'the receiver is up' "$(up)" up
ways 'one without neighbour' yes no
ip -n "$lab_name-recv" address add 10.3.0.2/24 dev way1
check 'it comes back' until_true 5 mtu_is 1450
ways 'both again' yes yes
check 'the sums hold' accounts

# --- a router on the way that does not get on with it
in_recv sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip -n "$lab_name-box" route add 10.9.1.0/24 via 10.2.0.2
ip -n "$lab_name-box" -6 route add fd09::/64 via fd02::2
ip -n "$lab_name-recv" route add unreachable 10.9.1.2
ip -n "$lab_name-recv" route add prohibit 10.9.1.3
ip -n "$lab_name-recv" -6 route add unreachable fd09::2
# A router answers about once a second, whatever is sent: so one after the other, until it does.
keep_sending
answered()
{
    check "behind a router: $1" ctl configure 'delete target t' "set target t receiver $1" commit
    check "behind a router: $1: what it answers is the reason" until_true 10 state_is "['$2']"
}
answered 10.9.1.1 'a router has no route to it (network unreachable)'
answered fd09::2 'a router has no route to it (network unreachable)'
answered 10.9.1.3 'packets to it are refused on the way (prohibited)'
answered 10.9.1.2 'a router does not reach it (host unreachable)'
ip -n "$lab_name-recv" route del unreachable 10.9.1.2
ip -n "$lab_name-recv" address add 10.9.1.2/32 dev lo
check 'one that is reached again is up' until_true 9 state_is "['up']"
rm "$lab/sending"
wait $sending

check 'the box ends well' box_stop
