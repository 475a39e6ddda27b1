#!/usr/bin/env python3
"""blast.py DEVICE COUNT RATE [FLOWS SIZE...]: numbered UDP frames over 512 flows, or so many, about
RATE a second; of 128 bytes, or in each flow of these sizes in turn. Prints how many the wire took."""
import socket
import struct
import sys
import time

device, count, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
flows = int(sys.argv[4]) if len(sys.argv) > 4 else 512
sizes = [int(size) for size in sys.argv[5:]] or [128]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind((device, 0))
head = bytes.fromhex('0200000000020200000000010800')
begin, sent = time.monotonic(), 0
while sent < count:
    due = min(count, int((time.monotonic() - begin) * rate) + 1)
    while sent < due:
        size = sizes[sent // flows % len(sizes)]
        ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, size - 14, 0, 0, 64, 17, 0, b'\x0a\0\0\1',
                         b'\x0a\1\0\1')
        udp = struct.pack('!HHHH', 1000 + sent % flows, 80, size - 34, 0)
        wire.send(head + ip + udp + struct.pack('!Q', sent) + bytes(size - 50))
        sent += 1
    time.sleep(0.001)
print(sent)
