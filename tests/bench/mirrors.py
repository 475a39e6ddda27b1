"""Who mirrors in make bench: the box, the kernel, nobody, and tools that a user would take instead. Each
goes on and off between two measurements; `pid` is that of its process, if it is one."""
import os
import shutil
import subprocess
import time

import lab


class Nobody:
    name = 'none'
    pid = None

    def prepare(self, row):
        pass

    def on(self):
        pass

    def off(self):
        pass


class Box(Nobody):
    name = 'mirrorsh'

    def __init__(self):
        self.pid, self.socket = int(os.environ['box_pid']), os.environ['socket']

    def ctl(self, *commands):
        arguments = [word for command in commands for word in ('-c', command)]
        return lab.run(os.environ['MIRRORSH'], '--socket', self.socket, *arguments, stdin=subprocess.DEVNULL)

    def prepare(self, row, *more):
        """A session as the row wants it, disabled."""
        self.configure('set filter f ingress rule 10 action accept ' + row.wanted[0],
                       'set target t receiver ' + lab.RECEIVER,
                       'set session s priority 1 filter f target t vni %d disabled' % lab.VNI,
                       'set session s source interface src0',
                       *(['set session s packet-length %d' % row.kept] if row.kept < 9000 else []), *more)

    def configure(self, *lines):
        path = lab.DIRECTORY + '/bench.conf'
        with open(path, 'w') as file:
            file.write('\n'.join(lines) + '\n')
        self.ctl('configure', 'load override ' + path, 'commit')

    def on(self):
        self.ctl('configure', 'delete session s disabled', 'commit')
        lab.settle(self.pid)

    def off(self):
        self.ctl('configure', 'set session s disabled', 'commit')
        lab.settle(self.pid)


class Another(Box):
    """A box of its own beside the bench's, which has no session up meanwhile."""
    count = 0

    def __init__(self, name=Box.name):  # pylint: disable=super-init-not-called
        Another.count += 1
        self.name = name
        self.socket = '%s/another%d' % (lab.DIRECTORY, Another.count)
        self.process = subprocess.Popen(
            lab.on(lab.MIRRORING, *lab.inside('box', os.environ['MIRRORSH'], '--daemon', '--state',
                                              self.socket + '.state', '--socket', self.socket)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        while not os.path.exists(self.socket):
            if self.process.poll() is not None:
                raise RuntimeError('no box')
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Kernel(Nobody):
    name = 'kernel'

    def prepare(self, row):
        self.wanted = row.wanted[1]

    def on(self):
        lab.run(*lab.inside('box', 'tc', 'qdisc', 'add', 'dev', 'src0', 'clsact'))
        lab.run(*lab.inside('box', 'tc', 'filter', 'add', 'dev', 'src0', 'ingress', 'protocol', 'all', 'u32', 'match',
                            *self.wanted.split(), 'action', 'mirred', 'egress', 'mirror', 'dev', 'vxout'))

    def off(self):
        lab.run(*lab.inside('box', 'tc', 'qdisc', 'del', 'dev', 'src0', 'clsact'))


class Tool(Nobody):
    """Another program, which puts the frames on the wire as they are."""

    def __init__(self, *command):
        self.name = command[0]
        self.command = command

    def prepare(self, row):
        self.kept = row.kept

    def on(self):
        command = [word.replace('KEPT', str(self.kept)) for word in self.command]
        self.process = subprocess.Popen(lab.on(lab.MIRRORING, *lab.inside('box', *command)), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=lab.DIRECTORY)
        self.pid = self.process.pid
        time.sleep(0.3)
        if self.process.poll() is not None:
            raise RuntimeError('%s has ended' % self.name)

    def off(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


TOOLS = [Tool('daemonlogger', '-i', 'src0', '-o', 'up0', '-S', 'KEPT'),
         Tool('tcpbridge', '--unidir', '-i', 'src0', '-I', 'up0')]


def installed_tools():
    return [tool for tool in TOOLS if shutil.which(tool.name)]


def absent_tools():
    return [tool.name for tool in TOOLS if not shutil.which(tool.name)]
