#!/bin/bash
# Every match field, and rules in their order, against tcpdump's idea of the same: what the
# receiver gets must be what tcpdump selects at the source. It is looked at before the kernel's
# vxlan device, which drops frames whose inner IP header is not whole.

. "${0%/*}/lab.sh"
lab_open
box_start
ctl 'configure' 'set filter f ingress rule 1 action accept' 'set target t receiver 10.2.0.2' \
    'set session s priority 1 filter f target t vni 5 source interface src0' 'commit' >/dev/null

# try NAME RULES EXPRESSION [SET]: RULES are separated by semicolons and hold for both
# directions; EXPRESSION is tcpdump's; SET of frames.py is sent both ways
try()
{
    local name=$1 expression=$3 set=${4-mix} rule direction
    {
        echo configure
        echo delete filter f
        for direction in ingress egress; do
            echo "$2" | tr ';' '\n' | while read -r rule; do
                echo "set filter f $direction rule $rule"
            done
        done
        echo commit
    } >"$lab/conf"
    if ! ctl_file "$lab/conf" >/dev/null 2>"$lab/conf.err"; then
        not_ok "$name" "$(cat "$lab/conf.err")"
        return
    fi
    traffic "$name" "$expression" "$set"
}

# traffic NAME EXPRESSION SET: what is mirrored of it
traffic()
{
    local name=$1 expression=$2 set=$3 side
    rm -f "$lab"/*.pcap
    capture in box src0 -Q in
    capture out box src0 -Q out
    capture got recv eth0 'udp dst port 4789'
    in_src python3 "$frames" eth0 "$set" 1 >/dev/null
    in_box python3 "$frames" src0 "$set" 2 >/dev/null
    captures_end
    for side in in out; do
        select_packets $side $side "$expression"
    done
    check "$name" "$compare" "$lab/in.sel,$lab/out.sel" "wire:5:$lab/got.pcap"
}

try 'any packet' '10 action accept' ''
try 'family ipv4' '10 action accept family ipv4' "$(tagged ip)"
try 'family ipv6' '10 action accept family ipv6' "$(tagged ip6)"
try 'protocol tcp' '10 action accept protocol tcp' "$(tagged 'tcp or ip6 protochain 6')" protocols
try 'protocol udp' '10 action accept protocol udp' "$(tagged udp)" protocols
try 'protocol sctp' '10 action accept protocol sctp' "$(tagged sctp)" protocols
try 'protocol icmp' '10 action accept protocol icmp' "$(tagged icmp)" protocols
try 'protocol icmpv6' '10 action accept protocol icmpv6' "$(tagged icmp6)" protocols
try 'protocol 47' '10 action accept protocol 47' "$(tagged 'ip proto 47 or ip6 proto 47')" protocols
try 'a prefix of IPv4' '10 action accept source 10.0.0.0/24' "$(tagged 'ip src net 10.0.0.0/24')" prefixes
try 'a prefix of 25 bits' '10 action accept source 10.0.0.128/25' "$(tagged 'ip src net 10.0.0.128/25')" prefixes
try 'a prefix of 8 bits' '10 action accept destination 10.0.0.0/8' "$(tagged 'ip dst net 10.0.0.0/8')" prefixes
try 'a prefix of 1 bit' '10 action accept destination 128.0.0.0/1' "$(tagged 'ip dst net 128.0.0.0/1')" prefixes
try 'one IPv4 address' '10 action accept source 10.0.0.255' "$(tagged 'ip src host 10.0.0.255')" prefixes
try 'every IPv4 address' '10 action accept source 0.0.0.0/0' "$(tagged ip)" prefixes
try 'a prefix of IPv6' '10 action accept source fd00:1::/64' "$(tagged 'ip6 src net fd00:1::/64')" prefixes
try 'one IPv6 address' '10 action accept destination fd00:1::1' "$(tagged 'ip6 dst host fd00:1::1')" prefixes
try 'an IPv6 prefix of 1 bit' '10 action accept destination 8000::/1' "$(tagged 'ip6 dst net 8000::/1')" prefixes
try 'a destination port' '10 action accept destination-port 80' "$(tagged 'dst port 80')" ports
try 'a range of ports at its edges' '10 action accept destination-port 80-90' "$(tagged 'dst portrange 80-90')" ports
try 'a range of source ports' '10 action accept source-port 1024-65535' "$(tagged 'src portrange 1024-65535')" ports
try 'port 0' '10 action accept source-port 0' "$(tagged 'src port 0')" ports
try 'port 65535 of TCP' '10 action accept protocol tcp destination-port 65535' "$(tagged 'tcp dst port 65535')" ports
try 'ports below tags' '10 action accept destination-port 80 source-port 1000' "$(tagged 'src port 1000 and dst port 80')" protocols
try 'one VLAN' '10 action accept vlan 5' 'vlan 5' protocols
try 'VLAN 0' '10 action accept vlan 0' 'vlan 0' protocols
try 'VLAN 4095' '10 action accept vlan 4095' 'vlan 4095' protocols
try 'a range of VLANs' '10 action accept vlan 5-99' 'vlan and ether[14:2] & 0xfff >= 5 and ether[14:2] & 0xfff <= 99' protocols
try 'VLAN and port' '10 action accept vlan 10 protocol tcp destination-port 80' 'vlan 10 and vlan and tcp dst port 80' protocols
try 'all frames with tags or without' '10 action accept vlan 0-4095; 20 action accept family ipv4' 'ip or vlan' protocols
tcp_flags() # MASK VALUE [MASK VALUE]
{
    tagged "tcp[13] & $1 = $2 or (ip6[6] = 6 and ip6[53] & $1 = $2) or
        tcp[13] & ${3-$1} = ${4-$2} or (ip6[6] = 6 and ip6[53] & ${3-$1} = ${4-$2})"
}
try 'SYN without ACK' '10 action accept tcp-flags syn,!ack' "$(tcp_flags 0x12 0x02)" flags
try 'a reset or an end' '10 action accept tcp-flags rst; 20 action accept tcp-flags fin,ack,!urg' \
    "$(tcp_flags 0x04 0x04 0x31 0x11)" flags
try 'all but pushes' '10 action reject tcp-flags psh; 20 action accept tcp-flags !urg' \
    "$(tcp_flags 0x28 0)" flags
try 'a code point by name' '10 action accept dscp ef' \
    "$(tagged 'ip[1] >> 2 = 46 or ip6[0:2] >> 6 & 63 = 46')" code_points
try 'code point 0 of IPv6' '10 action accept dscp 0 family ipv6' "$(tagged 'ip6[0:2] >> 6 & 63 = 0')" code_points
try 'conditions that all hold' '10 action accept destination-port 80-90 condition 1 destination-port 85-100
    10 condition 2 protocol tcp source-port 5000; 10 condition 3 family ipv4' \
    "$(tagged 'ip and tcp src port 5000 and dst portrange 85-90')" ports
try 'conditions that never hold' '10 action reject condition 1 destination-port 80; 10 condition 2 destination-port 443
    20 action accept protocol tcp' "$(tagged 'tcp')" ports
try 'later fragments follow the first' '10 action accept destination-port 80' '(ip[4:2] = 780) or (ip6[6] = 44 and ip6[44:4] = 880)' fragments
try 'later fragments by address' '10 action accept source 10.0.0.1' 'ip src host 10.0.0.1' fragments
try 'reject before accept' '10 action reject protocol tcp; 20 action accept' "not $(tagged tcp)" ports
try 'accept before reject' '10 action accept destination-port 443; 20 action reject protocol tcp; 30 action accept protocol tcp; 40 action accept family ipv6' \
    "$(tagged 'dst port 443 or (ip6 and not tcp)')" ports
try 'ARP and other frames that are not IP' '10 action reject family ipv4; 20 action reject family ipv6; 30 action accept' \
    "not $(tagged 'ip or ip6')" others
try 'malformed frames are just frames' '10 action reject destination-port 81; 20 action accept' '' malformed
# neighbour add|replace|del ADDRESS LLADDR: the box's, on the mirrored interface
neighbour() { ip -n "$lab_name-box" neighbour "$1" "$2" ${3:+lladdr "$3" nud permanent} dev src0; }
# A next hop is what the neighbour table says, at each moment.
plans() { ctl 'show engine | display json' | json "d['engine']['plans']"; }
another_plan() { [ "$(plans)" -gt "$1" ]; }
neighbour add 10.1.0.77 02:00:00:00:aa:02
try 'a next hop' '10 action accept next-hop 10.1.0.77; 20 action accept vlan 100' \
    'ether dst 02:00:00:00:aa:02 or vlan 100' link_addresses
before=$(plans)
neighbour replace 10.1.0.77 02:00:00:00:aa:01
check 'its link address changes' until_true 10 another_plan "$before"
traffic 'the next hop has another link address' 'ether dst 02:00:00:00:aa:01 or vlan 100' link_addresses
neighbour del 10.1.0.77
no_neighbour() { ctl 'show filters f' | grep -q '^ *next-hop 10.1.0.77 is no neighbour now$'; }
check 'the next hop goes' until_true 10 no_neighbour
traffic 'a next hop that is no neighbour' 'vlan 100' link_addresses
expect_equal 'a commit warns of it' "$(ctl configure 'set filter f ingress rule 10 condition 7 next-hop 10.1.0.78' commit 2>&1 |
    sed -n 's/.*warning: filter f egress//p')" ' rule 10 next-hop: 10.1.0.77 is no neighbour now: matches no packet'
neighbour add 10.1.0.77 02:00:00:00:aa:02
both() { [ "$(ctl 'show filters f | display json' | json "[r['reason'] for r in d['filters'][0]['rules']]")" = "['next-hop 10.1.0.78 is no neighbour now', None, None, None]" ]; }
check 'it comes back' until_true 10 both
check 'the sums hold' accounts
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
