"""Rows that other programs measure. Such a program prints a line a row: a result as table.py has them, as
JSON; what is not in it is nothing. A program that fails is a row that is wrong."""
import json
import os
import subprocess

import costs

SECONDS_MOST = 120


def read(line):
    return {'what': '', 'to_reach': None, 'faults': [], **json.loads(line)}


def run(name):
    done = subprocess.run([os.environ['BUILD'] + '/build/tests/bench/' + name, str(costs.ROUNDS)],
                          stdout=subprocess.PIPE, text=True, timeout=SECONDS_MOST, check=False)
    yield from map(read, done.stdout.splitlines())
    done.check_returncode()


ROWS = {
    'lookup': lambda: run('lookup'),  # the classifier by itself
}
