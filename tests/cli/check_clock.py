#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A wall clock that is set while the program runs. check_clock.py TCPWHY STEPPED_CLOCK

The clock of the program alone (stepped_clock.c), never that of the machine.
"""

import mmap
import os
import pathlib
import signal
import socket
import struct
import sys
import time
from datetime import datetime, timezone

import onair
from onair import attempt, events_of
from program import FINE

HOUR_S = 3600
SHIM = None


def seconds(stamp):
    return datetime.strptime(stamp[:19], '%Y-%m-%dT%H:%M:%S').replace(
        tzinfo=timezone.utc).timestamp()


class Clock(onair.Case):
    def begin_stepped(self, *arguments):
        path = self.folder / 'clock'
        path.write_bytes(bytes(24))
        with path.open('r+b') as file:
            self.clock = mmap.mmap(file.fileno(), 24)
        env = {**os.environ, 'STEPPED_CLOCK': str(path), 'LD_PRELOAD': SHIM,
               'ASAN_OPTIONS': 'verify_asan_link_order=0:detect_leaks=0'}
        return self.begin('--json', '--all', '-o', 'events', '--stats-interval', '1s', *arguments,
                          env=env)

    def step(self, by_s):
        """From now on the program's wall clock is `by_s` away from the machine's."""
        before = struct.unpack('qqq', self.clock[:])[2]
        self.clock[:] = struct.pack('qqq', time.time_ns(), before, by_s * 10**9)

    def events(self):
        return events_of((self.folder / 'events').read_text())

    def of_kind(self, *kinds):
        return [event for event in self.events() if event['event'] in kinds]

    def failures_after(self, n):
        self.until(lambda: len(self.of_kind('failure')) >= n, 'the ticks have stopped')
        return self.of_kind('failure')

    @staticmethod
    def is_dated(stamp, by_s):
        return abs(seconds(stamp) - time.time() - by_s) < 60

    def assert_dated(self, stamp, by_s):
        self.assertTrue(self.is_dated(stamp, by_s), stamp)

    @staticmethod
    def talk(client, server):
        client.sendall(b'question\n')
        server.recv(100)
        server.sendall(b'answer\n')
        client.recv(100)

    def both_ways(self, by_s):
        """Failures before and after a step, and a connection that lives through it."""
        listener = socket.create_server(('127.0.0.1', 8000))
        self.addCleanup(listener.close)
        process = self.begin_stepped('-w', 'failed.pcapng')
        client = socket.create_connection(('127.0.0.1', 8000))
        server = listener.accept()[0]
        self.talk(client, server)
        attempt()
        self.failures_after(1)
        n_stats = len(self.of_kind('stats'))
        self.step(by_s)
        for _ in range(2):
            attempt()
            time.sleep(0.2)
        self.failures_after(3)
        time.sleep(1)
        self.talk(client, server)
        client.close()
        server.close()
        time.sleep(0.5)
        status, _, err = self.finish(process, signal.SIGTERM)
        self.assertEqual(status, FINE, err)
        failures = self.of_kind('failure')
        self.assertEqual([event['verdict'] for event in failures], 3 * ['refused-closed-port'])
        self.assert_dated(failures[0]['flow']['first_ts'], 0)
        for event in failures[1:]:
            for stamp in (event['ts'], event['flow']['first_ts'], event['flow']['last_ts'],
                          event['evidence'][0]['ts']):
                self.assert_dated(stamp, by_s)
        lived = self.of_kind('connection')
        self.assertEqual([event['verdict'] for event in lived], ['ok'])
        self.assertLess(lived[0]['flow']['duration_ns'], 60 * 10**9)
        self.assert_dated(lived[0]['flow']['first_ts'], 0)
        self.assert_dated(lived[0]['flow']['last_ts'], by_s)
        self.assertLess(len(self.of_kind('stats')) - n_stats, 30, 'stats go on at their pace')
        stop = self.events()[-1]['stop']
        self.assertLess(stop['uptime_ns'], 60 * 10**9)
        self.assert_dated(stop['last_packet_ts'], by_s)
        written = self.events_in('failed.pcapng')
        self.assertEqual(sorted(self.is_dated(stamp, by_s) for stamp in written),
                         [False, True, True])

    def events_in(self, name):
        status, out, _ = self.run_text('-r', name, '--json')
        self.assertEqual(status, FINE)
        return [event['flow']['first_ts'] for event in events_of(out)
                if event['event'] == 'failure']

    def test_back_by_an_hour(self):
        self.both_ways(-HOUR_S)

    def test_forth_by_an_hour(self):
        self.both_ways(HOUR_S)

    def test_forth_by_years_as_a_machine_without_a_clock_does(self):
        self.both_ways(20 * 365 * 24 * HOUR_S)

    def test_back_and_forth(self):
        process = self.begin_stepped()
        for i, by_s in enumerate((-HOUR_S, HOUR_S, 0, -1, 1, 0), 1):
            self.step(by_s)
            attempt()
            self.assert_dated(self.failures_after(i)[-1]['flow']['first_ts'], by_s)
        status, _, err = self.finish(process, signal.SIGTERM)
        self.assertEqual(status, FINE, err)
        self.assertEqual({event['verdict'] for event in self.of_kind('failure')},
                         {'refused-closed-port'})


if __name__ == '__main__':
    SHIM = str(pathlib.Path(sys.argv.pop(2)).resolve())
    onair.main()
