#!/bin/bash
# Tencent Cloud, creating a traffic mirror, balance method: all traffic is distributed evenly over the
# receiving IPs, whatever flows it is of.

. "${0%/*}/lab.sh"
lab_open
box_start

# shares NAME NUMBER: of that many frames each of the three receivers has its third, within 1 %
shares()
{
    local receiver some
    check "$1: each packet arrives, once" "$compare" "$lab/in.pcap" "wire:5:$lab/wire.pcap" 65535 "$2"
    for receiver in 10.2.0.2 10.2.0.3 fd02::2; do
        some=$(packets wire "dst host $receiver")
        check "$1: $receiver has its share ($some of $2)" \
            test $((some * 300)) -ge $(($2 * 99)) -a $((some * 300)) -le $(($2 * 101))
    done
}
# times NUMBER WORD: WORD,WORD,...
times() { yes "$2" | head -n "$1" | paste -sd,; }

committed 'three receivers' <<'END'
set target t receiver 10.2.0.2 10.2.0.3 fd02::2
set target t balance even
set session s priority 1 target t vni 5 source interface src0
END
watch
received cross udp 10.0.0.1 10.1.0.1 "$(seq -s, 1000 1599)" 80
captures_end
shares 'many flows' 600
watch
received cross udp 10.0.0.1 10.1.0.1 1000 "$(times 900 80)"
captures_end
shares 'one flow' 900
check 'the sums hold' accounts
check 'the box ends well' box_stop
