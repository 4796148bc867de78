#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Interfaces that go, signals in a burst, limits of the process. check_faults.py TCPWHY"""

import io
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import jsonschema

import onair
import program
from onair import attempt, events_of
from program import FINE, USAGE, WORLD

sys.path.insert(0, str(program.ROOT / 'tests/json'))
import check_schema  # noqa: E402

VALIDATOR = jsonschema.Draft202012Validator(json.loads(check_schema.SCHEMA.read_text()))

JUDGED_S = 3
DROPS = '''table ip test {
    chain input { type filter hook input priority 0; tcp dport 8001 drop; }
}
'''
NOTICED_S = 2.5  # interfaces are looked after once a second
HERE, THERE = '10.9.0.1', '10.9.0.2'


def ip(*words):
    subprocess.run(['ip', *words], check=True, stderr=subprocess.DEVNULL)


class Case(onair.Case):
    def assert_sound(self, text):
        faults = check_schema.check_file(io.BytesIO(text.encode()), VALIDATOR, False)
        self.assertEqual(list(faults)[:5], [])


class Interfaces(Case):
    """v0 here, v1 in a namespace of its own; ports there are closed."""

    def setUp(self):
        super().setUp()
        subprocess.run(['ip', 'netns', 'add', 'there'], check=True)
        self.addCleanup(subprocess.run, ['ip', 'netns', 'del', 'there'], check=True)
        self.addCleanup(subprocess.run, ['ip', 'link', 'del', 'v0'], check=False,
                        stderr=subprocess.DEVNULL)
        self.make()

    def make(self):
        ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', 'there')
        ip('addr', 'add', f'{HERE}/24', 'dev', 'v0')
        ip('link', 'set', 'v0', 'up')
        ip('-n', 'there', 'addr', 'add', f'{THERE}/24', 'dev', 'v1')
        ip('-n', 'there', 'link', 'set', 'v1', 'up')

    @staticmethod
    def fail():
        with socket.socket() as sock:
            sock.settimeout(2)
            return sock.connect_ex((THERE, 9999))

    def told(self, process, change):
        """Fails before, while and after `change` is made and undone; returns what came of it."""
        self.assertGreater(self.fail(), 0)
        change[0]()
        time.sleep(NOTICED_S)
        change[1]()
        time.sleep(NOTICED_S)
        self.assertGreater(self.fail(), 0)
        time.sleep(JUDGED_S)
        status, out, err = self.finish(process, signal.SIGTERM)
        self.assertEqual(status, FINE, err)
        self.assert_sound(out)
        return events_of(out), err

    def assert_both_seen(self, events):
        refused = [event for event in events if event.get('outcome') == 'refused']
        self.assertEqual(len(refused), 2)

    def test_down_and_up_again(self):
        events, err = self.told(self.begin('--json', '-q', interface='v0'),
                                (lambda: ip('link', 'set', 'v0', 'down'),
                                 lambda: ip('link', 'set', 'v0', 'up')))
        self.assert_both_seen(events)
        self.assertEqual(err, 'tcpwhy: v0 is down or gone: waiting for it\ntcpwhy: v0 is back\n')

    def test_gone_and_there_again(self):
        events, err = self.told(self.begin('--json', '-q', interface='v0'),
                                (lambda: ip('link', 'del', 'v0'), self.make))
        self.assert_both_seen(events)
        self.assertEqual(err, 'tcpwhy: v0 is down or gone: waiting for it\ntcpwhy: v0 is back\n')

    def test_another_name(self):
        def rename(old, new):
            ip('link', 'set', old, 'down')
            ip('link', 'set', old, 'name', new)
            ip('link', 'set', new, 'up')
        events, _ = self.told(self.begin('--json', '-q', interface='v0'),
                              (lambda: rename('v0', 'w0'), lambda: rename('w0', 'v0')))
        self.assert_both_seen(events)

    def test_one_of_two_is_gone(self):
        process = self.begin('--json', '-q', '-i', 'lo', interface='v0')
        ip('link', 'del', 'v0')
        time.sleep(NOTICED_S)
        attempt()
        time.sleep(JUDGED_S)
        status, out, _ = self.finish(process, signal.SIGTERM)
        self.assertEqual(status, FINE)
        self.assertEqual([event['flow']['iface'] for event in events_of(out)
                          if event['event'] == 'failure'], ['lo'])

    def test_silence_proves_nothing_while_it_is_away(self):
        process = self.begin('--json', '-q', '--stats-interval', '1s', interface='v0')
        time.sleep(NOTICED_S)
        ip('link', 'del', 'v0')
        time.sleep(2 * NOTICED_S)
        _, out, _ = self.finish(process, signal.SIGTERM)
        stats = [event['stats'] for event in events_of(out) if event['event'] == 'stats']
        self.assertTrue(stats[0]['verdicts_trusted'])
        self.assertFalse(stats[-1]['verdicts_trusted'])

    def test_it_waits_without_work(self):
        process = self.begin('--json', '-q', '--stats-interval', '1s', interface='v0')
        ip('link', 'del', 'v0')
        time.sleep(NOTICED_S + 3)
        _, out, _ = self.finish(process, signal.SIGTERM)
        cpu = [event['stats']['cpu_ns'] for event in events_of(out) if event['event'] == 'stats']
        self.assertLess(cpu[-1] - cpu[-3], 10**9)

    def test_one_that_is_down_from_the_start(self):
        ip('link', 'set', 'v0', 'down')
        reason = self.assert_refused(WORLD, '-i', 'v0')
        self.assertIn('the interface is down', reason)


