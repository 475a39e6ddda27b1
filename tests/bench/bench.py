#!/usr/bin/env python3
"""make bench, inside the hosts that bench.sh has made: runs the rows and prints the table."""
import os
import subprocess
import sys

import costs
import lab
import mirrors
import programs
import rows
import scale
import table
import timings


def head():
    line = '%d processors; Linux %s; %d rounds by turns, medians (lowest-highest)' % (
        len(lab.PROCESSORS), os.uname().release, costs.ROUNDS)
    absent = mirrors.absent_tools()
    return line + ('; not installed: ' + ', '.join(absent) if absent else '')


def failed(name, why):
    return {'name': name, 'what': '', 'unit': '', 'figure': None, 'to_reach': None, 'faults': [str(why)]}


def functions():
    """What ROWS may name."""
    nobody, box, kernel = mirrors.Nobody(), mirrors.Box(), mirrors.Kernel()
    return {**{row.name: lambda row=row: [costs.run(row, nobody, box, kernel)] for row in rows.ROWS},
            **timings.ROWS, **programs.ROWS, **scale.ROWS}


def results(wanted):
    """Of all rows that are wanted, given as functions; one that cannot be run stops none of the others."""
    for name, function in wanted.items():
        try:
            yield from function()
        except (costs.Wrong, subprocess.SubprocessError, RuntimeError) as why:
            yield failed(name, why)


def main():
    every = functions()
    names = os.environ.get('ROWS', '').split() or every
    if unknown := [name for name in names if name not in every]:
        sys.exit('bench: no row %s; there are %s' % (', '.join(unknown), ', '.join(every)))
    lab.prepare()
    out = (table.Json if os.environ.get('FORMAT') == 'json' else table.Text)(head())
    done = []
    for result in results({name: every[name] for name in names}):
        done.append(result)
        out.add(result)
    out.end(done)
    sys.exit(any(result['faults'] for result in done))


main()
