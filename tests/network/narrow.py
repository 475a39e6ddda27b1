#!/usr/bin/env python3
"""narrow.py DEVICE MTU: answers the first VXLAN packet over IPv4 that arrives on the device as a
router whose next link takes only MTU bytes: ICMP, fragmentation needed (RFC 1191)."""
import socket
import struct
import sys


def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack('!H', ~total & 0xffff)


wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
wire.bind((sys.argv[1], 0x0800))
wire.settimeout(20)
print('listening', flush=True)
while True:
    frame = wire.recv(65535)
    if frame[23] == 17 and frame[36:38] == b'\x12\xb5':
        break
icmp = struct.pack('!BBHHH', 3, 4, 0, 0, int(sys.argv[2])) + frame[14:42]
icmp = icmp[:2] + checksum(icmp) + icmp[4:]
ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0, frame[30:34],
                 frame[26:30])
ip = ip[:10] + checksum(ip) + ip[12:]
wire.send(frame[6:12] + frame[:6] + frame[12:14] + ip + icmp)
