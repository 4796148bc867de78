# SPDX-License-Identifier: BSD-2-Clause
"""Cases: the listener cannot keep up, or an older incarnation is in the way; floods and scans."""

import select
import socket
import struct
import time

import wire
from stage import Conn, table

case = table(group=4)

TCP_DEFER_ACCEPT = 9


def crowded(t, backlog, n_before):
    """A listener with so many connections waiting that its program has not accepted."""
    listener = t.listen(80, backlog)
    waiting = [t.dial(80) for _ in range(n_before)]
    t.wait_rtt()
    return listener, waiting


def burst(t, n_conns, say=b'hello'):
    """Connections in one instant; each sends something as soon as it is established."""
    conns = [t.dial(80, wait=False) for _ in range(n_conns)]
    t.wait_rtt(1.5)
    for conn in conns:
        conn.sock.send(say)
    return conns


@case('accept-queue-overflow', 'hit', 'p1-silent',
      'the SYNs of the last two clients stay unanswered while the first connection is served',
      pace='medium')
def p1_silent(t):
    """P1: backlog 1, two connections wait, so new SYNs are ignored; one accepted connection to the
    same port goes on all the time."""
    listener = t.listen(80, 1)
    served, peer = t.pair(80, listener)
    waiting = [t.dial(80) for _ in range(2)]
    t.wait_rtt()
    silent = [t.dial(80, wait=False), t.dial(80, wait=False, client=t.client2)]
    for _ in range(7):
        t.exchange(served, peer)
        t.sleep(0.4)
    for conn in silent:
        conn.sock.close()
    for _ in range(13):
        t.exchange(served, peer)
        t.sleep(0.4)
    t.hang_up(served.sock, peer)
    t.expect(served, 'ok', '^>S <SA >A .*F', 'ok')
    for conn in waiting:
        t.expect(conn, 'ok', '^>S <SA >A$', accept=['in-progress'])
    for conn in silent:
        t.expect(conn, 'accept-queue-overflow', '^>S >S >S', 'timed_out', sub='P1',
                 accept=['connect-timeout'], never=['filtered-drop'])


@case('accept-queue-overflow', 'hit', 'p1-recovers',
      'the last two clients connect only with their third SYN, when there is room again',
      pace='medium')
def p1_recovers(t):
    """P1 that passes: the program accepts again before the clients give up; one had given up."""
    listener, waiting = crowded(t, 1, 2)
    gone = t.dial(80, wait=False, client=t.client2)
    late = [t.dial(80, wait=False) for _ in range(2)]
    t.sleep(1.3)
    gone.sock.close()
    for _ in waiting:
        t.held.append(listener.accept()[0])
    t.sleep(1.5)
    peers = [listener.accept()[0] for _ in late]
    by_port = {peer.getpeername()[1]: peer for peer in peers}
    for conn in late:
        t.exchange(conn, by_port[conn.key[1]])
        t.hang_up(conn.sock, by_port[conn.key[1]])
    t.sleep(6)
    t.clock()
    for conn in late:
        t.expect(conn, 'slow-handshake', '^>S >S >S <SA >A .*F', 'ok_degraded')
    t.expect(gone, 'accept-queue-overflow', '^>S >S$', 'timed_out', sub='P1',
             accept=['connect-timeout'], never=['filtered-drop'])


@case('accept-queue-overflow', 'hit', 'p2-synack-again',
      'two of the four last connections: SYN-ACK again after 1 and 3 s though the ACK was sent',
      pace='medium', vantage=('c', 's'))
def p2(t):
    """P2: backlog 8, so room for nine; seven wait, then four at once."""
    crowded(t, 8, 7)
    conns = burst(t, 4)
    t.sleep(4.5)
    t.clock()
    taken, left = conns[:2], conns[2:]
    for conn in taken:
        t.expect(conn, 'ok', '^>S <SA >A >D <A', accept=['in-progress'])
    for conn in left:
        t.expect(conn, 'accept-queue-overflow', '^>S <SA >A >D .*<SA .*<SA', 'half_open', sub='P2')


@case('accept-queue-overflow', 'hit', 'p3-abort',
      'RST without ACK one round trip after the ACK: tcp_abort_on_overflow=1')
def p3(t):
    """P3: as P2, but the server's kernel is told to reset."""
    t.sysctl('s', 'ipv4.tcp_abort_on_overflow', 1)
    crowded(t, 8, 7)
    conns = [t.dial(80, wait=False) for _ in range(4)]
    t.wait_rtt(3)
    t.clock()
    for conn in conns[:2]:
        t.expect(conn, 'ok', '^>S <SA >A$', accept=['in-progress'])
    for conn in conns[2:]:
        t.expect(conn, 'accept-queue-overflow', '^>S <SA >A <R$', sub='P3',
                 never=['refused-backend-down', 'reset-lost-state'])


@case('accept-queue-overflow', 'hit', 'p4-syncookies',
      'two connections: data sent again and again, one SYN-ACK only: made by a SYN cookie',
      pace='medium')
