#!/usr/bin/env python3
"""The traffic and the commits of prefilter.sh.

prefilter.py send DEVICE SECONDS RATE: frames of all kinds, some of them wanted, about RATE rounds of
them a second. Prints what it sent, in packets of the wire and their bytes, as JSON: "all", and by the
session that is to have them, "whole" and "short", and "later" where there is one.

prefilter.py check SENT LOOK: whether what the box says of itself, in the file LOOK (a line each of show
interfaces src0, show sessions, and how many copies have come to `whole` and `short`), is what lines of
SENT, on the other side and on the box's, say that was sent.

prefilter.py commits SECONDS MIRRORSH STATE SOCKET: a commit every 20 to 50 ms of sessions behind these
two on the same interface, which get nothing, but want other things each time."""
import json
import random
import socket
import struct
import subprocess
import sys
import time

ETHERNET = bytes.fromhex('020000000002020000000001')
WHOLE, SHORT, NOBODY = 7777, 7779, 9
SEGMENT, SEGMENTS = 1000, 10


def ipv4(protocol, payload, fragment=0, number=0):
    return struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), number, fragment, 64, protocol, 0,
                       bytes([10, 0, 0, 1]), bytes([10, 1, 0, 1])) + payload


def ipv6(protocol, payload):
    ends = b'\x20\x01\x0d\xb8' + bytes(11)
    return struct.pack('!IHBB', 6 << 28, len(payload), protocol, 64) + ends + b'\1' + ends + b'\2' + payload


def udp(port, size):
    return struct.pack('!HHHH', 1024, port, 8 + size, 0) + bytes(size)


def tcp(port, size):
    return struct.pack('!HHIIBBHHH', 1024, port, 1, 1, 5 << 4, 0x10, 1024, 0, 0) + bytes(size)


def frame(kind, packet, tag=None):
    return ETHERNET + (struct.pack('!HH', 0x8100, tag) if tag else b'') + struct.pack('!H', kind) + packet


def of_port(port, number):
    """Pairs of a frame, and how long its packets are on the wire."""
    plain = [frame(0x0800, ipv4(17, udp(port, 60))), frame(0x0800, ipv4(17, udp(port, 1400))), frame(0x0800, ipv4(6, tcp(port, 900))),
             frame(0x86dd, ipv6(17, udp(port, 700))), frame(0x86dd, ipv6(6, tcp(port, 20))), frame(0x0800, ipv4(17, udp(port, 500)), 77)]
    datagram = udp(port, 1192)
    plain += [frame(0x0800, ipv4(17, datagram[:600], 0x2000, number)), frame(0x0800, ipv4(17, datagram[600:], 75, number))]
    return [(one, [len(one)]) for one in plain]


def super_frame(port):
    """What the segmentation of the kernel makes of it is 54 bytes of headers and a share each."""
    whole = frame(0x0800, ipv4(6, tcp(port, SEGMENT * SEGMENTS - 300)))
    return whole, [54 + SEGMENT] * (SEGMENTS - 1) + [54 + SEGMENT - 300]


def of_nobody():
    others = [frame(0x0800, ipv4(1, bytes(64))), frame(0x0800, ipv4(50, bytes(200))), frame(0x0806, bytes(46)), frame(0x88cc, bytes(60)),
              frame(0x86dd, ipv6(58, bytes(30))), frame(0x86dd, ipv6(60, b'\x11\0\1\4\0\0\0\0' + udp(NOBODY + 1, 40)))]
    return [(one, [len(one)]) for one in others]


