#!/bin/bash
# Tencent Cloud, creating a traffic mirror, the collection range of network interfaces: those that
# are selected, one or several, and no other.

. "${0%/*}/lab.sh"
lab_open
more_sources 2
box_start

# collects NAME INTERFACES
collects()
{
    local interface selected=()
    for interface in $2; do
        selected+=("in-$interface" '' "out-$interface" '')
    done
    watch src0 src1 src2
    for interface in 0 1 2; do
        received_on $interface flows
        sent_on $interface flows
    done
    captures_end
    judge "$1" 5 10.2.0.2 full "${selected[@]}"
    nothing_else "$1: and nothing else"
}
committed 'two interfaces of three' <<'END'
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 source interface src0 src2
END
collects 'two of three' 'src0 src2'
check 'one is taken off, another added' ctl configure 'delete session s source interface src0' \
    'set session s source interface src1' commit
collects 'two others' 'src1 src2'
check 'the sums hold' accounts
check 'the box ends well' box_stop
