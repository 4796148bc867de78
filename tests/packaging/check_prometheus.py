#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real Prometheus scrapes tcpwhy, a real Alertmanager passes the alert on. check_prometheus.py
TCPWHY

In a network namespace with nothing but its own loopback; skipped where there is none to be had, or
where the programs are not installed.
"""

import http.server
import json
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PACKAGING = HERE.parent.parent / 'packaging/prometheus'
sys.path.insert(0, str(HERE.parent / 'cli'))

import program  # noqa: E402
from onair import have_own_loopback, may_make_namespaces  # noqa: E402

TCPWHY, PROMETHEUS, ALERTMANAGER, HOOK = 9817, 9090, 9093, 9099
DEAD_PORT = 7777
PATIENCE_S = 90
PROGRAMS = ('prometheus', 'prometheus-alertmanager', 'promtool', 'amtool')

PROMETHEUS_CONFIG = f'''
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{PACKAGING}/tcpwhy.rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{ALERTMANAGER}"]}}]}}]}}
scrape_configs:
- job_name: tcpwhy
  static_configs: [{{targets: ["127.0.0.1:{TCPWHY}"]}}]
'''


def alertmanager_config():
    """The one that is shipped, with a receiver, and without the patience of a person."""
    text = (PACKAGING / 'alertmanager.yml').read_text()
    return (text.replace('group_wait: 30s', 'group_wait: 1s')
            .replace('- name: pager', f'- name: pager\n    webhook_configs: '
                                      f'[{{url: "http://127.0.0.1:{HOOK}/"}}]'))


class Pager(http.server.BaseHTTPRequestHandler):
    """Takes what Alertmanager sends."""

    calls = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(200)
        self.end_headers()
        for alert in json.loads(body)['alerts']:
            Pager.calls.put(alert)

    def log_message(self, *_):
        pass


def eventually(ask):
    """What ask() says once it says something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (said := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f'nothing after {PATIENCE_S} s')
        time.sleep(0.2)
    return said


def query(expression):
    """Result of an instant query; [] while nobody listens."""
    url = (f'http://127.0.0.1:{PROMETHEUS}/api/v1/query?'
           + urllib.parse.urlencode({'query': expression}))
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)['data']['result']
    except OSError:
        return []


def be_refused():
    with socket.socket() as sock:
        sock.connect_ex(('127.0.0.1', DEAD_PORT))


class Monitored(unittest.TestCase):
    tcpwhy = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='tcpwhy-prometheus-'))
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *command):
        process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def start_all(self):
        (self.folder / 'prometheus.yml').write_text(PROMETHEUS_CONFIG)
        (self.folder / 'alertmanager.yml').write_text(alertmanager_config())
        pager = http.server.ThreadingHTTPServer(('127.0.0.1', HOOK), Pager)
        self.addCleanup(pager.server_close)
        self.addCleanup(pager.shutdown)
        threading.Thread(target=pager.serve_forever, daemon=True).start()
        tcpwhy = self.start(self.tcpwhy, '-i', 'lo', '--null', '-q', '--metrics', str(TCPWHY),
                            f'tcp port {DEAD_PORT}')
        self.start('prometheus-alertmanager', '--config.file=alertmanager.yml',
                   '--storage.path=alerts', '--cluster.listen-address=',
                   f'--web.listen-address=127.0.0.1:{ALERTMANAGER}')
        self.start('prometheus', '--config.file=prometheus.yml', '--storage.tsdb.path=series',
                   f'--web.listen-address=127.0.0.1:{PROMETHEUS}')
        return tcpwhy

    def test_a_failure_becomes_a_number_and_an_incident_a_page(self):
        tcpwhy = self.start_all()
        eventually(lambda: query('up{job="tcpwhy"} == 1'))
        for _ in range(5):
            be_refused()
        number = eventually(lambda: query('tcpwhy_failures_total{family="refused"} == 5'))
        self.assertEqual(number[0]['value'][1], '5')
        self.assertEqual(query('tcpwhy_build_info')[0]['metric']['job'], 'tcpwhy')

        def go_on_until_paged():
            be_refused()
            return None if Pager.calls.empty() else Pager.calls.get()

        alert = eventually(go_on_until_paged)
        self.assertEqual(alert['status'], 'firing')
        self.assertEqual({label: alert['labels'].get(label) for label in
                          ('alertname', 'server', 'port', 'family', 'confidence', 'severity')},
                         {'alertname': 'TcpwhyIncident', 'server': '127.0.0.1',
                          'port': str(DEAD_PORT), 'family': 'refused', 'confidence': 'certain',
                          'severity': 'page'})
        self.assertIn(f'refused on 127.0.0.1:{DEAD_PORT} (certain)',
                      alert['annotations']['summary'])
        self.assertTrue(query('ALERTS{alertname="TcpwhyIncident",alertstate="firing"}'))
        known = subprocess.run(['amtool', '--alertmanager.url', f'http://127.0.0.1:{ALERTMANAGER}',
                                'alert', 'query', 'alertname=TcpwhyIncident', '-o', 'json'],
                               capture_output=True, check=True, timeout=PATIENCE_S)
        self.assertEqual(json.loads(known.stdout)[0]['labels']['port'], str(DEAD_PORT))
        self.assertTrue(query(f'tcpwhy_endpoint_failures_total{{server="127.0.0.1",'
                              f'port="{DEAD_PORT}"}} > 0'))
        tcpwhy.send_signal(signal.SIGTERM)
        self.assertEqual(tcpwhy.wait(program.RUN_S), 0)


if __name__ == '__main__':
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        print('not installed:', *missing)
        raise SystemExit(77)
    if not may_make_namespaces():
        print('needs root and network namespaces')
        raise SystemExit(77)
    have_own_loopback()
    Monitored.tcpwhy = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
