#!/usr/bin/env python3
"""Frames of all kinds with virtio_net headers of all kinds: fuzz.py wire|tap DEVICE SEED COUNT

wire: sent on the device by a packet socket; tap: written to a tap of that name, which is made
here, as a guest would (it says "ready" and waits for a line first). Most headers are right, in
parts of the rest a field or some bytes are anything. Prints how many the kernel took.
"""
import fcntl
import os
import random
import socket
import struct
import sys

GSO = (0, 1, 3, 4, 5)  # none, TCP over IPv4, UFO, TCP over IPv6, UDP (virtio 1.2, 5.1.6)


def moved(virtio, length):
    """What a virtio header says, with so many bytes more in front."""
    kind, header, start, at = virtio
    return kind, header + length, start + length, at


def tunnel(rest, depth):
    family, packet, virtio = network(rest, depth + 1)
    kind = rnd.choice(('vxlan', 'gre', 'ethernet over gre', 'ip'))
    ethernet = link(family, rnd.randrange(2)) if kind in ('vxlan', 'ethernet over gre') else b''
    protocol, front = (4 if family == 0x0800 else 41), b''
    if kind == 'vxlan':
        length = min(16 + len(ethernet) + len(packet), 65535)
        protocol, front = 17, struct.pack('!HHHHII', rnd.randrange(65536), 4789, length,
                                          rnd.choice((0, 0x1234)), 0x08000000, 5 << 8)
    elif kind != 'ip':
        flags = rnd.choice((0, 0x80, 0x20, 0x10, 0xb0, 0x40))
        front = struct.pack('!BBH', flags, 0, 0x6558 if ethernet else family)
        protocol, front = 47, front + bytes(4 * bin(flags).count('1'))
    front += ethernet
    return protocol, front + packet, moved(virtio, len(front))


def transport(rest, depth):
    """(IP protocol, bytes, virtio's kind, header length, checksum's start and offset)"""
    kind = rnd.choice(('tcp', 'tcp', 'udp', 'udp', 'ufo', 'sctp', 'icmp', 'tunnel', 'tunnel'))
    if kind == 'tunnel' and depth < 3:
        return tunnel(rest, depth)
    ports = struct.pack('!HH', rnd.randrange(65536), rnd.choice((53, 80, 4789, 8472)))
    # mostly what stale memory of a ring does most harm with
    body = (rnd.choice((b'\xff' * 32, b'\xff' * 32, rnd.randbytes(32))) * (rest // 32 + 1))[:rest]
    if kind == 'tcp':
        head = ports + struct.pack('!IIBBHHH', rnd.randrange(1 << 32), 0, 0x50, 0x99, 512, 0, 0)
        return 6, head + body, (1, 20, 0, 16)
    if kind == 'sctp':
        return 132, ports + bytes(8) + body, (0, 12, 0, 8)
    if kind == 'icmp':
        return 1, bytes(8) + body, (0, 8, 0, 2)
    head = ports + struct.pack('!HH', min(8 + rest, 65535), 0)
    return 17, head + body, (3 if kind == 'ufo' else 5, 8, 0, 6)


def network(rest, depth=0):
    """(ethertype, packet, virtio's...)"""
    protocol, body, virtio = transport(rest, depth)
    if rnd.random() < .5:
        head = struct.pack('!BBHHHBBH', 0x45, 0, min(20 + len(body), 65535), rnd.randrange(65536),
                           0x4000 if rnd.random() < .9 else 0x2000, 64, protocol, 0)
        head += bytes((10, 1, 0, rnd.randrange(256), 10, 2, 9, rnd.randrange(256)))
        family = 0x0800
    else:
        options = b''
        if rnd.random() < .2:
            options, protocol = bytes((protocol, 0, 1, 4, 0, 0, 0, 0)), rnd.choice((0, 60, 43, 44))
        head = struct.pack('!IHBB', 6 << 28, min(len(body) + len(options), 65535), protocol, 64)
        head += b'\xfd' + rnd.randbytes(15) + b'\xfd' + rnd.randbytes(15) + options
        if virtio[0] == 1 and virtio[2] == 0:  # TCP, and not further inside
            virtio = (4,) + virtio[1:]
        family = 0x86dd
    return family, head + body, moved(virtio, len(head))


def link(family, tags):
    front = bytes.fromhex('02000000aa0202000000aa01')
    for _ in range(tags):
        front += struct.pack('!HH', rnd.choice((0x8100, 0x88a8)), rnd.randrange(65536))
    return front + struct.pack('!H', family)


def frame():
    """A virtio_net header, 10 bytes, and a frame."""
    rest = rnd.choice((0, 1, 20, 100, 1000, 1400, 3000, 9001, 40000, 60000))
    family, packet, virtio = network(rest)
    front = link(family, rnd.choice((0, 0, 0, 1, 2)))
    packet, flags = bytearray(front + packet), 1
    kind, header, start, at = moved(virtio, len(front))
    size = rnd.choice((536, 1000, 1400, 1400, 8948)) if rest > 3000 else rnd.choice((1, 100, 536))
    if rest < 2 * size and rnd.random() < .7:
        kind = 0
    if rnd.random() < .3:
        field = rnd.randrange(7)
        kind = rnd.choice(GSO) | rnd.choice((0, 0x80)) if field == 0 else kind
        flags = rnd.randrange(8) if field == 1 else flags
        size = rnd.randrange(65536) if field == 2 else size
        start = rnd.choice((start + rnd.randrange(-60, 60), rnd.randrange(65536))) % 65536 \
            if field == 3 else start
        at = rnd.choice((6, 8, 16, rnd.randrange(65536))) if field == 4 else at
        header = rnd.randrange(65536) if field == 5 else header
        for _ in range(rnd.randrange(4) if field == 6 else 0):
            packet[rnd.randrange(min(len(packet), 120))] = rnd.choice((0, 1, 6, 17, 0x45, 0x60, 255))
    if kind == 0:
        size = 0
    return struct.pack('<BBHHHH', flags, kind, header, size, start, at) + bytes(packet)


def open_tap(name):
    tap = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(tap, 0x400454ca, struct.pack('16sH22x', name.encode(), 0x0002 | 0x1000 | 0x4000))
    fcntl.ioctl(tap, 0x400454d0, 0x1f)  # TUNSETOFFLOAD: checksums, TSO, ECN, UFO
    print('ready', flush=True)
    sys.stdin.readline()
    return lambda data: os.write(tap, data)


def open_wire(name):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((name, 0))
    wire.setsockopt(263, 15, 1)  # SOL_PACKET, PACKET_VNET_HDR
    return wire.send


rnd = random.Random(int(sys.argv[3]))
put = (open_tap if sys.argv[1] == 'tap' else open_wire)(sys.argv[2])
taken = 0
for _ in range(int(sys.argv[4])):
    try:
        put(frame())
        taken += 1
    except OSError:  # what the kernel itself finds wrong
        pass
print(taken)
