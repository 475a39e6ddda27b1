"""The live view on a line of 9600 baud: 20 sessions whose every number moves, as a box of our own
tells. What must come within a second is counted in bytes that came first.
slow_view.py MIRRORSH STATE SOCKET"""

import os
import re
import socket
import struct
import sys
import threading
import time

from slow_line import SECOND, Terminal, delayed, verdict, within_second

MIRRORSH, STATE, SOCKET = sys.argv[1:4]
# The messages as the protocol numbers them, from 1 on.
TYPES = dict((name, number) for number, name in enumerate(re.findall(
    r'^    MESSAGE_(\w+)', open(os.environ['TOP'] + '/shell/protocol.h').read(), re.M), 1))


class Box:
    """Samples a second after the last was shown, or when one is asked for."""

    def __init__(self, path):
        self.taken, self.request, self.watched = 0, 0, ''
        self.shown = []  # by the moments at which they were
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        threading.Thread(target=self.serve, daemon=True).start()

    def send(self, name, body, request):
        self.peer.sendall(struct.pack('<III', TYPES[name], len(body), request) + body)

    def prompt(self, name, request):
        self.send(name, struct.pack('<IIII256s', 0, 0, 0, 0, b'box> '), request)

    def sample(self):
        self.taken += 1
        t = self.taken
        lines = [f'box\tbox\t{t * 1000}\t{t % 90}\t{t * 1000}']
        for i in range(20):
            packets = t * t * (i + 7919) + t * 12345 * (i + 3) % 7777
            lines.append(f'session\ts-{i}\tup\t{i + 1}\t{packets}\t{packets * 999}\t{packets}'
                         f'\t{packets * 99}\t\tf\tt\t{i}\t96\t0\t0\t{t * i}\t0\t0\t0')
            if f's-{i}' == self.watched:
                lines.append(f'watched\ts-{i}')
                lines += [f'rule\tingress\t{j}\taccept\tprotocol tcp destination-port {j}\t'
                          f'{packets}' for j in range(1, 60)]
        self.send('SAMPLE', ('\n'.join(lines) + '\n').encode(), self.request)

    def serve(self):
        self.peer, _ = self.listener.accept()
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        due = None
        while True:
            self.peer.settimeout(max(due - time.monotonic(), 0.001) if due else None)
            try:
                header = self.peer.recv(12, socket.MSG_WAITALL)
            except TimeoutError:
                due = None
                self.sample()
                continue
            if len(header) < 12:
                return
            kind, length, request = struct.unpack('<III', header)
            self.peer.settimeout(None)
            body = self.peer.recv(length, socket.MSG_WAITALL) if length else b''
            if kind == TYPES['HELLO']:
                self.prompt('WELCOME', 0)
            elif kind == TYPES['LINE']:
                self.request = request
                self.send('VIEW', struct.pack('<I', 1000), request)
                self.sample()
            elif kind == TYPES['SHOWN']:
                self.shown.append(time.monotonic())
                due = time.monotonic() + 1
            elif kind == TYPES['WATCH']:
                self.watched = body[4:].rstrip(b'\0').decode()
                due = time.monotonic()
            elif kind == TYPES['INTERRUPT']:
                due = None
                self.prompt('DONE', request)


def answered(slow, key, answer, name):
    start, before = len(slow.seen), delayed()
    slow.send(key)
    came = slow.await_text(answer, start)
    verdict(f'{name}: answered within a second', within_second(came, before), (came, slow.seen[start:]))


box = Box(SOCKET)
slow = Terminal(rate=SECOND, path=SOCKET)
slow.await_text(rb'box> ')
slow.send(b'monitor sessions\r')
slow.await_text(rb'q out')


def rounds(count):
    """Waits for so many more pictures."""
    wanted = len(box.shown) + count
    until = time.monotonic() + 120
    while len(box.shown) < wanted and time.monotonic() < until:
        time.sleep(0.01)


rounds(4)
start, shown = len(slow.seen), len(box.shown)
rounds(4)
each = (len(slow.seen) - start) / 4
verdict('20 sessions that move keep up with the line', each <= 1.5 * SECOND, each)
wanted = len(box.shown) + 2
until = time.monotonic() + 30
while len(box.shown) < wanted and time.monotonic() < until:
    slow.send(b'\014')
    time.sleep(0.4)
verdict('one ^L after the other leaves it whole', len(box.shown) >= wanted, box.shown[-1])
# each in the middle of a picture
for key, answer, name in ((b'p', b'PAUSED', 'pause'), (b'p', b'pause', 'and on'),
                          (b'\033OB', b'>s-1', 'the cursor'), (b's', b'name', 'sort'),
                          (b'?', b'back', 'help'), (b'?', b'out', 'and back'),
                          (b'\r', b'session s-1', 'a session')):
    rounds(1)
    time.sleep(1.3)
    answered(slow, key, answer, name)
verdict('its rules come', slow.await_text(rb'tcp destination-port 7') is not None)
start, before = len(slow.seen), delayed()
slow.send(b'qq')
came = slow.await_text(rb'box> ', start)
verdict('out: within a second', within_second(came, before), (came, slow.seen[start:]))
slow.close()
