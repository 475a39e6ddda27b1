#!/usr/bin/env python3
"""Holds what a receiver got against what the source showed:

compare.py EXPECTED.pcap[,EXPECTED.pcap]... RECEIVED.pcap[,...] [LENGTH [MINIMUM]]

A file may stand as wire:VNI:FILE: then it shows VXLAN over IPv4 or IPv6, and what is inside counts.
Every packet of EXPECTED, cut to LENGTH bytes, must stand in RECEIVED exactly once, and nothing
else; at least MINIMUM (1) of them, so that a comparison of nothing with nothing fails.
"""
import collections
import struct
import sys


def packets(paths):
    for path in paths.split(','):
        if path.startswith('wire:'):
            _, vni, path = path.split(':')
            for packet in packets_of(path):
                header = struct.pack('!II', 0x08000000, int(vni) << 8)  # RFC 7348 section 5
                at = 42 if packet[12:14] == b'\x08\0' else 62
                assert packet[at:at + 8] == header, packet[:at + 8].hex()
                yield packet[at + 8:]
        else:
            yield from packets_of(path)


def packets_of(path):
    with open(path, 'rb') as file:
        data = file.read()
    order = {b'\xd4\xc3\xb2\xa1': '<', b'\xa1\xb2\xc3\xd4': '>',
             b'\x4d\x3c\xb2\xa1': '<', b'\xa1\xb2\x3c\x4d': '>'}[data[:4]]
    at = 24
    while at + 16 <= len(data):
        captured, length = struct.unpack_from(order + 'II', data, at + 8)
        assert captured == length, '%s: a packet of %d bytes, %d captured' % (path, length, captured)
        yield data[at + 16:at + 16 + captured]
        at += 16 + captured


def main():
    length = int(sys.argv[3]) if len(sys.argv) > 3 else 65535
    minimum = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    expected = collections.Counter(packet[:length] for packet in packets(sys.argv[1]))
    received = collections.Counter(packets(sys.argv[2]))
    if expected.total() < minimum:
        sys.exit('only %d packets were expected, not %d' % (expected.total(), minimum))
    if expected == received:
        return
    missing, surplus = expected - received, received - expected
    print('%d expected, %d received, %d missing, %d surplus' %
          (expected.total(), received.total(), missing.total(), surplus.total()))
    for name, some in (('missing', missing), ('surplus', surplus)):
        for packet in list(some)[:3]:
            print('%s (%d bytes, %d times): %s' % (name, len(packet), some[packet],
                                                   packet[:110].hex(' ', 2)))
    sys.exit(1)


main()
