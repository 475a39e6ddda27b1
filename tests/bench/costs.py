"""The rows of rows.py: what a mirrored packet costs the whole machine, of the box and of its peers by turns.

Of each mirror: the processor time of who sends, of the box (or tool) and of ksoftirqd, less what the same
takes with nobody mirroring, by the packets that were sent (of a tool that loses some: that came). Each
run is counted at the receiver; before the timed runs, a few packets are looked at byte by byte. A round
in which others were on the processors is run again, as far as there is time for that."""
import dataclasses
import os
import statistics
import time

import lab
import mirrors
import rows

ROUNDS = int(os.environ.get('ROUNDS', '5'))
RATE = int(os.environ.get('RATE', '200000'))         # frames a second
COUNT = int(os.environ.get('COUNT', '100000'))       # of them, in each run
GIGABITS = float(os.environ.get('GIGABITS', '13'))   # of a TCP flow, a second
BYTES = int(os.environ.get('BYTES', str(1 << 30)))   # of it, in each run
UNPACED = 500000, 0                                  # the same, where little is to be told from nothing
CALM = 0.1                                           # processors that others may use in a run
AGAIN_SECONDS = 60                                   # for rounds that were disturbed, of all rows together
JUDGED = {'count': 20000, 'rate': 10000, 'gigabits': 0.5, 'size': 32 << 20}

OUTER = 14 + 20 + 8  # in front of VXLAN, once a frame that the device would segment


class Wrong(Exception):
    """Something was not mirrored, or not as it was."""


class Arrived:
    """What a row's packets of a mirror come to at the receiver, from now on."""

    def __init__(self, row, mirror):
        self.counter = lab.Counter('vx5' if row.decapsulated else 'eth0')
        # What is segmented by the device is one packet there: then bytes tell how many.
        self.by_packet = row.decapsulated or not row.sizes or isinstance(mirror, mirrors.Tool)
        self.kept = rows.WHOLE if mirror.name == 'kernel' else row.kept  # it cannot cut
        self.wanted = row.is_matched and mirror.name != 'none'

    def __enter__(self):
        self.begin = self.counter.read()
        return self

    def __exit__(self, *_):
        self.counter.close()

    def expected(self, sent):
        """Of what the sender has sent: packets, or bytes of VXLAN."""
        if not self.wanted:
            return 0
        if self.by_packet:
            return sent['sent']
        return 8 * sent['sent'] + min(self.kept * sent['sent'], sent['bytes'])

    def so_far(self):
        size, packets = (now - begin for now, begin in zip(self.counter.read(), self.begin))
        return packets if self.by_packet else size - OUTER * packets

    def lost(self, sent):
        """Packets that have not come a second after the last one did (less than none: too many came)."""
        expected, before, quiet = self.expected(sent), -1, 0
        while (now := self.so_far()) != expected and quiet < 10:
            quiet = quiet + 1 if now == before else 0
            before = now
            time.sleep(0.1)
        if now == expected:
            return 0
        missing = (expected - now) * sent['sent'] / expected if expected else -now
        return round(missing) or (1 if now < expected else -1)


def send(row, count=COUNT, rate=RATE, gigabits=GIGABITS, size=BYTES):
    dropped = lab.wire_dropped() if row.sizes else 0
    sent = lab.send_frames(row.sizes, rate, count) if row.sizes else lab.send_flow(gigabits, size)
    if row.sizes and lab.wire_dropped() != dropped:
        raise Wrong('the sender\'s wire lost packets: the machine is too busy')
    return sent


@dataclasses.dataclass(frozen=True)
class Run:
    used: float       # nanoseconds of all that are counted
    sent: int         # packets
    lost: int
    rate: float       # packets a second
    disturbed: float  # processors that others used meanwhile


