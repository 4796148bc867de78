# SPDX-License-Identifier: BSD-2-Clause
"""Network namespaces: client - r1 - r2 - r3 - server, with real delay on two of the links.

          5 ms              0              15 ms             0       (each way; or 0 everywhere)
    c ---------- r1 ---------- r2 ---------- r3 ---------- s
    eth0     west  east    west  east    west  east     eth0

Three routers, so that a packet made by one of them differs from the server's by two hops or more.
The delay is made by a small process that carries frames between two TAP devices: netem is often
not there, and without delay the kernel behaves differently (an ICMP error that comes back while
connect() still holds the socket is only noted).

Addresses: every case has its own client 10.77.(128+group).row and server 10.77.group.row, so that
no case can change what another one shows, even in one capture.  Hosts are not configured one
by one: both ends hold a whole range by a route of type "local".
"""

import contextlib
import ctypes
import errno
import fcntl
import heapq
import os
import select
import signal
import socket
import struct
import subprocess
import time

NODES = ('c', 'r1', 'r2', 'r3', 's')
LINKS = (('c', 'eth0', 'r1', 'west'), ('r1', 'east', 'r2', 'west'), ('r2', 'east', 'r3', 'west'),
         ('r3', 'east', 's', 'eth0'))
DELAYED_LINKS = (0, 2)
DEFAULT_DELAY_MS = (5, 15)

SERVERS4, CLIENTS4 = '10.77.0.0/18', '10.77.128.0/17'
SERVERS6, CLIENTS6 = 'fd77:5::/32', 'fd77:c::/32'
# A host that nobody has, on the last router's link to the server.
ABSENT_HOST4, ABSENT_HOST6 = '10.77.67.99', 'fd77::67:99'

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
SIOCETHTOOL = 0x8946
ETHTOOL_OFF = (0x17, 0x1F, 0x24, 0x2C)  # STXCSUM, STSO, SGSO, SGRO
SOL_PACKET, PACKET_STATISTICS = 263, 6
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
ETH_P_ALL = 3

libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def address4(link, side):
    return f'10.77.{64 + link}.{1 + side}'


def address6(link, side):
    return f'fd77::{64 + link}:{1 + side}'


def mac(link, side):
    return f'02:77:00:00:{link:02x}:{1 + side:02x}'


def open_tap(name):
    fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def forward(pairs):
    """Carry frames between TAP devices, each after its delay.  Runs in a process of its own."""
    peer, delay_s = {}, {}
    for one, other, milliseconds in pairs:
        peer[one], peer[other] = other, one
        delay_s[one] = delay_s[other] = milliseconds / 1000
    poll = select.epoll()
    for fd in peer:
        poll.register(fd, select.EPOLLIN)
    queue, order = [], 0
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else -1
        ready = poll.poll(wait)
        now = time.monotonic()
        for fd, _ in ready:
            with contextlib.suppress(BlockingIOError):
                while True:
                    order += 1
                    heapq.heappush(queue, (now + delay_s[fd], order, peer[fd], os.read(fd, 65536)))
        while queue and queue[0][0] <= time.monotonic():
            _, _, fd, frame = heapq.heappop(queue)
            with contextlib.suppress(OSError):
                os.write(fd, frame)


