"""What README.md shows of a console, typed again: readme.py MIRRORSH STATE SOCKET; a box runs at the
socket, in the network of readme.sh."""

import difflib
import json
import os
import re
import subprocess
import sys
import time

from slow_line import MIRRORSH, SOCKET, Terminal, prompted, verdict

TOP, LAB = os.environ['TOP'], os.environ['LAB']
BLOCKS = re.findall(r'^```\w*\n(.*?)^```$', open(TOP + '/README.md').read(), re.M | re.S)
PROMPT = re.compile(r'(box(?:\[[^\n]*?\])?[>#] )(.*)')


def block(beginning):
    return next(text for text in BLOCKS if text.startswith(beginning)).splitlines()


def same(name, got, wanted):
    verdict(name, got == wanted,
            '\n'.join(difflib.unified_diff(wanted, got, 'README.md', 'got', lineterm='')))


def traffic():
    """Both directions of 64 flows over IPv4 and over IPv6, received and sent again: 256 packets of the
    web and 256 others; seen when this returns."""
    for host, device, seed in ('src', 'eth0', '1'), ('box', 'eth1', '2'):
        subprocess.run(['ip', 'netns', 'exec', f'{LAB}-{host}', 'python3', TOP + '/tests/network/frames.py',
                        device, 'flows', seed], check=True, stdout=subprocess.DEVNULL)


def show(what):
    said = subprocess.run([MIRRORSH, '--socket', SOCKET, '-c', f'show {what} | display json'],
                          check=True, stdout=subprocess.PIPE).stdout
    return json.loads(said)[what]


def pps():
    return show('targets')[0]['receivers'][0]['rate']['packets']


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


def session():
    wanted, got = block('box> '), []
    terminal = prompted()
    at = 0
    for line in filter(None, map(PROMPT.fullmatch, wanted)):
        if line[2] == 'show sessions':
            until(lambda: show('sessions')[0]['state'] == 'up')
            traffic()
            until(lambda: show('sessions')[0]['sent']['packets'] == 256)
            until(lambda: pps() > 0, 5)
            until(lambda: pps() == 0)
        terminal.send(line[2].encode() + b'\r')
        end = terminal.await_text(rb'\n(box(\[[^\n]*?\])?[>#] )$', at)
        if end is None:
            break
        got += terminal.seen[at:at + end].decode().replace(' \b', '').replace('\r', '').splitlines()[:-1]
        at += end - len(terminal.seen[at:at + end].rpartition(b'\n')[2])
    terminal.close()
    same('the session in README.md is what the program prints', got, wanted)


def screen(text):
    """What a vt100 of 80x24 shows of what it was sent."""
    rows, row, column = [[' '] * 80 for _ in range(24)], 0, 0
    for found in re.finditer(r'\x1b\[([?\d;]*)([A-Za-z])|\x1b[()].|\x1b.|(.|\n)', text):
        numbers, command, plain = found.groups()
        given = [int(number) for number in re.findall(r'\d+', numbers or '')]
        count = given[0] if given else 1
        if plain == '\n':
            row = min(row + 1, 23)
        elif plain == '\r':
            column = 0
        elif plain == '\b':
            column = max(column - 1, 0)
        elif plain and plain >= ' ' and column < 80:
            rows[row][column] = plain
            column += 1
        elif command == 'H':
            row, column = (given[0] - 1, given[1] - 1) if len(given) > 1 else (0, 0)
        elif command in 'ABCD' if command else False:
            row += {'A': -count, 'B': count}.get(command, 0)
            column += {'C': count, 'D': -count}.get(command, 0)
        elif command in ('J', 'K'):
            rows[row][column:] = [' '] * (80 - column)
            for below in rows[row + 1:] if command == 'J' else ():
                below[:] = [' '] * 80
    return [''.join(cells).rstrip() for cells in rows]


def masked(lines):
    """Numbers end where they end, whatever they are; the title's, and the curve behind the others, are
    what time makes."""
    def mask(line):
        numbers = r'\d[\d.]*[kMG]?'
        return re.sub(numbers, lambda number: f'{"N":>{len(number[0])}}',
                      line[:68].rstrip() if re.search(numbers, line) else line)

    return [re.sub(r'[\d:.]+', 'N', lines[0])] + [mask(line) for line in lines[1:] if line]


def live_view():
    subprocess.run([MIRRORSH, '--socket', SOCKET], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, input=b"""configure
set system host-name demo
set session rest priority 2 target analyser vni 6 packet-length 96 source interface eth1
set session lab priority 3 target analyser vni 7 source interface eth9
commit
""")
    terminal = Terminal()
    start = terminal.await_text(b'demo> ')
    terminal.send(b'monitor sessions\r')
    terminal.await_text(rb'q out', start)
    wanted = masked(block('mirrorsh demo'))
    until(lambda: masked(screen(terminal.seen[start:].decode())) == wanted, 5)
    same('the live view in README.md is what the program shows',
         masked(screen(terminal.seen[start:].decode())), wanted)
    terminal.close()


session()
live_view()
