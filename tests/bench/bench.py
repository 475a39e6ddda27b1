#!/usr/bin/env python3
"""make bench, inside the hosts that bench.sh has made: runs the rows and prints the table."""
import itertools
import os
import sys

import costs
import lab
import mirrors
import programs
import rows
import table
import timings


def head():
    line = '%d processors; Linux %s; %d rounds by turns, medians (lowest-highest)' % (
        len(lab.PROCESSORS), os.uname().release, costs.ROUNDS)
    absent = mirrors.absent_tools()
    return line + ('; not installed: ' + ', '.join(absent) if absent else '')


def cost_rows(wanted):
    nobody, box, kernel = mirrors.Nobody(), mirrors.Box(), mirrors.Kernel()
    for row in rows.ROWS:
        if not wanted or row.name in wanted:
            try:
                yield costs.run(row, nobody, box, kernel)
            except costs.Wrong as wrong:
                yield {'name': row.name, 'what': row.what, 'unit': 'ns/packet', 'figure': None,
                       'to_reach': None, 'faults': [str(wrong)]}


def main():
    wanted = os.environ.get('ROWS', '').split()
    lab.prepare()
    out = (table.Json if os.environ.get('FORMAT') == 'json' else table.Text)(head())
    results = []
    for result in itertools.chain(cost_rows(wanted), timings.run(wanted), programs.run(wanted)):
        results.append(result)
        out.add(result)
    out.end(results)
    sys.exit(any(result['faults'] for result in results))


main()
