"""Rows of scale: what 20,000 sessions cost a commit and a packet that none of them wants, whether commits
lose packets, and what a box holds and does that has nothing to do."""
import glob
import os
import statistics
import sys
import threading
import time

import costs
import lab
import mirrors
import rows

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + '/../console')
from consoles import Piped  # pylint: disable=wrong-import-position

SESSIONS, EACH, GROUP = 20000, 3, '20'  # in the tree, on a source; of links
RINGS = 100                             # interfaces of the row of rings
SMALL = rows.Row('', '', 0, '128', 96)
SWAP_SECONDS, SWAP_EVERY = 5, 0.05
IDLE_SECONDS = 5


def result(name, what, unit, to_reach, mirrorsh, **more):
    return {'name': name, 'what': what, 'unit': unit, 'to_reach': to_reach, 'mirrorsh': mirrorsh, 'faults': [],
            'figure': mirrorsh['median'], **more}


def one(value):
    return costs.spread([value])


def console(box):
    talk = Piped(os.environ['MIRRORSH'], box.socket)
    talk.say('configure')
    return talk


def commit(talk, line):
    """Milliseconds of it alone."""
    talk.say(line)
    return talk.timed('commit', 'commit complete\n')


# ---- thousands of sessions ----

class Interfaces:
    """e0 and so on of the box, up, both ends of each pair."""

    def __init__(self, count):
        path = lab.DIRECTORY + '/interfaces'
        with open(path, 'w') as file:
            for i in range(0, count, 2):
                file.write('link add e%d group %s type veth peer name e%d\n' % (i, GROUP, i + 1))
                file.write('link set e%d up\nlink set e%d up\n' % (i, i + 1))
        lab.run('ip', '-n', lab.NAME + '-box', '-batch', path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        lab.run('ip', '-n', lab.NAME + '-box', 'link', 'del', 'group', GROUP)


def crowd():
    """Sessions on other interfaces than the one that is sent to."""
    for i in range(SESSIONS):
        yield 'set session s%d priority %d filter f target t vni %d source interface e%d' % (
            i, i + 2, i + 100, i // EACH)


def commits(box):
    talk = console(box)
    took = [commit(talk, 'set session s%d vni %d' % (i, SESSIONS * 2 + i)) for i in range(2 * costs.ROUNDS)]
    talk.process.kill()
    return result('scale-commit', '20,000 sessions, one is changed', 'ms', 500, costs.spread(took))


def cost(box, alone):
    """What a packet of a source costs with all those on others, beside a box without them."""
    faults = costs.judge(SMALL, box)
    done = costs.rounds(SMALL, [mirrors.Nobody(), box, alone])
    mine, peer = costs.side(box.name, done), costs.side(alone.name, done)
    if mine['lost']:
        faults.append('%d packets lost' % mine['lost'])
    return result('scale-cost', 'a packet beside 20,000 sessions', 'ns/packet', 1.1, mine, faults=faults,
                  others={alone.name: peer}, figure=costs.ratio(mine, peer))


def sessions():
    lab.segment(True)
    lab.receive(False)
    with Interfaces(-(-SESSIONS // EACH)), mirrors.Another() as box, mirrors.Another('alone') as alone:
        box.prepare(SMALL, *crowd())
        alone.prepare(SMALL)
        yield commits(box)
        yield cost(box, alone)


# ---- commits under traffic ----

class Swaps(threading.Thread):
    """A plan every so often: a session of the same source, which wants nothing of what is sent, comes and
    goes."""

    def __init__(self, box):
        super().__init__()
        self.talk, self.times, self.ended, self.failed = console(box), [], threading.Event(), None

    def run(self):
        due = time.monotonic()
        try:
            while not self.ended.wait(max(0, due - time.monotonic())):
                due = max(due + SWAP_EVERY, time.monotonic())
                self.times.append(commit(self.talk, ('set', 'delete')[len(self.times) % 2] + ' session x disabled'))
        except RuntimeError as why:
            self.failed = why

    def end(self):
        self.ended.set()
        self.join()
        self.talk.process.kill()
        if self.failed:
            raise self.failed


def swaps():
    lab.segment(True)
    lab.receive(False)
    with mirrors.Another() as box:
        box.prepare(SMALL, 'set filter x ingress rule 10 action accept protocol tcp destination-port 9',
                    'set session x priority 2 filter x target t vni 7 source interface src0')
        box.on()
        with costs.Arrived(SMALL, box) as arrived:
            changes = Swaps(box)
            changes.start()
            try:
                sent = costs.send(SMALL, count=SWAP_SECONDS * costs.RATE)
            finally:
                changes.end()
            lost = arrived.lost(sent)
        what = 'lost in %d commits, %.0f/ms' % (len(changes.times), sent['sent'] / sent['seconds'] / 1000)
        yield result('scale-swap', what, 'packets', 0, one(lost),
                     faults=['%d packets lost' % lost] if lost else [])
        yield result('scale-swap-commit', 'of those a commit', 'ms', None, costs.spread(changes.times))


# ---- nothing to do ----

def resident(box):
    with open('/proc/%d/status' % box.pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS')) / 1024


def woken(box):
    count = 0
    for path in glob.glob('/proc/%d/task/*/status' % box.pid):
        with open(path) as file:
            count += next(int(line.split()[1]) for line in file if line.startswith('voluntary_ctxt'))
    return count


def ring_megabytes(box):
    with open('/proc/%d/maps' % box.pid) as file:
        ends = [line.split()[0].split('-') for line in file if 'socket:' in line]
    return sum(int(end, 16) - int(begin, 16) for begin, end in ends) / (1 << 20)


def idle():
    with mirrors.Another() as box:
        box.prepare(SMALL)
        box.on()
        time.sleep(1)
        lab.settle(box.pid)
        before, seconds = woken(box), []
        for _ in range(IDLE_SECONDS):
            time.sleep(1)
            seconds.append(woken(box) - before)
            before += seconds[-1]
        yield result('scale-idle', 'an idle box with one interface', 'MiB', 40, one(resident(box)))
        yield result('scale-wakes', 'its threads in a second', 'wakes', 1, costs.spread(seconds),
                     figure=statistics.mean(seconds))


def rings():
    with Interfaces(RINGS), mirrors.Another() as box:
        box.prepare(SMALL, *['set session s%d priority %d target t vni %d source interface e%d' % (
            i, i + 2, i + 100, i) for i in range(RINGS)])
        lab.settle(box.pid)
        yield result('scale-rings', 'rings of 100 interfaces', 'MiB', 256, one(ring_megabytes(box)))


def scale():
    for measure in sessions, swaps, idle, rings:
        yield from measure()


ROWS = {'scale': scale}
