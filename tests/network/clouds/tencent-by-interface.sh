#!/bin/bash
# Tencent Cloud, creating a traffic mirror, balance method: the traffic of one network interface, both
# of its directions, is forwarded to one receiving IP.

. "${0%/*}/lab.sh"
lab_open
more_sources 11
box_start

{
    echo set target t receiver 10.2.0.2 10.2.0.3
    echo set target t balance source-interface
    echo set session s priority 1 target t vni 5 source interface src0
    for i in 1 2 3 4 5 6 7 8 9 10 11; do
        echo set session s source interface src$i
    done
} >"$lab/twelve"
committed 'twelve sources, two receivers' <"$lab/twelve"
watch
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do # the source is in the addresses
    received_on $i cross tcp,udp 10.0.$i.1,10.0.$i.2 10.1.0.1 1000,1001,1002 80,443
    sent_on $i cross tcp,udp 10.1.0.1 10.0.$i.1,10.0.$i.2 80,443 1000,1001,1002
done
captures_end
expect_equal 'all of it arrives' "$(packets wire)" $((12 * 48))
of_interface() { tcpdump -n -t -r "$lab/wire.pcap" "dst host $1" 2>/dev/null | grep -oE '10\.0\.[0-9]+\.[12]\.' | cut -d . -f 3 | sort -u; }
of_interface 10.2.0.2 >"$lab/first"
of_interface 10.2.0.3 >"$lab/second"
expect_equal 'no source is at both receivers' "$(comm -12 "$lab/first" "$lab/second" | tr '\n' ' ')" ''
expect_equal 'every source is at one' "$(cat "$lab/first" "$lab/second" | wc -l)" 12
expect_equal 'each receiver has as many' "$(wc -l <"$lab/first")" 6
check 'the sums hold' accounts
check 'the box ends well' box_stop
