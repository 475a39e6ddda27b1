#!/bin/bash
# Huawei Cloud, Traffic Mirroring Overview, table 2: how a packet is filtered. Ingress rule 1
# collects TCP of IPv4 from 172.16.0.0/24, ports 10000 and 10001, to 10.0.0.3/32, port 80; egress
# rule 1 does not collect anything of IPv4 from 192.168.0.0/24 to 10.2.0.0/24.

. "${0%/*}/lab.sh"
lab_open
box_start

# Each value of the table with its neighbours on either side
first() { received cross tcp,udp,sctp 172.15.255.255,172.16.0.0,172.16.0.255,172.16.1.0 \
    10.0.0.2,10.0.0.3,10.0.0.4 9999,10000,10001,10002 79,80,81; }
second() { sent cross tcp,udp,icmp 192.167.255.255,192.168.0.0,192.168.0.255,192.168.1.0 \
    10.1.255.255,10.2.0.0,10.2.0.255,10.2.1.0; }
# The same addresses the other way, where the rules are not for them
crossed()
{
    sent cross tcp 172.16.0.1 10.0.0.3 10000,10001
    received cross tcp,udp 192.168.0.1 10.2.0.9
}
row_1='tcp and src net 172.16.0.0/24 and src portrange 10000-10001 and dst host 10.0.0.3 and dst port 80'
row_2='src net 192.168.0.0/24 and dst net 10.2.0.0/24'

committed 'the rules of the table' <<'END'
set filter table-2 ingress rule 1 action accept protocol tcp family ipv4
set filter table-2 ingress rule 1 source 172.16.0.0/24 source-port 10000-10001
set filter table-2 ingress rule 1 destination 10.0.0.3/32 destination-port 80-80
set filter table-2 egress rule 1 action reject family ipv4
set filter table-2 egress rule 1 source 192.168.0.0/24 destination 10.2.0.0/24
set target t receiver 10.2.0.2
set session s priority 1 filter table-2 target t vni 5 source interface src0
END
watch
first
second
crossed
captures_end
judge 'row 1: what comes in is collected' 5 10.2.0.2 full in "$row_1"
nothing_else 'row 2 alone: nothing that goes out is collected'

# What row 2 leaves shows where a rule behind it collects the rest
check 'a rule behind row 2' ctl configure 'set filter table-2 egress rule 2 action accept' commit
watch
first
second
crossed
captures_end
judge 'row 2: what goes out is not collected, all else is' 5 10.2.0.2 full \
    in "$row_1" out "not ($row_2)"
nothing_else 'and nothing but that'
check 'the sums hold' accounts
check 'the box ends well' box_stop
