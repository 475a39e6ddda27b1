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
CALM = 0.1                                           # processors that others may use in a run
JUDGED = {'count': 20000, 'rate': 5000, 'gigabits': 0.5, 'size': 32 << 20}

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
            sent = send(row)
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


def calm(runs):
    return sum(run.disturbed < CALM for run in runs)


def rounds(row, everybody):
    """ROUNDS runs of each, by turns: those that were disturbed least."""
    runs = {mirror.name: [] for mirror in everybody}
    for number in range(2 * ROUNDS):
        if number == ROUNDS:
            everybody = [mirror for mirror in everybody if not isinstance(mirror, mirrors.Tool)]
        if number >= ROUNDS and all(calm(runs[mirror.name]) >= ROUNDS for mirror in everybody):
            break
        for mirror in everybody if number % 2 else everybody[::-1]:
            runs[mirror.name].append(measure(row, mirror))
    lost = {name: sum(run.lost for run in some) for name, some in runs.items()}
    return {name: sorted(some, key=lambda run: run.disturbed)[:ROUNDS] for name, some in runs.items()}, lost


def spread(values):
    return {'median': statistics.median(values), 'lowest': min(values), 'highest': max(values)}


def ratio(mine, peer):
    """None: the peer's cost is lost in the noise."""
    return mine['median'] / peer['median'] if peer['median'] > 0 else None


def run(row, nobody, box, kernel):
    """The row's result, as table.py has them."""
    everybody = [nobody, box, kernel, *(mirrors.installed_tools() if row.others else [])]
    lab.segment(not row.split)
    lab.receive(row.decapsulated)
    for mirror in everybody:
        mirror.prepare(row)
    faults = judge(row, box)
    runs, lost = rounds(row, everybody)
    sender = statistics.median(run.used / run.sent for run in runs.pop('none'))
    sides = {name: {**spread([(run.used - sender * run.sent) / max(run.sent - max(run.lost, 0), 1) for run in some]),
                    'lost': lost[name]} for name, some in runs.items()}
    if lost['mirrorsh']:
        faults.append('%d packets lost' % lost['mirrorsh'])
    mine, peer = sides.pop('mirrorsh'), sides.pop('kernel')
    everything = [run for some in runs.values() for run in some]
    return {'name': row.name, 'what': row.what, 'unit': 'ns/packet', 'figure': ratio(mine, peer),
            'to_reach': row.to_reach, 'faults': faults, 'mirrorsh': mine, 'kernel': peer, 'others': sides,
            'sender': sender, 'rate': statistics.median(run.rate for run in everything),
            'disturbed': statistics.median(run.disturbed for run in everything)}
