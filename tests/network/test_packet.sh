#!/bin/bash
# test packet: what it says of a packet is what becomes of one like it, and why each session and
# rule before let it pass.

. "${0%/*}/lab.sh"
lab_open
box_start
ctl configure 'set filter web ingress rule 5 action accept protocol udp' \
    'set filter web ingress rule 10 action accept protocol tcp destination-port 80' \
    'set filter web ingress rule 20 action reject source 10.9.0.0/16' \
    'set filter web ingress rule 30 action accept condition 2 vlan 5-9 next-hop 10.1.0.99' \
    'set target t receiver 10.2.0.2' 'set target gone receiver 192.0.2.1' \
    'set session off priority 1 target t vni 7 source interface src0 disabled' \
    'set session elsewhere priority 2 target t vni 8 source interface nowhere' \
    'set session web priority 10 filter web target t vni 1 packet-length 96 source interface src0' \
    'set session out priority 20 target t vni 2 direction egress source interface src0' \
    'set session rest priority 30 target t vni 3 sample 10 source interface src0' commit >/dev/null 2>&1

# of EXPRESSION WORDS...: of v, the verdict
of()
{
    local expression=$1
    shift
    ctl "test packet interface src0 $* | display json" 2>&1 | json "(lambda v: ($expression))(d['verdict'])"
}
took="[v[k] for k in ('mirrored', 'session', 'rule', 'receiver', 'vni', 'length')]"
web='protocol tcp source 10.1.0.2 destination 10.3.0.2 source-port 1 destination-port 80'

expect_equal 'a rule takes it' "$(of "$took" "direction ingress $web")" \
    "[True, 'web', 10, '10.2.0.2:4789', 1, 96]"
expect_equal 'a short packet is sent whole' "$(of "v['length']" "direction ingress $web length 60")" 60
expect_equal 'a rule rejects it' "$(of "$took" direction ingress source 10.9.1.1)" \
    "[False, 'web', 20, None, None, None]"
expect_equal 'a session without filter takes the rest' \
    "$(of "$took" direction egress length 200)" "[True, 'out', None, '10.2.0.2:4789', 2, 200]"
expect_equal 'traffic of receivers is own' \
    "$(of "$took, v['trace']" direction ingress destination 10.2.0.2)" \
    "([False, None, None, None, None, None], [{'session': None, 'rule': None, 'outcome': 'own', 'why': 'to or from a receiver: never mirrored'}])"
expect_equal 'a packet without protocol' \
    "$(of "v['trace'][2]['why']" direction ingress source 10.9.1.1)" 'the packet has no protocol'
expect_equal 'a reason that just fits stands in its row' \
    "$(ctl 'test packet interface src0 direction ingress' | tail -n 1)" \
    '  rest          -  mirrored  no filter: every packet; 1 in 10 packets is sent'
expect_equal 'why all before let it pass' \
    "$(of "'~'.join('%s %s %s %s' % tuple(e.values()) for e in v['trace'])" direction ingress \
        source 10.1.0.2 protocol icmp vlan 7)" \
    "$(printf '%s~' 'off None passed disabled' 'elsewhere None passed src0 is no source of it' \
        'web 5 passed protocol is icmp, not udp' 'web 10 passed protocol is icmp, not tcp' \
        'web 20 passed source is 10.1.0.2, not 10.9.0.0/16' \
        'web 30 passed condition 2: next-hop 10.1.0.99 is no neighbour' \
        'web None passed no ingress rule of filter web matches' \
        'out None passed its direction is egress')rest None mirrored no filter: every packet; 1 in 10 packets is sent"
expect_equal 'the text fits a screen' \
    "$(ctl "test packet interface src0 direction ingress $web")" \
    'Mirrored by session web, rule 10
  receiver  10.2.0.2:4789
  VNI       1
  length    96 (cut from 1514)
  Session    Rule  Outcome   Why
  off           -  passed    disabled
  elsewhere     -  passed    src0 is no source of it
  web           5  passed    protocol is tcp, not udp
  web          10  mirrored  the rule matches'

# What it says of packets is what becomes of them: of these, half go to port 80, half come from it.
ctl 'clear counters' >/dev/null
in_src python3 "$frames" eth0 flows 1 >/dev/null
matched() { ctl 'show sessions | display json' | json "{s['name']: s['matched']['packets'] for s in d['sessions'] if s['matched']['packets']}"; }
seen() { [ "$(ctl 'show interfaces src0 | display json' | json "d['interfaces'][0]['received']['packets']")" = 256 ]; }
until_true 10 seen || not_ok 'the traffic' 'it was not seen'
says() { of "v['session']" direction ingress protocol tcp "$@"; }
expect_equal 'packets of the wire go where it says' "$(matched)" \
    "{'$(says source-port 2000 destination-port 80)': 128, '$(says source-port 80 destination-port 2000)': 128}"

ctl configure 'set session web disabled' 'set session rest target gone' 'set session elsewhere source interface src0' \
    'set session elsewhere target gone' commit >/dev/null 2>&1
down() { [ "$(ctl 'show sessions elsewhere | display json' | json "d['sessions'][0]['state']")" = down ]; }
until_true 20 down || not_ok 'a session that is down' 'it is not'
expect_equal 'none takes it: why' "$(of "v['mirrored'], v['session'], v['trace'][1]['outcome'], v['trace'][1]['why'][:24]" direction ingress)" \
    "(False, None, 'passed', 'down: receiver 192.0.2.1')"

# refused WORDS PLACE TEXT
refused()
{
    local said
    said=$(ctl "test packet $1" 2>&1)
    expect_equal "refused: $1" "$said" "-c1:1:$2: error: $3"
}
refused 'interface nothing direction ingress' 23 'there is no interface "nothing"'
refused 'interface src0' 27 'direction is missing, expected interface IF direction ingress|egress'
refused 'interface src0 direction up' 38 '"up" is unknown, expected ingress or egress'
refused 'interface src0 direction in vlan 5-6' 46 'vlan "5-6": expected a single number, as a packet has'
refused 'interface src0 direction in source 10.0.0.0/8' 48 'source "10.0.0.0/8": expected a single address, as a packet has'
refused 'interface src0 direction in source-port 5' 53 'source-port needs protocol tcp, udp or sctp'
refused 'interface src0 direction in source 10.0.0.1 destination ::1' 69 'destination "::1": expected IPv4, as the other words are'
refused 'interface src0 direction in length 3' 48 '"3" is not a number of 14-65535'