class Signals(Case):
    """In the middle of a burst, with connections open."""

    def burst(self):
        while not self.is_over:
            attempt()
            time.sleep(0.001)

    def end_in_a_burst(self, how):
        self.is_over = False
        listener = socket.create_server(('127.0.0.1', 8000), backlog=64)
        self.addCleanup(listener.close)
        process = self.begin('--json', '--all', '-q', '-o', 'events', '-w', 'failed.pcapng')
        for _ in range(20):
            sock = socket.create_connection(('127.0.0.1', 8000))
            self.addCleanup(sock.close)
            sock.sendall(b'hello\n')
        threads = [threading.Thread(target=self.burst) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        subprocess.run(['nft', '-f', '-'], input=DROPS, text=True, check=True)
        for _ in range(5):
            sock = socket.socket()
            self.addCleanup(sock.close)
            sock.setblocking(False)
            sock.connect_ex(('127.0.0.1', 8001))
        status, _, err = self.finish(process, how)
        subprocess.run(['nft', 'flush', 'ruleset'], check=True)
        self.is_over = True
        for thread in threads:
            thread.join()
        self.assertEqual(status, FINE, err)
        text = (self.folder / 'events').read_text()
        self.assert_sound(text)
        events = events_of(text)
        self.assertEqual(events[-1]['stop']['signal'], how.name)
        self.assertEqual(events[-1]['stop']['total']['undecided'], 5)
        lines = [event for event in events if event['event'] == 'connection']
        self.assertEqual(sum(line['verdict'] == 'in-progress' for line in lines), 5)
        open_now = [line['flow'] for line in lines if line['verdict'] == 'ok']
        self.assertEqual([flow['ended_by'] for flow in open_now], 20 * ['none'])
        status, out, err = self.run_text('-r', 'failed.pcapng', '--json')
        self.assertEqual((status, err), (FINE, ''), 'the packets are whole')
        self.assertEqual(events_of(out)[-1]['stop']['total']['failed'],
                         events[-1]['stop']['total']['failed'])

    def test_term(self):
        self.end_in_a_burst(signal.SIGTERM)

    def test_int(self):
        self.end_in_a_burst(signal.SIGINT)

    def test_quit(self):
        self.end_in_a_burst(signal.SIGQUIT)

    def test_a_second_one_ends_it_at_once(self):
        process = self.begin('--json', '-q')
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=onair.END_S)
        self.assertIn(process.returncode, (128 + signal.SIGINT, 128 + signal.SIGTERM))

    def test_usr2_writes_the_packets_out(self):
        process = self.begin('--json', '-q', '-w', 'failed.pcapng')
        attempt()
        time.sleep(JUDGED_S)
        process.send_signal(signal.SIGUSR2)
        time.sleep(0.5)
        status, out, _ = self.run_text('-r', 'failed.pcapng', '--json')
        self.assertEqual(status, FINE)
        self.assertEqual(events_of(out)[-1]['stop']['total']['failed'], 1)
        self.assertEqual(self.finish(process, signal.SIGTERM)[0], FINE)


class Limits(Case):
    """One clear reason at the start, or none at all; never a crash."""

    def setUp(self):
        super().setUp()
        self.skip_with_a_sanitizer()

    def run_limited(self, limit, *arguments):
        return self.run_text('--duration', '1s', '-q', '--json', *arguments,
                             prefix=('prlimit', limit))

    def test_memory(self):
        for n_mib in (20, 40, 60, 80, 100, 150, 200, 250, 280, 300):
            with self.subTest(n_mib):
                status, _, err = self.run_limited(f'--as={n_mib << 20}', '-i', 'lo')
                self.assertIn(status, (FINE, WORLD, 127), err)  # 127: no room for the libraries
                self.assertEqual(len(err.splitlines()), status != FINE, err)
                if status == WORLD:
                    self.assertRegex(err, r'\Atcpwhy: .*(memory|thread|capture on)')

    def test_less_memory_asked_for_needs_less(self):
        status, _, err = self.run_limited(f'--as={300 << 20}', '-i', 'lo', '--memory', '32M')
        self.assertEqual((status, err), (FINE, ''))

    def test_descriptors(self):
        for n in range(3, 24):
            with self.subTest(n):
                status, _, err = self.run_limited(f'--nofile={n}', '-i', 'lo', '--log', 'log')
                self.assertIn(status, (FINE, WORLD, 127), err)
                self.assertEqual(bool(err), status != FINE, err)

    def test_threads(self):
        self.folder.chmod(0o755)
        shutil.copy(self.program, self.folder / 'tcpwhy')
        run = subprocess.run(['setpriv', '--reuid', '4242', '--clear-groups', 'prlimit', '--nproc=1',
                              './tcpwhy', '-r', 'demo.pcap', '--null'], cwd=self.folder,
                             capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(run.returncode, WORLD)
        self.assertRegex(run.stderr, r'\Atcpwhy: cannot start a thread: [^\n]+\n\Z')

    def test_a_stack_of_little(self):
        status, _, err = self.run_limited(f'--stack={256 << 10}', '-i', 'lo')
        self.assertIn(status, (FINE, WORLD), err)

    def test_memory_that_is_too_little_to_ask_for(self):
        self.assertIn('--memory', self.assert_refused(USAGE, '-i', 'lo', '--memory', '1M'))


if __name__ == '__main__':
    onair.main(mounts=True)
