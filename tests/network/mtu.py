#!/usr/bin/env python3
"""mtu.py WIRE.pcap STEPS FLOWS SIZE...: what a receiver got of blast.py's frames while the MTU on the
way to it changed. A line of STEPS is "BEGIN END MTU": asked for at BEGIN, known to the box at END.
Every packet whole or cut to the MTU of its time, none in pieces, none twice. Prints how many came
and how many of them were cut."""
import struct
import sys

import blast


def packets(path):
    with open(path, 'rb') as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        seconds, microseconds, captured, length = struct.unpack_from('<IIII', data, at)
        assert captured == length, 'a packet of %d bytes, %d captured' % (length, captured)
        yield seconds + microseconds / 1e6, data[at + 16:at + 16 + captured]
        at += 16 + captured


def payload(frame):
    """What follows the VXLAN header, and the length of the IP packet."""
    kind, packet = frame[12:14], frame[14:]
    if kind == b'\x08\x00':
        whole, flags = struct.unpack_from('!HxxH', packet, 2)
        assert flags == 0x4000, 'IPv4 flags and fragment offset %#x' % flags
        return packet[36:whole], whole, 36
    whole = struct.unpack_from('!H', packet, 4)[0] + 40
    assert kind == b'\x86\xdd' and packet[6] == 17, 'next header %d' % packet[6]
    return packet[56:whole], whole, 56


def main():
    flows, *sizes = (int(a) for a in sys.argv[3:])
    with open(sys.argv[2], encoding='ascii') as file:
        steps = [tuple(float(word) for word in line.split()) for line in file]
    seen, cut, certain = set(), 0, set()
    for when, frame in packets(sys.argv[1]):
        inner, whole, overhead = payload(frame)
        number, = struct.unpack_from('!Q', inner, 42)
        wanted = blast.frame(number, flows, sizes)
        assert inner == wanted[:len(inner)], 'packet %d differs' % number
        assert number not in seen, 'packet %d came twice' % number
        seen.add(number)
        cut += len(inner) < len(wanted)
        began = [step for step in steps if step[0] < when]
        # Between the change and the box's knowing of it either MTU will do.
        known = began[-1][1] < when
        rooms = {int(step[2]) - overhead for step in began[-1 if known else -2:]}
        assert len(inner) in {min(len(wanted), room) for room in rooms}, \
            'packet %d of %d bytes came with %d, MTU %s' % (number, len(wanted), len(inner), began[-2:])
        if known:
            certain.add(began[-1])
    print(len(seen), cut)
    assert len(certain) == len(steps), 'packets came at %d of %d MTUs' % (len(certain), len(steps))


try:
    main()
except AssertionError as error:
    sys.exit(str(error))
