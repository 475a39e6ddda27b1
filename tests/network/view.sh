#!/bin/bash
# The live view of packets that are cut, sampled out and dropped over a rate: its pages have the
# box's counts. Needs python3 for the terminal.

. "${0%/*}/lab.sh"
lab_open

cat >"$lab/commands" <<'END'
configure
set system host-name box
set target t receiver 10.2.0.2
set filter cut ingress rule 1 action accept protocol udp destination-port 1
set filter sampled ingress rule 1 action accept protocol udp destination-port 2
set filter limited ingress rule 1 action accept protocol udp destination-port 3
set session cut priority 1 filter cut target t vni 5 packet-length 90
set session sampled priority 2 filter sampled target t vni 6 sample 4
set session limited priority 3 filter limited target t vni 6 rate-limit 5pps
set session cut source interface src0
set session sampled source interface src0
set session limited source interface src0
commit
END
box_start
check 'the configuration' ctl_file "$lab/commands"
in_src python3 - <<'END'
import socket, struct
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('eth0', 0))
for number in range(300):
    udp = struct.pack('!HHHH', 1000 + number, 1 + number % 3, 108, 0) + bytes(100)
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0,
                     bytes([10, 1, 0, 2]), bytes([10, 1, 0, 1]))
    wire.send(bytes.fromhex('02000000aa0202000000aa010800') + ip + udp)
END
matched() { [ "$(ctl 'show sessions | display json' | json "sum(s['matched']['packets'] for s in d['sessions'])")" = 300 ]; }
until_true 10 matched || not_ok 'all packets are matched' "$(ctl 'show sessions')"
until_true 10 accounts
check 'the pages of the live view have the counts of the box' in_box env TOP="$TOP" \
    python3 -B "$TOP/tests/network/view.py" "$MIRRORSH" "$state" "$socket"
expect_equal 'each kind is among them' \
    "$(grep -c -E "^(cut .*'cut'|sampled .*'sampled out'|limited .*'rate limit')" "$lab/check.out")" 3
check 'the box ends well' box_stop
