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
    in_src sh -c 'while :; do python3 "$1" eth0 flows 9; done' - "$frames" >/dev/null 2>&1 &
    sending=$! helpers="$helpers $!"
}
check 'balanced by flow, to three' ctl configure 'set target t balance flow' commit
until_true 5 up_is 'up up up'
keep_sending
sleep 0.5
ip -n "$lab_name-recv" link del vx5b
closed='port 4790 is closed (port unreachable)'
check 'a closed port takes its receiver out within a second' until_true 2 reason_is 1 "$closed"
check 'and the session says so' test "$(ctl 'show sessions | display json' | json "d['sessions'][0]['reason']")" = \
    "receiver 10.2.0.3:4790: $closed"
expect_equal 'the session stays up' "$(count "['state']")" up
lost=$(shares | awk '{print $2}')
sleep 3
expect_equal 'while it is closed nothing is sent to it' "$(shares | awk '{print $2}')" "$lost"
expect_equal 'and it stays out' "$(up)" 'up down up'
vxlan vx5b 5 10.2.0.3 4790
check 'it returns within five seconds' until_true 5 up_is 'up up up'
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
check 'all return' until_true 6 up_is 'up up up'
kill $sending
check 'the sums hold' accounts
expect_equal 'no answer costs a packet' "$(count "['dropped']['send_error']")" 0

check 'the box ends well' box_stop
