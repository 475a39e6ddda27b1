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
import select
import signal
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../console')
from consoles import PATIENCE, Piped, Terminal  # pylint: disable=wrong-import-position

ASKING, WATCHING = 38, 10
program, socket, slow = sys.argv[1:4]


def ask(console):
    return console.timed('show version', 'mirrorsh ')


def complete(terminal):
    took = terminal.timed_keys('show vers\t', 'ion ')  # what is typed may be drawn anew
    terminal.keys('\003')
    terminal.must_hear('> ')
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
    asking = [Piped(program, socket) for _ in range(ASKING)]
    watching = [Terminal(program, socket) for _ in range(WATCHING)]
    typing, deaf = Terminal(program, socket), Piped(program, socket)
    for terminal in (*watching, typing):
        terminal.must_hear('> ')
    for terminal in watching:
        terminal.say('monitor sessions interval 1')
        terminal.must_hear('load')
    os.kill(watching[0].pid, signal.SIGSTOP)
    threading.Thread(target=drain, args=(watching[1:],), daemon=True).start()
    deaf.say(*['show configuration'] * 2000)
    for console in asking:
        ask(console)
    return asking, watching, typing, deaf


def is_there(path):
    end = time.monotonic() + PATIENCE
    while not os.path.exists(path):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def begin_commit(console, number):
    console.say('configure', 'set system host-name box%d' % number, 'commit and-quit')


def answered_meanwhile(asking, typing):
    """Why not all are answered while the fsync stands, or None."""
    committer = asking[0]
    with open(slow, 'w', encoding='utf-8'):
        begin_commit(committer, 0)
    if not is_there(slow + '.waits'):
        return 'the disk was not asked'
    for _ in range(20):
        for console in asking[1:]:
            ask(console)
        complete(typing)
    why = 'the commit did not wait' if committer.heard('commit complete', 0) is not None else None
    os.unlink(slow)
    return why or (None if committer.heard('commit complete') is not None else 'the commit does not end')


def measure(asking, typing, milliseconds):
    answers, completions = [], []
    with open(slow, 'w', encoding='utf-8') as file:
        file.write(milliseconds)
    for number in range(3):
        begin_commit(asking[0], number)
        end = time.monotonic() + PATIENCE
        while asking[0].heard('commit complete', 0) is None:
            answers += [ask(console) for console in asking[1:]]
            completions.append(complete(typing))
            if time.monotonic() > end:
                raise SystemExit('the commit does not end: %r' % asking[0].text)
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
