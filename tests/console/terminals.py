"""Consoles on terminals that are slow, stopped or gone, and boxes that are: what a person's ^C
and a SIGTERM do then. terminals.py MIRRORSH STATE SOCKET; a box runs at the socket."""

import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

MIRRORSH, STATE, SOCKET = sys.argv[1:4]
# The messages as the protocol numbers them, from 1 on.
TYPES = dict((name, number) for number, name in enumerate(re.findall(
    r'^    MESSAGE_(\w+)', open(os.environ['TOP'] + '/shell/protocol.h').read(), re.M), 1))
LINE, COMPLETE, WELCOME, OUTPUT, CHOICES, DONE = map(
    TYPES.get, ('LINE', 'COMPLETE', 'WELCOME', 'OUTPUT', 'CHOICES', 'DONE'))


def verdict(name, good, got=''):
    print(f'ok {name}' if good else f'not ok {name}: {got!r}', flush=True)


class Terminal:
    """A console on a pseudo-terminal whose other end takes `rate` bytes a second."""

    def __init__(self, rate=None, speed=None, rows=24, path=SOCKET):
        self.rate, self.seen, self.open = rate, b'', True
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM='vt100', LC_ALL='C.UTF-8')
            modes = termios.tcgetattr(0)
            if speed:
                modes[4] = modes[5] = speed
                termios.tcsetattr(0, termios.TCSANOW, modes)
            termios.tcsetwinsize(0, (rows, 80))
            os.execv(MIRRORSH, [MIRRORSH, '--state', STATE, '--socket', path])
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while self.open:
            if self.rate == 0:
                time.sleep(0.02)
                continue
            try:
                data = os.read(self.master, max(1, self.rate // 20) if self.rate else 65536)
            except OSError:
                break
            self.seen += data
            if self.rate:
                time.sleep(len(data) / self.rate)

    def send(self, text):
        os.write(self.master, text)

    def await_text(self, pattern, start=0, seconds=30):
        """Bytes that had come when the pattern did, from `start` on; None: it did not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = re.search(pattern, self.seen[start:])
            if found:
                return found.end()
            time.sleep(0.02)
        return None

    def status(self, seconds=10):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        return 'no end'

    def ends(self, name, wanted=1):
        """By a SIGTERM, and the terminal is as before."""
        os.kill(self.pid, signal.SIGTERM)
        got = self.status()
        modes = termios.tcgetattr(self.master)[3]
        whole = modes & (termios.ICANON | termios.ECHO | termios.ISIG)
        verdict(name, got == wanted and whole == termios.ICANON | termios.ECHO | termios.ISIG,
                (got, whole, self.seen[-200:]))
        self.close()

    def close(self):
        self.open = False
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.master)


def prompted(**arguments):
    terminal = Terminal(**arguments)
    if terminal.await_text(rb'box> ') is None:
        verdict('a prompt', False, terminal.seen)
    return terminal


def slow_lines():
    """960 bytes a second: what a line of 9600 baud carries."""
    slow = prompted(rate=960, speed=termios.B9600)
    slow.send(b'show configuration | display set | no-more\r')
    slow.await_text(rb'rule 20 ')
    start = len(slow.seen)
    slow.send(b'\003')
    came = slow.await_text(rb'\nbox> ', start)
    verdict('^C stops output that is on its way', came is not None and came < 2500, came)
    verdict('and drops the rest of it', b'rule 300' not in slow.seen)
    slow.send(b'show version\r')
    verdict('the next line runs', slow.await_text(rb'mirrorsh \d.*\nbox> ', start) is not None)

    start = len(slow.seen)
    slow.send(b'monitor sessions plain\r')
    last = rb'(\d\d:\d\d:\d\d)[+-]\d+ s-19 [^\n]*\n'
    slow.await_text(b'(?s)' + b'.*'.join([last] * 3), start, 60)
    times = [int(t[:2]) * 3600 + int(t[3:5]) * 60 + int(t[6:])
             for t in re.findall(last, slow.seen[start:])]
    # 20 lines of some 120 bytes: two seconds and more of the line
    verdict('a plain monitor leaves out rounds that the line cannot carry',
            len(times) >= 3 and (times[2] - times[0]) % 86400 >= 4, times)
    start = len(slow.seen)
    slow.send(b'\003')
    came = slow.await_text(rb'\nbox> ', start)
    verdict('^C ends it at once', came is not None and came < 2500, came)

    start = len(slow.seen)
    slow.send(b'monitor sessions plain\r')
    slow.await_text(rb' s-0 down', start)
    start = len(slow.seen)
    slow.send(b'\003')
    came = slow.await_text(rb'\nbox> ', start)
    verdict('and in its first round', came is not None and came < 2500, came)

    start = len(slow.seen)
    slow.send(b'monitor sessions\r')
    slow.await_text(rb'q out', start)
    start = len(slow.seen)
    begun = time.monotonic()
    time.sleep(4)
    slow.send(b'q')
    came = slow.await_text(rb'box> ', start)
    verdict('the live view is left at once',
            came is not None and came < 960 * (time.monotonic() - begun) + 2500, came)
    slow.send(b'exit\r')
    verdict('and the console as usual', slow.status() == 0)
    slow.close()


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
    """One that answers as it is told: answer(kind, request, body) -> bytes."""

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
            try:
                peer.sendall(PROMPT if kind == 1 else self.answer(kind, request, body))
            except OSError:
                return


def message(kind, request, body):
    return struct.pack('<III', kind, len(body), request) + body


def done(request):
    return message(DONE, request, struct.pack('<IIII256s', 0, 0, 0, 0, b'box> '))


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
    for _ in range(4):
        time.sleep(0.3)
        terminal.send(b'\003')
    got = terminal.status()
    verdict('^C gives a box up that stops within a message', got == 3, (got, terminal.seen))
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
    terminal.await_text(b'\007', 0, 10)  # TAB gave up
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
            terminal.await_text(rb'(?s)rules .*destination-port 12', start) is not None,
            terminal.seen[start:])
    terminal.send(b'q')
    verdict('out of it', terminal.await_text(rb'box> $', start) is not None)
    terminal.close()


os.environ.pop('COLUMNS', None)
slow_lines()
stopped_terminals()
strange_boxes()
many_rules()
