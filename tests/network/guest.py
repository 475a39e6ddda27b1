#!/usr/bin/env python3
"""A guest on a tap: guest.py DEVICE LENGTH COUNT[:KIND]... writes frames of that length, KIND being
udp (the default) or ufo (41,900 bytes, to be cut into IP fragments by the host). Makes the device,
and holds it until it is ended. Prints "open", waits for SIGUSR1, and prints "done" when all is
written."""
import fcntl
import os
import signal
import struct
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x400454ca, 2, 0x1000, 0x4000
NEEDS_CSUM, GSO_UDP = 1, 3
UFO = 41900


def frame(length):
    payload = b'\xff' * (length - 42)
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, length - 14, 1, 0, 64, 17, 0, b'\n\x01\0\2', b'\n\x01\0\1')
    total = sum(struct.unpack('!10H', ip))
    total = (total & 0xffff) + (total >> 16)
    ip = ip[:10] + struct.pack('!H', ~total & 0xffff) + ip[12:]
    return bytes.fromhex('02000000aa0202000000aa010800') + ip + struct.pack('!HHHH', 1000, 80, length - 34, 0) + payload


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
fd = os.open(os.environ['TUN'], os.O_RDWR)
fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', sys.argv[1].encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
print('open', flush=True)
signal.sigwait([signal.SIGUSR1])
for word in sys.argv[3:]:
    count, _, kind = word.partition(':')
    if kind == 'ufo':
        data = struct.pack('=BBHHHH', NEEDS_CSUM, GSO_UDP, 42, 1480, 34, 6) + frame(UFO)
    else:
        data = bytes(10) + frame(int(sys.argv[2]))
    for _ in range(int(count)):
        os.write(fd, data)
print('done', flush=True)
signal.pause()
