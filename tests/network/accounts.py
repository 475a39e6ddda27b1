#!/usr/bin/env python3
"""The faults and looks of accounts.sh: accounts.py LAB SECONDS MIRRORSH STATE SOCKET GENERATOR RATE

While sessions, filters and targets of LAB-box come and go with a commit every 20 ms, interfaces c0 to
c3 (their peers p0 to p3 in LAB-src) are flooded, deleted and made anew, and the receivers' host loses
its address and its link, a console asks for all accounts again and again. Every sum has to hold in
every answer, and totals never go back. Prints what does not hold, else "looked N, ..." with the
totals of the last look. On a slow machine it goes on until all that it is about has happened."""
import itertools
import json
import random
import subprocess
import sys
import threading
import time

lab, seconds, mirrorsh, state, control, generator, rate = sys.argv[1:]
begin = time.monotonic()
INTERFACES, SESSIONS = 4, 6
chance = random.Random(7)
wrong = []
totals, looked = {}, 0
HAPPENS = ['interfaces.' + part + '.packets' for part in ('mirrored', 'rejected', 'unmatched', 'own')] + \
    ['sessions.' + part for part in ('sent.packets', 'truncated.packets', 'sampled_out.packets', 'dropped.rate_limit',
                                     'dropped.backlog')]


def going_on():
    passed, counts = time.monotonic() - begin, dict(numbers(totals))
    enough = looked > 3 * float(seconds) and all(counts[part] for part in HAPPENS)
    return not wrong and (passed < float(seconds) or not enough and passed < float(seconds) + 300)


def console(**options):
    return subprocess.Popen(['ip', 'netns', 'exec', lab + '-box', mirrorsh, '--state', state, '--socket', control, '-k', '-f', '-'],
                            stdin=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL, **options)


