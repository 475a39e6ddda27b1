#!/bin/bash
# Places at the box: who may have how many consoles, how long one may be silent and how much it
# may send, and what a console that does not read costs. Needs python3 for rude consoles.

lab=$(mktemp -d "${TMPDIR:-/tmp}/places.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; rm -rf "$lab"' EXIT

if ! command -v python3 >/dev/null; then
    echo 'skip places: no python3'
    exit 0
fi
chmod 711 "$lab"
cp "$MIRRORSH" "$lab/mirrorsh"
{
    echo configure
    for ((i = 1; i <= 3000; i++)); do
        echo "set filter f ingress rule $i action accept protocol tcp destination-port $i"
    done
    echo commit
} >"$lab/lines"
"$MIRRORSH" -n --state "$state" -f "$lab/lines" >"$lab/log" 2>&1
"$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >>"$lab/log" 2>&1 &
box=$!
for ((tries = 0; tries < 600; tries++)); do
    [ -S "$socket" ] && break
    sleep 0.1
done
chmod 666 "$socket"
python3 - "$lab" "$box" <<'END' || echo 'not ok places: it ended badly'
import os
import re
import socket
import struct
import subprocess
import sys
import time

lab, box = sys.argv[1], int(sys.argv[2])
STRANGER = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']


def verdict(name, good, got=''):
    print(f'ok {name}' if good else f'not ok {name}: {got!r}', flush=True)


def attach(data=b''):
    console = socket.socket(socket.AF_UNIX)
    console.connect(lab + '/socket')
    console.settimeout(300)
    try:
        console.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return console


def rest(console):
    data = b''
    try:
        while got := console.recv(65536):
            data += got
    except (ConnectionResetError, socket.timeout) as error:
        data += repr(error).encode()
    return data


def run(*before):
    return subprocess.run([*before, lab + '/mirrorsh', '--socket', lab + '/socket', '-c',
                           'show version'], capture_output=True, text=True, timeout=300)


def memory():
    """In KiB; what a sanitizer keeps does not count."""
    if os.environ.get('SANITIZE'):
        return 0
    with open(f'/proc/{box}/status') as status:
        return int(re.search(r'VmRSS:\s+(\d+)', status.read())[1])


version = int(re.search(r'PROTOCOL_VERSION = (\d+)',
                        open(os.environ['TOP'] + '/shell/protocol.h').read())[1])
HELLO = struct.pack('<IIIIIHH64s64sI', 1, 144, 0, version, 1, 80, 24, b'test', b'', 0)

# Before the hello
before = memory()
silent = [attach(struct.pack('<III', 1, 1 << 24, 0)[:8] + b'x' * 3) for _ in range(250)]
silent += [attach() for _ in range(249)]
begun = time.monotonic()
silent.append(attach())
got = run()
verdict('500 silent connections lock nobody out', got.returncode == 0, got)
verdict('and cost next to nothing', memory() - before < 20000, (before, memory()))
last = rest(silent[-1])
verdict('they are told to say hello in time', b'hello in time' in last, last)
verdict('and have some seconds', time.monotonic() - begun > 3)
for console in silent:
    console.close()
got = rest(attach(struct.pack('<III', 1, 4096, 0) + b'x' * 4096))
verdict('a large message before the hello is refused', b'longer' in got, got)
got = rest(attach(HELLO + struct.pack('<III', 2, (1 << 20) + 65, 1)))
verdict('and a larger line than the box takes', b'longer' in got, got)
long = b'#' * (1 << 20)
got = attach(HELLO + struct.pack('<IIII', 2, 5 + len(long), 1, 0) + long + b'x')
got.shutdown(socket.SHUT_WR)
verdict('a line that is too long has its place', b'the line is too long' in (text := rest(got)), text)
pipes = b'show version ' + b'| count ' * 80000
got = attach(HELLO + struct.pack('<IIII', 2, 4 + len(pipes), 1, 0) + pipes)
got.shutdown(socket.SHUT_WR)
verdict('80,000 pipes are none of the box', b'expected one of: display, compare' in (text := rest(got)),
        text)

# Those that do not read
before = memory()
line = struct.pack('<IIII', 2, 4 + 34, 1, 0) + b'show configuration | display json '
mute = []
for _ in range(40):
    console = attach(HELLO)
    console.setblocking(False)
    try:
        while console.send(line * 100):
            pass
    except BlockingIOError:
        pass
    mute.append(console)
# A slow machine needs some time for an answer to each of them, and then has it for others.
time.sleep(1)
until = time.monotonic() + 300
while (got := run()).returncode and time.monotonic() < until:
    time.sleep(0.1)
verdict('40 consoles that do not read hold nobody up', got.returncode == 0, got)
verdict('and cost an answer each', memory() - before < 100000, (before, memory()))
for console in mute:
    console.close()

# Users
if os.getuid() == 0 and subprocess.run([*STRANGER, 'true'], stderr=subprocess.DEVNULL).returncode == 0:
    greedy = subprocess.Popen([*STRANGER, sys.executable, '-c', f'''
import socket, time
kept = []
for i in range(60):
    s = socket.socket(socket.AF_UNIX)
    s.connect({lab + '/socket'!r})
    s.send({HELLO!r})
    kept.append(s)
print(sum(b"too many" in s.recv(4096) for s in kept), flush=True)
time.sleep(600)
'''], stdout=subprocess.PIPE, text=True)
    verdict('a user has 50 places', (got := greedy.stdout.readline()) == '10\n', got)
    got = run(*STRANGER)
    verdict('and is told that they are taken, with status 3',
            got.returncode == 3 and 'too many consoles' in got.stderr and not got.stdout, got)
    verdict('root comes in', run().returncode == 0)
    greedy.kill()
    greedy.wait()
    until = time.monotonic() + 300
    while (got := run(*STRANGER)).returncode and time.monotonic() < until:
        time.sleep(0.1)
    verdict('a place that is left is free', got.returncode == 0, got)
else:
    print('skip users: needs root')
END
