# SPDX-License-Identifier: BSD-2-Clause
"""The stage a case plays on: hosts with names, sockets that stay open, forgers, expectations."""

import contextlib
import re
import select
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass

import net as network
import wire

REQUEST = b'GET / HTTP/1.1\r\nHost: server.test\r\n\r\n'
RESPONSE = b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n'

TCP_REPAIR = 19
NODE_NAMES = {'c': 'client', 'r1': 'first router', 'r2': 'middle router', 'r3': 'last router',
              's': 'server'}

KINDS = ('hit', 'near')
REGISTRY = []


@dataclass
class Case:
    """One row of the table: what capture it makes and how."""
    slug: str
    kind: str          # hit: this verdict is right; near: only looks so; demo: several in one
    what: str
    run: object
    group: int
    row: int
    matters: str       # which packet decides
    vantage: tuple = ('c',)
    pace: str = 'quick'    # quick < 2 s, medium < 15 s, slow: up to two minutes
    delay_ms: tuple = network.DEFAULT_DELAY_MS
    snaplen: int = 262144
    edit: object = None    # what the capture file lost or gained afterwards
    keeps_nd: bool = False  # neighbour discovery of IPv6 is part of it
    elsewhere: tuple = ()  # also captured there, to see what can be told from there
    needs: tuple = ()      # programs and python:MODULES beside those of every Debian

    @property
    def name(self):
        return f'{self.slug}/{self.kind}-{self.what}' if self.kind in KINDS else self.slug

    def path(self, node):
        if node == self.vantage[0]:
            return self.name
        return f'{self.name}-at-{dict(c="client", s="server").get(node, "router")}'


def table(group):
    """A decorator maker for one file of cases; rows are numbered in order, so append only."""

    def case(slug, kind, what, matters, **options):

        def register(run):
            row = 1 + sum(known.group == group for known in REGISTRY)
            REGISTRY.append(Case(slug, kind, what, run, group, row, matters, **options))
            return run

        return register

    return case


@dataclass
class Conn:
    """The client's end of one connect()."""
    sock: socket.socket
    client: str
    server: str
    key: tuple         # client's address and port, server's address and port
    error: OSError = None


@dataclass
class Expectation:
    """A line of the .expect file, and the nodes whose captures it is about (none: all)."""
    fields: dict
    at: tuple = ()


