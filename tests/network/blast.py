#!/usr/bin/env python3
"""blast.py DEVICE COUNT RATE [FLOWS SIZE...]: numbered UDP frames over 512 flows, or so many, about
RATE a second; of 128 bytes, or in each flow of these sizes in turn. Ends before with SIGTERM, and waits
for a device that goes away to come back. Prints how many the wire took. Stays on one processor: of what two
put on a wire here, the later may arrive first."""
import os
import signal
import socket
import struct
import sys
import time

HEAD = bytes.fromhex('0200000000020200000000010800')


def frame(number, flows, sizes):
    size = sizes[number // flows % len(sizes)]
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, size - 14, 0, 0, 64, 17, 0, b'\x0a\0\0\1', b'\x0a\1\0\1')
    udp = struct.pack('!HHHH', 1000 + number % flows, 80, size - 34, 0)
    return HEAD + ip + udp + struct.pack('!Q', number) + bytes(size - 50)


def open_wire(device):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((device, 0))
    return wire


def blast(device, count, rate, flows=512, *sizes):
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processors[os.getpid() % len(processors)]})
    wire = open_wire(device)
    begin, sent = time.monotonic(), 0
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    while sent < count and not ended:
        due = min(count, int((time.monotonic() - begin) * rate) + 1)
        try:
            wire = wire or open_wire(device)
            while sent < due:
                wire.send(frame(sent, flows, sizes or [128]))
                sent += 1
        except OSError:
            wire = None
        time.sleep(0.001)
    print(sent)


if __name__ == '__main__':
    blast(sys.argv[1], *(int(a) for a in sys.argv[2:]))
