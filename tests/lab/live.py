# SPDX-License-Identifier: BSD-2-Clause
"""Run a capturing program in a namespace while packets flow, and stop it as a user would."""

import errno
import os
import signal
import socket
import subprocess
import time

START_S = 15      # a program built with sanitizers takes its time
STOP_S = 30
SETTLE_S = 1.5    # frames may sit in the kernel's ring until its block timeout


class Listener:
    """The program, from the moment when its packet socket runs until it has ended."""

    def __init__(self, net, node, interface, command, out):
        self.net, self.node = net, node
        # No shell stays in between: SIGINT must reach the program.
        self.command = 'exec ' + command.replace('{iface}', interface).replace('{out}', out)

    def __enter__(self):
        with self.net.inside(self.node):
            self.process = subprocess.Popen(['/bin/sh', '-c', self.command])
        deadline = time.monotonic() + START_S
        while not self.is_capturing():
            if self.process.poll() is not None:
                raise SystemExit(f'lab: the program ended with {self.process.returncode}')
            if time.monotonic() > deadline:
                self.process.kill()
                raise SystemExit('lab: the program does not begin to capture')
            time.sleep(0.02)
        # libpcap sets its filter right after it has bound the socket.
        time.sleep(0.3)
        return self

    def __exit__(self, kind, *_):
        if not kind:
            time.sleep(SETTLE_S)
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        if status and not kind:
            raise SystemExit(f'lab: the program ended with {status}')
        if status is None:
            raise SystemExit('lab: the program did not end on SIGINT')

    def is_capturing(self):
        """Does the program have a packet socket that is running?"""
        base = f'/proc/{self.process.pid}'
        inodes = set()
        try:
            for fd in os.listdir(base + '/fd'):
                try:
                    target = os.readlink(f'{base}/fd/{fd}')
                except OSError:
                    continue
                if target.startswith('socket:['):
                    inodes.add(target[8:-1])
            with open(base + '/net/packet') as table:
                rows = [line.split() for line in table][1:]
        except OSError:
            return False
        return any(row[5] == '1' and row[8] in inodes for row in rows)


def replay(net, node, interface, frames, speed):
    """Send frames with the gaps they were recorded with, divided by `speed`.

    A frame that the capture had cut is filled up with zeros, so that its lengths are true again.
    """
    with net.inside(node):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.bind((interface, 0))
    begun = time.monotonic()
    for when, frame, wire_bytes in frames:
        early = (when - frames[0][0]) / 1e9 / speed - (time.monotonic() - begun)
        if early > 0:
            time.sleep(early)
        while True:
            try:
                sock.send(frame.ljust(wire_bytes, b'\0'))
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                time.sleep(0.001)
    sock.close()
