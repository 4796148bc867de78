#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Host evidence: the program on a server whose kernel it may ask. check_host.py TCPWHY [CLASS]

Two network namespaces with a cable, real services in one and their clients in the other; skipped
where there are none to be had.
"""

import contextlib
import json
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import program
from program import FINE, RUN_S

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lab'))
import net  # noqa: E402

SERVER4, CLIENT4 = '10.9.0.1', '10.9.0.2'
SERVER6, CLIENT6 = 'fd09::1', 'fd09::2'
OTHER4 = '10.9.0.3'  # the server's second address
PORT = 8080
START_S = 20
LOOK_S = 1.3    # the kernel is asked once a second
SILENCE_S = 9   # an unanswered SYN is given up by the judge


def may_make_namespaces():
    return shutil.which('nft') and subprocess.run(['unshare', '--net', 'true'], check=False,
                                                  stderr=subprocess.DEVNULL).returncode == 0


class Cable(net.Namespaces):
    nodes = ('c', 's')

    def build(self):
        self.link('c', 'eth0', 's', 'eth0')
        for node, addresses in (('c', (CLIENT4 + '/24', CLIENT6 + '/64')),
                                ('s', (SERVER4 + '/24', OTHER4 + '/24', SERVER6 + '/64'))):
            self.run(node, 'ip', 'link', 'set', 'lo', 'up')
            for address in addresses:
                nodad = ('nodad', ) if ':' in address else ()
                self.run(node, 'ip', 'address', 'add', address, 'dev', 'eth0', *nodad)
            self.run(node, 'ip', 'link', 'set', 'eth0', 'up')


class Host(program.Case):
    def setUp(self):
        super().setUp()
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.net = stack.enter_context(Cable())
        self.sockets = stack.enter_context(contextlib.ExitStack())

    # ---- traffic ----

    def listen(self, address, port=PORT, backlog=5, v6_only=True):
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        with self.net.inside('s'):
            listener = self.sockets.enter_context(socket.socket(family))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
            listener.bind((address, port))
            listener.listen(backlog)
        return listener

    def connect(self, address=SERVER4, port=PORT, wait_s=2.0, data=b''):
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        with self.net.inside('c'):
            client = self.sockets.enter_context(socket.socket(family))
        client.settimeout(wait_s)
        code = client.connect_ex((address, port))
        if code == 0 and data:
            with contextlib.suppress(OSError):
                client.sendall(data)
        return client

    # ---- the program on the server ----

    @contextlib.contextmanager
    def watching(self, *arguments, face='--json'):
        """Runs while the body does; its events, or its text, are in what this yields."""
        result = []
        with self.net.inside('s'):
            process = subprocess.Popen([self.program, '-i', 'eth0', face, *arguments],
                                       cwd=self.folder, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + START_S
            while not self.is_capturing(process.pid):
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), deadline, 'it does not begin to capture')
                time.sleep(0.02)
            time.sleep(LOOK_S)
            yield result
            time.sleep(LOOK_S)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=RUN_S)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        self.assertEqual(process.returncode, FINE)
        text = out.decode()
        result += map(json.loads, text.splitlines()) if face == '--json' else [text]

    @staticmethod
    def is_capturing(pid):
        with open(f'/proc/{pid}/net/packet') as table:
            return any(line.split()[5] == '1' for line in table.readlines()[1:])

    def failure(self, events, port=PORT):
        """The first failure at the port; its lines are valid by the schema elsewhere."""
        found = [event for event in events
                 if event['event'] == 'failure' and event['flow']['server']['port'] == port]
        self.assertTrue(found, f'no failure at port {port}')
        return found[0]

    def assert_verdict(self, failure, verdict, confidence, listener):
        self.assertEqual((failure['verdict'], failure['confidence'], failure['host']['listener']),
                         (verdict, confidence, listener), failure)

    def codes(self, failure):
        return [reason['code'] for reason in failure['because']]


class Refused(Host):
    def test_nothing_listens(self):
        with self.watching() as events:
            self.connect()
        failure = self.failure(events)
        self.assert_verdict(failure, 'refused-closed-port', 'certain', 'none')
        self.assertIn('host-has-no-listener', self.codes(failure))
        self.assertIsNone(failure['host']['bound'])

    def test_bound_to_loopback_only(self):
        self.listen('127.0.0.1')
        with self.watching() as events:
            self.connect()
        failure = self.failure(events)
        self.assert_verdict(failure, 'refused-closed-port', 'certain', 'loopback_only')
        self.assertEqual(failure['host']['bound'], '127.0.0.1')
        self.assertIn('listener is on 127.0.0.1 only', failure['msg'])

    def test_bound_to_the_other_loopback(self):
        self.listen('::1')
        with self.watching() as events:
            self.connect()
        failure = self.failure(events)
        self.assert_verdict(failure, 'refused-closed-port', 'certain', 'loopback_only')
        self.assertEqual(failure['host']['bound'], '::1')

    def test_bound_to_ipv6_only(self):
        self.listen('::')
        with self.watching() as events:
            self.connect()
        self.assert_verdict(self.failure(events), 'refused-closed-port', 'certain', 'other_family')

    def test_bound_to_ipv4_only(self):
        self.listen('0.0.0.0')
        with self.watching() as events:
            self.connect(SERVER6)
        self.assert_verdict(self.failure(events), 'refused-closed-port', 'certain', 'other_family')

    def test_bound_to_another_address(self):
        self.listen(OTHER4)
        with self.watching() as events:
            self.connect()
        failure = self.failure(events)
        self.assert_verdict(failure, 'refused-closed-port', 'certain', 'other_address')
        self.assertEqual(failure['host']['bound'], OTHER4)

    def test_a_rule_refuses_though_it_listens(self):
        self.listen('0.0.0.0')
        self.net.run('s', 'nft', '-f', '-', text=f'''
            table inet t {{
                chain in {{
                    type filter hook input priority 0
                    tcp dport {PORT} reject with tcp reset
                }}
            }}
            ''')
        with self.watching() as events:
            self.connect()
        failure = self.failure(events)
        self.assert_verdict(failure, 'refused-firewall-rst', 'likely', 'yes')
        self.assertIn('host-listens', self.codes(failure))

    def test_a_rule_rejects_by_icmp_though_it_listens(self):
        self.listen('0.0.0.0')
        self.net.run('s', 'nft', '-f', '-', text=f'''
            table inet t {{
                chain in {{
                    type filter hook input priority 0
                    tcp dport {PORT} reject with icmp type port-unreachable
                }}
            }}
            ''')
        with self.watching() as events:
            self.connect()
        self.assert_verdict(self.failure(events), 'icmp-port-unreachable', 'certain', 'yes')

    def test_a_service_that_starts_right_after_the_refusal(self):
        """Near miss: it listens when the refusal is judged, and did not when it was refused."""
        with self.watching() as events:
            self.connect()
            self.listen('0.0.0.0')
            time.sleep(3)
        failure = self.failure(events)
        self.assertNotIn(('refused-firewall-rst', 'likely'),
                         [(failure['verdict'], failure['confidence'])])
        self.assertIn(failure['verdict'], ('refused', 'refused-closed-port'))


class Silence(Host):
    def fill(self):
        """Connections that nobody accepts, one more than the backlog of 0 holds."""
        self.listen('0.0.0.0', backlog=0)
        self.connect(data=b'first')
        time.sleep(LOOK_S)

    def test_a_full_accept_queue(self):
        with self.watching() as events:
            self.fill()
            self.connect(wait_s=4)
            time.sleep(SILENCE_S)
        failure = self.failure(events)
        self.assert_verdict(failure, 'accept-queue-overflow', 'certain', 'yes')
        self.assertEqual((failure['host']['recv_q'], failure['host']['backlog']), (1, 0))
        self.assertTrue(failure['host']['queue_was_full'])
        self.assertGreater(failure['host']['counters']['ListenOverflows'], 0)

    def test_a_queue_that_was_full_before_the_capture(self):
        self.fill()
        with self.watching() as events:
            self.connect(wait_s=4)
            time.sleep(SILENCE_S)
        self.assert_verdict(self.failure(events), 'accept-queue-overflow', 'certain', 'yes')

    def burst(self, n):
        """So many handshakes at once, that the queue fills between SYN and ACK of the last."""
        with self.net.inside('c'):
            clients = [self.sockets.enter_context(socket.socket()) for _ in range(n)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex((SERVER4, PORT))
        return clients

    def delay(self):
        """The ACKs wait until all SYNs are through: a rule drops them, and they come again."""
        self.net.run('s', 'nft', '-f', '-', text=f'''
            table inet t {{
                chain in {{
                    type filter hook prerouting priority -300
                    tcp dport {PORT} tcp flags & (syn | ack) == ack drop
                }}
            }}
            ''')

    def overflow(self, abort):
        """Handshakes whose ACKs meet a queue that filled after their SYN."""
        self.net.sysctl('s', 'ipv4.tcp_abort_on_overflow', abort)
        self.net.sysctl('s', 'ipv4.tcp_syncookies', 0)
        self.listen('0.0.0.0', backlog=1)
        with self.watching() as events:
            self.delay()
            clients = self.burst(5)
            time.sleep(0.2)
            self.net.run('s', 'nft', 'flush', 'ruleset')
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(b'hello')
            time.sleep(LOOK_S + SILENCE_S + 2)
        return [event for event in events if event['event'] == 'failure']

    def test_a_burst_that_overflows_the_queue(self):
        failures = self.overflow(0)
        self.assertTrue(failures)
        for failure in failures:
            self.assertEqual(failure['verdict'], 'accept-queue-overflow', failure)
            self.assertEqual(failure['confidence'], 'certain', failure)

    def test_a_burst_that_overflows_and_is_reset(self):
        failures = self.overflow(1)
        self.assertTrue(failures)
        for failure in failures:
            self.assertEqual(failure['verdict'], 'accept-queue-overflow', failure)
            self.assertEqual(failure['confidence'], 'certain', failure)

    def test_a_rule_drops_though_it_listens(self):
        """Near miss of the full queue: the listener answers others, has room and counts nothing."""
        listener = self.listen('0.0.0.0')
        with self.watching() as events:
            client = self.connect(data=b'hello')
            served, _ = listener.accept()
            served.recv(100)
            served.sendall(b'hello')
            client.recv(100)
            client.close()
            served.close()
            self.net.run('s', 'nft', '-f', '-', text=f'''
                table inet t {{
                    chain in {{
                        type filter hook input priority 0
                        tcp dport {PORT} drop
                    }}
                }}
                ''')
            self.connect(wait_s=4)
            time.sleep(SILENCE_S)
        failure = self.failure(events)
        self.assert_verdict(failure, 'filtered-drop', 'likely', 'yes')
        self.assertIn('host-dropped-nothing', self.codes(failure))
        self.assertNotIn('accept-queue-overflow', failure['alternatives'])


class Said(Host):
    """What is said of it, and when nothing is."""

    def test_the_report_has_it(self):
        self.listen('127.0.0.1')
        with self.watching(face='--report') as text:
            self.connect()
        self.assertRegex(text[0], r"Host +the port's listener is on 127\.0\.0\.1 only")
        self.assertIn('host listens on loopback', text[0])

    def test_it_can_be_left_out(self):
        with self.watching('--no-host-evidence') as events:
            self.connect()
        failure = self.failure(events)
        self.assertIsNone(failure['host'])
        self.assertNotEqual(failure['confidence'], 'certain' if
                            failure['verdict'] == 'refused-closed-port' else None)

    def test_of_another_host_nothing_is_said(self):
        """The capture sees both ends; only its own is known to the kernel that it can ask."""
        with self.watching() as events:
            with self.net.inside('s'):
                client = self.sockets.enter_context(socket.socket())
            client.settimeout(2)
            client.connect_ex((CLIENT4, PORT))
        self.assertIsNone(self.failure(events)['host'])

    def test_a_reset_connection_has_it_too(self):
        listener = self.listen('0.0.0.0')
        with self.watching() as events:
            self.connect(data=b'hello')
            served, _ = listener.accept()
            served.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            served.close()
            time.sleep(3)
        failure = self.failure(events)
        self.assertEqual(failure['outcome'], 'reset')
        self.assertEqual(failure['host']['listener'], 'yes')


if __name__ == '__main__':
    if not may_make_namespaces():
        print('needs root, network namespaces and nft')
        raise SystemExit(77)
    program.main()
