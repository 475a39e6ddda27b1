"""The hosts of tests/network/lab.sh as make bench uses them: what it sends, mirrors, counts and reads.

The scheduler says what a process or thread has used of a processor to the nanosecond; what the kernel
does with a packet that somebody sends is in the sender's name, so that the kernel's own mirror shows
there. Who sends is kept on one processor, the box on the other."""
import glob
import json
import os
import signal
import subprocess
import time

NAME, DIRECTORY = os.environ['lab_name'], os.environ['lab']
PROGRAMS = os.environ['BUILD'] + '/build/tests/bench/'
RECEIVER, FOREIGN = '10.2.0.2', '02:00:00:00:00:99'
VNI = 5
PROCESSORS = sorted(os.sched_getaffinity(0))
SENDING, MIRRORING = PROCESSORS[0], PROCESSORS[1 % len(PROCESSORS)]


def run(*command, **more):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, timeout=60, **more).stdout


def inside(host, *command):
    return ('ip', 'netns', 'exec', '%s-%s' % (NAME, host), *command)


def on(processor, *command):
    return ('taskset', '-c', str(processor), *command)


def link(host, device):
    return json.loads(run('ip', '-n', '%s-%s' % (NAME, host), '-s', '-j', 'link', 'show', device))[0]


def link_address(host, device):
    return link(host, device)['address']


def figures(line):
    """A line of words and their numbers, as a dictionary."""
    words = line.split()
    return {word: float(number) for word, number in zip(words[::2], words[1::2])}


# ---- processor time ----

def processor_time(pid, threads='*'):
    """Nanoseconds of a process, of all its threads; none of no process."""
    used = 0
    for path in glob.glob('/proc/%s/task/%s/schedstat' % (pid, threads)) if pid else ():
        try:
            with open(path) as file:
                used += int(file.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended
    return used


def find_softirqs():
    found = []
    for path in glob.glob('/proc/[0-9]*/comm'):
        try:
            with open(path) as file:
                if file.read().startswith('ksoftirqd/'):
                    found.append(path.split('/')[2])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


SOFTIRQS = find_softirqs()


def softirq_time():
    return sum(processor_time(pid) for pid in SOFTIRQS)


def busy_time():
    """Nanoseconds that all processors have worked, or waited for the host of a virtual machine; in ticks."""
    with open('/proc/stat') as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) * 1e9 / os.sysconf('SC_CLK_TCK')


def settle(pid):
    """Waits until a process has had nothing more to do: a box opens and closes rings behind a commit."""
    for _ in range(40):
        before = processor_time(pid)
        time.sleep(0.1)
        if processor_time(pid) - before < 500000:
            return


# ---- the receiver ----

class Counter:
    """What has come over the receiver's wire, or in its vxlan device; cheap to read."""

    def __init__(self, device):
        self.device = device
        self.holder = subprocess.Popen(inside('recv', 'sleep', '900'))
        self.wanted = os.stat('/run/netns/%s-recv' % NAME).st_ino
        for _ in range(200):
            if os.stat('/proc/%d/ns/net' % self.holder.pid).st_ino == self.wanted:
                break
            time.sleep(0.01)
        self.path = '/proc/%d/net/dev' % self.holder.pid

    def read(self):
        """(bytes, packets)"""
        with open(self.path) as file:
            for line in file:
                name, _, rest = line.partition(':')
                if name.strip() == self.device:
                    numbers = rest.split()
                    return int(numbers[0]), int(numbers[1])
        raise RuntimeError(self.device)

    def close(self):
        self.holder.kill()
        self.holder.wait()


def receive(works):
    """Whether the receiver takes what comes, or it only passes over the wire."""
    run('ip', '-n', NAME + '-box', 'neigh', 'replace', RECEIVER, 'lladdr',
        link_address('recv', 'eth0') if works else FOREIGN, 'dev', 'up0', 'nud', 'permanent')


def segment(by_device):
    """Who segments what leaves: the device (here: nobody), or the kernel in front of it."""
    state = 'on' if by_device else 'off'
    run(*inside('box', 'ethtool', '-K', 'up0', 'tx', 'on', 'sg', 'on', 'gso', 'on', 'tso', state,
                'tx-udp-segmentation', state, 'tx-udp_tnl-segmentation', state,
                'tx-udp_tnl-csum-segmentation', state))


def prepare():
    for command in (
            ('-n', NAME + '-box', 'link', 'add', 'vxout', 'type', 'vxlan', 'id', str(VNI), 'remote', RECEIVER,
             'dstport', '4789', 'dev', 'up0', 'nolearning'),
            ('-n', NAME + '-box', 'link', 'set', 'vxout', 'up'),
            ('-n', NAME + '-box', 'address', 'add', '10.3.0.1/24', 'dev', 'src0'),
            ('-n', NAME + '-src', 'address', 'add', '10.3.0.2/24', 'dev', 'eth0')):
        run('ip', *command)
    for host, device, other, address in (('box', 'src0', ('src', 'eth0'), '10.3.0.2'),
                                         ('src', 'eth0', ('box', 'src0'), '10.3.0.1')):
        run('ip', '-n', '%s-%s' % (NAME, host), 'neigh', 'replace', address, 'lladdr', link_address(*other), 'dev',
            device, 'nud', 'permanent')
    # Nobody else speaks on the receiver's wire: what comes there is counted.
    for host, device in ('box', 'up0'), ('box', 'vxout'), ('recv', 'eth0'):
        run(*inside(host, 'sysctl', '-q', '-w', 'net.ipv6.conf.%s.disable_ipv6=1' % device))
    run(*inside('recv', 'ethtool', '-K', 'vx5', 'gro', 'on'))
    run(*inside('src', 'ethtool', '-K', 'eth0', 'tso', 'on', 'gso', 'on', 'tx', 'on', 'sg', 'on'))


# ---- what is sent ----

def send_frames(sizes, rate, count, flows=64):
    """generator.c's figures."""
    return figures(run(*on(SENDING, *inside('src', PROGRAMS + 'generator', 'eth0', sizes, str(flows), str(rate),
                                            str(count)))))


def send_flow(gigabits, size):
    """flows.c's figures."""
    return figures(run(*on(SENDING, PROGRAMS + 'flows', NAME + '-src', NAME + '-box', '10.3.0.1', str(gigabits),
                           str(size))))


def wire_dropped():
    """Frames that the sender's wire lost before any mirror saw them."""
    return link('src', 'eth0')['stats64']['tx']['dropped']


class Judge:
    """arrivals.c while something is sent."""

    def __init__(self, kept, every=1):
        self.process = subprocess.Popen(inside('recv', PROGRAMS + 'arrivals', 'eth0', str(VNI), str(kept),
                                               str(every)), stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def end(self):
        """Its figures, when nothing more comes."""
        settle(self.process.pid)
        self.process.send_signal(signal.SIGINT)
        return figures(self.process.communicate(timeout=30)[0])
