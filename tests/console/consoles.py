"""Consoles of a running box for tests and benches in Python: behind pipes, and on a terminal."""
import os
import pty
import re
import select
import subprocess
import time

PATIENCE = 120 * int(os.environ.get('PATIENCE', '1'))


class Piped:
    """A console that reads lines from a pipe; what it says on either output comes out of another."""

    def __init__(self, program, socket):
        self.process = subprocess.Popen([program, '-k', '--socket', socket], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.out, self.text = self.process.stdout.fileno(), ''

    def say(self, *lines):
        os.write(self.process.stdin.fileno(), ''.join(line + '\n' for line in lines).encode())

    def heard(self, pattern, seconds=PATIENCE):
        """What has come up to the pattern, unless it does not come in time; 0: has it come by now?"""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text, re.M)):
            if not select.select([self.out], [], [], max(0, end - time.monotonic()))[0]:
                return None
            data = os.read(self.out, 65536)
            if not data:
                return None
            self.text += data.decode(errors='replace')
        text, self.text = self.text[:found.start()], self.text[found.end():]
        return text

    def must_hear(self, pattern):
        text = self.heard(pattern)
        if text is None:
            raise RuntimeError('no %s, but %r' % (pattern, self.text[-300:]))
        return text

    def timed(self, line, pattern):
        """Milliseconds from the line to the pattern."""
        begin = time.monotonic()
        self.say(line)
        self.must_hear(pattern)
        return (time.monotonic() - begin) * 1000


class Terminal(Piped):
    """A console on a terminal of 80x24."""

    def __init__(self, program, socket):  # pylint: disable=super-init-not-called
        self.pid, self.out = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'vt100'
            os.execv(program, [program, '--socket', socket])
        self.text = ''

    def say(self, *lines):
        self.keys(''.join(line + '\r' for line in lines))

    def keys(self, keys):
        os.write(self.out, keys.encode())

    def timed_keys(self, keys, pattern):
        begin = time.monotonic()
        self.keys(keys)
        self.must_hear(pattern)
        return (time.monotonic() - begin) * 1000
