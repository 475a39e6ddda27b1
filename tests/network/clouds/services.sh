#!/bin/bash
# What AWS and Tencent Cloud never mirror, whatever the filter says: ARP, DHCP, the metadata service at
# 169.254.169.254, NTP and Windows activation. What only resembles that is mirrored; in the other
# profiles all of it is.

. "${0%/*}/lab.sh"
lab_open
box_start

# mirrors PROFILE EXPRESSION [LEAF]...
mirrors()
{
    committed "$1" <<END
set system profile $1
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 ${*:3} source interface src0
END
    watch
    received cross tcp,udp 10.0.0.1,fd00::1 10.1.0.1,fd00::2 66,67,122,123,1688 68,69,123,1687,1688
    received cross tcp,udp,icmp 169.254.169.253,169.254.169.254 10.1.0.1
    sent cross tcp,udp,icmp 10.1.0.1 169.254.169.253,169.254.169.254
    received arps 10.0.0.1 10.1.0.1
    sent others
    captures_end
    judge "$1: what is mirrored" 5 10.2.0.2 full in "$2" out "$2"
    nothing_else "$1: and nothing else"
}
services=$(tagged 'arp or host 169.254.169.254 or udp port 123 or tcp port 1688 or
    (ip and udp dst portrange 67-68)')
mirrors native ''
mirrors huawei '' packet-length 1460
mirrors aws "not $services"
mirrors tencent "not $services"
check 'the sums hold' accounts
check 'the box ends well' box_stop
