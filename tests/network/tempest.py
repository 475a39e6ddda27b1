#!/usr/bin/env python3
"""Everything at once, for tempest.sh: tempest.py LAB SECONDS MIRRORSH SOCKET GENERATOR

Twenty interfaces of the box LAB appear, vanish, come back under the same name, are renamed, taken
down and flooded, a console commits sources and rules every 20 ms, and another asks for the
sessions. Prints "commits N answers N slowest MILLISECONDS commit MILLISECONDS".
"""
import random
import subprocess
import sys
import threading
import time

INTERFACES = 20
lab, seconds, mirrorsh, socket, generator = sys.argv[1:]
end = time.monotonic() + float(seconds)
problems = []


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def box(*arguments):
    return run('ip', '-n', lab + '-box', *arguments)


def create(n):
    box('link', 'add', f's{n}', 'type', 'veth', 'peer', 'name', f'peer{n}', 'netns', lab + '-src')
    box('link', 'set', f's{n}', 'up')
    run('ip', '-n', lab + '-src', 'link', 'set', f'peer{n}', 'up')


def change_links():
    chance = random.Random(1)
    while time.monotonic() < end:
        n = chance.randrange(INTERFACES)
        what = chance.randrange(5)
        if what == 0:
            box('link', 'del', f's{n}')
        elif what == 1:
            box('link', 'del', f's{n}')
            create(n)
        elif what == 2:
            box('link', 'set', f's{n}', 'down')
            box('link', 'set', f's{n}', 'up')
        elif what == 3:
            box('link', 'set', f's{n}', 'down')
            box('link', 'set', f's{n}', 'name', f'away{n}')
            box('link', 'set', f'away{n}', 'name', f's{n}')
            box('link', 'set', f's{n}', 'up')
        else:
            create(n)


def flood_one():
    chance = random.Random(2)
    while time.monotonic() < end:
        run('ip', 'netns', 'exec', lab + '-src', generator, f'peer{chance.randrange(INTERFACES)}',
            '128', '16', '20000', '4000')
        time.sleep(0.01)


class Console:
    """A batch that is fed line by line; each line is followed by one whose answer is known."""

    def __init__(self):
        self.process = subprocess.Popen(
            ['ip', 'netns', 'exec', lab + '-box', mirrorsh, '--socket', socket, '-k'], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.count, self.slowest = 0, 0

    def ask(self, line, marker):
        begin = time.monotonic()
        self.process.stdin.write(f'{line}\n{marker}\n')
        self.process.stdin.flush()
        for answer in self.process.stdout:
            if answer.startswith('mirrorsh '):
                break
        else:
            problems.append('a console has ended')
            return False
        self.count += 1
        self.slowest = max(self.slowest, time.monotonic() - begin)
        return True


def commit():
    chance = random.Random(3)
    console.ask('configure', 'run show version')
    while time.monotonic() < end:
        n, verb = chance.randrange(INTERFACES), chance.choice(['set', 'delete'])
        port = chance.randrange(10000, 10064)
        lines = [f'{verb} session b source interface s{n}',
                 f'set filter f ingress rule 10 source-port 10000-{port}', 'commit']
        if not console.ask('\n'.join(lines), 'run show version'):
            return
        time.sleep(0.02)


def look():
    while time.monotonic() < end:
        if not looker.ask('show sessions\nshow interfaces', 'show version'):
            return
        time.sleep(0.05)


for number in range(INTERFACES):
    create(number)
console, looker = Console(), Console()
threads = [threading.Thread(target=work) for work in (change_links, flood_one, commit, look)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(float(seconds) + 60)
    if thread.is_alive():
        problems.append('no answer in a minute')
        console.process.kill()
        looker.process.kill()
print('commits', console.count, 'answers', looker.count, 'slowest',
      round(looker.slowest * 1000), 'commit', round(console.slowest * 1000), *problems)
sys.exit(1 if problems else 0)
