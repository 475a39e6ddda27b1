#!/usr/bin/env python3
"""The storm of chaos.sh: chaos.py LAB SECONDS MIRRORSH STATE SOCKET GENERATOR RATE

Interfaces c0 to c19 of LAB-box (their peers p0 to p19 in LAB-src) go, come back, are renamed, taken
down and up and flooded, and what sessions mirror of them changes with a commit every 20 ms. Every
50 ms a console asks the box something: prints "plans N, asked N, median MS, slowest MS"."""
import os
import random
import subprocess
import sys
import threading
import time

lab, seconds, mirrorsh, state, control, generator, rate = sys.argv[1:]
begin = time.monotonic()
INTERFACES, SESSIONS = 20, 4
chance = random.Random(5)


def storming():
    """For so long, and on a slow machine until there were four commits for each second."""
    passed = time.monotonic() - begin
    return passed < float(seconds) or (commits_made() <= 4 * float(seconds) and passed < float(seconds) + 300)


def commits_made():
    return last - first


def console(**options):
    return subprocess.Popen(['ip', 'netns', 'exec', lab + '-box', mirrorsh, '--state', state, '--socket', control, '-f', '-'],
                            stdin=subprocess.PIPE, text=True, **options)


def churn():
    ip = subprocess.Popen(['ip', '-n', lab + '-box', '-force', '-batch', '-'], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    while storming():
        i = chance.randrange(INTERFACES)
        kind = chance.randrange(4)
        lines = {
            0: ['link del c%d' % i, 'link add c%d type veth peer name p%d netns %s-src' % (i, i, lab), 'link set c%d up' % i],
            1: ['link set c%d down' % i, 'link set c%d name x%d' % (i, i), 'link set x%d up' % i],
            2: ['link set x%d down' % i, 'link set x%d name c%d' % (i, i), 'link set c%d up' % i],
            3: ['link set c%d down' % i, 'link set c%d up' % i],
        }[kind]
        ip.stdin.write('\n'.join(lines) + '\n')
        ip.stdin.flush()
        time.sleep(0.02)
    ip.stdin.close()
    ip.wait()


def flood():
    while storming():
        device = 'p%d' % chance.randrange(INTERFACES)
        subprocess.run(['ip', '-n', lab + '-src', 'link', 'set', device, 'up'], stderr=subprocess.DEVNULL)
        subprocess.run(['ip', 'netns', 'exec', lab + '-src', generator, device, '128', '64', str(int(rate) // 5), str(int(rate) // 10)],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def commits():
    run = console(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.set_blocking(run.stdin.fileno(), False)
    os.write(run.stdin.fileno(), b'configure\n')
    where = {}
    while storming():
        i = chance.randrange(INTERFACES)
        line = 'delete session s%d source interface c%d\n' % (where.pop(i), i) if i in where else ''
        if not line:
            where[i] = chance.randrange(SESSIONS)
            line = 'set session s%d source interface c%d\n' % (where[i], i)
        try:
            os.write(run.stdin.fileno(), (line + 'commit\n').encode())
        except BlockingIOError:
            pass
        time.sleep(0.02)
    run.kill()
    run.wait()


def ask(run):
    asked = time.monotonic()
    run.stdin.write('show engine\n')
    run.stdin.flush()
    plans = 0
    for line in run.stdout:
        if 'plans' in line:
            plans = int(line.split()[-3])
        if 'sent one by one' in line:
            return time.monotonic() - asked, plans
    sys.exit('the console has ended')


threads = [threading.Thread(target=f) for f in (churn, commits, flood, flood)]
asking = console(stdout=subprocess.PIPE)
first = last = ask(asking)[1]
for thread in threads:
    thread.start()
took = []
while storming():
    answer, last = ask(asking)
    took.append(answer)
    time.sleep(0.05)
for thread in threads:
    thread.join()
last = ask(asking)[1]
asking.stdin.close()
asking.wait()
took.sort()
print('plans %d, asked %d, median %.1f ms, slowest %.1f ms' % (commits_made(), len(took), 1000 * took[len(took) // 2], 1000 * took[-1]))
