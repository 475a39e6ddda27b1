#!/usr/bin/env python3
"""Fifty consoles at a box whose disk waits: one is stopped in its live view, one never reads what it
asked for, ten look at live views on terminals, the others ask.

crowd.py MIRRORSH SOCKET SLOW: SLOW is the file of tests/console/disk.c. A commit is asked for, and
while its fsync stands every console is answered; then the disk goes on. Lines `ok NAME` and
`not ok NAME: WHY`.
crowd.py MIRRORSH SOCKET SLOW MILLISECONDS: how long the answers take, commit after commit, on a disk
whose every fsync takes so long: a line of median, highest and how many, in milliseconds.
"""
import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import threading
import time

ASKING, WATCHING = 38, 10
PATIENCE = 60 * int(os.environ.get('PATIENCE', '1'))
program, socket, slow = sys.argv[1:4]


class Asking:
    """A console behind pipes."""

    def __init__(self):
        self.process = subprocess.Popen([program, '-k', '--socket', socket], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.out, self.text = self.process.stdout.fileno(), b''

    def say(self, *lines):
        os.write(self.process.stdin.fileno(), ''.join(line + '\n' for line in lines).encode())

    def heard(self, what, seconds):
        """Whether that comes in time; the text up to it is taken."""
        end = time.monotonic() + seconds
        while what.encode() not in self.text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.out], [], [], left)[0]:
                return False
            data = os.read(self.out, 65536)
            if not data:
                return False
            self.text += data
        self.text = self.text.split(what.encode(), 1)[1]
        return True

    def ask(self):
        """Milliseconds that an answer takes; raises when there is none."""
        begin = time.monotonic()
        self.say('show version')
        if not self.heard('mirrorsh ', PATIENCE):
            raise RuntimeError('no answer, but %r' % self.text[-200:])
        return (time.monotonic() - begin) * 1000


class Terminal(Asking):
    """A console on a terminal of 80x24."""

    def __init__(self):
        self.pid, self.out = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'vt100'
            os.execv(program, [program, '--socket', socket])
        self.text = b''

    def say(self, *lines):
        os.write(self.out, ''.join(line + '\r' for line in lines).encode())

    def complete(self):
        """Milliseconds that TAB takes."""
        begin = time.monotonic()
        os.write(self.out, b'show vers\t')
        if not self.heard('ion ', PATIENCE):  # of version; what is typed may be drawn anew
            raise RuntimeError('no completion, but %r' % self.text[-200:])
        took = (time.monotonic() - begin) * 1000
        os.write(self.out, b'\003')
        self.heard('> ', PATIENCE)
        return took


def drain(terminals):
    """Reads what the live views paint, for as long as they do."""
    outs = [terminal.out for terminal in terminals]
    while outs:
        for out in select.select(outs, [], [])[0]:
            try:
                gone = not os.read(out, 65536)
            except OSError:
                gone = True
            if gone:
                outs.remove(out)


def gather():
    asking = [Asking() for _ in range(ASKING)]
    watching = [Terminal() for _ in range(WATCHING)]
    typing, deaf = Terminal(), Asking()
    for terminal in (*watching, typing):
        assert terminal.heard('> ', PATIENCE), terminal.text
    for terminal in watching:
        terminal.say('monitor sessions interval 1')
        assert terminal.heard('sessions', PATIENCE), terminal.text
    os.kill(watching[0].pid, signal.SIGSTOP)
    threading.Thread(target=drain, args=(watching[1:],), daemon=True).start()
    deaf.say(*['show configuration'] * 2000)
    for console in asking:
        console.ask()
    return asking, watching, typing, deaf


def is_there(path):
    end = time.monotonic() + PATIENCE
    while not os.path.exists(path):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def begin_commit(console, number):
    console.say('configure', 'set filter f description "%d"' % number, 'commit and-quit')


def answered_meanwhile(asking, typing):
    """Why not all are answered while the fsync stands, or None."""
    committer = asking[0]
    with open(slow, 'w', encoding='utf-8'):
        begin_commit(committer, 0)
    if not is_there(slow + '.waits'):
        return 'the disk was not asked'
    for _ in range(5):
        for console in asking[1:]:
            console.ask()
        typing.complete()
    why = 'the commit did not wait' if committer.heard('commit complete', 0) else None
    os.unlink(slow)
    return why or (None if committer.heard('commit complete', PATIENCE) else 'the commit does not end')


def measure(asking, typing, milliseconds):
    answers, completions = [], []
    with open(slow, 'w', encoding='utf-8') as file:
        file.write(milliseconds)
    for number in range(3):
        begin_commit(asking[0], number)
        while not asking[0].heard('commit complete', 0):
            answers += [console.ask() for console in asking[1:]]
            completions.append(typing.complete())
    os.unlink(slow)
    for name, took in (('answer', answers), ('completion', completions)):
        print('%s %.1f %.1f %d' % (name, statistics.median(took), max(took), len(took)))


def main():
    asking, watching, typing, deaf = gather()
    if len(sys.argv) > 4:
        measure(asking, typing, sys.argv[4])
    else:
        try:
            why = answered_meanwhile(asking, typing)
        except (RuntimeError, OSError) as error:
            why = str(error)
        finally:
            if os.path.exists(slow):
                os.unlink(slow)
        print('not ok crowd: %s' % why if why else
              'ok crowd: all are answered while the fsync of a commit stands', flush=True)
    for console in (*asking, deaf):
        console.process.kill()
    for terminal in (*watching, typing):
        os.kill(terminal.pid, signal.SIGKILL)
        os.waitpid(terminal.pid, 0)


main()
