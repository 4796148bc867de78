# SPDX-License-Identifier: BSD-2-Clause
"""Cases: near misses of the verdicts in cases_extra.py."""

import contextlib
import socket
import threading

import wire
from cases_fine import fast_open_pair
from cases_listener import crowded
from cases_tls import TLS13, contexts
from net import address4
from stage import REQUEST, Conn, table

case = table(group=11)


@case('bad-synack', 'near', 'fast-open',
      'the SYN-ACK acknowledges more than the SYN: the data in it (TCP Fast Open)')
def synack_of_data(t):
    """A TCP Fast Open connection with data in its SYN."""
    for conn in fast_open_pair(t):
        t.expect(conn, 'ok', '^>S <SA >(A|D)', 'ok', never=['bad-synack'])


@case('firewall-midstream-rst', 'near', 'server-itself',
      'last: the same RST, but from where the server\'s packets come (TTL 61), a round trip later')
def server_itself(t):
    """The server's own kernel does not know the connection any more."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.vanish(peer)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'reset-lost-state', '>D <R$', 'reset',
             never=['firewall-midstream-rst', 'rst-injected'])


@case('handshake-ack-lost', 'near', 'only-late', 'one SYN-ACK again, then the ACK: it came late',
      vantage=('s', ), pace='medium')
def ack_late(t):
    """The client's packets are lost for one second after its SYN."""
    t.block('r1', 'forward', f'ip daddr {t.server} tcp flags & syn == 0 drop')
    opener = threading.Timer(0.8, t.unblock, ('r1', ))
    opener.start()
    conn = t.good(80)
    opener.join()
    t.expect(conn, 'slow-handshake', '^>S <SA .*>.*F', 'ok_degraded', accept=['ok'],
             never=['handshake-ack-lost', 'accept-queue-overflow'])


@case('host-down-onlink', 'near', 'answered', '1 and 2: ARP request and reply; then SYN and RST')
def arp_answered(t):
    """The first router itself, on the client's link: it is there, but its port is closed."""
    neighbour = t.ip('c', f'neigh show {address4(0, 1)}').split()
    t.ip('c', f'neigh del {address4(0, 1)} dev eth0')
    conn = t.dial(80, server=address4(0, 1))
    mac = neighbour[neighbour.index('lladdr') + 1]
    t.ip('c', f'neigh replace {address4(0, 1)} lladdr {mac} dev eth0 nud permanent')
    t.expect(conn, 'refused-closed-port', '^>S <RA$', 'refused', never=['host-down-onlink'])


@case('keepalive-timeout', 'near', 'answered',
      'three probes, each ACKed; then the client closes by RST', pace='medium')
def probes_answered(t):
    """An idle connection with keepalives, closed by SO_LINGER 0."""
    conn, peer = t.pair(80)
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    t.exchange(conn, peer)
    t.sleep(3.5)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'ok-rst-close', '>A <A >A <A >A <A >RA$', 'ok', never=['keepalive-timeout'])


@case('late-data-after-close', 'near', 'after-idle',
      'FIN of the server after 1.3 s of idleness: a pooled connection, not a race')
def after_idle(t):
    """The server closes an idle connection, the client uses it again."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(1.3)
    peer.close()
    t.sleep(0.1)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'stale-pooled-connection', '<F (>A )?>D <R$', 'reset',
             never=['late-data-after-close'])


@case('pmtu-blackhole', 'near', 'all-sizes', 'the small segment is lost as well', pace='slow')
def all_sizes(t):
    """The last router drops everything of a transfer."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn.sock.sendall(b'u' * 3100)
    t.sleep(16)
    t.clock()
    t.expect(conn, 'path-blackhole', '>D( >D)+$', 'blackholed', never=['pmtu-blackhole'])


@case('refused-no-endpoints', 'near', 'host-with-rule',
      'last: ICMP 3/3 a full round trip away, from a host that serves another port')
def host_with_rule(t):
    """A REJECT rule for one port of a host that is known to be alive."""
    t.block('s', 'input', 'tcp dport 8443 reject with icmp port-unreachable')
    good = t.good(80)
    conn = t.dial(8443)
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'icmp-port-unreachable', '^>S <I$', 'rejected', never=['refused-no-endpoints'])


@case('reset-listener-closed', 'near', 'served-before',
      'RST+ACK on three connections at once, but each had been answered before')
def served_before(t):
    """The server's program dies with three accepted connections and unread requests."""
    listener = t.listen(80)
    pairs = [t.pair(80, listener) for _ in range(3)]
    for conn, peer in pairs:
        t.exchange(conn, peer)
        conn.sock.sendall(REQUEST)
    t.wait_rtt(2)
    for _, peer in pairs:
        peer.close()
    t.wait_rtt()
    for conn, _ in pairs:
        t.expect(conn, 'reset-app-abort', '>D (<A )?<RA$', 'reset', never=['reset-listener-closed'])


