# SPDX-License-Identifier: BSD-2-Clause
"""Cases of second rank: rarer causes, each with at least one capture."""

import socket
import struct

import wire
from net import address4
from stage import REQUEST, TCP_REPAIR, table

case = table(group=9)

TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_SEND_QUEUE = 20, 21, 2
TCP_REPAIR_OFF = -1


def unanswered_syns(t, n_syns):
    """SYNs of sources that nobody has: they stay in the server's SYN queue."""
    t.ip('r3', 'route replace blackhole 198.18.0.0/15')
    for n in range(n_syns):
        source = f'198.18.{n // 200}.{1 + n % 200}'
        t.inject('r3', wire.tcp(source, 2000 + n, t.server, 80, wire.SYN, seq=n * 0x9E3779B1,
                                win=1024, ttl=50, ipid=1 + n,
                                options=b'\x02\x04\x05\xb4'))


@case('refused-service-restart', 'hit', 'restart',
      'refused three times between two good connections within two seconds')
def restart(t):
    """The server's program is restarted."""
    listener = t.listen(80)
    before = t.good(80, listener)
    listener.close()
    refused = []
    for _ in range(3):
        refused.append(t.dial(80))
        t.sleep(0.3)
    after = t.good(80)
    for conn in (before, after):
        t.expect(conn, 'ok', '^>S <SA >A .*F', 'ok')
    for conn in refused:
        t.expect(conn, 'refused-service-restart', '^>S <RA$', 'refused',
                 accept=['refused-closed-port'])


@case('refused-service-restart', 'near', 'one-replica-down',
      'refused and accepted in turn: one of two backends is down, nothing restarts')
def one_replica(t):
    """A balancer on the last router sends every other connection to a port without a listener."""
    listener = t.listen(80)
    t.net.rules('r3', 'add table ip nat\n'
                'add chain ip nat pre { type nat hook prerouting priority -100; }\n'
                f'add rule ip nat pre ip daddr {t.server} tcp dport 80 dnat to {t.server} : '
                'numgen inc mod 2 map { 0 : 80, 1 : 81 }\n')
    conns = [(t.good(80, listener), t.dial(80)) for _ in range(3)]
    for good, refused in conns:
        t.expect(good, 'ok', '^>S <SA >A .*F', 'ok')
        t.expect(refused, 'refused', '^>S <RA$', 'refused', accept=['refused-closed-port'],
                 never=['refused-service-restart'])


@case('refused-no-endpoints', 'hit', 'virtual-address',
      '2: ICMP 3/3 after 3 ms in the name of an address that never sends anything else',
      delay_ms=(1, 15))
def no_endpoints(t):
    """A service address held by the first router, with the rule for a service without endpoints."""
    t.ip('r1', f'route add local {t.server} dev lo')
    t.block('r1', 'input', f'ip daddr {t.server} reject with icmp port-unreachable')
    conn = t.dial(80)
    t.ip('r1', f'route del local {t.server} dev lo')
    t.expect(conn, 'refused-no-endpoints', '^>S <I$', 'rejected', accept=['icmp-port-unreachable'])


@case('icmp-ttl-exceeded', 'hit', 'routing-loop',
      '2: ICMP 11/0; the SYN went to and fro between two routers until its TTL was used up')
def routing_loop(t):
    """The middle router sends packets for the server back to the first one."""
    t.ip('r2', f'route add {t.server} via {address4(1, 0)}')
    conn = t.dial(80)
    t.ip('r2', f'route del {t.server} via {address4(1, 0)}')
    t.expect(conn, 'icmp-ttl-exceeded', '^>S <I$', 'rejected')


@case('icmp-ttl-exceeded', 'near', 'traceroute',
      'ICMP 11/0 for SYNs with TTL 1 to 3 (traceroute -T); with TTL 4 the server answers')
def traceroute(t):
    """SYNs with growing TTL from a raw socket; afterwards a real connection to the same port."""
    listener = t.listen(80)
    for ttl in range(1, 4):
        t.inject('c', wire.tcp(t.client, 50000 + ttl, t.server, 80, wire.SYN, seq=ttl << 16,
                               win=5840, ttl=ttl, ipid=ttl, options=b'\x02\x04\x05\xb4'))
        t.wait_rtt()
    conn = t.good(80, listener)
    t.expect(conn, 'ok', '^>S <SA >A .*F', 'ok', never=['icmp-ttl-exceeded'])


