# SPDX-License-Identifier: BSD-2-Clause
"""Cases: what looks like a failure or a forgery and is none (docs/traps.md), or is easily missed."""

import socket
import struct

import wire
from stage import REQUEST, RESPONSE, table

case = table(group=20)


@case('connect-timeout', 'hit', 'input-filter',
      'the SYNs reach the server\'s card; its own filter drops them after the capture has them',
      vantage=('s', ), pace='medium')
def input_filter(t):
    """The server's own packet filter drops what comes to the port; captured on that server."""
    t.listen(80)
    t.block('s', 'input', f'ip daddr {t.server} drop')
    conn = t.dial(80, wait=False)
    t.sleep(2.5)
    conn.sock.close()
    t.sleep(9)
    t.clock()
    t.expect(conn, 'connect-timeout', '^>S >S >S$', 'timed_out', accept=['filtered-drop'],
             never=['accept-queue-overflow', 'refused-closed-port'])


@case('connect-timeout', 'near', 'lost-race',
      'one SYN that nobody answers, and 250 ms later a connection to another address',
      pace='medium')
def lost_race(t):
    """Happy Eyeballs: the first address is silent, the second connects, the first is dropped."""
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    first = t.dial(80, wait=False)
    t.sleep(0.25)
    winner, peer = t.pair(80, server=t.other)
    first.sock.close()
    t.exchange(winner, peer)
    t.hang_up(winner.sock, peer)
    t.sleep(8)
    t.clock()
    t.expect(first, 'connect-timeout', '^>S$', 'timed_out', failure=False)
    t.expect(winner, 'ok', '^>S <SA >A', 'ok', failure=False)


@case('icmp-proto-unreachable', 'hit', 'reject',
      '2: ICMP 3/2 quotes the SYN: a filter, for every host knows TCP')
def no_protocol(t):
    """The last router rejects the connection with "protocol unreachable"."""
    t.block('r3', 'forward', 'tcp dport 8443 reject with icmp prot-unreachable')
    conn = t.dial(8443)
    t.expect(conn, 'icmp-proto-unreachable', '^>S <I$', 'rejected', never=['connect-timeout'])


@case('icmp-proto-unreachable', 'near', 'other-protocol',
      'the ICMP 3/2 quotes a packet of SCTP; the TCP connections beside it are fine')
def other_protocol(t):
    """The host does not know SCTP and says so, while TCP to the same port works."""
    chunk = struct.pack('!HHII', 40001, 80, 0, 0) + bytes(20)
    first = t.good(80, t.listen(80))
    t.inject('c', wire.ip(t.client, t.server, socket.IPPROTO_SCTP, chunk))
    t.wait_rtt()
    second = t.good(81)
    for conn in (first, second):
        t.expect(conn, 'ok', '^>S <SA >A', 'ok', never=['icmp-proto-unreachable'])


def scan(t, ports, options, win):
    """One SYN a port by a raw socket; the client's kernel resets the answers."""
    conns = []
    for port in ports:
        conns.append(t.raw_conn(50001, port))
        t.inject('c', wire.tcp(t.client, 50001, t.server, port, wire.SYN, seq=70 * port, win=win,
                               options=options, ttl=64, ipid=port))
        t.wait_rtt(1.5)
    return conns


@case('half-open-scan', 'hit', 'nmap-like', 'each SYN-ACK is reset; the SYNs have no options but MSS')
def nmap_like(t):
    """Eight open ports, one bare SYN each, and never an ACK: what nmap -sS sends."""
    ports = range(8000, 8008)
    for port in ports:
        t.listen(port)
    for conn in scan(t, ports, b'\x02\x04\x05\xb4', 1024)[3:]:
        t.expect(conn, 'half-open-scan', '^>S <SA >R$', accept=['port-scan'],
                 never=['client-gave-up', 'rst-injected'])


@case('half-open-scan', 'near', 'checks-that-connect',
      'the same ports, and RST+ACK after the handshake each time: a health check')
def checks_that_connect(t):
    """A health check of eight ports: it completes each handshake and resets."""
    for port in range(8000, 8008):
        conn, _ = t.pair(port)
        t.abort(conn.sock)
        t.wait_rtt()
        t.expect(conn, 'ok-rst-close', '^>S <SA >A >RA$', never=['half-open-scan'])


@case('rst-injected', 'near', 'ttl-rewritten',
      'data with TTL 64 and a RST with TTL 61: the router sets the one and not the other')
def ttl_rewritten(t):
    """The middle router sets the TTL of the server's data; then the server's host forgets it."""
    t.block('r2', 'forward', f'ip saddr {t.server} ip length > 100 ip ttl set 64')
    conn, peer = t.pair(80)
    for _ in range(3):
        t.exchange(conn, peer, response=RESPONSE + bytes(200))
    t.vanish(peer)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'reset-lost-state', '>D <R$', 'reset', never=['rst-injected'],
             accept=['reset-unexplained'])


@case('ok', 'hit', 'one-way-loss', 'every fourth packet of the server is lost and sent again',
      pace='medium')
def one_way_loss(t):
    """The way back loses every fourth packet; the connection gets through all the same."""
    listener = t.listen(80)
    t.block('r2', 'forward', f'ip saddr {t.server} numgen inc mod 4 == 3 drop')
    conn, peer = t.pair(80, listener)
    for _ in range(6):
        t.exchange(conn, peer, response=bytes(4000))
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '^>S <SA >A', accept=['slow-handshake'],
             never=['path-blackhole', 'accept-queue-overflow'])


@case('path-blackhole', 'hit', 'user-timeout',
      'the request again and again for three seconds, then silence: no RST tells of the end',
      pace='slow')
def user_timeout(t):
    """The path dies; the client's kernel gives up after TCP_USER_TIMEOUT, its program is told."""
    conn, peer = t.pair(80, setup=lambda sock: sock.setsockopt(
        socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 5000))
    t.exchange(conn, peer)
    t.block('r2', 'forward', f'ip daddr {t.server} drop')
    conn.sock.sendall(REQUEST)
    t.sleep(8)
    t.clock()
    t.sleep(20)
    t.clock()
    t.expect(conn, 'path-blackhole', '>D >D >D >D', 'blackholed',
             never=['reset-lost-state', 'idle-timeout-blackhole'])
