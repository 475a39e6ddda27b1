#!/bin/bash
# AWS, Traffic Mirror Sessions: a packet is mirrored one time, but several sessions on one source
# send parts of it to different tools. HTTP goes to a monitoring appliance in a session of higher
# priority, all other TCP to another appliance in one of lower priority.

. "${0%/*}/lab.sh"
lab_open
box_start

committed 'HTTP to one appliance, the rest of TCP to another' <<'END'
set filter http ingress rule 100 action accept protocol tcp destination-port 80
set filter http egress rule 100 action accept protocol tcp source-port 80
set filter tcp ingress rule 100 action accept protocol tcp
set filter tcp egress rule 100 action accept protocol tcp
set target http-appliance receiver 10.2.0.2
set target tcp-appliance receiver 10.2.0.3
set session all-tcp priority 2 filter tcp target tcp-appliance vni 6 source interface src0
set session http priority 1 filter http target http-appliance vni 5 source interface src0
END
watch
received ports
sent ports
captures_end
http_in='tcp dst port 80' http_out='tcp src port 80'
judge 'HTTP is at its appliance' 5 10.2.0.2 full in "$http_in" out "$http_out"
judge 'the rest of TCP at the other' 6 10.2.0.3 full in "tcp and not $http_in" out "tcp and not $http_out"
nothing_else 'each packet one time, and nothing but TCP'

# The session number alone decides, not the order or the names
check 'the numbers exchanged' ctl configure 'set session all-tcp priority 1' \
    'set session http priority 32766' commit
watch
received ports
sent ports
captures_end
judge 'the session of all TCP takes everything' 6 10.2.0.3 full in tcp out tcp
nothing_else 'and HTTP is not mirrored a second time'
check 'the sums hold' accounts
check 'the box ends well' box_stop