@case('host-down-onlink', 'hit', 'arp-unanswered',
      'all: ARP requests at 0, 1 and 2 s; the SYN itself never appears', pace='medium')
def host_down(t):
    """The target is on the client's own link and switched off."""
    target = '10.77.64.99'
    t.dial(80, server=target, timeout=6)
    t.clock()
    t.note('host-down-onlink', client=t.client, server=target, outcome='timed_out')


@case('timewait-reuse', 'hit', 'older-sequence',
      'second SYN of the port: ACK of the closed connection, RST, SYN again, SYN-ACK')
def timewait_reuse(t):
    """The server closed first and is in TIME_WAIT; the client, without timestamps, comes back with
    the same port and a sequence number below the old one."""
    t.sysctl('c', 'ipv4.tcp_timestamps', 0)

    def first_sequence(value):

        def setup(sock):
            for option, argument in ((TCP_REPAIR, 1), (TCP_REPAIR_QUEUE, TCP_SEND_QUEUE),
                                     (TCP_QUEUE_SEQ, value), (TCP_REPAIR, TCP_REPAIR_OFF)):
                sock.setsockopt(socket.IPPROTO_TCP, option, argument)

        return setup

    listener = t.listen(80)
    old, peer = t.pair(80, listener, setup=first_sequence(0x30000000))
    t.exchange(old, peer)
    t.hang_up(peer, old.sock)
    t.sleep(0.5)
    conn = t.good(80, listener, cport=old.key[1], setup=first_sequence(0x20000000))
    t.expect(old, 'ok', '^>S <SA >A .*>S <A >R >S <SA >A .*F', 'ok', nth=1)
    t.expect(conn, 'timewait-reuse', outcome='ok_degraded', nth=2,
             accept=['stale-connection-on-server'])


@case('syn-cookies-active', 'hit', 'full-syn-queue',
      'SYN-ACKs whose timestamp lags up to 64 ms; those without timestamps offer MSS only',
      pace='medium')
def syn_cookies(t):
    """The listener's SYN queue (backlog 8) is filled with SYNs of nobody; then real connections."""
    listener = t.listen(80, 8)
    unanswered_syns(t, 16)
    t.sleep(0.2)
    conns = [t.good(80, listener) for _ in range(8)]
    t.sysctl('c', 'ipv4.tcp_timestamps', 0)
    conns += [t.good(80, listener) for _ in range(3)]
    t.ip('r3', 'route del blackhole 198.18.0.0/15')
    t.note('syn-cookies-active', server=f'{t.server}:80')
    for conn in conns:
        t.expect(conn, 'ok', '^>S <SA >A .*F', 'ok', accept=['syn-cookies-active'])


@case('syn-backlog-overflow', 'hit', 'no-cookies',
      'the last client\'s SYNs are ignored while SYN-ACKs to 96 others are repeated',
      pace='medium', vantage=('s', ))
def syn_backlog(t):
    """net.ipv4.tcp_syncookies=0 and a full SYN queue."""
    t.sysctl('s', 'ipv4.tcp_syncookies', 0)
    listener = t.listen(80, 96)
    good = t.good(80, listener)
    unanswered_syns(t, 120)
    conn = t.dial(80, wait=False)
    t.sleep(3.5)
    conn.sock.close()
    t.sleep(6.3)
    t.clock()
    t.ip('r3', 'route del blackhole 198.18.0.0/15')
    t.expect(good, 'ok', '^>S <SA >A .*F', 'ok')
    t.expect(conn, 'syn-backlog-overflow', '^>S >S >S', 'timed_out',
             accept=['accept-queue-overflow', 'connect-timeout'], never=['filtered-drop'])


@case('reset-listener-closed', 'hit', 'queued',
      'RST+ACK on three connections at once, never a byte from the server; then refused')
def listener_closed(t):
    """The server's program exits while connections wait for accept()."""
    listener = t.listen(80)
    conns = [t.dial(80) for _ in range(3)]
    conns[0].sock.sendall(REQUEST)
    t.sleep(0.4)
    listener.close()
    t.wait_rtt()
    late = t.dial(80)
    for conn in conns:
        t.expect(conn, 'reset-listener-closed', '^>S <SA >A .*<RA$', 'reset',
                 accept=['reset-app-abort', 'accept-then-close'], never=['refused-backend-down'])
    t.expect(late, 'refused-closed-port', '^>S <RA$', 'refused', accept=['refused-service-restart'])


