#!/usr/bin/env python3
"""Puts frames on a wire: frames.py DEVICE SET [SEED [ARGUMENT]...]

Every frame carries a number of its own near its front, so that no two are alike even when
they are cut, and right checksums. SEED tells two sendings apart; ARGUMENTs are those of the SET.
"""
import ipaddress
import itertools
import socket
import struct
import sys

TCP, UDP, SCTP, ICMP, ICMP6, GRE = 6, 17, 132, 1, 58, 47
CLIENT, SERVER = bytes.fromhex('02000000aa01'), bytes.fromhex('02000000aa02')
serial = 0


def mark(size=24):
    """Payload that begins with a number of its own."""
    global serial
    serial += 1
    return (struct.pack('!II', seed, serial) + bytes(i & 0xff for i in range(size)))[:max(8, size)]


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(source, destination, protocol, length):
    return source + destination + struct.pack('!II', length, protocol)


def transport(source, destination, protocol, sport=1000, dport=80, payload=None, finish=True,
              flags=0x18):
    """A transport packet with its checksum; finish=False: as an offload leaves it, only the
    pseudo header's sum."""
    payload = mark() if payload is None else payload
    if protocol == TCP:
        packet, at = struct.pack('!HHIIBBHHH', sport, dport, 1, 2, 0x50, flags, 512, 0, 0), 16
    elif protocol == UDP:
        packet, at = struct.pack('!HHHH', sport, dport, 8 + len(payload), 0), 6
    elif protocol == SCTP:
        return struct.pack('!HHII', sport, dport, 7, 0) + payload
    elif protocol == ICMP:
        packet, at = struct.pack('!BBHHH', 8, 0, 0, 1, 1), 2
    elif protocol == ICMP6:
        packet, at = struct.pack('!BBHHH', 128, 0, 0, 1, 1), 2
    else:
        return payload
    packet += payload
    front = b'' if protocol == ICMP else pseudo(source, destination, protocol, len(packet))
    value = checksum(front + packet) if finish else ~checksum(front) & 0xffff
    return packet[:at] + struct.pack('!H', value) + packet[at + 2:]


def ip(source, destination, protocol, body, ident=0, fragment=0, more=False, extension=b'',
       first=None, tos=0):
    """An IP packet; fragment: offset in bytes. extension: IPv6 extension headers, the first of
    which is of the kind `first`."""
    source, destination = (ipaddress.ip_address(a).packed for a in (source, destination))
    if len(source) == 4:
        flags = fragment // 8 | (0x2000 if more else 0)
        head = struct.pack('!BBHHHBBH', 0x45, tos, 20 + len(body), ident, flags, 64, protocol, 0)
        head += source + destination
        return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body
    if fragment or more:
        extension = struct.pack('!BBHI', protocol, 0, fragment | more, ident)
        first = 44
    body = extension + body
    return struct.pack('!IHBB', 6 << 28 | tos << 20, len(body), first if extension else protocol, 64) + \
        source + destination + body


def frame(packet, tags=(), ethertype=None, reply=False):
    """tags: (ethertype, VLAN ID), the outermost first."""
    if ethertype is None:
        ethertype = 0x0800 if packet[0] >> 4 == 4 else 0x86dd
    front = CLIENT + SERVER if reply else SERVER + CLIENT
    for kind, vlan in tags:
        front += struct.pack('!HH', kind, vlan | 0x2000)
    return front + struct.pack('!H', ethertype) + packet


def packed(address):
    return ipaddress.ip_address(address).packed


def flow(source, destination, protocol, sport=1000, dport=80, tags=(), **more):
    body = transport(packed(source), packed(destination), protocol, sport, dport, **more)
    return frame(ip(source, destination, protocol, body), tags)


PAIRS = (('10.0.0.1', '10.1.0.1'), ('fd00:1::1', 'fd00:2::1'))
TAGS = ((), ((0x8100, 5),), ((0x8100, 100),), ((0x8100, 0),), ((0x8100, 4095),),
        ((0x88a8, 10), (0x8100, 5)), ((0x8100, 10), (0x8100, 100)))


def protocols():
    for source, destination in PAIRS:
        for tags in TAGS:
            for protocol in (TCP, UDP, SCTP, GRE, ICMP6 if ':' in source else ICMP):
                yield flow(source, destination, protocol, 1000, 80, tags)
                yield flow(destination, source, protocol, 80, 1000, tags)


