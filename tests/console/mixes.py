#!/usr/bin/env python3
"""Two and three consoles that edit at once, in every mix: private and exclusive, other paths and the
same one, what moves a part of the tree, commits to be confirmed; and one of them stopped or killed
in each state. mixes.txt has them: who says what and hears what, and what runs in the end.

mixes.py MIRRORSH DIRECTORY: starts a box there; a line `ok NAME` or `not ok NAME: WHY` a row.
"""
import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time

from consoles import PATIENCE, Piped

BASE = '''set filter f ingress rule 1 action accept
set filter f ingress rule 2 action reject
set filter f ingress rule 2 protocol tcp
set target t receiver 192.0.2.1
'''
CLASH = r'filter f description: mine in this candidate, theirs in the running configuration meanwhile'
LOCKED = r'the configuration is locked by \w+, idle for'


class Console(Piped):
    marks = 0

    def ask(self, line):
        """A line, and one that is none behind it: its answer is the end of the first one's."""
        self.marks += 1
        self.say(line, 'mark%d' % self.marks)

    def wait(self):
        """Until the box has the lines: they are read, and it sleeps."""
        end = time.monotonic() + PATIENCE
        stat = '/proc/%d/stat' % self.process.pid
        while time.monotonic() < end:
            left = struct.unpack('i', fcntl.ioctl(self.process.stdin, termios.FIONREAD, b'1234'))[0]
            with open(stat, encoding='utf-8', errors='replace') as file:
                if left == 0 and file.read().rsplit(')', 1)[1].split()[0] == 'S':
                    return
            time.sleep(0.005)
        raise RuntimeError('it does not read')

    def hear(self):
        """What the line was answered, without places."""
        text = self.must_hear(r'^.*unknown command "mark%d".*\n' % self.marks)
        return re.sub(r'^-:\d+:\d+: ', '', text, flags=re.M)

    def end(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Box:
    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        self.socket = directory + '/socket'
        self.process = subprocess.Popen([program, '--daemon', '--state', directory + '/state', '--socket',
                                         self.socket], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit('not ok mixes: no box')
            time.sleep(0.02)

    def run(self, *lines):
        arguments = sum((['-c', line] for line in lines), [])
        return subprocess.run([self.program, '--socket', self.socket, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout

    def path(self, name, text):
        with open(self.directory + '/' + name, 'w', encoding='utf-8') as file:
            file.write(text)
        return self.directory + '/' + name


def read_mixes():
    """Name, steps, lines that are more or less, of each."""
    mixes = []
    with open(os.path.dirname(os.path.abspath(__file__)) + '/mixes.txt', encoding='utf-8') as file:
        for line in map(str.strip, file):
            if line.startswith('= '):
                mixes.append((line[2:], [], []))
            elif line and line[0] != '#':
                mixes[-1][2 if line[0] in '+-' else 1].append(line)
    return mixes


def play(box, steps, names):
    """Plays the steps of a mix; why it is wrong, or None."""
    consoles = {}
    try:
        for step in steps:
            said, _, wanted = step.partition(' => ')
            who, line = said.split(' ', 1)
            console = consoles.get(who) or consoles.setdefault(who, Console(box.program, box.socket))
            for name, text in names.items():
                line, wanted = line.replace(name, text), wanted.replace(name, text)
            if line == 'kill':
                consoles.pop(who).end()
                continue
            if line in ('stop', 'go on'):
                console.process.send_signal(signal.SIGSTOP if line == 'stop' else signal.SIGCONT)
                continue
            if line != 'hears':
                console.ask(line.removesuffix(' &'))
            if line.endswith(' &'):
                console.wait()
                continue
            heard = console.hear()
            if not re.search(wanted, heard, re.M) if wanted else 'error' in heard:
                return '%s: got %r' % (step, heard)
    except RuntimeError as error:
        return '%s: %s' % (step, error)
    finally:
        for console in consoles.values():
            console.end()
    return None


def changes(box):
    now = set(box.run('show configuration | display set').splitlines())
    base = set(BASE.splitlines())
    return sorted(['+' + line for line in now - base] + ['-' + line for line in base - now])


def main():
    box = Box(os.path.abspath(sys.argv[1]), sys.argv[2])
    base = box.path('base', BASE)
    names = {'CLASH': CLASH, 'LOCKED': LOCKED, 'BASE': base, 'REPLACE': box.path(
        'replace', 'replace: filter f { description new; ingress { rule 1 { action accept; } } }\n')}
    for name, steps, wanted in read_mixes():
        reset = box.run('configure', 'load override ' + base, 'commit')
        why = play(box, steps, names) if re.search('commit complete|no changes', reset) else reset
        found = changes(box)
        if not why and found != sorted(wanted):
            why = 'in the end %s, not %s' % (found, sorted(wanted))
        print('not ok %s: %s' % (name, why.replace('\n', '~')) if why else 'ok ' + name, flush=True)
    box.process.terminate()
    status = box.process.wait()
    print('ok the box ends well' if status == 0 else 'not ok the box ends well: %d' % status)


main()