def ip(host, *lines):
    subprocess.run(['ip', '-n', lab + '-' + host, '-force', '-batch', '-'], input='\n'.join(lines), text=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tell(run, line):
    run.stdin.write(line + '\n')
    run.stdin.flush()


def session(i):
    return ('set session s%d priority %d target %s vni 5 packet-length %d source %s %s %s'
            % (i, 2 + i, chance.choice(['near', 'far', 'both', 'nowhere']), 60 + 10 * i,
               chance.choice(['interface src0 c%d' % (i % INTERFACES), 'all-interfaces', 'interface src0 prefix 10.0.0.0/24', 'prefix 10.1.0.0/16']),
               chance.choice(['', 'filter udp', 'filter none']),
               chance.choice(['', 'sample 3', 'sample 2 sample-by flow', 'rate-limit 20pps', 'sample 2 rate-limit 20kbps'])))


def commits():
    run, there = console(stdout=subprocess.DEVNULL), set()
    tell(run, 'configure')
    while going_on():
        i = chance.randrange(SESSIONS + 1)
        if i == SESSIONS:  # frames to a receiver are its own
            tell(run, chance.choice(['set session own priority 1 target itself vni 9 source interface src0', 'delete session own']))
        else:
            tell(run, 'delete session s%d' % i if i in there else session(i))
            there ^= {i}
        if chance.randrange(3) == 0:
            tell(run, 'delete filter udp ingress')
            tell(run, 'set filter udp ingress rule %d action %s source-port 10000-%d'
                 % (chance.randrange(1, 9), chance.choice(['accept', 'reject']), chance.randrange(10000, 10064)))
        tell(run, 'commit')
        if chance.randrange(5) == 0:  # totals know nothing of it
            tell(run, 'run clear counters session s%d' % chance.randrange(SESSIONS))
        time.sleep(0.02)
    tell(run, 'rollback')
    for i in there:
        tell(run, 'delete session s%d' % i)
    run.communicate('delete session own\ncommit\n')


def interfaces():
    while going_on():
        i = chance.randrange(INTERFACES)
        ip('box', 'link del c%d' % i, 'link add c%d type veth peer name p%d netns %s-src' % (i, i, lab), 'link set c%d up' % i)
        ip('src', 'link set p%d up' % i)
        time.sleep(0.05)


def flood():
    while going_on():
        subprocess.run(['ip', 'netns', 'exec', lab + '-src', generator, 'p%d' % chance.randrange(INTERFACES), '1400', '64',
                        str(int(rate) // 2), str(int(rate) // 10)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def receivers():
    faults = [[('recv', 'address del 10.2.0.2/24 dev eth0'), ('recv', 'address add 10.2.0.2/24 dev eth0', 'address add 10.2.0.3/24 dev eth0')],
              [('recv', 'link set eth0 down'), ('recv', 'link set eth0 up', 'address add fd02::2/64 dev eth0 nodad')],
              [('box', 'link set up0 mtu 1400'), ('box', 'link set up0 mtu 1700')],
              [('box', 'route add blackhole 10.2.0.2'), ('box', 'route del blackhole 10.2.0.2')]]
    slow = ['tc', '-n', lab + '-box', 'qdisc']
    for fault, cure in itertools.cycle(faults):
        if not going_on():
            return
        ip(*fault)
        subprocess.run(slow + 'replace dev up0 root tbf rate 2mbit burst 3k limit 6000'.split(), stderr=subprocess.DEVNULL)
        time.sleep(0.2)
        subprocess.run(slow + 'del dev up0 root'.split(), stderr=subprocess.DEVNULL)
        ip(*cure)
        time.sleep(0.4)


def holds(what, got, wanted):
    if got != wanted:
        wrong.append('%s: %s, not %s' % (what, got, wanted))


def of_interface(name, i):
    holds('received of ' + name, i['received']['packets'],
          sum(i[part]['packets'] for part in ('mirrored', 'rejected', 'unmatched', 'own')))


def of_session(name, s):
    dropped = s['dropped']
    holds('matched of ' + name, s['matched']['packets'],
          s['sent']['packets'] + s['sampled_out']['packets'] + dropped['packets'])
    holds('dropped of ' + name, dropped['packets'], sum(n for part, n in dropped.items() if part != 'packets'))


def numbers(account):
    for key, value in account.items():
        if isinstance(value, dict):
            yield from ((key + '.' + part, number) for part, number in numbers(value))
        elif isinstance(value, int):
            yield key, value


def look(run, before):
    tell(run, 'show engine | display json')
    engine = json.loads(run.stdout.readline())['engine']
    tell(run, 'show sessions | display json')
    sessions = json.loads(run.stdout.readline())['sessions']
    tell(run, 'show interfaces | display json')
    shown = json.loads(run.stdout.readline())['interfaces']
    totals = {part: engine[part] for part in ('interfaces', 'sessions')}
    of_interface('all interfaces', engine['interfaces'])
    of_session('all sessions', engine['sessions'])
    holds('mirrored is matched', engine['interfaces']['mirrored']['packets'], engine['sessions']['matched']['packets'])
    holds('sent is what workers sent', engine['sessions']['sent']['packets'],
          sum(w['batched']['packets'] + w['single']['packets'] for w in engine['workers']))
    holds('workers received', engine['interfaces']['received'],
          {unit: engine['left_out'][unit] + sum(w['received'][unit] for w in engine['workers'])
           for unit in ('packets', 'bytes')})
    for one in engine['workers']:
        of_interface('a worker', one)
    for one in sessions:
        of_session(one['name'], one)
    for one in shown:
        of_interface(one['name'], one)
    earlier = dict(numbers(before))
    for key, number in numbers(totals):
        if number < earlier.get(key, 0):
            wrong.append('%s went back: %d, then %d' % (key, earlier[key], number))
    return totals


threads = [threading.Thread(target=f) for f in (commits, interfaces, flood, receivers)]
asking = console(stdout=subprocess.PIPE)
totals = look(asking, {})
looked = 1
for thread in threads:
    thread.start()
while going_on():
    totals, looked = look(asking, totals), looked + 1
    time.sleep(0.01)
for thread in threads:
    thread.join()
totals = look(asking, totals)
asking.communicate()
print('looked %d, %s' % (looked, ' '.join('%s=%d' % pair for pair in numbers(totals))))
print('\n'.join(wrong[:20]))
sys.exit(1 if wrong else 0)
