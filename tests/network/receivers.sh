#!/bin/bash
# What is around the mirrored packet: IPv6 receivers, two receivers that share by flow, the
# outer headers, the path MTU, the box's own traffic, and receivers that go away.

. "${0%/*}/lab.sh"
lab_open
vxlan vx5b 5 10.2.0.3 4790
box_start

# begin FILTER-OF-WIRE: captures at the source and at every receiver
begin()
{
    rm -f "$lab"/*.pcap
    capture in box src0 -Q in
    capture five recv vx5
    capture fiveb recv vx5b
    capture seven recv vx7
    capture wire recv eth0 'udp dst portrange 4789-4790'
}
send() { in_src python3 "$frames" eth0 "$@" >/dev/null; }
count() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }

check 'an IPv6 receiver is committed' ctl configure 'set target t receiver fd02::2' \
    'set session s priority 1 target t vni 7 source interface src0' commit
begin
send mix 1
captures_end
check 'an IPv6 receiver gets every frame' "$compare" "$lab/in.pcap" "$lab/seven.pcap" 65535 300

# --- outer headers, as tshark reads them
fields()
{
    tshark -r "$lab/wire.pcap" -o udp.check_checksum:TRUE -T fields -E occurrence=f -E separator=' ' "$@" |
        sort | uniq -c
}
if command -v tshark >/dev/null; then
    expect_equal 'VXLAN over IPv6: flags, VNI, checksum' \
        "$(fields -e vxlan.flags -e vxlan.vni -e udp.checksum.status | awk '{print $2, $3, $4}')" \
        '0x0800 7 1'
    ports=$(fields -e udp.srcport | awk '{print $2}')
    expect_equal 'outer source ports lie in 49152-65535' \
        "$(echo "$ports" | awk '$1 < 49152 || $1 > 65535' | wc -l)" 0
    check 'outer source ports differ between flows' test "$(echo "$ports" | wc -l)" -gt 4
else
    echo 'skip receivers: outer headers: tshark is not installed'
fi

# --- two receivers
check 'two receivers are committed' ctl configure 'delete target t receiver fd02::2' \
    'set target t receiver 10.2.0.2 10.2.0.3:4790' 'set session s vni 5' commit
begin
send flows 2
captures_end
check 'two receivers share all frames, each once' \
    "$compare" "$lab/in.pcap" "$lab/five.pcap,$lab/fiveb.pcap" 65535 256
expect_equal 'both directions of a flow reach one receiver' "$(for receiver in five fiveb; do
    tcpdump -n -r "$lab/$receiver.pcap" -t tcp 2>/dev/null |
        awk -v r=$receiver '{a = $2; b = $4; sub(/:$/, "", b); print (a < b ? a " " b : b " " a), r}'
done | sort -u | awk '{print $1, $2}' | uniq -d | wc -l)" 0
check 'both receivers take part' test "$(packets five)" -gt 20 -a "$(packets fiveb)" -gt 20
expect_equal 'DF is set on every outer packet' "$(packets wire 'ip[6] & 0x40 = 0')" 0
expect_equal 'no outer packet is a fragment' "$(packets wire 'ip[6:2] & 0x3fff != 0')" 0

# --- the path MTU
check 'a smaller MTU' ip -n "$lab_name-box" link set up0 mtu 1400
mtus_are() { [ "$(ctl 'show targets | display json' | json "{r['mtu'] for r in d['targets'][0]['receivers']}")" = "{$1}" ]; }
check 'which the box knows' until_true 5 mtus_are 1400
ctl 'clear counters' >/dev/null
begin
send sizes 3
captures_end
check 'frames are cut to the path MTU less 36' \
    "$compare" "$lab/in.pcap" "$lab/five.pcap,$lab/fiveb.pcap" 1364
expect_equal 'what is cut is counted' "$(count "['truncated']['packets']")" "$(packets in 'greater 1365')"
expect_equal 'no outer packet is above the MTU' "$(packets wire 'ip[2:2] > 1400')" 0
ip -n "$lab_name-box" link set up0 mtu 1700
until_true 5 mtus_are 1700

# --- own traffic: the interface to the receiver is a source too
check 'the uplink as a source' ctl configure 'set session s source interface up0' commit
expect_equal 'a receiver that is an address of a source is refused' \
    "$(ctl configure 'set target t receiver 10.2.0.1' commit 2>&1)" \
    '-c3:1:1: error: session s target: receiver 10.2.0.1 is an address of its source interface up0'
begin
check 'the receiver answers' in_box ping -q -c 3 -i 0.2 10.2.0.2
send flows 4
captures_end
for receiver in five fiveb; do # without the neighbour discovery between the two hosts
    select_packets $receiver $receiver 'ether src 02:00:00:00:aa:01'
done
check 'own packets are never collected' \
    "$compare" "$lab/in.pcap" "$lab/five.sel,$lab/fiveb.sel" 65535 256
expect_equal 'traffic with a receiver is never collected' $(($(packets five icmp) + $(packets fiveb icmp))) 0
check 'the sums hold' accounts

# --- a receiver that does not answer
check 'a receiver that is not there' ctl configure 'delete session s source interface up0' \
    'set target t receiver 10.2.0.99' commit
states_are() { [ "$(ctl 'show targets | display json' | json "' '.join(sorted(r['state'] for r in d['targets'][0]['receivers']))")" = "$1" ]; }
check 'it is down' until_true 5 states_are 'down up up'
begin
send flows 5
captures_end
check 'its share goes to the others' \
    "$compare" "$lab/in.pcap" "$lab/five.pcap,$lab/fiveb.pcap" 65535 256
expect_equal 'it is said why it is down' "$(ctl 'show targets | display json' | json \
    "[(r['state'], r['reason']) for r in d['targets'][0]['receivers'] if r['address'] == '10.2.0.99']")" \
    "[('down', 'neighbour does not resolve')]"
check 'a target without any receiver left' ctl configure 'delete target t receiver 10.2.0.2 10.2.0.3:4790' commit
until_true 5 states_are down
expect_equal 'its session is down' "$(count "['state']")" down
check 'its session says why' test "$(count "['reason']")" = 'receiver 10.2.0.99: neighbour does not resolve'
check 'the box ends well' box_stop