def send(device, seconds, rate):
    line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    line.setsockopt(263, 15, 1)  # SOL_PACKET, PACKET_VNET_HDR
    line.bind((device, 0))
    sent = {who: {'packets': 0, 'bytes': 0, 'kept': 0, 'cut': 0} for who in ('all', 'whole', 'short', 'later')}

    def put(one, packets, who):
        is_super = len(packets) > 1
        # needs its checksum from 34 on, at 16; TCP over IPv4 in segments behind 54 bytes
        header = struct.pack('=BBHHHH', 1, 1, 54, SEGMENT, 34, 16) if is_super else bytes(10)
        line.send(header + one)
        for name in {'all', who} - {None}:
            sent[name]['packets'] += len(packets)
            sent[name]['bytes'] += sum(packets)
            sent[name]['kept'] += sum(min(length, 96) for length in packets)
            sent[name]['cut'] += sum(length > 96 for length in packets)

    begin, number = time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        number += 1
        for who, port in (('whole', WHOLE), ('short', SHORT), ('later', NOBODY), (None, NOBODY + 1)):
            for one, packets in of_port(port, (number * 4 + port) & 0xffff) + [super_frame(port)]:
                put(one, packets, who)
        for one, packets in of_nobody():
            put(one, packets, None)
        time.sleep(max(0, begin + number / rate - time.monotonic()))
    print(json.dumps(sent))


def commits(seconds, mirrorsh, state, control):
    run = subprocess.Popen([mirrorsh, '--state', state, '--socket', control, '-k', '-f', '-'], stdin=subprocess.PIPE, text=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    chance, end, count = random.Random(7), time.monotonic() + seconds, 0
    lines = ['configure']
    while time.monotonic() < end:
        lines += ['delete session other', 'delete filter other']
        lines += ['set filter other %s rule %d action %s %s' % (direction, rule, chance.choice(['accept', 'reject']), chance.choice(
            ['protocol udp destination-port %d' % chance.randrange(20, 60), 'source 192.0.2.%d/32' % chance.randrange(256),
             'protocol tcp tcp-flags syn,fin', 'vlan %d' % chance.randrange(100, 200), 'dscp 46', 'destination 2001:db9::/32',
             'protocol tcp destination-port 7780-7790']))
                  for direction in ('ingress', 'egress') for rule in range(1, 1 + chance.randrange(25))]
        if chance.randrange(6):
            lines += ['set filter other ingress rule 99 action accept protocol 99',
                      'set session other priority 9 target t vni 7 filter other source interface src0 packet-length %s'
                      % chance.choice(['64', '300', '1000', 'full'])]
        if count % 20 == 10:
            lines += ['set system workers %d' % chance.randrange(1, 4)]
        run.stdin.write('\n'.join(lines + ['commit', '']))
        run.stdin.flush()
        lines, count = [], count + 1
        time.sleep(chance.uniform(0.02, 0.05))
    run.communicate('delete session other\ndelete filter other\ncommit\n')
    print('%d commits in %.1f s' % (count, time.monotonic() - end + seconds))


def check(sent_by, look):
    with open(sent_by, encoding='ascii') as lines:
        other, box = (json.loads(line) for line in lines)
    with open(look, encoding='utf-8') as lines:
        interfaces, sessions, copies = (json.loads(line) for line in lines)
    interface = interfaces['interfaces'][0]
    session = {s['name']: s for s in sessions['sessions']}
    every = {unit: other['all'][unit] + box['all'][unit] for unit in ('packets', 'bytes')}
    whole = other['whole']
    short = {unit: other['short'][unit] + box['short'][unit] for unit in whole}
    wanted = whole['packets'] + short['packets']
    wrong = 0

    def holds(what, got, expected):
        nonlocal wrong
        if got != expected:
            print('%s: %s, not %s' % (what, got, expected))
            wrong = 1

    def of_session(name):
        s = session[name]
        return [s[part]['packets'] for part in ('matched', 'sent', 'truncated', 'dropped')] + [s['sent']['bytes']]

    holds('received', interface['received'], every)
    holds('mirrored, rejected, unmatched, own, dropped', [interface[part]['packets'] for part in ('mirrored', 'rejected', 'unmatched', 'own', 'dropped')],
          [wanted, 0, every['packets'] - wanted, 0, 0])
    holds('whole', of_session('whole'), [whole['packets'], whole['packets'], 0, 0, whole['bytes']])
    holds('short', of_session('short'), [short['packets'], short['packets'], short['cut'], 0, short['kept']])
    holds('copies', copies, [whole['packets'], short['packets']])
    sys.exit(wrong)


if sys.argv[1] == 'check':
    check(*sys.argv[2:])
elif sys.argv[1] == 'send':
    send(sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
else:
    commits(float(sys.argv[2]), *sys.argv[3:])
