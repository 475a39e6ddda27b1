#!/usr/bin/env python3
"""failover.py VICTIM FAULT CURE SENT FLOWS RECEIVER.pcap...: which receiver got which of blast.py's
frames while VICTIM (the name of one of the captures) was away from FAULT to CURE, both in seconds of
the clock. Only the flows of the victim move, all of them, to more than one of the others, and all
come back; nobody gets any frame twice, and only theirs are lost. What is sent to the victim while it
is away is lost. Prints how long it took; no longer
than it may, with as much more as the machine made everybody wait."""
import collections
import os
import struct
import sys

TAKE_OVER, COME_BACK = 1.0, 6.0  # the box needs less than five; one for a busy machine


def frames(path):
    """(time, number) of each: on a vxlan device, or on the wire to it"""
    with open(path, 'rb') as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        seconds, microseconds, captured = struct.unpack_from('<III', data, at)
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        if frame[12:14] == b'\x86\xdd':
            frame = frame[70:]
        elif frame[36:38] != b'\0\x50':
            frame = frame[50:]
        if frame:
            yield seconds + microseconds / 1e6, struct.unpack_from('!Q', frame, 42)[0]


def main():
    victim, fault, cure, sent, flows = sys.argv[1], *(float(a) for a in sys.argv[2:4]), *(int(a) for a in sys.argv[4:6])
    came = sorted((when, number, os.path.basename(path)[:-5]) for path in sys.argv[6:] for when, number in frames(path))
    came = [frame for frame in came if frame[2] != victim or not fault <= frame[0] < cure]
    home, others, away, back = {}, collections.Counter(), {}, {}
    for when, number, receiver in came:
        flow = number % flows
        if when < fault:
            assert home.setdefault(flow, receiver) == receiver, 'flow %d moved before' % flow
    assert len(home) == flows, 'only %d flows before' % len(home)
    theirs = {flow for flow, receiver in home.items() if receiver == victim}
    assert 0 < len(theirs) < flows, '%d of %d flows are at %s' % (len(theirs), flows, victim)
    for when, number, receiver in came:
        flow = number % flows
        if when < fault:
            continue
        if flow not in theirs:
            assert receiver == home[flow], 'flow %d moved from %s to %s' % (flow, home[flow], receiver)
        elif receiver != victim:
            assert flow not in back, 'flow %d went away once more' % flow
            if flow not in away:
                others[receiver] += 1
            assert away.setdefault(flow, (when, receiver, number))[1] == receiver, 'flow %d moved twice' % flow
        elif flow not in away or number > away[flow][2]:  # else the kernel had kept it
            back.setdefault(flow, when)
    assert len(away) == len(theirs), '%d of its %d flows were taken over' % (len(away), len(theirs))
    assert len(back) == len(theirs), '%d of its %d flows came back' % (len(back), len(theirs))
    assert len(others) == len(sys.argv) - 7, 'only %s took over' % ' '.join(others)
    numbers = collections.Counter(number for _, number, _ in came)
    assert max(numbers.values()) == 1, 'frames came twice: %s' % numbers.most_common(3)
    lost = [number for number in range(sent) if number not in numbers]
    assert all(number % flows in theirs for number in lost), 'frames of flows that stayed are missing'
    pause = max(b[0] - a[0] for a, b in zip(came, came[1:]))
    took_over = max(when for when, _, _ in away.values()) - fault
    came_back = max(back.values()) - cure
    print('%d flows of %d taken over in %.3f s, back in %.3f s, %d frames lost; the longest pause %.3f s' %
          (len(theirs), flows, took_over, came_back, len(lost), pause))
    assert took_over < TAKE_OVER + 10 * pause, 'too late'
    assert came_back < COME_BACK + 10 * pause, 'back too late'


try:
    main()
except AssertionError as error:
    sys.exit(str(error))
