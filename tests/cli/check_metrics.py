#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Metrics and health over HTTP: check_metrics.py TCPWHY

In a network namespace with nothing but its own loopback; skipped where there is none to be had.
"""

import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import program
from onair import have_own_loopback, may_make_namespaces
from check_rights import Running
from program import FINE, RUN_S, USAGE, WORLD

PORT = 9817
URL = f'http://127.0.0.1:{PORT}'
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

# INTERFACE.md 4.1: name, type, labels. What is beyond it is behind the line.
CONTRACT = {
    'tcpwhy_build_info': ('gauge', 'version revision'),
    'tcpwhy_connections_total': ('counter', 'outcome'),
    'tcpwhy_failures_total': ('counter', 'family'),
    'tcpwhy_endpoint_failures_total': ('counter', 'server port family'),
    'tcpwhy_incident_open': ('gauge', 'server port family confidence'),
    'tcpwhy_incidents_opened_total': ('counter', 'family'),
    'tcpwhy_handshake_duration_seconds': ('histogram', ''),
    'tcpwhy_capture_packets_total': ('counter', 'iface'),
    'tcpwhy_capture_bytes_total': ('counter', 'iface'),
    'tcpwhy_capture_dropped_packets_total': ('counter', 'iface where'),
    'tcpwhy_capture_truncated_packets_total': ('counter', 'iface'),
    'tcpwhy_capture_ring_freezes_total': ('counter', 'iface'),
    'tcpwhy_last_packet_timestamp_seconds': ('gauge', 'iface'),
    'tcpwhy_verdicts_trusted': ('gauge', ''),
    'tcpwhy_flows': ('gauge', ''),
    'tcpwhy_flows_limit': ('gauge', ''),
    'tcpwhy_flows_evicted_total': ('counter', 'reason'),
    'tcpwhy_output_lines_total': ('counter', 'sink'),
    'tcpwhy_output_errors_total': ('counter', 'sink'),
    'tcpwhy_failures_suppressed_total': ('counter', ''),
    'process_cpu_seconds_total': ('counter', ''),
    'process_resident_memory_bytes': ('gauge', ''),
    'process_start_time_seconds': ('gauge', ''),
    'process_open_fds': ('gauge', ''),
    # ----
    'tcpwhy_capture_shed_packets_total': ('counter', ''),
    'tcpwhy_events_lost_total': ('counter', ''),
}


def get(path, method='GET'):
    """(status, body) of a page."""
    request = urllib.request.Request(URL + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=RUN_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def samples(page):
    """{(name, labels as a sorted tuple): value}"""
    found = {}
    for line in page.splitlines():
        if line.startswith('#'):
            continue
        name, labels, value = SAMPLE.match(line).groups()
        key = (name, tuple(sorted(LABEL.findall(labels or ''))))
        assert key not in found, f'twice: {line}'
        found[key] = float(value)
    return found


def value_of(page, name, **labels):
    return samples(page)[name, tuple(sorted(labels.items()))]


def dial():
    sock = socket.create_connection(('127.0.0.1', PORT), timeout=RUN_S)
    return sock


def answer_to(request):
    """All that comes back until the other side closes; b'' where it resets."""
    with dial() as sock:
        got = b''
        try:
            sock.sendall(request)
            while piece := sock.recv(65536):
                got += piece
        except (ConnectionError, socket.timeout):
            pass
        return got


class Metrics(Running):
    def serve(self, *arguments):
        # Not what is asked here: a page that is not ready yet is a refusal over HTTP.
        process = self.begin('--json', '--metrics', str(PORT), *arguments,
                             f'not tcp port {PORT}', n_threads=5)
        deadline = time.monotonic() + RUN_S
        while get('/metrics')[0] != 200:
            self.assertLess(time.monotonic(), deadline, 'no figures')
            time.sleep(0.02)
        return process

    def metrics(self):
        status, page = get('/metrics')
        self.assertEqual(status, 200)
        return page

    def settled(self, name, value, **labels):
        """The page once it has that value."""
        deadline = time.monotonic() + 20
        while True:
            page = self.metrics()
            if samples(page).get((name, tuple(sorted(labels.items())))) == value:
                return page
            self.assertLess(time.monotonic(), deadline, page)
            time.sleep(0.05)

    @staticmethod
    def meet_refusals(n, port):
        for _ in range(n):
            with socket.socket() as sock:
                sock.connect_ex(('127.0.0.1', port))

    def test_names_types_and_labels_are_those_of_the_contract(self):
        self.serve()
        self.meet_refusals(1, 9)
        page = self.settled('tcpwhy_failures_total', 1, family='refused')
        types = dict(re.findall(r'^# TYPE (\S+) (\S+)$', page, re.MULTILINE))
        self.assertEqual(types, {name: kind for name, (kind, _) in CONTRACT.items()})
        self.assertEqual(re.findall(r'^# HELP (\S+) \S', page, re.MULTILINE), list(types))
        for name, labels in samples(page):
            if name.startswith('tcpwhy_handshake_duration_seconds'):
                continue
            self.assertEqual({label for label, _ in labels}, set(CONTRACT[name][1].split()), name)
        families = {dict(labels)['family'] for name, labels in samples(page)
                    if name == 'tcpwhy_failures_total'}
        self.assertEqual(len(families), 15)

    @unittest.skipUnless(shutil.which('promtool'), 'promtool is not installed')
    def test_promtool_has_no_remark(self):
        self.serve()
        self.meet_refusals(3, 9)
        page = self.settled('tcpwhy_failures_total', 3, family='refused')
        check = subprocess.run(['promtool', 'check', 'metrics'], input=page.encode(),
                               capture_output=True, check=False, timeout=RUN_S)
        self.assertEqual((check.returncode, check.stdout + check.stderr), (0, b''))

    def test_the_numbers_are_those_of_the_events(self):
        process = self.serve()
        self.meet_refusals(4, 9)
        self.meet_refusals(3, 10)
        page = self.settled('tcpwhy_failures_total', 7, family='refused')
        self.assertEqual(value_of(page, 'tcpwhy_endpoint_failures_total', server='other',
                                  port='any', family='refused'), 7)
        self.assertEqual(value_of(page, 'tcpwhy_capture_packets_total', iface='lo'), 14)
        self.assertGreater(value_of(page, 'tcpwhy_last_packet_timestamp_seconds', iface='lo'),
                           time.time() - RUN_S)
        n_fds = len(list(pathlib.Path(f'/proc/{process.pid}/fd').iterdir()))
        self.assertAlmostEqual(value_of(page, 'process_open_fds'), n_fds, delta=1)
        lines = value_of(page, 'tcpwhy_output_lines_total', sink='json')
        events = self.finish(process)
        self.assertEqual(sum(event['count'] for event in events if event['event'] == 'failure'), 7)
        self.assertLessEqual(lines, len(events))

    def test_it_is_alive_and_ready(self):
        self.serve()
        self.assertEqual(get('/healthz'), (200, 'ok\n'))
        self.assertEqual(get('/readyz'), (200, 'ok\n'))

    @unittest.skipUnless(shutil.which('strace'), 'strace is not installed')
    def test_it_is_not_alive_when_its_main_loop_stands_still(self):
        process = self.serve()
        # Holds up one thread: a tracer may, a signal cannot.
        tracer = subprocess.Popen(['strace', '-p', str(process.pid), '-e', 'trace=futex', '-e',
                                   'inject=futex:delay_enter=20000000'], stderr=subprocess.DEVNULL)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.kill)
        deadline = time.monotonic() + 30
        while get('/healthz')[0] == 200:
            self.assertLess(time.monotonic(), deadline, 'it says that it is well')
            time.sleep(0.2)
        status, body = get('/healthz')
        self.assertEqual(status, 503)
        self.assertIn('stands still', body)
        self.assertEqual(get('/metrics')[0], 200)

    def test_only_get_of_known_paths(self):
        self.serve()
        self.assertEqual(get('/')[0], 404)
        self.assertEqual(get('/metrics/../metrics')[0], 404)
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'):
            self.assertEqual(get('/metrics', method)[0], 405, method)

    def test_hostile_requests_get_refusals(self):
        process = self.serve()
        for request in (b'\x00' * 4096, b'GET\r\n\r\n', b'\x16\x03\x01\x02\x00' + b'a' * 512,
                        b'GET /metrics HTTP/9.9\r\n\r\n', b'GET ' + b'a' * 100000 + b' HTTP/1.1',
                        b'GET /metrics HTTP/1.1\r\n' + b'X: ' + b'y' * 100000,
                        b'GET /metrics HTTP/1.1\r\n' + b'X:y\r\n' * 20000 + b'\r\n',
                        b'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: '
                        b'99999999999999999999\r\n\r\n',
                        b'POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
                        b'ffffffffffffffff\r\n' + b'z' * 50000,
                        b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'):
            got = answer_to(request)
            self.assertFalse(got.startswith(b'HTTP/1.1 200'), request[:40])
            self.assertIsNone(process.poll())
        self.assertEqual(get('/healthz')[0], 200)

    def test_who_holds_all_connections_loses_them(self):
        process = self.serve()
        begun = time.monotonic()
        idle = [dial() for _ in range(12)]
        self.addCleanup(lambda: [sock.close() for sock in idle])
        for sock in idle[:4]:
            sock.sendall(b'GET /metrics HTTP/1.1\r\n')
        self.assertEqual(get('/metrics')[0], 200)
        self.assertIsNone(process.poll())
        self.assertLess(time.monotonic() - begun, RUN_S)

    def test_a_byte_a_second_does_not_keep_a_connection(self):
        self.serve()
        drips = [dial() for _ in range(4)]
        self.addCleanup(lambda: [sock.close() for sock in drips])
        request = b'GET /metrics HTTP/1.1\r\nX: ' + b'y' * 1000
        gone = set()
        for i in range(40):
            for sock in drips:
                try:
                    sock.sendall(request[i:i + 1])
                    sock.setblocking(False)
                    if sock.recv(1) == b'':
                        gone.add(sock)
                except BlockingIOError:
                    pass
                except OSError:
                    gone.add(sock)
            if len(gone) == len(drips):
                break
            time.sleep(0.5)
        self.assertEqual(len(gone), 4)
        self.assertEqual(get('/metrics')[0], 200)

    def test_who_does_not_read_the_answer_stops_nothing(self):
        process = self.serve()
        for _ in range(4):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            sock.connect(('127.0.0.1', PORT))
            self.addCleanup(sock.close)
            sock.sendall(b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
        self.meet_refusals(5, 9)
        self.settled('tcpwhy_failures_total', 5, family='refused')
        self.assertEqual(self.finish(process)[-1]['stop']['total']['failed'], 5)

    def test_the_address_is_loopback_unless_told_otherwise(self):
        self.serve()
        listeners = subprocess.run(['ss', '-Hltn'], capture_output=True, text=True,
                                   check=True).stdout.split()
        self.assertIn(f'127.0.0.1:{PORT}', listeners)
        self.assertNotIn(f'0.0.0.0:{PORT}', listeners)

    def test_other_addresses(self):
        for address in ('127.0.0.2:9900', '[::1]:9901', 'localhost:9902', '0.0.0.0:9903',
                        '[::]:9904'):
            process = self.begin('--null', '--metrics', address, n_threads=5)
            port = int(address.rsplit(':', 1)[1])
            family = socket.AF_INET6 if address.startswith('[') else socket.AF_INET
            host = '127.0.0.2' if '127.0.0.2' in address else \
                '::1' if family == socket.AF_INET6 else '127.0.0.1'
            with socket.socket(family) as sock:
                sock.connect((host, port))
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(RUN_S), FINE)

    def test_what_is_no_address(self):
        for address in ('', 'x', '0', '65536', ':9817', '127.0.0.1', '127.0.0.1:', '1.2.3:80',
                        'example.net:80', '::1:80', '[::1]', '[::g]:80', '127.0.0.1:80x', '-1',
                        'a' * 300 + ':80'):
            self.assert_refused(USAGE, '-i', 'lo', '--metrics', address)

    def test_a_port_that_is_taken(self):
        self.serve()
        self.assertIn('Address already in use',
                      self.assert_refused(WORLD, '-i', 'lo', '--metrics', str(PORT)))

    def test_the_same_in_a_file(self):
        process = self.begin('--json', '-o', 'events.jsonl', '--metrics-file', 'tcpwhy.prom')
        self.assertEqual(samples((self.folder / 'tcpwhy.prom').read_text())
                         ['tcpwhy_connections_total', (('outcome', 'failed'),)], 0)
        self.meet_refusals(6, 9)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(RUN_S), FINE)
        self.assertEqual(value_of((self.folder / 'tcpwhy.prom').read_text(),
                                  'tcpwhy_failures_total', family='refused'), 6)
        self.assertEqual([path.name for path in self.folder.glob('*.new')], [])

    def test_a_file_of_a_replay(self):
        status, out, _ = self.run_text('-r', 'demo.pcap', '--json', '--metrics-file', 'm.prom')
        stop = json.loads(out.splitlines()[-1])['stop']['total']
        page = (self.folder / 'm.prom').read_text()
        self.assertEqual(status, FINE)
        self.assertEqual(value_of(page, 'tcpwhy_connections_total', outcome='failed'),
                         stop['failed'])
        self.assertEqual(value_of(page, 'tcpwhy_capture_packets_total', iface='demo.pcap'),
                         stop['packets'])

    def test_a_file_that_cannot_be_written(self):
        self.assert_refused(WORLD, '-r', 'demo.pcap', '--metrics-file', 'no/such/folder.prom')


if __name__ == '__main__':
    if not may_make_namespaces():
        print('needs root and network namespaces')
        raise SystemExit(77)
    have_own_loopback()
    program.main()
