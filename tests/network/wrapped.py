#!/usr/bin/env python3
"""A mirror packet inside everything that networks wrap packets in:

wrapped.py DEVICE MIRROR.pcap OURS|OTHERS    puts them on the wire, prints how many

OURS: around the first packet of MIRROR.pcap as it is; OTHERS: around two that are like it but are not
the box's, one with another VNI and one to another port.
"""
import socket
import struct
import sys

MACS = bytes.fromhex('02000000bb0202000000bb01')


def ether(kind, body):
    return MACS + struct.pack('!H', kind) + body


def ipv4(protocol, body, options=b'', more=False):
    head = struct.pack('!BBHHHBBH4s4s', 0x45 + len(options) // 4, 0, 20 + len(options) + len(body), 1,
                       0x2000 if more else 0, 64, protocol, 0, b'\xc0\0\2\1', b'\xc0\0\2\2') + options
    total = sum(struct.unpack('!%dH' % (len(head) // 2), head))
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack('!H', ~total & 0xffff) + head[12:] + body


def ipv6(following, body):
    ends = bytes.fromhex('20010db8' + 22 * '0' + '01' + '20010db8' + 22 * '0' + '02')
    return struct.pack('!IHBB', 6 << 28, len(body), following, 64) + ends + body


def udp(port, body):
    return struct.pack('!HHHH', 50000, port, 8 + len(body), 0) + body


def vxlan(body, port=4789, flags=0x08000000):
    return udp(port, struct.pack('!II', flags, 4711 << 8) + body)


def wrappings(frame):
    """frame: the mirror packet, of Ethernet."""
    packet = frame[14:]
    family = packet[0] >> 4
    kind, number, ppp, flags = (0x0800, 4, 0x21, 0) if family == 4 else (0x86dd, 41, 0x57, 0)
    double = ether(0x0800, ipv4(17, vxlan(frame)))
    yield ether(0x8847, struct.pack('!II', 17 << 12 | 64, 16 << 12 | 1 << 8 | 64) + packet)  # MPLS
    yield ether(0x8864, struct.pack('!BBHHH', 0x11, 0, 1, 2 + len(packet), ppp) + packet)  # PPPoE
    yield ether(0x88e7, struct.pack('!I', 5) + frame)  # IEEE 802.1ah
    for tags in (b'\x81\0\0\5', b'\x88\xa8\0\1\x81\0\0\5'):
        yield MACS + tags + struct.pack('!H', 0x0800) + ipv4(number, packet)
    for around in (lambda protocol, body: ether(0x0800, ipv4(protocol, body)),
                   lambda protocol, body: ether(0x0800, ipv4(protocol, body, b'\1\1\1\0')),
                   lambda protocol, body: ether(0x86dd, ipv6(protocol, body)),
                   lambda protocol, body: ether(0x86dd, ipv6(60, bytes((protocol, 0, 1, 4, 0, 0, 0, 0)) + body))):
        yield around(number, packet)  # IP in IP
        yield around(47, struct.pack('!HH', 0, kind) + packet)  # GRE
        yield around(47, struct.pack('!HHHHII', 0xb000, kind, 0, 0, 7, 1) + packet)
        yield around(47, struct.pack('!HH', 0, 0x6558) + frame)  # Ethernet in GRE
        yield around(47, struct.pack('!HHI', 0x2000, 0x6558, 9 << 8) + frame)  # NVGRE
        yield around(47, struct.pack('!HHIII', 0x1000, 0x88be, 1, 1 << 28, 0) + frame)  # ERSPAN
        yield around(97, struct.pack('!H', 0x3000) + frame)  # Ethernet in IP
        yield around(115, struct.pack('!II', 7, 0) + frame)  # L2TP
        yield around(17, vxlan(frame))
        yield around(17, vxlan(frame, 8472))
        yield around(17, vxlan(packet, 4790, 0x0c000000 + (1 if family == 4 else 2)))  # VXLAN-GPE
        yield around(17, udp(6081, struct.pack('!HHI', 0x0200, 0x6558, 7 << 8) + bytes(8) + frame))  # Geneve
        yield around(17, udp(2152, struct.pack('!BBHI', 0x30, 0xff, len(packet), 7) + packet))  # GTP
        yield around(17, udp(1701, struct.pack('!HHI', 3, 0, 7) + bytes(4) + frame))  # L2TP over UDP
        yield around(17, udp(5555, packet))  # FOU
        yield around(17, udp(6635, struct.pack('!I', 17 << 12 | 1 << 8 | 64) + packet))  # MPLS over UDP
        yield around(17, vxlan(double))
        yield around(47, struct.pack('!HH', 0, 0x6558) + double)


def others(frame):
    at = 42 if frame[14] >> 4 == 4 else 62
    yield frame[:at + 6] + bytes((frame[at + 6] ^ 1,)) + frame[at + 7:]
    yield frame[:at - 5] + bytes((frame[at - 5] ^ 1,)) + frame[at - 4:]


def main():
    device, path, whose = sys.argv[1:]
    with open(path, 'rb') as file:
        data = file.read()
    captured, = struct.unpack_from('<I', data, 32)
    mirror = data[40:40 + captured]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((device, 0))
    count = 0
    for one in [mirror] if whose == 'ours' else others(mirror):
        for frame in wrappings(one):
            wire.send(frame)
            count += 1
    print(count)


main()
