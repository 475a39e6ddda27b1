#!/usr/bin/env python3
"""The bench's results as its table: table.py table|limit RESULTS

Lines of RESULTS: row, path, sent, seconds, nanoseconds of generator, box and ksoftirqd, received.
limit: prints a rate at which the kernel path already slows the sender: a tenth above the rate
that a sender which is not paced reaches under it.
"""
import statistics
import sys


def read(path):
    runs = {}
    with open(path) as file:
        for line in file:
            row, name, *numbers = line.split()
            runs.setdefault((row, name), []).append([float(n) for n in numbers])
    return runs


def median(values):
    return statistics.median(list(values))


def rate(runs):
    return median(sent / seconds for sent, seconds, *_ in runs)


def lost(runs):
    return int(sum(run[0] - run[5] for run in runs))


def main():
    runs = read(sys.argv[2])
    if sys.argv[1] == 'limit':
        print(int(1.1 * rate(runs['flood', 'kernel'])))
        return
    idle = median((g + s) / sent for sent, _, g, _, s, _ in runs['steady', 'none'])
    cost = {name: [(g + b + s) / sent - idle for sent, _, g, b, s, _ in runs['steady', name]]
            for name in ('mirrorsh', 'kernel')}
    print()
    print('%-34s %10s %10s %8s' % ('', 'mirrorsh', 'kernel', 'ratio'))
    m, k = median(cost['mirrorsh']), median(cost['kernel'])
    print('%-34s %10.0f %10.0f %8.2f' % ('ns of a processor a packet', m, k, m / k))
    for name, which in (('  lowest', min), ('  highest', max)):
        print('%-34s %10.0f %10.0f' % (name, which(cost['mirrorsh']), which(cost['kernel'])))
    print('%-34s %10d %10d' % ('packets a round', runs['steady', 'mirrorsh'][0][0],
                               runs['steady', 'kernel'][0][0]))
    print('%-34s %10.0f %10.0f' % ('packets a second', rate(runs['steady', 'mirrorsh']),
                                   rate(runs['steady', 'kernel'])))
    print('%-34s %10d %10d' % ('packets lost, all rounds', lost(runs['steady', 'mirrorsh']),
                               lost(runs['steady', 'kernel'])))
    print()
    print('A sender that is not paced reaches %.0f packets a second without a mirror and %.0f '
          'under the kernel path.' % (rate(runs['flood', 'none']), rate(runs['flood', 'kernel'])))
    limit = runs['limit', 'mirrorsh']
    print('At %.0f packets a second mirrorsh lost %d of %d.' %
          (rate(limit), lost(limit), sum(run[0] for run in limit)))


main()