@case('accept-then-close', 'hit', 'limit', '4: FIN of the server right after the handshake')
def over_limit(t):
    """The server's program accepts and closes at once: a limit or an access list."""
    conn, peer = t.pair(80)
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'accept-then-close', '^>S <SA >A <F .*>F', 'closed_early', never=['ok'])


@case('accept-then-close', 'near', 'client-check', '4: FIN of the client: it only wanted to know')
def client_check(t):
    """A health check: connect, close by FIN without a byte."""
    conn, peer = t.pair(80)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '^>S <SA >A >F .*<F', 'ok', never=['accept-then-close', 'client-abort'])


@case('server-timeout-close', 'hit', 'thirty-seconds',
      'FIN of the server 30 s after the request it had ACKed, no byte of an answer', pace='slow')
def server_timeout(t):
    """The server gives up on its own backend after 30 s and closes."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(30)
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'server-timeout-close', '>D <A <F .*>F', 'closed_early',
             accept=['accept-then-close'], never=['ok', 'client-abort'])


@case('late-data-after-close', 'hit', 'upload',
      'FIN right behind the answer; the upload that goes on draws a RST')
def upload(t):
    """The server answers 200 early and closes; the client had not finished."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    peer.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    peer.close()
    t.wait_rtt(0.8)
    conn.sock.sendall(b'trailing data')
    t.wait_rtt()
    t.expect(conn, 'late-data-after-close', '<D .*<F .*>D <R$',
             never=['stale-pooled-connection', 'reset-lost-state'])


@case('pmtu-blackhole', 'hit', 'big-segments-die',
      'the 1448-byte segments are sent again and again; small ones before were ACKed',
      pace='medium')
def big_segments(t):
    """The middle router drops packets over 1300 bytes and says nothing."""
    t.block('r2', 'forward', 'meta length > 1300 drop')
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(b'POST / HTTP/1.1\r\nContent-Length: 1388\r\n\r\n' + b'u' * 3000)
    t.sleep(7)
    t.clock()
    t.expect(conn, 'pmtu-blackhole', '>D .*>D >D >D', 'blackholed', accept=['path-blackhole'],
             never=['idle-timeout-blackhole'])


@case('zero-window-stall', 'hit', 'reader-stuck',
      'window 0 from the server; each probe of the client is answered with window 0',
      pace='medium')
def reader_stuck(t):
    """The server's program does not read; the client fills its buffer and waits."""
    listener = t.listen(80, setup=lambda sock: sock.setsockopt(socket.SOL_SOCKET,
                                                               socket.SO_RCVBUF, 4096))
    conn, _ = t.pair(80, listener)
    conn.sock.setblocking(False)
    sent = conn.sock.send(b'u' * 30000)
    t.sleep(7.5)
    t.abort(conn.sock)
    t.wait_rtt()
    assert sent
    t.expect(conn, 'zero-window-stall', '^>S <SA >A .*>A <A .*>RA', accept=['client-abort'],
             never=['path-blackhole'])


@case('firewall-midstream-rst', 'hit', 'rule-added',
      'last: RST without ACK, TTL 64 (the server: 61), 10 ms after the request (round trip: 40)')
def rule_added(t):
    """A REJECT rule on the first router comes into force in the middle of a connection."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.block('r1', 'forward', f'ip daddr {t.server} reject with tcp reset')
    t.block('r1', 'forward', f'ip saddr {t.server} reject with tcp reset')
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'firewall-midstream-rst', '>D <R$', 'reset',
             accept=['rst-injected', 'reset-lost-state'], never=['reset-app-abort'])


@case('bad-synack', 'hit', 'wrong-ack',
      '2: the SYN-ACK acknowledges something else; RST, SYN again')
def wrong_ack(t):
    """A broken middlebox answers with a SYN-ACK for another sequence number (raw socket)."""

    def answer(packet):
        if packet.dst != t.server or not packet.flags & wire.SYN:
            return False
        t.inject('r2', wire.tcp(packet.dst, packet.dport, packet.src, packet.sport,
                                wire.SYN | wire.ACK, seq=0x11111111, ack=packet.seq + 4097,
                                win=29200, options=struct.pack('>BBH', 2, 4, 1460), ttl=62))
        return False

    t.block('r2', 'forward', f'ip daddr {t.server} drop')
    t.watch('r2', 'west', answer)
    conn = t.dial(80, timeout=1.2)
    t.expect(conn, 'bad-synack', '^>S <SA >R >S', 'half_open',
             accept=['stale-connection-on-server', 'connect-timeout'], never=['client-gave-up'])
