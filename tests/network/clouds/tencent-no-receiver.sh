#!/bin/bash
# Tencent Cloud, creating a traffic mirror, receiving IPs: without any, no traffic is forwarded; at
# least one is to be given for that.

. "${0%/*}/lab.sh"
lab_open
box_start
committed 'a target without receivers' <<'END'
set system profile tencent
set target t description nobody
set session s target t source interface src0
END
watch
received flows
captures_end
expect_equal 'nothing is forwarded' "$(packets wire)" 0
check 'a receiver is added' ctl configure 'set target t receiver 10.2.0.2' 'set session s vni 5' commit
watch
received flows
captures_end
judge 'all traffic is forwarded to it' 5 10.2.0.2 full in ''
check 'the sums hold' accounts
check 'the box ends well' box_stop
