#!/usr/bin/env python3
"""What a console shows of packets, against tcpdump:

traffic.py replay DEVICE FILE.pcap...   sends what is in captures, as far as it fits the wire
traffic.py compare CAPTURE LINES        holds lines of `monitor traffic` against tcpdump's of the
                                        same packets: both have them in the same order

Of each packet tcpdump is the judge: its time, its VLAN tags (-e), and what it is from its addresses to
its length. What tcpdump says behind that is of the application; UDP is compared with what it says
of it when it is told to be quick (-q). Packets that are neither IP nor ARP it decodes further.
"""
import collections
import re
import socket
import struct
import subprocess
import sys


def replay(device, *paths):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((device, 0))
    count = 0
    for path in paths:
        with open(path, 'rb') as file:
            head = file.read(24)
            if struct.unpack('<I', head[:4])[0] & 0xffff00ff != 0xa1b200d4 or head[20] != 1:
                continue
            while len(packet := file.read(16)) == 16:
                captured, length = struct.unpack('<II', packet[8:])
                frame = file.read(captured)
                if 60 <= captured == length <= 1514:
                    wire.send(frame)
                    count += 1
    print(count)


def tcpdump(capture, *options):
    out = subprocess.run(['tcpdump', '-nn', '-S', *options, '-r', capture], capture_output=True,
                         text=True, errors='replace', check=True).stdout
    packets = []
    for line in out.split('\n'):
        if re.match(r'\d\d:\d\d:\d\d\.\d{6} ', line):
            packets.append(line)
    return packets


def squeezed(text):
    return re.sub(' +', ' ', text).strip()


def agrees(ours, theirs, quick):
    """Which kind of packet it is on which both agree; None: they do not."""
    if ' > ' in ours and re.search(', (ethertype 0x|802.3)', ours):
        return 'other'
    if re.search(r'\[\||truncated|bad|Unknown|hardware type', ours):
        return 'malformed'
    if re.search(r'(sctp|GREv\d|ESP|ip-proto-\d+|RT6|frag)', ours):
        front = re.split('(sctp|GREv|ESP|ip-proto|RT6|frag)', ours)[0]
        return 'ends' if theirs.startswith(front) else None
    if 'UDP, length' in ours:
        return 'UDP' if quick.startswith(ours) else None
    if 'mptcp' in ours:
        front, behind = ours.split(', options')[0], ours.rsplit('],', 1)[1]
        return 'MPTCP' if theirs.startswith(front) and behind in theirs else None
    if theirs == ours or theirs.startswith(ours + ':') or theirs.startswith(ours + ' '):
        return re.search(r'Flags|ICMP6|ICMP|ARP|\(\d+\)$|$', ours).group(0)
    return None


def compare(capture, lines):
    with open(lines, encoding='ascii') as file:
        ours = file.read().splitlines()
    plain, quick, tags = tcpdump(capture), tcpdump(capture, '-q'), tcpdump(capture, '-e')
    kinds, wrong = collections.Counter(), 0
    if not len(ours) == len(plain) == len(quick) == len(tags):
        sys.exit('%d lines, %d %d %d of tcpdump' % (len(ours), len(plain), len(quick), len(tags)))
    for line, theirs, short, tagged in zip(ours, plain, quick, tags):
        when, interface, direction, rest = line.split(None, 3)
        vlans = re.match(r'(vlan \d+, p \d+(, DEI)?, )*', rest).group(0)
        rest = rest[len(vlans):]
        theirs_when, theirs = squeezed(theirs).split(' ', 1)
        kind = agrees(squeezed(rest), theirs, squeezed(short).split(' ', 1)[1])
        theirs_vlans = re.findall(r'vlan \d+, p \d+', tagged)
        if when != theirs_when or interface != 'src0' or direction not in ('In', 'Out') or \
                re.findall(r'vlan \d+, p \d+', vlans) != theirs_vlans or not kind:
            wrong += 1
            if wrong < 6:
                print('%s\n  tcpdump: %s' % (line, theirs))
        kinds[kind] += 1
        kinds['tagged'] += bool(vlans)
    print(dict(kinds))
    missing = [k for k in ('Flags', 'UDP', 'ICMP', 'ICMP6', 'ARP', 'tagged') if kinds[k] < 10]
    if wrong or missing:
        sys.exit('%d differ; too few of %s' % (wrong, missing))


if __name__ == '__main__':
    globals()[sys.argv[1]](*sys.argv[2:])
