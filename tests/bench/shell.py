#!/usr/bin/env python3
"""The shell's part of make bench: shell.py MIRRORSH DIRECTORY DISK

How long 10,000 lines and a commit take in their several shapes and ways, what answers take with
2,000 sessions, and with 50 consoles (tests/network/crowd.py) while commits wait for a disk (DISK, the
library of tests/console/disk.c) whose fsync takes a second."""
import os
import select
import statistics
import subprocess
import sys
import threading
import time

top = os.path.dirname(os.path.abspath(__file__)) + '/../'
sys.path.insert(0, top + 'console')
from consoles import Piped, Terminal  # pylint: disable=wrong-import-position

program, directory, disk = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
ROUNDS = 3


class Box:
    """A fresh one."""
    number = 0

    def __init__(self, **environment):
        Box.number += 1
        self.socket = '%s/socket%d' % (directory, Box.number)
        self.process = subprocess.Popen(
            [program, '--daemon', '--state', '%s/state%d' % (directory, Box.number), '--socket', self.socket],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
        while not os.path.exists(self.socket):
            if self.process.poll() is not None:
                raise SystemExit('bench: no box')
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def sessions(profile, a_link):
    lines = ['set system profile ' + profile]
    for i in range(2000):
        lines += ['set filter f%d ingress rule 10 action accept protocol tcp destination-port %d' % (i, i + 1),
                  'set target t%d receiver 192.0.2.%d:%d' % (i % 500, i % 250 + 1, i % 500 // 250 + 1),
                  'set session s%d priority %d' % (i, i + 1),
                  'set session s%d filter f%d target t%d' % (i, i, i % 500),
                  'set session s%d source interface e%d' % (i, i // a_link)]
    return lines


SHAPES = {
    'rules of a filter': ['set filter f ingress rule %d action accept' % (i + 1) for i in range(10000)],
    'filters, five words each': ['set filter f%d ingress rule 1 action accept protocol udp destination-port %d' %
                                 (i, i + 1) for i in range(10000)],
    '2,000 sessions': sessions('native', 1),
    '2,000 sessions, huawei': sessions('huawei', 3),
}


def run(box, way, lines):
    """Seconds that the lines and a commit take."""
    path = directory + '/lines'
    script = '\n'.join(lines if way == 'load' else ['configure', *lines, 'commit']) + '\n'
    with open(path, 'w', encoding='utf-8') as file:
        file.write(script)
    arguments = {'pipe': [], '-f': ['-f', path],
                 'load': ['-c', 'configure', '-c', 'load override ' + path, '-c', 'commit']}[way]
    begin = time.monotonic()
    done = subprocess.run([program, '--socket', box.socket, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False, text=True,
                          **({'input': script} if way == 'pipe' else {'stdin': subprocess.DEVNULL}))
    took = time.monotonic() - begin
    if not done.stdout.endswith('commit complete\n'):
        raise SystemExit('bench: %s' % done.stdout)
    return took


def paste(box, _, lines):
    """The same of a terminal of 80x24, that shows each line."""
    terminal = Terminal(program, box.socket)
    terminal.must_hear('> ')
    keys = threading.Thread(target=terminal.say, args=('configure', *lines, 'commit | no-more'))
    begin, shown = time.monotonic(), b''
    keys.start()
    while b'\ncommit complete' not in shown:
        if not select.select([terminal.out], [], [], 60)[0]:
            raise SystemExit('bench: a paste stands still: %r' % shown)
        shown = shown[-100:] + os.read(terminal.out, 65536)
    took = time.monotonic() - begin
    keys.join()
    os.close(terminal.out)
    os.waitpid(terminal.pid, 0)
    return took


WAYS = {'pipe': run, '-f': run, 'load': run, 'paste': paste}


def lines_and_a_commit():
    print('%-34s' % '10,000 lines and a commit, s', *('%10s' % way for way in WAYS))
    for name, lines in SHAPES.items():
        took = []
        for way, function in WAYS.items():
            rounds = []
            for _ in range(ROUNDS):
                with Box() as box:
                    rounds.append(function(box, way, lines))
            took.append(statistics.median(rounds))
        print('%-34s' % ('  ' + name), *('%10.2f' % seconds for seconds in took))


def answers():
    print('%-34s %10s %10s' % ('With 2,000 sessions, ms', 'median', 'highest'))
    with Box() as box:
        run(box, 'load', SHAPES['2,000 sessions'])
        script, terminal = Piped(program, box.socket), Terminal(program, box.socket)
        terminal.must_hear('> ')
        terminal.say('configure')
        terminal.must_hear('# ')
        script.say('configure', 'set session s1000 vni 5', 'delete session s7', 'run show version')
        script.must_hear('mirrorsh ')

        def tab(keys, pattern):
            took = terminal.timed_keys(keys, pattern)
            terminal.keys('\003')
            terminal.must_hear('# ')
            return took

        for name, measure in {
                'TAB behind letters of a session': lambda: tab('set session s123\t', 's1239'),
                'TAB behind a reference': lambda: tab('set session s5 filter f199\t', 'f1999'),
                'show | compare': lambda: script.timed('show | compare', r'\+  vni 5;\n'),
                'show sessions | count': lambda: script.timed('run show sessions | count', 'Count'),
                'commit check': lambda: script.timed('commit check', 'check succeeds\n'),
        }.items():
            took = [measure() for _ in range(2 * ROUNDS)]
            print('%-34s %10.1f %10.1f' % ('  ' + name, statistics.median(took), max(took)))
        script.process.kill()
        os.close(terminal.out)


def crowd():
    slow = directory + '/slow'
    with Box(LD_PRELOAD=disk, SLOW=slow, FAILS=directory + '/fails') as box:
        run(box, 'load', SHAPES['2,000 sessions'])
        said = subprocess.run([sys.executable, '-B', top + 'network/crowd.py', program, box.socket, slow,
                               '1000'],
                              stdout=subprocess.PIPE, check=True, text=True).stdout
    print('%-34s %10s %10s' % ('50 consoles, fsync of 1 s, ms', 'median', 'highest'))
    for line in said.splitlines():
        name, median, highest, count = line.split()
        print('%-34s %10s %10s' % ('  %s, of %s' % (name, count), median, highest))


lines_and_a_commit()
answers()
crowd()
