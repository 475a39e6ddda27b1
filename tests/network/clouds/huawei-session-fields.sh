#!/bin/bash
# Huawei Cloud, Creating a Mirror Session, table 1: the fields of a session, their ranges and what
# holds when they are left out: VNI 1, and 96 bytes of each packet.

. "${0%/*}/lab.sh"
lab_open
box_start

committed 'VNI and length left out' <<'END'
set system profile huawei
set filter f ingress rule 1 action accept
set target t receiver 10.2.0.2
set session mirror-session-01 priority 1 filter f target t source interface src0
END
watch
received sizes
captures_end
judge 'VNI 1, 96 bytes' 1 10.2.0.2 96 in ''
nothing_else 'and nothing else'

# takes PATH VALUE, refuses PATH VALUE WHY: one below, at, and one above each limit
takes() { check "$1 $2" ctl configure "set session mirror-session-01 $1 $2" commit; }
refuses()
{
    expect_equal "$1 $2 is refused" "$(ctl configure "set session mirror-session-01 $1 $2" commit 2>&1 |
        grep -c "error: .*$1.*$3")" 1
}
refuses priority 0 'below 1'
takes priority 32766
refuses priority 32767 'above 32766'
takes priority 1
refuses vni -1 ''
takes vni 16777215
refuses vni 16777216 'above 16777215'
takes vni 0
refuses packet-length 0 'below 1'
takes packet-length 1
refuses packet-length 1461 'above 1460'
takes packet-length 1460
watch
received lengths 64,1445,1446,1447,1480
captures_end
judge 'VNI 0, 1460 bytes' 0 10.2.0.2 1460 in ''
nothing_else 'and nothing else'

expect_equal 'a priority that another session has is refused' "$(ctl configure \
    'set session 中文-02 priority 1 filter f target t source interface src0' commit 2>&1 |
    grep -c 'error: .*priority: 1 is also')" 1
check 'a closed session' ctl configure 'set session mirror-session-01 disabled' commit
watch
received flows
captures_end
expect_equal 'monitors nothing' "$(packets wire)" 0
check 'the sums hold' accounts
check 'the box ends well' box_stop
