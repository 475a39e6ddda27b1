#!/usr/bin/env python3
"""narrow.py DEVICE MTU: answers the next long VXLAN packet that arrives on the device as a router
whose next link takes only MTU bytes: ICMP, fragmentation needed (RFC 1191), or ICMPv6, packet too
big (RFC 4443 section 3.2)."""
import socket
import struct
import sys


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack('!H', ~total & 0xffff)


def answer4(packet, mtu):
    icmp = struct.pack('!BBHHH', 3, 4, 0, 0, mtu) + packet[:28]
    icmp = icmp[:2] + checksum(icmp) + icmp[4:]
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0, packet[16:20], packet[12:16])
    return ip[:10] + checksum(ip) + ip[12:] + icmp


def answer6(packet, mtu):
    icmp = struct.pack('!BBHI', 2, 0, 0, mtu) + packet[:1000]
    addresses = packet[24:40] + packet[8:24]
    icmp = icmp[:2] + checksum(addresses + struct.pack('!II', len(icmp), 58) + icmp) + icmp[4:]
    return struct.pack('!IHBB', 6 << 28, len(icmp), 58, 64) + addresses + icmp


device, mtu = sys.argv[1], int(sys.argv[2])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
wire.bind((device, 0x0003))
wire.settimeout(20)
print('listening', flush=True)
while True:
    frame = wire.recv(65535)
    kind, packet = frame[12:14], frame[14:]
    if len(packet) <= mtu:
        continue
    if kind == b'\x08\0' and packet[9] == 17 and packet[22:24] == b'\x12\xb5':
        reply = answer4(packet, mtu)
        break
    if kind == b'\x86\xdd' and packet[6] == 17 and packet[42:44] == b'\x12\xb5':
        reply = answer6(packet, mtu)
        break
wire.send(frame[6:12] + frame[:6] + kind + reply)
