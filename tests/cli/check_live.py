#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command line on an interface: rights, traffic, signals. check_live.py TCPWHY

A network namespace with nothing but its own loopback; skipped where there is none to be had.
"""

import json
import pathlib
import shutil
import signal
import subprocess
import time

import onair
import program
from onair import REFUSED_PORT, attempt, events_of
from program import FINE, RUN_S, WORLD

NOBODY = ('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups')


class Rights(program.Case):
    def test_without_the_right_to_capture(self):
        self.folder.chmod(0o755)
        copy = self.folder / 'tcpwhy'
        shutil.copy(self.program, copy)
        run = subprocess.run([*NOBODY, copy, '-i', 'lo', '--text'], capture_output=True,
                             text=True, timeout=RUN_S, check=False)
        lines = run.stderr.splitlines()
        self.assertEqual((run.returncode, run.stdout), (WORLD, ''))
        self.assertEqual(lines[0], 'tcpwhy: cannot capture on lo: permission denied '
                                   '(needs CAP_NET_RAW)')
        self.assertEqual([line.split(':')[0].strip() for line in lines[1:]],
                         ['now', 'for good', 'no rights'])


class Live(onair.Case):
    def stop_of(self, how):
        process = self.begin('--json')
        attempt()
        time.sleep(0.5)
        process.send_signal(how)
        status, out, err = self.finish(process)
        self.assertEqual(status, FINE)
        self.assertIn('packets captured', err)
        events = events_of(out)
        self.assertEqual([event['event'] for event in events if event['event'] != 'stats'],
                         ['start', 'failure', 'stop'])
        self.assertEqual(events[-1]['stop']['signal'], how.name)
        return events

    def test_an_interrupt_ends_it_well(self):
        failure = next(event for event in self.stop_of(signal.SIGINT)
                       if event['event'] == 'failure')
        self.assertEqual(failure['outcome'], 'refused')
        self.assertEqual(failure['flow']['server'], {'ip': '127.0.0.1', 'port': REFUSED_PORT})

    def test_a_request_to_end_does_too(self):
        self.stop_of(signal.SIGTERM)

    def test_quit_does_too(self):
        self.stop_of(signal.SIGQUIT)

    def test_several_threads_capture_each_its_share(self):
        process = self.begin('--threads', '3', '--json', '--stats-interval', '1h')
        self.until(lambda: self.thread_names(process).count('tcpwhy-capture') == 3,
                   'its capture threads do not start')
        names = self.thread_names(process)
        for name, n in ('tcpwhy-capture', 3), ('tcpwhy-judge', 1):
            self.assertEqual(names.count(name), n, names)
        self.assertIn('tcpwhy', names)  # a sanitizer has a thread of that name, too
        self.assertEqual([name for name in names if name.startswith('tcpwhy-worker')],
                         ['tcpwhy-worker0', 'tcpwhy-worker1', 'tcpwhy-worker2'])
        hosts = [f'127.0.1.{n}' for n in range(1, 31)]
        for host in hosts:
            attempt(host=host)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        events = events_of(self.finish(process)[1])
        failures = [event for event in events if event['event'] == 'failure']
        self.assertEqual(sorted(event['flow']['server']['ip'] for event in failures),
                         sorted(hosts))
        self.assertEqual({event['verdict'] for event in failures}, {'refused-closed-port'})
        self.assertEqual(events[-1]['stop']['total']['attempts'], len(hosts))
        self.assertEqual(len({event['flow']['id'] for event in failures}), len(hosts))

    @staticmethod
    def thread_names(process):
        tasks = pathlib.Path(f'/proc/{process.pid}/task')
        return sorted((task / 'comm').read_text().strip() for task in tasks.iterdir())

    def test_usr1_asks_for_figures(self):
        process = self.begin('--json', '--stats-interval', '1h')
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertIn('"event":"stats"', self.finish(process)[1])

    def test_a_number_of_packets(self):
        process = self.begin('-c', '2', '--json', '-q')
        for _ in range(3):
            attempt()
        status, out, err = self.finish(process)
        self.assertEqual((status, err), (FINE, ''))
        self.assertEqual(json.loads(out.splitlines()[-1])['stop']['total']['packets'], 2)

    def test_a_time_to_run(self):
        status, out, _ = self.finish(self.begin('--duration', '1s', '--json'))
        self.assertEqual(status, FINE)
        self.assertEqual(json.loads(out.splitlines()[-1])['event'], 'stop')

    def test_the_packets_of_what_failed(self):
        process = self.begin('-w', 'out.pcapng', '--text', '-q')
        attempt()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process)[0], FINE)
        events = self.events('-r', 'out.pcapng', '--all')
        self.assertEqual([event['outcome'] for event in events if 'outcome' in event], ['refused'])

    def run_of_refusals(self, n, over_s, *arguments):
        process = self.begin('--json', *arguments)
        for _ in range(n):
            attempt()
            time.sleep(over_s / n)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        status, out, _ = self.finish(process)
        self.assertEqual(status, FINE)
        events = [json.loads(line) for line in out.splitlines()]
        failures = [event for event in events if event['event'] == 'failure']
        total = events[-1]['stop']['total']
        self.assertEqual(sum(event['count'] for event in failures), n)
        self.assertEqual(total['failed'], n)
        return events, failures

    def phases(self, events):
        return [(event['incident']['phase'], event['incident']['failures'])
                for event in events if event['event'] == 'incident']

    def test_a_blip_is_no_incident_and_every_failure_counts(self):
        events, failures = self.run_of_refusals(300, 1)
        self.assertEqual(self.phases(events), [])
        self.assertLess(len(failures), 30)

    def test_what_is_a_blip_can_be_said(self):
        events, _ = self.run_of_refusals(300, 2, '--incident', 'burst_span_s=1')
        start = next(event for event in events if event['event'] == 'start')
        self.assertEqual(start['start']['incident_rules']['burst_span_s'], 1)
        phases = self.phases(events)
        self.assertEqual(phases[0][0], 'open')
        self.assertEqual(phases[-1], ('close', 300))

    def test_a_filter(self):
        process = self.begin('--json', 'tcp port 9998')
        attempt()
        attempt(9998)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        ports = [event['flow']['server']['port'] for event in
                 map(json.loads, self.finish(process)[1].splitlines())
                 if event['event'] == 'failure']
        self.assertEqual(ports, [9998])


if __name__ == '__main__':
    onair.main()