class Stage:
    """What a case function gets as `t`."""

    def __init__(self, net, case):
        self.net, self.case = net, case
        low, high = case.row, case.row + 100
        self.server, self.other = (f'10.77.{case.group}.{row}' for row in (low, high))
        self.client, self.client2 = (f'10.77.{128 + case.group}.{row}' for row in (low, high))
        self.clock_host = f'10.77.{case.group}.{case.row + 200 if case.row < 55 else 254}'
        self.server6 = f'fd77:5::{case.group}:{low}'
        self.client6 = f'fd77:c::{case.group}:{low}'
        self.next_port = 40001
        self.held, self.clock_listener, self.expected = [], None, []
        self.sysctls, self.threads, self.raw_sockets = [], [], {}
        self.programs, self.routes = [], []
        self.rtt_s = 2 * sum(net.delay_ms) / 1000 if net.delay_ms else 0.001

    # Sockets

    def socket_in(self, node, v6=False, kind=socket.SOCK_STREAM):
        with self.net.inside(node):
            sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.held.append(sock)
        return sock

    def listen(self, port=80, backlog=64, address=None, v6=False, setup=None):
        sock = self.socket_in('s', v6)
        if setup:
            setup(sock)
        sock.bind((address or (self.server6 if v6 else self.server), port))
        sock.listen(backlog)
        sock.settimeout(20)
        return sock

    def dial(self, port=80, server=None, client=None, cport=None, timeout=5, v6=False, setup=None,
             wait=True):
        """connect() from a chosen address and port; a failure is kept, not raised."""
        server = server or (self.server6 if v6 else self.server)
        client = client or (self.client6 if v6 else self.client)
        if cport is None:
            cport, self.next_port = self.next_port, self.next_port + 1
        sock = self.socket_in('c', v6)
        if setup:
            setup(sock)
        sock.bind((client, cport))
        conn = Conn(sock, wire.endpoint(client, cport), wire.endpoint(server, port),
                    (client, cport, server, port))
        sock.settimeout(timeout if wait else 0)
        try:
            sock.connect((server, port))
        except BlockingIOError:
            pass
        except OSError as error:
            conn.error = error
        sock.settimeout(timeout or 5)
        return conn

    def pair(self, port=80, listener=None, **options):
        """A connection and the server's socket of it."""
        listener = listener or self.listen(port, address=options.get('server'),
                                           v6=options.get('v6', False))
        conn = self.dial(port, **options)
        peer, _ = listener.accept()
        peer.settimeout(20)
        self.held.append(peer)
        return conn, peer

    def raw_conn(self, cport, port, client=None):
        """The name of a connection whose packets the case makes itself."""
        client = client or self.client
        return Conn(None, wire.endpoint(client, cport), wire.endpoint(self.server, port),
                    (client, cport, self.server, port))

    @staticmethod
    def read(sock, n_bytes):
        data = b''
        while len(data) < n_bytes:
            more = sock.recv(n_bytes - len(data))
            if not more:
                break
            data += more
        return data

    def exchange(self, conn, peer, request=REQUEST, response=RESPONSE):
        conn.sock.sendall(request)
        self.read(peer, len(request))
        peer.sendall(response)
        self.read(conn.sock, len(response))
        self.wait_rtt(0.6)

    def hang_up(self, first, second):
        """Both ends close in order, `first` first."""
        first.close()
        second.recv(1)
        second.close()
        self.wait_rtt(1.2)

    def good(self, port=80, listener=None, **options):
        """One connection as it should be; returns it."""
        conn, peer = self.pair(port, listener, **options)
        self.exchange(conn, peer)
        self.hang_up(conn.sock, peer)
        return conn

    def clock(self):
        """Traffic of hosts that have nothing to do with the case: event time goes on."""
        if not self.clock_listener:
            self.clock_listener = self.listen(80, address=self.clock_host)
        self.good(80, self.clock_listener, server=self.clock_host)

    @staticmethod
    def abort(sock):
        """Close with SO_LINGER 0."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        sock.close()

    @staticmethod
    def vanish(sock):
        """The kernel forgets the connection and sends nothing, as after a reboot."""
        sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        sock.close()

    # Time

    def wait_rtt(self, times=1.5):
        time.sleep(max(0.002, self.rtt_s * times))

    @staticmethod
    def sleep(seconds):
        time.sleep(seconds)

    # Routers

    def block(self, node, hook, rule):
        self.net.rules(node, f'add table inet lab\n'
                       f'add chain inet lab {hook} {{ type filter hook {hook} priority 0; }}\n'
                       f'add rule inet lab {hook} {rule}\n')

    def unblock(self, node):
        self.net.flush_rules((node, ))

    def sysctl(self, node, key, value):
        path = '/proc/sys/net/' + key.replace('.', '/')
        with self.net.inside(node), open(path) as file:
            self.sysctls.append((node, key, file.read()))
        self.net.sysctl(node, key, value)

    def ip(self, node, command):
        return self.net.run(node, 'ip', *command.split())

    # Programs

    def program(self, node, *command, port=None, **options):
        """Start it there; with a port, wait until it listens."""
        with self.net.inside(node):
            options = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL} | options
            program = subprocess.Popen(command, **options)
        self.programs.append(program)
        deadline = time.monotonic() + 10
        while port and f':{port} ' not in self.net.run(node, 'ss', '-Htln'):
            if program.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f'{command[0]} does not listen')
            time.sleep(0.02)
        return program

    def end(self, program, wait=True):
        program.terminate()
        if wait:
            program.wait()

    def source(self, node, target, address):
        """What that node sends to the target, by programs that do not choose, comes from there."""
        via = self.net.run(node, 'ip', '-o', 'route', 'get', target).split()
        gateway, device = via[via.index('via') + 1], via[via.index('dev') + 1]
        self.net.run(node, 'ip', 'route', 'replace', target, 'via', gateway, 'dev', device, 'src',
                     address)
        self.routes.append((node, target))

    # Forgers

    def inject(self, node, packet):
        """Send a whole IP packet from a node, whatever its source address."""
        v6 = packet[0] >> 4 == 6
        if (node, v6) not in self.raw_sockets:
            with self.net.inside(node):
                sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW,
                                     socket.IPPROTO_RAW)
            self.raw_sockets[node, v6] = sock
        target = packet[24:40] if v6 else packet[16:20]
        family = socket.AF_INET6 if v6 else socket.AF_INET
        self.raw_sockets[node, v6].sendto(packet, (socket.inet_ntop(family, target), 0))

    def watch(self, node, interface, react):
        """Call react(packet) for each TCP packet there, until it returns true."""
        with self.net.inside(node):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            sock.bind((interface, network.ETH_P_ALL))
        stop = threading.Event()

        def loop():
            while not stop.is_set():
                if not select.select([sock], [], [], 0.1)[0]:
                    continue
                packet = wire.parse_frame(sock.recv(65536))
                if packet and not packet.icmp and react(packet):
                    break
            sock.close()

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        self.threads.append((thread, stop))
        return thread

    # What must come out

    def expect(self, conn, verdict, shape=None, outcome=None, never=(), accept=(), at=(), **more):
        """`shape` is a pattern over the connection's packets, e.g. '>S <RA$'; `at` the nodes."""
        fields = {'client': conn.client, 'server': conn.server, 'verdict': verdict}
        if accept:
            fields['accept'] = list(accept)
        if never:
            fields['not'] = list(never)
        if outcome:
            fields['outcome'] = outcome
        if shape:
            fields['shape'] = shape
        self.expected.append(Expectation(fields | more, at))

    def note(self, verdict, at=(), **fields):
        """Expect an event that is not of one connection (a flood, a scan)."""
        self.expected.append(Expectation(fields | {'verdict': verdict}, at))

    def expected_at(self, node):
        """The .expect lines for the capture taken there. Elsewhere: what it is, not how it looks."""
        if node in self.case.elsewhere:
            home = self.case.vantage[0]
            return [{key: line.fields[key] for key in ('client', 'server', 'verdict', 'nth')
                     if key in line.fields}
                    for line in self.expected if not line.at or home in line.at]
        return [line.fields for line in self.expected if not line.at or node in line.at]

    # The end

    def strike(self):
        """Leave no packet behind: sockets vanish, rules and settings go."""
        for thread, stop in self.threads:
            stop.set()
            thread.join()
        for sock in self.held:
            with contextlib.suppress(OSError):
                # A listener that closes would reset the connections in its queue.
                sock.setblocking(False)
                while sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    self.vanish(sock.accept()[0])
            with contextlib.suppress(OSError):
                self.vanish(sock)
            sock.close()
        for sock in self.raw_sockets.values():
            sock.close()
        for program in self.programs:
            program.kill()
            program.wait()
        for node, target in self.routes:
            self.net.run(node, 'ip', 'route', 'del', target)
        self.net.flush_rules()
        for node, key, value in reversed(self.sysctls):
            self.net.sysctl(node, key, value)


def shapes(frames, client, server):
    """The packets of one connection as text: '>S <SA >A', > from the client."""
    words = []
    for packet in filter(None, (wire.parse_frame(frame) for _, frame, _ in frames)):
        ends = (wire.endpoint(packet.src, packet.sport), wire.endpoint(packet.dst, packet.dport))
        if ends == (client, server):
            words.append(('<' if packet.icmp else '>') + packet.shape())
        elif ends == (server, client):
            words.append(('>' if packet.icmp else '<') + packet.shape())
    return ' '.join(words)


def mismatches(lines, frames):
    """Why a capture does not show what its .expect lines want; empty when it does."""
    wrong = []
    for line in lines:
        if 'shape' in line:
            seen = shapes(frames, line['client'], line['server'])
            if not re.search(line['shape'], seen):
                wrong.append(f'{line["client"]} to {line["server"]}: wanted {line["shape"]}, '
                             f'captured {seen[:400]}')
    return wrong
