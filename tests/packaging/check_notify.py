#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the service manager hears: check_notify.py TCPWHY

In a network namespace with nothing but its own loopback; skipped where there is none to be had.
"""

import os
import signal
import socket
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'cli'))

import program  # noqa: E402
from onair import have_own_loopback, may_make_namespaces  # noqa: E402
from check_rights import Running  # noqa: E402
from program import FINE, RUN_S  # noqa: E402


class Manager(Running):
    def listen(self, address):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.bind(address)
        sock.settimeout(RUN_S)
        if not address.startswith('\0'):
            os.chmod(address, 0o777)
        return sock

    def run_with(self, address, **variables):
        """The program, told where to report to."""
        environment = dict(os.environ, NOTIFY_SOCKET=address.replace('\0', '@'), **variables)
        return self.begin('--null', env=environment)

    @staticmethod
    def words(sock):
        return sock.recv(4096).decode().splitlines()

    def told(self, address, **variables):
        sock = self.listen(address)
        process = self.run_with(address, **variables)
        self.assertIn('READY=1', self.words(sock))
        return sock, process

    def end_well(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(RUN_S), FINE)

    def test_ready_and_stopping_through_a_file(self):
        sock, process = self.told(str(self.folder / 'notify'))
        self.end_well(process)
        self.assertEqual(self.words(sock), ['STOPPING=1'])

    def test_ready_through_an_abstract_name(self):
        _, process = self.told(f'\0tcpwhy-{os.getpid()}')
        self.end_well(process)

    def test_the_watchdog_hears_it_twice_in_its_time(self):
        sock, process = self.told(str(self.folder / 'notify'), WATCHDOG_USEC='600000')
        for _ in range(4):
            self.assertEqual(self.words(sock), ['WATCHDOG=1'])
        self.end_well(process)

    def test_a_watchdog_of_another_process_is_not_answered(self):
        sock, process = self.told(str(self.folder / 'notify'), WATCHDOG_USEC='200000',
                                  WATCHDOG_PID='1')
        sock.settimeout(1)
        with self.assertRaises(socket.timeout):
            self.words(sock)
        self.end_well(process)

    def test_a_manager_that_does_not_listen_stops_nothing(self):
        for address in (str(self.folder / 'nobody'), 'relative', '/', '', '@', '/' + 'a' * 300):
            process = self.run_with(address)
            self.end_well(process)

    def test_a_manager_that_goes_away_stops_nothing(self):
        sock, process = self.told(str(self.folder / 'notify'), WATCHDOG_USEC='200000')
        sock.close()
        self.end_well(process)


if __name__ == '__main__':
    if not may_make_namespaces():
        print('needs root and network namespaces')
        raise SystemExit(77)
    have_own_loopback()
    program.main()