def ports():
    for source, destination in PAIRS:
        for port in (0, 1, 79, 80, 81, 89, 90, 91, 442, 443, 1023, 1024, 65534, 65535):
            for protocol in (TCP, UDP, SCTP):
                yield flow(source, destination, protocol, 5000, port)
                yield flow(source, destination, protocol, port, 5000)


def prefixes():
    inside4 = ('9.255.255.255', '10.0.0.0', '10.0.0.1', '10.0.0.127', '10.0.0.128', '10.0.0.255',
               '10.0.1.0', '10.255.255.255', '11.0.0.0', '128.0.0.0', '127.255.255.255')
    inside6 = ('fd00:1::', 'fd00:1::1', 'fd00:1:0:0:ffff:ffff:ffff:ffff', 'fd00:1:0:1::',
               'fd00:0:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00:1::8000', '8000::', '7fff::1')
    for addresses, other in ((inside4, '192.0.2.1'), (inside6, '2001:db8::1')):
        for address in addresses:
            yield flow(address, other, UDP)
            yield flow(other, address, TCP)


def fragments():
    """Three fragments of a datagram to port 80 and of one to port 81."""
    for number, (source, destination) in enumerate(PAIRS):
        for dport in (80, 81):
            body = transport(packed(source), packed(destination), UDP, 1000, dport, mark(96))
            for offset in (0, 40, 80):
                part = body[offset:offset + 40]
                yield frame(ip(source, destination, UDP, part, 700 + dport + 100 * number, offset,
                               offset < 80))


def arp(sender, target, tags=()):
    return frame(struct.pack('!HHBBH', 1, 0x0800, 6, 4, 1) + CLIENT + packed(sender) + bytes(6) +
                 packed(target) + mark(18), tags, 0x0806)


def arps(senders, targets):
    """Who has each of the targets, asked by each of the senders, below no tag and one."""
    for sender, target in itertools.product(senders.split(','), targets.split(',')):
        for tags in TAGS[:2]:
            yield arp(sender, target, tags)


def flags():
    """TCP with each combination of its flags, tagged and not, and UDP."""
    for source, destination in PAIRS:
        for bits in range(256):
            yield flow(source, destination, TCP, tags=TAGS[bits % len(TAGS)], flags=bits)
        yield flow(source, destination, UDP)


def link_addresses():
    """To either end of the link."""
    for source, destination in PAIRS:
        for tags in TAGS:
            body = transport(packed(source), packed(destination), UDP)
            yield frame(ip(source, destination, UDP, body), tags)
            body = transport(packed(destination), packed(source), UDP)
            yield frame(ip(destination, source, UDP, body), tags, reply=True)


def code_points():
    for source, destination in PAIRS:
        for tos in range(256):
            body = transport(packed(source), packed(destination), UDP)
            yield frame(ip(source, destination, UDP, body, tos=tos), TAGS[tos % len(TAGS)])


def services():
    """What a cloud's own services say (engine/plan/services.h), and what only looks like it."""
    metadata = '169.254.169.254'
    for tags in TAGS[:2]:
        yield arp('10.0.0.1', '10.1.0.1', tags)
        for protocol in (TCP, UDP):
            for one, other in ((metadata, '10.0.0.1'), ('169.254.169.253', '10.0.0.1')):
                yield flow(one, other, protocol, 80, 1000, tags)
                yield flow(other, one, protocol, 1000, 80, tags)
            for source, destination in PAIRS:
                for port in (66, 67, 68, 69, 122, 123, 124, 546, 547, 1687, 1688, 1689):
                    yield flow(source, destination, protocol, 5000, port, tags)
                    yield flow(destination, source, protocol, port, 5000, tags)
                    yield flow(source, destination, protocol, port, port, tags)
    for number, (source, destination) in enumerate(PAIRS):
        body = transport(packed(source), packed(destination), UDP, 1000, 123, mark(96))
        for offset in (0, 40, 80):
            yield frame(ip(source, destination, UDP, body[offset:offset + 40], 900 + number, offset,
                           offset < 80))