def p4(t):
    """P4: backlog 1 and four connections in one instant; all but the first get a SYN cookie, and
    the accept queue has room for two.  A later SYN is ignored (P1)."""
    t.listen(80, 1)
    conns = burst(t, 4)
    t.sleep(1.5)
    silent = t.dial(80, wait=False, client=t.client2)
    t.sleep(4.5)
    silent.sock.close()
    t.sleep(6.3)
    t.clock()
    t.expect(silent, 'accept-queue-overflow', '^>S >S >S', sub='P1', accept=['connect-timeout'])
    for conn in conns:
        t.expect(conn, 'accept-queue-overflow' if conn in conns[2:] else 'ok',
                 '^>S <SA >A >D >D >D >D' if conn in conns[2:] else '^>S <SA >A >D <A',
                 **({'sub': 'P4', 'accept': ['handshake-ack-lost', 'path-blackhole']}
                    if conn in conns[2:] else {'accept': ['in-progress']}))


@case('accept-queue-overflow', 'near', 'defer-accept',
      'one SYN-ACK again after the ACK, then the request is served: TCP_DEFER_ACCEPT',
      pace='medium')
def defer_accept(t):
    """The listener wants data first; the client waits two seconds before it sends its request."""
    listener = t.listen(80, setup=lambda sock: sock.setsockopt(socket.IPPROTO_TCP,
                                                               TCP_DEFER_ACCEPT, 1))
    conn = t.dial(80)
    t.sleep(2)
    conn.sock.send(b'GET / HTTP/1.1\r\n\r\n')
    peer = listener.accept()[0]
    peer.recv(100)
    peer.send(b'HTTP/1.1 204 No Content\r\n\r\n')
    conn.sock.recv(100)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '^>S <SA >A <SA >A .*>D .*<D .*F', accept=['slow-handshake'],
             never=['accept-queue-overflow', 'handshake-ack-lost'])


@case('accept-queue-overflow', 'near', 'one-way-drop',
      'SYN-ACK again after 1 and 3 s as in P2, but others are served by the listener meanwhile',
      pace='medium')
def one_way_drop(t):
    """The last router lets this client's SYN through and drops what follows.  From the client's
    side these are the bytes of P2; only the other client tells that the listener is fine."""
    listener = t.listen(80)
    t.block('r3', 'forward', f'ip saddr {t.client} ip daddr {t.server} tcp flags & syn == 0 drop')
    conn = t.dial(80)
    conn.sock.send(b'hello')
    others = []
    for _ in range(3):
        others.append(t.good(80, listener, client=t.client2))
        t.sleep(1.3)
    others.append(t.good(80, listener, client=t.client2))
    t.expect(conn, 'handshake-ack-lost', '^>S <SA >A >D .*<SA .*<SA', 'half_open',
             never=['accept-queue-overflow'], alternatives=['accept-queue-overflow'])
    for other in others:
        t.expect(other, 'ok', '^>S <SA >A .*F', 'ok')


@case('stale-connection-on-server', 'hit', 'challenge-ack',
      'second SYN of the port: pure ACK of the old connection, RST, SYN again, SYN-ACK')
def challenge_ack(t):
    """The client loses its connection without a word (as after a reboot) and comes back with the
    same port; the server still holds the old one."""
    listener = t.listen(80)
    old, peer = t.pair(80, listener)
    t.exchange(old, peer)
    t.vanish(old.sock)
    conn = t.good(80, listener, cport=old.key[1])
    t.expect(old, 'ok', '^>S <SA >A .*>S <A >R >S <SA >A .*F', nth=1,
             accept=['in-progress', 'unknown-midstream'])
    t.expect(conn, 'stale-connection-on-server', outcome='ok_degraded', nth=2,
             never=['timewait-reuse', 'reset-lost-state'])


@case('stale-connection-on-server', 'hit', 'loops',
      'SYN, ACK, RST again and again: the client\'s RST never reaches the server', pace='medium')
def challenge_loops(t):
    """The same, and the last router drops RSTs."""
    listener = t.listen(80)
    old, peer = t.pair(80, listener)
    t.exchange(old, peer)
    t.vanish(old.sock)
    t.block('r3', 'forward', 'tcp flags & rst == rst drop')
    conn = t.dial(80, cport=old.key[1], timeout=3.5)
    conn.sock.close()
    t.sleep(6.3)
    t.clock()
    t.expect(old, 'ok', '>S <A >R .*>S <A >R', nth=1, accept=['in-progress'])
    t.expect(conn, 'stale-connection-on-server', outcome='timed_out', nth=2,
             never=['connect-timeout'])


@case('stale-connection-on-server', 'near', 'time-wait-accepted',
      'the port is used again one second after the server closed: TIME_WAIT takes the new SYN')
