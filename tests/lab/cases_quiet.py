# SPDX-License-Identifier: BSD-2-Clause
"""Cases: a connection goes silent: idle timers, paths that die; and what is only idle."""

import socket

from stage import REQUEST, table

case = table(group=6)

# Idle timers of real boxes start at a minute; the rules take a gap from 50 s on for one.
IDLE_S = 54


def stateful(t, verdict):
    """A firewall on the middle router that forgets idle connections after 50 seconds."""
    t.sysctl('r2', 'netfilter.nf_conntrack_tcp_loose', 0)
    t.sysctl('r2', 'netfilter.nf_conntrack_tcp_timeout_established', 50)
    t.block('r2', 'forward', f'ct state invalid {verdict}')
    t.net.rules('r2', 'add rule inet lab forward ct state new tcp flags & (syn|ack) != syn '
                f'{verdict}\n')


@case('idle-timeout-reset', 'hit', 'server-forgot',
      'last: RST without ACK to the first request after 54 s of silence', pace='slow')
def server_forgot(t):
    """The other end has dropped the connection meanwhile and says so."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.vanish(peer)
    t.sleep(IDLE_S)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'idle-timeout-reset', '>D <R$', 'reset', accept=['reset-lost-state'])


@case('idle-timeout-reset', 'hit', 'firewall',
      'last: RST with TTL 63 (the server has 61) to the first request after 54 s', pace='slow')
def firewall_resets(t):
    """A connection-tracking firewall with a limit of 50 s answers for the server."""
    stateful(t, 'reject with tcp reset')
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(IDLE_S)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'idle-timeout-reset', '>D <R$', 'reset',
             accept=['firewall-midstream-rst', 'reset-lost-state'],
             never=['stale-pooled-connection'])


@case('idle-timeout-reset', 'near', 'short-gap',
      'last: the same RST after only five seconds: no idle timer is so short', pace='medium')
def short_gap(t):
    """The other end forgot the connection, but not for its age."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.vanish(peer)
    t.sleep(5)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'reset-lost-state', '>D <R$', 'reset', never=['idle-timeout-reset'])


@case('idle-timeout-reset', 'near', 'keepalive',
      'probes every ten seconds keep the firewall\'s entry; the request after 54 s is answered',
      pace='slow')
def keepalive(t):
    """The same firewall, but the client sends TCP keepalives."""
    stateful(t, 'reject with tcp reset')
    conn, peer = t.pair(80)
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
    t.exchange(conn, peer)
    t.sleep(IDLE_S)
    t.exchange(conn, peer)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '>A <A >A <A >A <A >A <A >D (<A )?<D .*F', 'ok',
             never=['idle-timeout-reset', 'idle-timeout-blackhole', 'keepalive-timeout'])


@case('idle-timeout-blackhole', 'hit', 'firewall-drops',
      'the request after 54 s and its retransmissions: no answer; others reach the server',
      pace='slow')
def firewall_drops(t):
    """A connection-tracking firewall with a limit of 50 s drops silently."""
    stateful(t, 'drop')
    listener = t.listen(80)
    conn, peer = t.pair(80, listener)
    t.exchange(conn, peer)
    t.sleep(IDLE_S)
    conn.sock.sendall(REQUEST)
    t.sleep(1)
    other = t.good(80, listener)
    t.sleep(6)
    other2 = t.good(80, listener)
    t.expect(conn, 'idle-timeout-blackhole', '>D >D >D >D', 'blackholed',
             never=['path-blackhole', 'accept-queue-overflow'])
    for good in (other, other2):
        t.expect(good, 'ok', '^>S <SA >A .*F', 'ok')


@case('idle-timeout-blackhole', 'near', 'slow-server',
      'the request after 54 s is ACKed at once; only the answer takes three seconds', pace='slow')
def slow_server(t):
    """A long idle time, then a server that thinks."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(IDLE_S)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(3)
    peer.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
    conn.sock.recv(100)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '>D <A <D >A .*F', 'ok', never=['idle-timeout-blackhole'])


@case('path-blackhole', 'hit', 'upload-dies',
      'the same segment again and again for 25 s, nothing from the server', pace='slow')
def upload_dies(t):
    """The last router drops everything in the middle of a transfer; the server stays reachable
    for nobody."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    t.block('r3', 'forward', f'ip saddr {t.server} drop')
    conn.sock.sendall(b'POST /upload HTTP/1.1\r\nContent-Length: 3000\r\n\r\n' + b'u' * 3000)
    t.sleep(26)
    t.clock()
    t.expect(conn, 'path-blackhole', '>D( >D)+$', 'blackholed', never=['idle-timeout-blackhole'])


@case('path-blackhole', 'hit', 'one-way',
      'the server repeats its answer, the client ACKs it each time in vain', pace='slow')
def one_way(t):
    """Only the way from the client to the server dies; the server's retransmissions arrive."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    t.sleep(26)
    t.clock()
    t.expect(conn, 'path-blackhole', '<D .*>A .*<D .*>A .*<D', 'blackholed')


@case('path-blackhole', 'near', 'recovers',
      'four retransmissions in 1.6 s, then the transfer goes on', pace='medium')
def recovers(t):
    """The way is gone for a moment only."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn.sock.sendall(REQUEST)
    t.sleep(1.2)
    t.unblock('r3')
    t.read(peer, len(REQUEST))
    peer.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
    conn.sock.recv(100)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '>D >D >D .*<D .*F', 'ok', never=['path-blackhole'])


@case('keepalive-timeout', 'hit', 'peer-gone',
      'three probes without an answer, one second apart, then RST+ACK of the prober', pace='medium')
def keepalive_timeout(t):
    """The server is cut off; the client's keepalive ends the connection."""
    conn, peer = t.pair(80)
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1),
                          (socket.TCP_KEEPCNT, 3)):
        conn.sock.setsockopt(socket.IPPROTO_TCP, option, value)
    t.exchange(conn, peer)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    t.sleep(5)
    t.expect(conn, 'keepalive-timeout', '>A >A >A >RA$', never=['client-abort', 'ok-rst-close'])
