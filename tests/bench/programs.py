"""Rows that other programs measure. Such a program prints a line a row

    NAME VALUE UNIT [LIMIT]

without blanks in any: LIMIT is what VALUE is to be at most, or with >= in front, at least; none, or -: the
row only tells. Its status is 0 unless what it measured was wrong; then its last line says why."""
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__)) + '/'
PROGRAMS = {
    'lookup': os.environ['BUILD'] + '/build/tests/bench/lookup',  # the classifier by itself
    'scale': HERE + 'scale.sh',                                   # commits and memory with thousands of sessions
}
SECONDS_MOST = 120


def read(line):
    name, value, unit, limit = (line.split() + ['-'])[:4]
    return {'name': name, 'what': '', 'unit': unit, 'figure': float(value), 'least': limit.startswith('>='),
            'to_reach': None if limit == '-' else float(limit.lstrip('>=')), 'faults': []}


def wrong(name, why):
    return {'name': name, 'what': '', 'unit': '', 'figure': None, 'faults': [why]}


def run(wanted):
    for name, path in PROGRAMS.items():
        if wanted and name not in wanted or not os.access(path, os.X_OK):
            continue
        try:
            done = subprocess.run([path], stdout=subprocess.PIPE, text=True, timeout=SECONDS_MOST, check=False)
        except subprocess.TimeoutExpired:
            yield wrong(name, 'it did not end within %d s' % SECONDS_MOST)
            continue
        lines = [line for line in done.stdout.splitlines() if line and not line.startswith('#')]
        told = lines if done.returncode == 0 else lines[:-1]
        yield from map(read, told)
        if done.returncode:
            yield wrong(name, lines[-1] if lines else 'status %d' % done.returncode)
