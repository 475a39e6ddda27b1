"""Rows of time: how long a packet is on its way, the longest burst that loses nothing, and how many packets
a second the box alone comes to. All of 128-byte frames cut to 96, unless a row says otherwise."""
import os
import signal
import statistics
import subprocess
import time

import costs
import lab
import mirrors
import rows

SMALL = rows.Row('', '', 0, '128', 96)
LARGE = rows.Row('', '', 0, '1400')
SUPER = rows.Row('', '', 0, split=True)
FULL_RATE = 0
BURST_MOST = 1 << 19
HELD, HELD_FLOWS, HELD_RINGS = 200000, 4096, 1024  # packets in the rings of a box that is held; megabytes


def start(row, *everybody):
    lab.segment(not row.split)
    lab.receive(False)
    for mirror in everybody:
        mirror.prepare(row)


# ---- latency ----

def delays(mirror, rate, count, every):
    """p99 in milliseconds, and what was wrong."""
    mirror.on()
    try:
        with costs.Arrived(SMALL, mirror) as arrived:
            eyes = lab.Judge(rows.WHOLE if mirror.name == 'kernel' else SMALL.kept, every)
            sent = costs.send(SMALL, count=count, rate=rate)
            lost = arrived.lost(sent)
            seen = eyes.end()
    finally:
        mirror.off()
    faults = ['%d packets lost' % lost] if lost else []
    faults += ['%d %s' % (seen[word], word) for word in ('wrong', 'repeated', 'late') if seen[word]]
    return seen['p99_us'] / 1000, faults


def latency(name, what, to_reach, rate, count, every=1):
    box, kernel = mirrors.Box(), mirrors.Kernel()
    start(SMALL, box, kernel)
    times, faults = {box: [], kernel: []}, []
    for number in range(costs.ROUNDS):
        for mirror in (box, kernel) if number % 2 else (kernel, box):
            delay, wrong = delays(mirror, rate, count, every)
            times[mirror].append(delay)
            faults += wrong if mirror is box else []
    mine, peer = costs.spread(times[box]), costs.spread(times[kernel])
    return {'name': name, 'what': what, 'unit': 'ms', 'to_reach': to_reach, 'faults': faults, 'mirrorsh': mine,
            'kernel': peer, 'figure': mine['median'] - peer['median']}


# ---- bursts ----

def survives(row, box, count):
    """Whether as many packets as the sender can send at once are all mirrored."""
    with costs.Arrived(row, box) as arrived:
        sent = costs.send(row, count=count, rate=FULL_RATE, gigabits=0, size=count * 1448)
        return arrived.lost(sent) == 0


def longest(row, box):
    count = 1 << 12
    while count <= BURST_MOST and survives(row, box, count):
        count *= 2
    return count // 2


def burst(name, what, row):
    box = mirrors.Box()
    start(row, box)
    box.on()
    lengths = [longest(row, box) for _ in range(3)]
    box.off()
    return {'name': name, 'what': what, 'unit': 'packets', 'to_reach': None, 'faults': [],
            'mirrorsh': costs.spread(lengths), 'figure': statistics.median(lengths)}


# ---- the ceiling ----

def may_run_on(pid, processors):
    subprocess.run(['taskset', '-a', '-p', '-c', ','.join(map(str, processors)), str(pid)], check=True,
                   stdout=subprocess.DEVNULL)


def drain(box):
    """Packets a second, in millions, of a box that finds its rings full; and how many are lost."""
    with costs.Arrived(SMALL, box) as arrived:
        os.kill(box.pid, signal.SIGSTOP)
        try:
            sent = lab.send_frames(SMALL.sizes, FULL_RATE, HELD, HELD_FLOWS)
        finally:
            os.kill(box.pid, signal.SIGCONT)
        begin, expected = time.monotonic(), arrived.expected(sent)
        while arrived.so_far() < expected and time.monotonic() - begin < 3:
            time.sleep(0.001)
        took = time.monotonic() - begin
        return sent['sent'] / took / 1e6, arrived.lost(sent)


def ceilings():
    box = mirrors.Box()
    start(SMALL)
    may_run_on(box.pid, lab.PROCESSORS)
    speeds, lost = {1: [], 2: []}, {1: 0, 2: 0}
    for number in range(costs.ROUNDS):
        for workers in (1, 2) if number % 2 else (2, 1):
            box.prepare(SMALL, 'set system workers %d' % workers, 'set system ring-size %d' % HELD_RINGS)
            box.on()
            speed, missing = drain(box)
            box.off()
            speeds[workers].append(speed)
            lost[workers] += missing
    may_run_on(box.pid, [lab.MIRRORING])
    return speeds, lost


def ceiling():
    speeds, lost = ceilings()
    sides = {workers: costs.spread(values) for workers, values in speeds.items()}
    faults = {workers: ['%d packets lost' % count] if count else [] for workers, count in lost.items()}
    yield {'name': 'ceiling', 'what': 'one worker by itself', 'unit': 'Mpps', 'mirrorsh': sides[1],
           'figure': sides[1]['median'], 'to_reach': None, 'faults': faults[1]}
    yield {'name': 'ceiling-2', 'what': 'two: how many times one', 'unit': 'Mpps', 'mirrorsh': sides[2],
           'figure': sides[2]['median'] / sides[1]['median'], 'to_reach': 1.8, 'least': True, 'faults': faults[2]}


# What ROWS names, and what it does.
ROWS = {
    'latency': lambda: [latency('latency', 'p99 at 1,000 packets a second', 2, 1000, 1000)],
    'latency-full': lambda: [latency('latency-full', 'p99 at full rate', 10, FULL_RATE, 400000, 64)],
    'burst': lambda: [burst('burst', '128 bytes at full rate', SMALL)],
    'burst-full': lambda: [burst('burst-full', '1,400 bytes at full rate', LARGE)],
    'burst-super': lambda: [burst('burst-super', 'TCP with offloads at full rate', SUPER)],
    'ceiling': ceiling,
}

