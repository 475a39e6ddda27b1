"""Consoles on terminals that are stopped or gone, and boxes that are: what a person's ^C
and a SIGTERM do then. terminals.py MIRRORSH STATE SOCKET; a box runs at the socket."""

import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time

from slow_line import MIRRORSH, SOCKET, prompted, verdict

# The messages as the protocol numbers them, from 1 on.
TYPES = dict((name, number) for number, name in enumerate(re.findall(
    r'^    MESSAGE_(\w+)', open(os.environ['TOP'] + '/shell/protocol.h').read(), re.M), 1))
LINE, COMPLETE, WELCOME, OUTPUT, CHOICES, DONE = map(
    TYPES.get, ('LINE', 'COMPLETE', 'WELCOME', 'OUTPUT', 'CHOICES', 'DONE'))


def stopped_terminals():
    for name, line in [('in the editor', b''), ('while it writes',
                       b'show configuration | display set | no-more\r'),
                       ('in the live view', b'monitor sessions\r'),
                       ('in a plain monitor', b'monitor sessions plain\r'),
                       ('in the pager', b'show configuration | display set\r')]:
        terminal = prompted()
        start = len(terminal.seen)
        terminal.send(line)
        terminal.await_text(rb'--More--|rule 10 |q out|matched|box> ', 0 if not line else start)
        terminal.rate = 0  # the far end takes nothing any more, and then says stop
        terminal.send(b'\023')
        terminal.send(b'ab? ' if not line else b' ')
        time.sleep(1.5)
        terminal.ends(f'SIGTERM under XOFF {name}')
    terminal = prompted()
    terminal.send(b'show \xe7')
    time.sleep(0.5)
    terminal.ends('SIGTERM within a character')
    terminal = prompted()
    terminal.send(b'show \xe7'), time.sleep(0.1), terminal.send(b'\xbd\x91')
    verdict('a character that comes in pieces', terminal.await_text('网'.encode()) is not None)
    terminal.close()


class Box:
    """One that answers as it is told: answer(kind, request, body) -> bytes, or one part after another."""

    def __init__(self, answer):
        self.path = os.path.join(os.path.dirname(SOCKET), 'fake')
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.answer = answer
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(5)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        peer, _ = self.listener.accept()
        while True:
            header = peer.recv(12, socket.MSG_WAITALL)
            if len(header) < 12:
                return
            kind, length, request = struct.unpack('<III', header)
            body = peer.recv(length, socket.MSG_WAITALL) if length else b''
            answer = PROMPT if kind == 1 else self.answer(kind, request, body)
            try:
                for part in [answer] if isinstance(answer, bytes) else answer:
                    peer.sendall(part)
            except OSError:
                return


def message(kind, request, body):
    return struct.pack('<III', kind, len(body), request) + body


def done(request, page=0):
    return message(DONE, request, struct.pack('<IIII256s', 0, 0, 0, page, b'box> '))


PROMPT = message(WELCOME, 0, struct.pack('<IIII256s', 0, 0, 0, 0, b'box> '))


def strange_boxes():
    def half(kind, request, _):
        return message(OUTPUT, request, b'x' * 100)[:50] if kind == LINE else b''

    box = Box(half)
    terminal = prompted(path=box.path)
    terminal.send(b'show version\r')
    time.sleep(0.5)
    terminal.ends('SIGTERM within a message')
    box = Box(half)
    terminal = prompted(path=box.path)
    terminal.send(b'show version\r')
    until = time.monotonic() + 60
    while (got := terminal.status(0.3)) == 'no end' and time.monotonic() < until:
        terminal.send(b'\003')
    verdict('^C gives a box up that stops within a message', got == 3, (got, terminal.seen))
    terminal.close()

    def halting(kind, request, _):
        if kind == LINE:
            lines = [b'line %d\n' % i for i in range(60)]
            yield message(OUTPUT, request, b''.join(lines[:30]))
            time.sleep(1)
            yield message(OUTPUT, request, b''.join(lines[30:])) + done(request, page=1)

    box = Box(halting)
    terminal = prompted(path=box.path)
    terminal.send(b'show version\r')
    verdict('an answer that comes in parts is paged', terminal.await_text(rb'--More--|line 59') and
            b'line 59' not in terminal.seen, terminal.seen)
    terminal.close()

    late = []

    def slow(kind, request, _):
        if kind == COMPLETE:
            late.append(message(CHOICES, request, struct.pack('<I', 0) + b'W\tlate\t\n'))
            return b''
        if kind == LINE:
            return (b''.join(late) + message(OUTPUT, request - 1, b'of another\n') +
                    message(OUTPUT, request, b'answered\n') + done(request))
        return b''

    box = Box(slow)
    terminal = prompted(path=box.path)
    terminal.send(b'sh\t')
    terminal.await_text(b'\007', 0)  # TAB gave up
    terminal.send(b'ow\r')
    good = terminal.await_text(rb'answered\r\nbox> ') is not None
    verdict('a late answer to TAB is dropped', good and b'late' not in terminal.seen,
            terminal.seen)
    verdict('and so is the output of another request', b'of another' not in terminal.seen)
    terminal.close()


def many_rules():
    """300 sessions on a filter of 1,000 rules: the box sends rules only of the one that is open."""
    lines = ['configure']
    lines += [f'set filter f ingress rule {i} action accept protocol tcp destination-port {i}'
              for i in range(301, 1001)]
    lines += [f'set session s-{i} priority {i + 1} target t vni {i} filter f' for i in range(20, 300)]
    subprocess.run([MIRRORSH, '--socket', SOCKET], input='\n'.join(lines + ['commit', '']).encode(),
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    terminal = prompted()
    terminal.send(b'monitor sessions\r')
    verdict('the live view of many sessions', terminal.await_text(rb's-0.*q out') is not None,
            terminal.seen[-300:])
    start = len(terminal.seen)
    terminal.send(b'\r')
    verdict('and the rules of one of them',
            terminal.await_text(rb'(?s)filter f.*destination-port 10', start) is not None,
            terminal.seen[start:])
    terminal.send(b'qq')
    verdict('out of it', terminal.await_text(rb'box> $', start) is not None)
    terminal.close()


stopped_terminals()
strange_boxes()
many_rules()
