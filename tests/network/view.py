"""What a page of the live view says of a session is what `show sessions` says of it.
view.py MIRRORSH STATE SOCKET, beside a box whose counters stand still"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.environ['TOP'] + '/tests/console')
from slow_line import MIRRORSH, SOCKET, prompted  # noqa: E402

NAMES = ['matched', 'sent', 'cut', 'sampled out', 'dropped', 'rate limit', 'no receiver',
         'send error', 'backlog']


def page(terminal, name):
    """The totals of packets on the page of a session, by their names."""
    whole = rb'(?s)\x1b\[H\x1b\[2?J.*session ' + name.encode() + rb': .*errors.*q back'
    for _ in range(20):  # drawn anew until all of it has come: what is drawn before that are changes
        start = len(terminal.seen)
        terminal.send(b'\014')
        if terminal.await_text(whole, start, 3):
            break
    else:
        sys.exit(f'no page of {name}: {terminal.seen[start:]}')
    drawn = re.split(rb'\x1b\[H\x1b\[2?J', terminal.seen[start:])[1]
    text = re.sub(rb'\x1b\[[0-9;?]*[A-Za-z]|[\x0f\r\n]', b' ', drawn).decode()
    text = text[text.index('bytes'):]
    found = {}
    for at in NAMES:
        line = re.search(rf' {at} +([-0-9. kMG]+)', text[:text.index('target ')])
        if line:
            numbers = line.group(1).split()
            found[at] = int(numbers[2] if at in ('matched', 'sent') else numbers[1])
    return found


def told(session):
    """The same of its JSON; what is 0 is not on the page, but for three."""
    dropped = session['dropped']
    counts = [session['matched']['packets'], session['sent']['packets'],
              session['truncated']['packets'], session['sampled_out']['packets'],
              dropped['packets'], dropped['rate_limit'], dropped['no_receiver'],
              dropped['send_error'], dropped['backlog']]
    return {name: count for name, count in zip(NAMES, counts)
            if count or name in ('matched', 'sent', 'dropped')}


shown = subprocess.run([MIRRORSH, '--socket', SOCKET, '-c', 'show sessions | display json'],
                       stdout=subprocess.PIPE, check=True, stdin=subprocess.DEVNULL).stdout
terminal = prompted()
terminal.send(b'monitor sessions\r')
terminal.await_text(rb'q out')
for session in json.loads(shown)['sessions']:
    terminal.send(b'\r')
    got, wanted = page(terminal, session['name']), told(session)
    print(session['name'], got)
    if got != wanted:
        sys.exit(f"{session['name']}: the page has {got}, the box {wanted}")
    terminal.send(b'q\033[B')
terminal.close()