class Capture:
    """Every frame of one interface from construction on; read when the case is over.

    The socket's buffer is the store, so there is no process to wait for at the start.
    """

    def __init__(self, net, node, interface):
        with net.inside(node):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 128 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with net.inside(node):
            self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)

    def drain(self):
        """The frames so far as (time in ns, frame, wire bytes), in order of time."""
        frames = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, ancillary, _, _ = self.socket.recvmsg(65536, 64)
                seconds, nanoseconds = struct.unpack('qq', ancillary[0][2][:16])
                frames.append((seconds * 10**9 + nanoseconds, frame, len(frame)))
        _, dropped = struct.unpack(
            'II', self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        if dropped:
            raise RuntimeError(f'the capture socket dropped {dropped} frames')
        return sorted(frames, key=lambda record: record[0])

    def close(self):
        self.socket.close()


class Namespaces:
    """Some namespaces with names of this process; a context manager that always removes them."""

    nodes = ()

    def __init__(self):
        self.prefix = f'tw{os.getpid()}-'
        self.handles = {}
        self.home = os.open('/proc/self/ns/net', os.O_RDONLY)

    def __enter__(self):
        try:
            for node in self.nodes:
                subprocess.run(['ip', 'netns', 'add', self.prefix + node], check=True)
                self.handles[node] = os.open('/run/netns/' + self.prefix + node, os.O_RDONLY)
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node, handle in self.handles.items():
            os.close(handle)
            subprocess.run(['ip', 'netns', 'del', self.prefix + node], check=False)
        self.handles = {}
        os.close(self.home)

    def build(self):
        """Make the links."""

    @contextlib.contextmanager
    def inside(self, node):
        """This thread lives in that namespace; sockets and processes made here stay there."""
        self.enter(self.handles[node])
        try:
            yield
        finally:
            self.enter(self.home)

    @staticmethod
    def enter(handle):
        if libc.setns(handle, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'setns')

    def run(self, node, *command, text=None, check=True):
        with self.inside(node):
            return subprocess.run(command, input=text, text=True, check=check,
                                  capture_output=True).stdout

    def sysctl(self, node, key, value):
        with self.inside(node), open('/proc/sys/net/' + key.replace('.', '/'), 'w') as file:
            file.write(str(value))

    def link(self, west, west_if, east, east_if):
        """A veth pair without offloads: checksums are complete, no segment exceeds the MTU."""
        self.run(west, 'ip', 'link', 'add', west_if, 'type', 'veth', 'peer', 'name', east_if,
                 'netns', self.prefix + east)
        for node, name in ((west, west_if), (east, east_if)):
            with self.inside(node), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
                for command in ETHTOOL_OFF:
                    value = ctypes.create_string_buffer(struct.pack('II', command, 0))
                    request = struct.pack('16sP16x', name.encode(), ctypes.addressof(value))
                    try:
                        fcntl.ioctl(control, SIOCETHTOOL, request)
                    except OSError as error:
                        if error.errno != errno.EOPNOTSUPP:
                            raise


class Wire(Namespaces):
    """Two namespaces and a cable: what is sent into one end comes out of the other.

    No addresses, so that neither kernel answers a frame.
    """

    nodes = ('send', 'hear')

    def build(self):
        for node in self.nodes:
            for key in ('all', 'default'):
                self.sysctl(node, f'ipv6.conf.{key}.disable_ipv6', 1)
        self.link('send', 'eth0', 'hear', 'eth0')
        for node in self.nodes:
            self.run(node, 'ip', 'link', 'set', 'eth0', 'mtu', '65535', 'arp', 'off', 'up')


class Net(Namespaces):
    """Client, three routers and server."""

    nodes = NODES

    def __init__(self, delay_ms=DEFAULT_DELAY_MS):
        super().__init__()
        self.delay_ms = delay_ms
        self.forwarder = 0

    def __exit__(self, *_):
        if self.forwarder:
            os.kill(self.forwarder, signal.SIGKILL)
            os.waitpid(self.forwarder, 0)
            self.forwarder = 0
        super().__exit__()

    def rules(self, node, text):
        """Load nft rules; they add to what is there."""
        self.run(node, 'nft', '-f', '-', text=text)

    def flush_rules(self, nodes=NODES):
        for node in nodes:
            self.rules(node, 'flush ruleset\n')

    def build(self):
        for node in NODES:
            for key in ('all', 'default'):
                self.sysctl(node, f'ipv6.conf.{key}.accept_dad', 0)
                self.sysctl(node, f'ipv6.conf.{key}.router_solicitations', 0)
                self.sysctl(node, f'ipv6.conf.{key}.addr_gen_mode', 1)
                self.sysctl(node, f'ipv4.conf.{key}.rp_filter', 0)
            # One ICMP error per rejected SYN, however fast the SYNs come.
            self.sysctl(node, 'ipv4.icmp_ratelimit', 0)
            self.sysctl(node, 'ipv6.icmp.ratelimit', 0)
            if node.startswith('r'):
                self.sysctl(node, 'ipv4.ip_forward', 1)
                self.sysctl(node, 'ipv6.conf.all.forwarding', 1)
            else:
                self.sysctl(node, 'ipv6.ip_nonlocal_bind', 1)
        taps = []
        for idx, (west, west_if, east, east_if) in enumerate(LINKS):
            if self.delay_ms and idx in DELAYED_LINKS:
                milliseconds = self.delay_ms[DELAYED_LINKS.index(idx)]
                taps.append((self.make_tap(west, west_if), self.make_tap(east, east_if),
                             milliseconds))
            else:
                self.link(west, west_if, east, east_if)
        if taps:
            self.start_forwarder(taps)
        self.configure()

    def make_tap(self, node, name):
        with self.inside(node):
            return open_tap(name)

    def start_forwarder(self, taps):
        self.forwarder = os.fork()
        if not self.forwarder:
            die_with_parent()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            try:
                forward(taps)
            finally:
                os._exit(1)
        for one, other, _ in taps:
            os.close(one)
            os.close(other)

    def configure(self):
        batch = {node: ['link set lo up'] for node in NODES}
        for idx, (west, west_if, east, east_if) in enumerate(LINKS):
            for side, node, name in ((0, west, west_if), (1, east, east_if)):
                batch[node] += [
                    f'link set {name} address {mac(idx, side)} up',
                    f'addr add {address4(idx, side)}/24 dev {name}',
                    f'addr add {address6(idx, side)}/112 dev {name} nodad',
                    f'neigh replace {address4(idx, 1 - side)} lladdr {mac(idx, 1 - side)} '
                    f'dev {name} nud permanent',
                    f'neigh replace {address6(idx, 1 - side)} lladdr {mac(idx, 1 - side)} '
                    f'dev {name} nud permanent',
                ]
        east = {'r1': 1, 'r2': 2, 'r3': 3}
        for node, link in east.items():
            batch[node] += [
                f'route add {SERVERS4} via {address4(link, 1)}',
                f'route add {SERVERS6} via {address6(link, 1)}',
                f'route add {CLIENTS4} via {address4(link - 1, 0)}',
                f'route add {CLIENTS6} via {address6(link - 1, 0)}',
            ]
        # Routers can be answered and the last link can be reached from either end.
        for link in range(4):
            for node, position in east.items():
                if link < position - 1:
                    via = (address4(position - 1, 0), address6(position - 1, 0))
                elif link > position:
                    via = (address4(position, 1), address6(position, 1))
                else:
                    continue
                batch[node] += [f'route add 10.77.{64 + link}.0/24 via {via[0]}',
                                f'route add fd77::{64 + link}:0/112 via {via[1]}']
        batch['c'] += [f'route add local {CLIENTS4} dev lo', f'route add local {CLIENTS6} dev lo',
                       f'route add default via {address4(0, 1)}',
                       f'route add default via {address6(0, 1)}']
        batch['s'] += [f'route add local {SERVERS4} dev lo', f'route add local {SERVERS6} dev lo',
                       f'route add default via {address4(3, 0)}',
                       f'route add default via {address6(3, 0)}']
        for node, lines in batch.items():
            self.run(node, 'ip', '-batch', '-', text='\n'.join(lines) + '\n')