def time_wait(t):
    """The server closed first and is in TIME_WAIT; the SYN is newer, so it is accepted."""
    listener = t.listen(80)
    old, peer = t.pair(80, listener)
    t.exchange(old, peer)
    t.hang_up(peer, old.sock)
    t.sleep(1)
    conn = t.good(80, listener, cport=old.key[1])
    t.expect(old, 'ok', '^>S <SA >A .*F.* >S <SA >A .*F', 'ok', nth=1)
    t.expect(conn, 'ok', outcome='ok', nth=2,
             never=['stale-connection-on-server', 'timewait-reuse'])


@case('syn-flood', 'hit', 'spoofed-sources',
      'from one second on: SYNs of sources that never send anything else', pace='medium',
      vantage=('s', ), snaplen=74)
def syn_flood(t):
    """1800 SYNs in six seconds from sources in 198.18.0.0/15, made by a raw socket on the last
    router; some real clients connect before and meanwhile."""
    listener = t.listen(80, 128)
    t.ip('r3', 'route add blackhole 198.18.0.0/15')
    good = [t.good(80, listener) for _ in range(3)]
    begun, n_sent = time.monotonic(), 0
    meanwhile = None
    while n_sent < 1800:
        due = int((time.monotonic() - begun) * 300)
        while n_sent < min(due, 1800):
            n_sent += 1
            source = socket.inet_ntoa(struct.pack('>I', 0xC6120000 + n_sent * 40503 % 0x20000))
            t.inject('r3', wire.tcp(source, 1024 + n_sent * 7919 % 60000, t.server, 80, wire.SYN,
                                    seq=n_sent * 0x9E3779B1, win=512, ttl=48,
                                    ipid=n_sent * 31 % 65536))
        if due > 600 and not meanwhile:
            meanwhile = t.good(80, listener)
        t.sleep(0.01)
    t.ip('r3', 'route del blackhole 198.18.0.0/15')
    t.note('syn-flood', server=f'{t.server}:80')
    for conn in good + [meanwhile]:
        t.expect(conn, 'ok', '^>S <SA >A .*F', 'ok')


@case('syn-flood', 'near', 'flash-crowd',
      'as many SYNs a second, but every handshake is completed', pace='medium', vantage=('s', ),
      snaplen=74)
def flash_crowd(t):
    """Real connections, about 250 a second for three seconds."""
    listener = t.listen(80, 1024)
    listener.setblocking(False)
    poll, open_socks, begun, n_conns = select.epoll(), {}, time.monotonic(), 0
    poll.register(listener, select.EPOLLIN)
    while n_conns < 750 or open_socks:
        while n_conns < min(750, (time.monotonic() - begun) * 250):
            n_conns += 1
            conn = t.dial(80, wait=False, cport=20000 + n_conns)
            open_socks[conn.sock.fileno()] = conn.sock
            poll.register(conn.sock, select.EPOLLOUT)
        for fd, _ in poll.poll(0.004):
            if fd == listener.fileno():
                peer, _ = listener.accept()
                open_socks[peer.fileno()] = peer
                poll.register(peer, select.EPOLLIN)
            else:
                poll.unregister(fd)
                open_socks.pop(fd).close()
    first = Conn(None, wire.endpoint(t.client, 20001), wire.endpoint(t.server, 80),
                 (t.client, 20001, t.server, 80))
    t.expect(first, 'ok', '^>S <SA >A >F', 'ok')
    t.note('syn-flood', server=f'{t.server}:80', count=0)


@case('port-scan', 'hit', 'mixed',
      'one source, 200 ports in a second: 147 refused, 50 silent, 3 open', pace='medium')
def port_scan(t):
    """connect() scan of 200 ports: three open, fifty dropped by the last router, others closed."""
    for port in (1022, 1080, 1110):
        t.listen(port)
    t.block('r3', 'forward', f'ip daddr {t.server} tcp dport 1150-1199 drop')
    conns = []
    for port in range(1000, 1200):
        conns.append(t.dial(port, wait=False))
        t.sleep(0.004)
    t.sleep(2)
    for conn in conns:
        conn.sock.close()
    t.sleep(6.5)
    t.clock()
    t.note('port-scan', client=t.client)
    for conn in conns:
        port = conn.key[3]
        if port in (1022, 1080, 1110):
            t.expect(conn, 'ok', '^>S <SA >A')
        elif port >= 1150:
            t.expect(conn, 'filtered-drop', '^>S( >S)+$', 'timed_out',
                     accept=['connect-timeout', 'port-scan'])
        else:
            t.expect(conn, 'refused-closed-port', '^>S <RA$', 'refused',
                     accept=['refused', 'port-scan'])


@case('port-scan', 'near', 'busy-client', 'one client, twenty good connections to one port')
def busy_client(t):
    """A program that opens many connections, all of them good."""
    listener = t.listen(80)
    conns = [t.dial(80, wait=False) for _ in range(20)]
    t.wait_rtt()
    peers = [listener.accept()[0] for _ in conns]
    for conn in conns:
        conn.sock.close()
    t.wait_rtt()
    for peer in peers:
        peer.close()
    t.wait_rtt()
    t.note('port-scan', client=t.client, count=0)
    for conn in conns:
        t.expect(conn, 'ok', '^>S <SA >A >F', 'ok')
