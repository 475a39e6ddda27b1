#!/bin/bash
# Tencent Cloud, creating a traffic mirror, the collection range of a whole private network: all
# traffic except that of the receivers; here every interface of the machine, also one that comes
# later, but not loopback and not the side of the receivers.

. "${0%/*}/lab.sh"
lab_open
more_sources 2
box_start

committed 'all interfaces' <<'END'
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5
set session s source all-interfaces
END
# each N...: frames past each of them, and past loopback and the receivers' side
each()
{
    local i
    for i; do
        received_on "$i" flows
        sent_on "$i" flows
    done
    in_box ping -q -c 2 -i 0.2 127.0.0.1 >/dev/null
    in_box ping -q -c 2 -i 0.2 10.2.0.3 >/dev/null
}
watch src0 src1 src2
each 0 1 2
captures_end
judge 'every interface' 5 10.2.0.2 full in-src0 '' out-src0 '' in-src1 '' out-src1 '' in-src2 '' out-src2 ''
nothing_else 'not loopback, not the side of the receivers'

more_sources 3 2>/dev/null # src3 is new
sees() { [ "$(ctl 'show interfaces | display json' | json "[i['source'] for i in d['interfaces'] if i['name'] == '$1']")" = '[True]' ]; }
check 'an interface that comes later is a source' until_true 5 sees src3
watch src0 src3
each 0 3
captures_end
judge 'and is mirrored' 5 10.2.0.2 full in-src0 '' out-src0 '' in-src3 '' out-src3 ''
nothing_else 'with the others, and nothing else'
check 'the sums hold' accounts
check 'the box ends well' box_stop
