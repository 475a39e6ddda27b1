#!/bin/bash
# Tencent Cloud, creating a traffic mirror, collection type and filtering: all traffic, traffic out
# or traffic in; without a filter all of that is collected.

. "${0%/*}/lab.sh"
lab_open
box_start

# collects NAME DIRECTION FILTER CAPTURE EXPRESSION [CAPTURE EXPRESSION]
collects()
{
    committed "$1" <<END
set filter five-tuple ingress rule 1 action accept protocol tcp
set filter five-tuple egress rule 1 action accept protocol tcp
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 direction $2 $3 source interface src0
END
    watch
    received protocols
    sent protocols
    captures_end
    judge "$1 is what is collected" 5 10.2.0.2 full "${@:4}"
    nothing_else "$1: and nothing else"
}
collects 'all traffic' both '' in '' out ''
collects 'traffic out' egress '' out ''
collects 'traffic in' ingress '' in ''
tcp=$(tagged tcp)
collects 'all traffic that a filter takes' both 'filter five-tuple' in "$tcp" out "$tcp"
collects 'traffic out that a filter takes' egress 'filter five-tuple' out "$tcp"
collects 'traffic in that a filter takes' ingress 'filter five-tuple' in "$tcp"
check 'the sums hold' accounts
check 'the box ends well' box_stop
