"""A console on a line of 9600 baud: a pseudo-terminal whose far end takes 960 bytes a second,
which no setting of the terminal tells. What must come within a second is counted in bytes that
came first: so many the line carries in it, on a slow machine too.
slow_line.py MIRRORSH STATE SOCKET; a box runs at the socket."""

import glob
import os
import pty
import re
import signal
import sys
import termios
import threading
import time

MIRRORSH, STATE, SOCKET = sys.argv[1:4]
os.environ.pop('COLUMNS', None)


def verdict(name, good, got=''):
    print(f'ok {name}' if good else f'not ok {name}: {got!r}', flush=True)


class Terminal:
    """A console on a pseudo-terminal whose other end takes `rate` bytes a second."""

    def __init__(self, rate=None, rows=24, path=SOCKET):
        self.rate, self.seen, self.open = rate, b'', True
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM='vt100', LC_ALL='C.UTF-8')
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

    def await_text(self, pattern, start=0, seconds=120):
        """Bytes that had come when the pattern did, from `start` on; None: it did not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = re.search(pattern, self.seen[start:])
            if found:
                return found.end()
            time.sleep(0.02)
        return None

    def status(self, seconds=120):
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


SECOND = 960


def delayed():
    """Seconds for which the box and the consoles could have run and had no processor."""
    waited = 0
    for path in glob.glob('/proc/[0-9]*/task/*/schedstat'):
        try:
            with open(path, encoding='ascii') as file, open(path[:-9] + 'comm', encoding='utf-8', errors='replace') as comm:
                waited += int(file.read().split()[1]) if comm.read().startswith('mirrorsh') else 0
        except (OSError, IndexError):  # it has ended
            pass
    return waited / 1e9


def within_second(came, before):
    """Whether so many bytes are a second of the line, and what it took while nobody could run since
    `delayed` said that."""
    return came is not None and came <= SECOND * (1 + max(0, delayed() - before))


def interrupts(slow, name, end=rb'\nbox> '):
    """^C, and a second of the line at most until the prompt."""
    start, before = len(slow.seen), delayed()
    slow.send(b'\003')
    came = slow.await_text(end, start)
    verdict(name, within_second(came, before), (came, slow.seen[start:][-200:]))
    return start


def typing(slow):
    """What a key sends is what it shows."""
    def types(keys, most, name):
        for key, shown in keys:
            start = len(slow.seen)
            slow.send(key)
            good = slow.await_text(re.escape(shown), start) is not None
            time.sleep(0.1)
            if not good or len(slow.seen) - start > most:
                verdict(name, False, (key, slow.seen[start:]))
                return
        verdict(name, True)

    types([(bytes([key]), bytes([key])) for key in b'show sessions s-1'], 2,
          'a key at the end of the line is one byte')
    types([(b'\002', b'\b')] * 5, 4, 'the cursor goes by a few bytes')
    types([(b'x', b'x')] * 3, 16, 'a key within it is its rest at most')
    interrupts(slow, '^C drops a line')
    start = len(slow.seen)
    slow.send(b'show ?')
    slow.await_text(rb'Possible', start)
    interrupts(slow, '^C stops a list of what may stand there', rb'box> ')
    start = len(slow.seen)
    slow.send(b'show version\r')
    verdict('and drops the line', slow.await_text(rb'mirrorsh \d.*\nbox> ', start) is not None, slow.seen[start:])
    start = len(slow.seen)
    slow.send(b'show configuration filter f ingress rule ?')
    slow.await_text(rb'Possible', start)
    interrupts(slow, 'and one that needs the pager', rb'box> ')
    start = len(slow.seen)
    slow.send(b'show version\r')
    verdict('and its line', slow.await_text(rb'mirrorsh \d.*\nbox> ', start) is not None, slow.seen[start:])


def output(slow):
    slow.send(b'show configuration | no-more\r')
    slow.await_text(rb'rule 20 ')
    start = interrupts(slow, '^C stops output that is on its way')
    verdict('and drops the rest of it', b'rule 300' not in slow.seen)
    slow.send(b'show version\r')
    verdict('the next line runs', slow.await_text(rb'mirrorsh \d.*\nbox> ', start) is not None)
    start = len(slow.seen)
    slow.send(b'show configuration\r')
    slow.await_text(rb'rule 2 ', start)
    interrupts(slow, '^C stops the first screen of a pager', rb'box> ')
    start = len(slow.seen)
    slow.send(b'show configuration | display set\r')
    slow.await_text(rb'--More--', start)
    start = len(slow.seen)
    slow.send(b' ')
    slow.await_text(rb'rule ', start)
    interrupts(slow, 'and another one', rb'box> ')


    start = len(slow.seen)
    slow.send(b'show configuration\r')
    slow.await_text(rb'rule 2 ', start)
    termios.tcsetwinsize(slow.master, (12, 60))
    verdict('a new size while a screen is written makes another one',
            slow.await_text(rb'(?s)--More--.*--More--', start) is not None, slow.seen[start:])
    start = len(slow.seen)
    slow.send(b'q')
    slow.await_text(rb'box> ', start)
    termios.tcsetwinsize(slow.master, (24, 80))
    slow.await_text(rb'box> .*box> ', start)
    interrupts(slow, 'and the prompt is there again')


def plain_monitor(slow):
    start = len(slow.seen)
    slow.send(b'monitor sessions plain\r')
    slow.await_text(rb' s-3 down', start)
    interrupts(slow, '^C ends a plain monitor in its first round')
    start = len(slow.seen)
    slow.send(b'monitor sessions plain\r')
    last = rb'(\d\d:\d\d:\d\d)[+-][\d:]+ s-19 [^\n]*\n'
    slow.await_text(b'(?s)' + b'.*'.join([last] * 3), start, 120)
    times = [int(t[:2]) * 3600 + int(t[3:5]) * 60 + int(t[6:])
             for t in re.findall(last, slow.seen[start:])]
    # 20 lines of some 120 bytes: two seconds and more of the line
    verdict('one leaves out rounds that the line cannot carry',
            len(times) >= 3 and (times[2] - times[0]) % 86400 >= 4, (times, slow.seen[start:]))
    interrupts(slow, 'and is ended by ^C at once')


def live_view(slow):
    start = len(slow.seen)
    slow.send(b'monitor sessions\r')
    slow.await_text(rb'q out', start)
    time.sleep(4)
    start, before = len(slow.seen), delayed()
    slow.send(b'?')
    came = slow.await_text(rb'longer|reset|pause', start)
    verdict('a key of the live view is answered within a second',
            within_second(came, before), (came, slow.seen[start:]))
    slow.send(b'?')
    time.sleep(2)
    start, before = len(slow.seen), delayed()
    slow.send(b'q')
    came = slow.await_text(rb'box> ', start)
    verdict('q leaves it', within_second(came, before), (came, slow.seen[start:]))


if __name__ == '__main__':
    slow = prompted(rate=SECOND)
    typing(slow)
    output(slow)
    plain_monitor(slow)
    live_view(slow)
    slow.send(b'exit\r')
    verdict('exit leaves as usual', slow.status() == 0)
    slow.close()
    fast = prompted()
    fast.send(b'show configuration | no-more\r')
    verdict('a fast line is not held up',
            fast.await_text(rb'(?s)rule 9999 .*\nbox> ') is not None, fast.seen[-200:])
    fast.close()
