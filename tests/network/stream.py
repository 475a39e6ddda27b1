#!/usr/bin/env python3
"""A TCP transfer and its mirror:

stream.py serve ADDRESS PORT BYTES           sends BYTES to the first who connects
stream.py fetch ADDRESS PORT BYTES           gets them, fails unless they are right
stream.py verify RECEIVED.pcap PORT BYTES MTU   every packet of the mirror has right checksums
    and is no longer than MTU, and the packets from PORT hold all BYTES
"""
import hashlib
import socket
import struct
import sys


def contents(size):
    block, data = b'', bytearray()
    while len(data) < size:
        block = hashlib.sha512(block).digest() * 64
        data += block
    return bytes(data[:size])


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def serve(address, port, size):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family)
    print('listening', flush=True)
    connection, _ = listener.accept()
    connection.sendall(contents(size))
    connection.close()


def fetch(address, port, size):
    got = bytearray()
    with socket.create_connection((address, port), 10) as connection:
        while part := connection.recv(1 << 20):
            got += part
    if got != contents(size):
        sys.exit('the transfer itself went wrong')


def frames(path):
    with open(path, 'rb') as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        captured, = struct.unpack_from('<I', data, at + 8)
        yield data[at + 16:at + 16 + captured]
        at += 16 + captured


def segment(frame, mtu):
    """(source port, sequence number, payload) of a TCP packet, or None."""
    kind, packet = struct.unpack_from('!H', frame, 12)[0], frame[14:]
    if kind == 0x0800 and packet[9] == 6:
        head, whole = (packet[0] & 15) * 4, struct.unpack_from('!H', packet, 2)[0]
        addresses = packet[12:20]
        if checksum(packet[:head]) != 0xffff:
            sys.exit('wrong IPv4 checksum')
    elif kind == 0x86dd and packet[6] == 6:
        head, whole = 40, 40 + struct.unpack_from('!H', packet, 4)[0]
        addresses = packet[8:40]
    else:
        return None
    if whole > mtu:
        sys.exit('a packet of %d bytes' % whole)
    if whole > len(packet):
        sys.exit('a packet of %d bytes has %d' % (whole, len(packet)))
    tcp = packet[head:whole]
    if checksum(addresses + struct.pack('!II', 6, len(tcp)) + tcp) != 0xffff:
        sys.exit('wrong TCP checksum')
    offset = (tcp[12] >> 4) * 4
    port, sequence = struct.unpack_from('!HxxI', tcp)
    return port, sequence + (tcp[13] >> 1 & 1), tcp[offset:]


def verify(path, port, size, mtu):
    parts, first, replies = {}, None, 0
    for frame in frames(path):
        one = segment(frame, mtu)
        if one is None:
            continue
        replies += one[0] != port
        if one[0] != port:
            continue
        if first is None:
            first = one[1]
        if one[2]:
            parts[(one[1] - first) & 0xffffffff] = one[2]
    whole = bytearray(size)
    for at, part in parts.items():
        whole[at:at + len(part)] = part
    if whole[:size] != contents(size):
        sys.exit('the mirror lacks some of the stream: %d packets' % len(parts))
    if not replies:
        sys.exit('the mirror lacks the other direction')


command, numbers = sys.argv[1], [int(a) for a in sys.argv[3:]]
{'serve': serve, 'fetch': fetch, 'verify': verify}[command](sys.argv[2], *numbers)