def measure(row, mirror):
    mirror.on()
    try:
        with Arrived(row, mirror) as arrived:
            begin, busy = time.monotonic(), lab.busy_time()
            used = -lab.softirq_time() - lab.processor_time(mirror.pid)
            sent = send(row) if row.is_matched else send(row, *UNPACED)
            lost = arrived.lost(sent)
            used += lab.softirq_time() + lab.processor_time(mirror.pid) + sent['cpu_ns']
            others = (lab.busy_time() - busy - used) / (time.monotonic() - begin) / 1e9
    finally:
        mirror.off()
    return Run(used, sent['sent'], lost, sent['sent'] / sent['seconds'], others)


def judge(row, box):
    """What is wrong with what the box sends, if anything."""
    box.on()
    eyes = lab.Judge(row.kept)
    sent = send(row, **JUDGED)
    seen = eyes.end()
    box.off()
    if seen['dropped']:
        return ['the judge lost %d' % seen['dropped']]
    faults = ['%d %s' % (seen[word], word) for word in ('wrong', 'repeated', 'late') if seen[word]]
    wanted = sent['sent'] if row.is_matched else 0
    if seen['packets'] != wanted:
        faults.append('%d of %d packets came' % (seen['packets'], wanted))
    if not row.sizes and seen['bytes'] < JUDGED['size']:
        faults.append('%d of %d bytes came' % (seen['bytes'], JUDGED['size']))
    return faults


def disturbance(one):
    """Of a round: of that of its runs in which others were on the processors most."""
    return max(run.disturbed for run in one.values())


class Again:
    """How long rounds that were disturbed have been run again."""
    seconds = 0


def rounds(row, everybody):
    """Runs of everybody by turns: at least ROUNDS, and more while others disturb them; the calmest first."""
    done = []
    while len(done) < ROUNDS or len(done) < 2 * ROUNDS and Again.seconds < AGAIN_SECONDS and \
            disturbance(done[ROUNDS - 1]) > CALM:
        begin = time.monotonic()
        if len(done) == ROUNDS:
            everybody = [mirror for mirror in everybody if not isinstance(mirror, mirrors.Tool)]
        turn = everybody if len(done) % 2 else everybody[::-1]
        done.append({mirror.name: measure(row, mirror) for mirror in turn})
        if len(done) > ROUNDS:
            Again.seconds += time.monotonic() - begin
        if len(done) >= ROUNDS:
            done.sort(key=disturbance)
    return done


def spread(values):
    return {'median': statistics.median(values), 'lowest': min(values), 'highest': max(values)}


def side(name, done):
    """What a mirror adds to what its round takes without any, a packet that came; and how many did not."""
    costs = []
    for one in done:
        if name in one:
            run, idle = one[name], one['none']
            came = run.sent - max(run.lost, 0)
            costs.append((run.used - idle.used / idle.sent * run.sent) / max(came, 1))
    lost = sum(one[name].lost for one in done if name in one)
    return {**spread(costs[:ROUNDS]), 'lost': lost}


def ratio(mine, peer):
    """None: the peer's cost is lost in the noise."""
    return mine['median'] / peer['median'] if peer['median'] > 0 else None


def run(row, nobody, box, kernel):
    """The row's result, as table.py has them."""
    tools = mirrors.installed_tools() if row.others else []
    everybody = [nobody, box, kernel, *tools]
    lab.segment(not row.split)
    lab.receive(row.decapsulated)
    for mirror in everybody:
        mirror.prepare(row)
    faults = judge(row, box)
    done = rounds(row, everybody)
    mine, peer = side(box.name, done), side(kernel.name, done)
    if mine['lost']:
        faults.append('%d packets %s' % (abs(mine['lost']), 'lost' if mine['lost'] > 0 else 'too many'))
    return {'name': row.name, 'what': row.what, 'unit': 'ns/packet', 'figure': ratio(mine, peer),
            'to_reach': row.to_reach, 'faults': faults, 'mirrorsh': mine, 'kernel': peer,
            'others': {tool.name: side(tool.name, done) for tool in tools},
            'sender': spread([one['none'].used / one['none'].sent for one in done]),
            'rate': statistics.median(one['none'].rate for one in done),
            'disturbed': statistics.median(map(disturbance, done))}
