# SPDX-License-Identifier: BSD-2-Clause
"""tcpwhy on the loopback of a network namespace that nobody else is in."""

import ctypes
import json
import os
import socket
import subprocess
import sys
import time

import program

REFUSED_PORT = 9999
START_S = 20
END_S = 60
CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000


def may_make_namespaces():
    return os.geteuid() == 0 and subprocess.run(['unshare', '--net', '--mount', 'true'],
                                                check=False,
                                                stderr=subprocess.DEVNULL).returncode == 0


def unshare(flags):
    """os.unshare() came with Python 3.12 only."""
    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        raise OSError(ctypes.get_errno(), 'unshare')


def have_own_loopback():
    unshare(CLONE_NEWNET)
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)


def attempt(port=REFUSED_PORT, host='127.0.0.1'):
    """A connection that is refused."""
    with socket.socket() as sock:
        sock.settimeout(2)
        sock.connect_ex((host, port))


class Case(program.Case):
    def begin(self, *arguments, interface='lo', **options):
        """The program on an interface, once it captures. A session of its own: a service."""
        options = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE,
                   'start_new_session': True, **options}
        n_before = self.n_listening()
        process = subprocess.Popen([self.program, '-i', interface, *arguments], cwd=self.folder,
                                   **options)
        self.addCleanup(self.end, process)
        self.until(lambda: self.n_listening() > n_before or process.poll() is not None,
                   'it does not begin to capture')
        time.sleep(0.3)  # the filter is set right after
        return process

    @staticmethod
    def n_listening():
        """How many packet sockets are running in this namespace."""
        with open('/proc/self/net/packet') as table:
            return sum(line.split()[5] == '1' for line in table.readlines()[1:])

    def until(self, condition, complaint):
        deadline = time.monotonic() + START_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, complaint)
            time.sleep(0.02)

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def finish(self, process, how=None):
        """(exit status, standard output, standard error) after the signal `how`."""
        if how is not None:
            process.send_signal(how)
        out, err = process.communicate(timeout=END_S)
        return process.returncode, (out or b'').decode(), (err or b'').decode()


def events_of(text):
    return [json.loads(line) for line in text.splitlines()]


def main(*, mounts=False):
    """As program.main, in namespaces of its own."""
    if not may_make_namespaces():
        print('needs root and network namespaces')
        sys.exit(77)
    if mounts:
        unshare(CLONE_NEWNS)
        subprocess.run(['mount', '--make-rprivate', '/'], check=True)
    have_own_loopback()
    program.main()
