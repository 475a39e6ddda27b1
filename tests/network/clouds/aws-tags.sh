#!/bin/bash
# AWS, Traffic Mirror Sessions, tags: each has a key and a value; they are added and removed while the
# session mirrors, and are nothing to the packets. Tencent Cloud's traffic mirrors have them, too.

. "${0%/*}/lab.sh"
lab_open
box_start
tags() { ctl 'show sessions | display json' | json "sorted((t['key'], t['value']) for t in d['sessions'][0]['tags'])"; }
vni() { ctl 'show sessions | display json' | json "d['sessions'][0]['vni']"; }

for profile in aws tencent; do
    committed "$profile: a session with two tags" <<END
set system profile $profile
set target t receiver 10.2.0.2
set session s priority 1 target t source interface src0 tag stage test tag owner "network team"
END
    expect_equal "$profile: they are shown" "$(tags)" "[('owner', 'network team'), ('stage', 'test')]"
    before=$(vni)
    check "$profile: one is removed, one changed, one added" ctl configure \
        'delete session s tag owner' 'set session s tag stage production tag cost-center 4711' commit
    expect_equal "$profile: so it is shown" "$(tags)" "[('cost-center', '4711'), ('stage', 'production')]"
    watch
    received flows
    captures_end
    judge "$profile: the session mirrors as before" "$before" 10.2.0.2 full in ''
    nothing_else "$profile: and nothing else"
done
check 'the sums hold' accounts
check 'the box ends well' box_stop
