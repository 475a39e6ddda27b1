"""Rows that other programs measure. Such a program prints a line a row

    NAME VALUE UNIT [LIMIT]

without blanks in any: LIMIT is what VALUE is to be at most, or with >= in front, at least; none, or -: the
row only tells. Its status is 0 unless what it measured was wrong; then its last line says why."""
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__)) + '/'
SECONDS_MOST = 120


def read(line):
    name, value, unit, limit = (line.split() + ['-'])[:4]
    return {'name': name, 'what': '', 'unit': unit, 'figure': float(value), 'least': limit.startswith('>='),
            'to_reach': None if limit == '-' else float(limit.lstrip('>=')), 'faults': []}


def run(path):
    """Its rows, and a RuntimeError behind them where it failed; none where there is no such program."""
    if not os.access(path, os.X_OK):
        return
    done = subprocess.run([path], stdout=subprocess.PIPE, text=True, timeout=SECONDS_MOST, check=False)
    lines = done.stdout.splitlines()
    yield from map(read, lines[:-1] if done.returncode else lines)
    if done.returncode:
        raise RuntimeError(lines[-1] if lines else 'status %d' % done.returncode)


ROWS = {
    'lookup': lambda: run(os.environ['BUILD'] + '/build/tests/bench/lookup'),  # the classifier by itself
    'scale': lambda: run(HERE + 'scale.sh'),  # commits and memory with thousands of sessions
}
