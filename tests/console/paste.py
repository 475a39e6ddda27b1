"""What is pasted into a console is what is typed: the same on the screen, byte for byte, and the same
done; a ^C is heard however much stands before it, and a long paste takes few system calls.
paste.py MIRRORSH DIRECTORY"""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

MIRRORSH, LAB = os.path.abspath(sys.argv[1]), sys.argv[2]
PATIENCE = 60 * int(os.environ.get('PATIENCE', '1'))


def verdict(name, good, got=''):
    print(f'ok {name}' if good else f'not ok {name}: {got!r}', flush=True)


class Console:
    """A console on a pseudo-terminal; `seen` is what it has shown."""

    def __init__(self, *arguments, term='vt100', size=(24, 80)):
        self.seen, self.open = b'', True
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM=term, XDG_STATE_HOME=f'{LAB}/home')
            termios.tcsetwinsize(0, size)
            os.execv(MIRRORSH, [MIRRORSH, *arguments])
        os.set_blocking(self.master, False)

    def turn(self, text, until):
        """Writes what the terminal takes of the text and reads what it shows: what is left of it."""
        ready = select.select([self.master], [self.master] if text else [], [],
                              max(0, until - time.monotonic()))
        if ready[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b''
            self.seen += data
            self.open = bool(data)
        if ready[1] and self.open:
            try:
                text = text[os.write(self.master, text[:4096]):]
            except BlockingIOError:
                pass
        return text

    def does(self, text, done):
        """Sends the text; whether it was taken, and then what is to be done was, in time."""
        until = time.monotonic() + PATIENCE
        while self.open and time.monotonic() < until:
            text = self.turn(text, until)
            if not text and done():
                return True
        return not text and done()

    def shows(self, text, end):
        """Sends the text and waits until what it shows ends so; False: it does not."""
        start = len(self.seen)
        return self.does(text, lambda: len(self.seen) > start and self.seen.endswith(end))

    def calls(self):
        """How often it has read and written."""
        with open(f'/proc/{self.pid}/io', encoding='ascii') as file:
            counts = dict(line.split(': ') for line in file.read().splitlines())
        return int(counts['syscr']) + int(counts['syscw'])

    def status(self):
        self.does(b'', lambda: not self.open)
        os.close(self.master)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


# Each line as its keys: those that are one key to the console stand together.
LINES = [
    [*'configure'],
    [*'set filter f ingress rule 10 action accept'],
    [*'set filter f description "', *('x' * 90), '"'],
    [*'set filter f description "', *'網絡鏡像 søk what?', '"'],
    [*'set filter f wrong 1'],
    [*'set fil', '\t', *'f ingr', '\t', *'rule 20 act', '\t', *'accept'],
    [*'set filter f ingress rule 20 action ', '?', *'reject'],
    [*'set filter f ingress rule 30 actiom', '\177', *'n reject'],
    [*'et filter f ingress rule 40 action accept', '\001', 's', '\005', '\033[D', '\033[D', '\033[C'],
    ['\020', '\177', '\177', *'pt'],
    ['\022', *'rule 3', '\005', '\001', '\005'],
    [*'# nothing'], [], [*'   '],
    [*'set target t receiver 192.0.2.1'], [*'set target 目標 receiver 192.0.2.2'],
    [*'set session s priority 1 target 目標'],
    [*'show | count'], [*'commit'], [*'edit session s'], [*'set vni 70000000'], [*'set vni 7'],
    [*'show vni'], [*'top'], [*'commit comment "second"'], [*'exit'],
    [*'show configuration | no-more | display set'],
]


def same(term, size):
    shown = {}
    for way in 'typed', 'pasted':
        state = f'{LAB}/{term}-{way}'
        console = Console('-n', '--state', state, term=term, size=size)
        console.does(b'', lambda: console.seen.endswith(b'> '))
        if way == 'pasted':
            console.does('\r'.join(''.join(line) for line in LINES).encode(), lambda: True)
        else:
            for number, line in enumerate(LINES):
                for key in line:
                    start = len(console.seen)
                    if not console.does(key.encode(), lambda: len(console.seen) > start):
                        verdict(f'typed at {term}', False, (key, console.seen[-200:]))
                        return
                if number + 1 < len(LINES) and not console.shows(b'\r', (b'# ', b'> ')):
                    verdict(f'typed at {term}', False, (line, console.seen[-200:]))
                    return
        console.shows(b'\r', b'> ')
        console.does(b'exit\r', lambda: not console.open)
        status = console.status()
        with open(f'{state}/startup.conf', encoding='utf-8') as file:
            shown[way] = status, console.seen, file.read()
    verdict(f'what is pasted is what is typed, {term}', shown['typed'] == shown['pasted'], shown)
    verdict(f'and is all there, {term}', shown['pasted'][0] == 0 and shown['pasted'][2].count('\n') > 9,
            shown['pasted'])


def interrupt(socket, box):
    console = Console('--socket', socket)
    console.does(b'', lambda: console.seen.endswith(b'> '))
    console.shows(b'configure\r', b'# ')
    start = len(console.seen)
    behind = b'set system host-name late\r' * 10000
    verdict('a paste is read on while a line of it runs',
            console.does(b'run monitor sessions plain\r' + behind,
                         lambda: b' no sessions' in console.seen[start:]), console.seen[start:])
    start = len(console.seen)
    verdict('^C is heard through it', console.shows(b'\003', b'^C\r\nbox# '), console.seen[start:])
    start = len(console.seen)
    console.shows(b'show | compare\r', b'box# ')
    verdict('and drops what was pasted', console.seen[start:] == b'show | compare\r\nbox# ',
            console.seen[start:])
    start = len(console.seen)
    verdict('^C behind lines alone', console.shows(behind + b'\003', b'^C\r\nbox# '), console.seen[-200:])
    verdict('leaves some of them', console.seen[start:].count(b'late') < 10000)
    box.send_signal(signal.SIGSTOP)
    console.shows(b'show \t', b'show ')
    start = len(console.seen)
    verdict('^C does not wait for what TAB asked', console.shows(b'\003', b'^C\r\nbox# '),
            console.seen[start:])
    box.send_signal(signal.SIGCONT)
    start = len(console.seen)
    console.shows(b'rollback\r', b'box# ')
    console.does(b'exit\rexit\r', lambda: not console.open)
    verdict('and the console goes on', console.status() == 0, console.seen[start:])


def calls():
    console = Console('-n', '--state', f'{LAB}/calls')
    console.does(b'', lambda: console.seen.endswith(b'> '))
    console.shows(b'configure\r', b'# ')
    before = console.calls()
    lines = ''.join(f'set filter f ingress rule {i + 1} action accept\r' for i in range(2000))
    console.does(lines.encode(), lambda: console.seen.count(b'accept\r\n') == 2000)
    took = console.calls() - before
    verdict('a line of a paste is not read and written character by character', took < 2000 * 10, took)
    console.does(b'exit\rexit\ryes\r', lambda: not console.open)
    console.status()


def with_box():
    socket = f'{LAB}/socket'
    with subprocess.Popen([MIRRORSH, '--daemon', '--state', f'{LAB}/state', '--socket', socket],
                          stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as box:
        while not os.path.exists(socket) and box.poll() is None:
            time.sleep(0.05)
        subprocess.run([MIRRORSH, '--socket', socket, '-c', 'configure', '-c', 'set system host-name box',
                        '-c', 'commit'], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        interrupt(socket, box)
        box.terminate()


for terminal in ('vt100', (24, 80)), ('dumb', (10, 40)), ('xterm-256color', (24, 80)):
    same(*terminal)
calls()
with_box()