@case('server-timeout-close', 'near', 'at-once', 'FIN of the server 0.3 s after the request')
def closes_at_once(t):
    """The server reads the request and closes soon, without an answer."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(0.3)
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'accept-then-close', '>D <A <F .*>F', 'closed_early',
             never=['server-timeout-close', 'ok'])


@case('syn-backlog-overflow', 'near', 'accept-queue',
      'SYNs ignored at a live listener, but no handshake is half open: its accept queue is full',
      vantage=('s', ), pace='medium')
def accept_queue(t):
    """Two connections wait for accept() at a backlog of one."""
    crowded(t, 1, 2)
    conn = t.dial(80, wait=False, client=t.client2)
    t.sleep(3.3)
    conn.sock.close()
    t.sleep(6.3)
    t.clock()
    t.expect(conn, 'accept-queue-overflow', '^>S >S >S', 'timed_out', sub='P1',
             accept=['connect-timeout'], never=['syn-backlog-overflow'])


@case('syn-cookies-active', 'near', 'plain-clients',
      'three SYN-ACKs offer MSS only because their SYNs did; timestamps do not lag', pace='medium')
def plain_clients(t):
    """Eight usual connections, then three of a client without timestamps, SACK and scaling."""
    listener = t.listen(80)
    conns = [t.good(80, listener) for _ in range(8)]
    for key in ('tcp_timestamps', 'tcp_sack', 'tcp_window_scaling'):
        t.sysctl('c', f'ipv4.{key}', 0)
    conns += [t.good(80, listener) for _ in range(3)]
    t.note('syn-cookies-active', server=f'{t.server}:80', count=0)
    for conn in conns:
        t.expect(conn, 'ok', '^>S <SA >A .*F', 'ok')


@case('synack-lost', 'near', 'once', 'the second SYN-ACK is answered', vantage=('s', ))
def synack_once(t):
    """Only the first SYN-ACK is lost."""
    t.block('r1', 'forward', f'ip saddr {t.server} drop')
    opener = threading.Timer(0.5, t.unblock, ('r1', ))
    opener.start()
    conn = t.good(80)
    opener.join()
    t.expect(conn, 'slow-handshake', '^>S <SA .*<SA .*>A .*F', 'ok_degraded', never=['synack-lost'])


@case('timewait-reuse', 'near', 'still-established',
      'the same exchange, but the old connection had never been closed')
def still_established(t):
    """The client lost its connection and comes back with the same port."""
    listener = t.listen(80)
    old, peer = t.pair(80, listener)
    t.exchange(old, peer)
    t.vanish(old.sock)
    conn = t.good(80, listener, cport=old.key[1])
    t.expect(conn, 'stale-connection-on-server', '>S <A >R >S <SA >A .*F', 'ok_degraded', nth=2,
             never=['timewait-reuse'])


@case('tls-hello-blackhole', 'near', 'slow-server', 'the ServerHello comes after two seconds',
      pace='medium')
def slow_hello(t):
    """A server that takes two seconds for its ServerHello."""
    conn, peer = t.pair(443)
    with contexts(TLS13) as (server, client, _):

        def serve():
            t.sleep(2)
            with contextlib.suppress(OSError):
                wrapped = server.wrap_socket(peer, server_side=True)
                t.held.append(wrapped)
                wrapped.recv(1000)
                wrapped.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
                wrapped.recv(1000)
                wrapped.close()

        thread = threading.Thread(target=serve)
        thread.start()
        wrapped = client.wrap_socket(conn.sock, server_hostname='server.test')
        wrapped.sendall(REQUEST)
        wrapped.recv(1000)
        wrapped.close()
        thread.join()
    t.wait_rtt()
    t.expect(conn, 'ok', '>D <A <D .*F', 'ok', accept=['rst-after-fin'],
             never=['tls-hello-blackhole'])


@case('zero-window-stall', 'near', 'drained', 'window 0 for a second, then it opens again',
      pace='medium')
def drained(t):
    """The server's program pauses for a second before it reads on."""
    listener = t.listen(80, setup=lambda sock: sock.setsockopt(socket.SOL_SOCKET,
                                                               socket.SO_RCVBUF, 4096))
    conn, peer = t.pair(80, listener)
    sender = threading.Thread(target=conn.sock.sendall, args=(b'u' * 9000, ))
    sender.start()
    t.sleep(1.2)
    t.read(peer, 9000)
    sender.join()
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '^>S <SA >A .*>F .*<F', 'ok', never=['zero-window-stall'])


@case('simultaneous-open', 'near', 'two-connections',
      '1 and 2: a SYN from either side, but each belongs to ports of its own')
def two_connections(t):
    """Either host connects to the other, at the same time."""
    t.listen(80)
    back = t.socket_in('c')
    back.bind((t.client, 8080))
    back.listen()
    calling = t.socket_in('s')
    calling.bind((t.server, 40002))
    calling.settimeout(5)
    conn = t.dial(80, wait=False)
    calling.connect((t.client, 8080))
    t.wait_rtt()
    other = Conn(None, wire.endpoint(t.server, 40002), wire.endpoint(t.client, 8080),
                 (t.server, 40002, t.client, 8080))
    for each in (conn, other):
        t.expect(each, 'ok', '^>S <SA >A$', accept=['in-progress'], never=['simultaneous-open'])