def others():
    """What is not IP, and TCP behind IPv6 extension headers."""
    for tags in TAGS[:2]:
        yield arp('10.0.0.1', '10.1.0.1', tags)
        yield frame(mark(46), tags, 0x88cc)
    yield frame(b'\xaa\xaa\x03' + mark(43), (), 46)  # IEEE 802.3 with a length
    source, destination = PAIRS[1]
    for chain in ((0,), (60,), (0, 43, 60)):
        body = transport(packed(source), packed(destination), TCP, 1000, 80)
        extension = b''
        for kind, following in zip(chain, chain[1:] + (TCP,)):
            extension += bytes((following, 0)) + (bytes(6) if kind == 43 else b'\1\4\0\0\0\0')
        yield frame(ip(source, destination, TCP, body, extension=extension, first=chain[0]))


def malformed():
    """What only looks like IP. tcpdump's filters reject a packet that they read past the end of,
    so these stand apart."""
    for source, destination in PAIRS:
        for protocol in (TCP, UDP, SCTP, ICMP):
            whole = ip(source, destination, protocol,
                       transport(packed(source), packed(destination), protocol))
            yield frame(mark(46), (), 0x0800 if '.' in source else 0x86dd)
            for end in range(0, len(whole), 3):
                yield frame(whole[:end], (), 0x0800 if '.' in source else 0x86dd)
    for kind in (0x8100, 0x88a8):
        yield frame(b'', ((kind, 5),), kind)
        yield frame(mark(10), ((kind, 5),) * 20, 0x0800)


def sizes():
    for size in (8, 9, 22, 23, 60, 96, 97, 500, 1000, 1457, 1458, 1459):
        yield flow('10.0.0.1', '10.1.0.1', UDP, payload=mark(size))
    for size in (8, 500, 1439):
        yield flow('fd00:1::1', 'fd00:2::1', UDP, payload=mark(size))


def lengths(given):
    """UDP of IPv4 with each of the lengths given, commas between, below any tags."""
    for length in given.split(','):
        for tags in TAGS:
            yield flow('10.0.0.1', '10.1.0.1', UDP, tags=tags, payload=mark(int(length) - 28))


def flows():
    """Both directions of 64 flows."""
    for source, destination in PAIRS:
        for port in range(2000, 2064):
            yield flow(source, destination, TCP, port, 80)
            yield flow(destination, source, TCP, 80, port)


def cross(protocols, sources, destinations, sports='1000', dports='80'):
    """Every combination of what is given, each with commas between: tcp,udp 10.0.0.1,fd00::1; of
    addresses of one family."""
    for protocol, *ends, sport, dport in itertools.product(
            *(given.split(',') for given in (protocols, sources, destinations, sports, dports))):
        if (':' in ends[0]) == (':' in ends[1]):
            yield flow(*ends, globals()[protocol.upper()], int(sport), int(dport))


def mix():
    for some in (protocols, ports, prefixes, fragments, others, sizes):
        yield from some()


def super_frames():
    """Super-frames as offloads make them: virtio_net_hdr (virtio 1.1, 5.1.6) and frame."""
    for source, destination in PAIRS:
        kind = 1 if ':' not in source else 4
        for tags in TAGS[:2]:
            for size, segment in ((65000, 1400), (2801, 1400), (2800, 1400), (30000, 536)):
                size -= 20 if kind == 1 else 40
                body = transport(packed(source), packed(destination), TCP, 1000, 80,
                                 mark(size - 20), finish=False)
                packet = frame(ip(source, destination, TCP, body, ident=0x1234), tags)
                start = len(packet) - len(body)
                yield struct.pack('<BBHHHH', 1, kind, start + 20, segment, start, 16) + packet
                # and one that only has its checksum unfinished
            body = transport(packed(source), packed(destination), TCP, 1000, 80, mark(333),
                             finish=False)
            packet = frame(ip(source, destination, TCP, body), tags)
            start = len(packet) - len(body)
            yield struct.pack('<BBHHHH', 1, 0, 0, 0, start, 16) + packet


def main():
    global seed
    device, wanted = sys.argv[1], sys.argv[2]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((device, 0))
    if wanted == 'super_frames':
        wire.setsockopt(263, 15, 1)  # SOL_PACKET, PACKET_VNET_HDR
    count = 0
    for one in globals()[wanted](*sys.argv[4:]):
        wire.send(one)
        count += 1
    print(count)


main()
