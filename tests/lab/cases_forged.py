# SPDX-License-Identifier: BSD-2-Clause
"""Cases: RSTs that the host whose address they carry never sent; and genuine ones that look odd.

The forgers are raw sockets on the routers: they see a packet, as a box in the path does, and send
their RST at once.
"""

import socket
import struct

import wire
from cases_refused import synproxy
from stage import REQUEST, table

case = table(group=7)

FORBIDDEN = b'GET /forbidden HTTP/1.1\r\nHost: server.test\r\n\r\n'
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nallowed?\n'


def forge(t, node, make, match=FORBIDDEN):
    """At that node, for the first packet with the payload `match`, send what make(packet) says:
    packets, or pairs of the node to send from and the packet."""

    def react(packet):
        if packet.payload != match:
            return False
        for forged in make(packet):
            t.inject(*(forged if isinstance(forged, tuple) else (node, forged)))
        return True

    t.watch(node, 'west', react)


def to_client(packet, flags=wire.RST | wire.ACK, offset=0, **fields):
    """A RST in the server's name for the packet's sender."""
    ack = packet.seq + packet.length if flags & wire.ACK else 0
    return wire.tcp(packet.dst, packet.dport, packet.src, packet.sport, flags,
                    seq=packet.ack + offset, ack=ack, **fields)


def to_server(packet, flags=wire.RST | wire.ACK, **fields):
    """A RST in the client's name for the packet's receiver."""
    return wire.tcp(packet.src, packet.sport, packet.dst, packet.dport, flags,
                    seq=packet.seq + packet.length, ack=packet.ack if flags & wire.ACK else 0,
                    **fields)


def ask_forbidden(t, conn, peer):
    """The request that the forger waits for; the server does answer it."""
    conn.sock.sendall(FORBIDDEN)
    t.read(peer, len(FORBIDDEN))
    peer.sendall(ANSWER)
    t.wait_rtt(2)


@case('rst-injected', 'hit', 'low-ttl',
      'the RST has TTL 20, all other packets of the server 61; the server\'s answer comes after it')
def low_ttl(t):
    """A box on the middle router resets the client when it sees the request."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    forge(t, 'r2', lambda packet: [to_client(packet, ttl=21, ipid=0x3039, df=False)])
    ask_forbidden(t, conn, peer)
    t.expect(conn, 'rst-injected', '>D <RA .*<D >R', 'reset',
             never=['reset-app-abort', 'reset-lost-state'])


@case('rst-injected', 'hit', 'same-ttl',
      'the RST has the right TTL, but no timestamps and a strange IP-ID; the server goes on')
def same_ttl(t):
    """The same, with the TTL of the server's packets."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    forge(t, 'r2', lambda packet: [to_client(packet, ttl=62, ipid=0x4321)])
    ask_forbidden(t, conn, peer)
    t.expect(conn, 'rst-injected', '>D <RA .*<D >R', 'reset',
             never=['reset-app-abort', 'reset-lost-state'])


@case('rst-injected', 'hit', 'raced-synack',
      '2 and 3: RST+ACK for the SYN after a quarter of the round trip, then the real SYN-ACK')
def raced_synack(t):
    """A box on the middle router answers the SYN; the server's SYN-ACK comes 30 ms later."""
    listener = t.listen(80)
    before = t.good(80, listener)

    def react(packet):
        if packet.dst != t.server or packet.flags != wire.SYN:
            return False
        t.inject('r2', wire.tcp(packet.dst, packet.dport, packet.src, packet.sport,
                                wire.RST | wire.ACK, seq=0, ack=packet.seq + 1, ttl=62))
        return True

    t.watch('r2', 'west', react)
    conn = t.dial(80)
    t.wait_rtt()
    t.expect(before, 'ok', '^>S <SA >A .*F', 'ok')
    t.expect(conn, 'rst-injected', '^>S <RA <SA >R$', accept=['refused-firewall-rst'],
             never=['refused-closed-port', 'client-gave-up'])


@case('rst-injected', 'hit', 'burst',
      'three RSTs at once with seq +0, +1460 and +4380; the answer comes after them')
def burst_of_rsts(t):
    """A box that guesses ahead, so that one of its RSTs fits."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    forge(t, 'r2', lambda packet: [to_client(packet, offset=offset, ttl=62 + n, win=1980 + n,
                                             ipid=0x4000 + 77 * n)
                                   for n, offset in enumerate((0, 1460, 4380))])
    ask_forbidden(t, conn, peer)
    t.expect(conn, 'rst-injected', '>D <RA <RA <RA .*<D >R', 'reset')


@case('rst-injected', 'hit', 'both-ends',
      'a RST in the server\'s name here, one in the client\'s name there, neither asked for',
      vantage=('r2', 'c'))
def both_ends(t):
    """A box on the wire between two routers resets both ends at the same time."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    forge(t, 'r2', lambda packet: [('r2', to_client(packet, ttl=120, ipid=0x1111)),
                                   ('r1', to_server(packet, ttl=120, ipid=0x2222))])
    conn.sock.sendall(FORBIDDEN)
    t.wait_rtt(2)
    t.expect(conn, 'rst-injected', '>D (<RA >RA|>RA <RA)', 'reset', at=('r2', ))
    t.expect(conn, 'rst-injected', '>D <RA$', 'reset', at=('c', ), accept=['reset-unexplained'])


@case('rst-injected', 'hit', 'in-clients-name',
      'RST of the client (TTL 120, its other packets 61), but it goes on: its data gets RST',
      vantage=('s', 'c'))
def in_clients_name(t):
    """Only the server is reset, in the client's name; the client sends its next request."""
    conn, peer = t.pair(80)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    t.exchange(conn, peer)
    forge(t, 'r3', lambda packet: [to_server(packet, ttl=120, ipid=0x2222)])
    conn.sock.sendall(FORBIDDEN)
    t.wait_rtt(1)
    conn.sock.sendall(b'GET /next HTTP/1.1\r\n\r\n')
    t.wait_rtt(1.5)
    t.expect(conn, 'rst-injected', '>D (<A )?>RA (<A )?>D <R', 'reset', at=('s', ),
             never=['client-abort'])
    t.expect(conn, 'reset-lost-state', '>D .*>D <R', 'reset', at=('c', ),
             accept=['reset-unexplained'])


@case('rst-injected', 'near', 'genuine',
      'last: RST+ACK of the server itself: same TTL, next IP-ID, timestamps, silence afterwards')
def genuine(t):
    """The server's program aborts while the client asks for the same thing."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(FORBIDDEN)
    t.wait_rtt(1)
    peer.close()
    t.wait_rtt()
    t.expect(conn, 'reset-app-abort', '>D (<A )?<RA$', 'reset', never=['rst-injected'])


@case('rst-injected', 'near', 'lost-server-behind-proxy',
      'SYN-ACK with TTL 64 (SYNPROXY), data and RST with 61: the proxy explains the difference',
      pace='medium')
def behind_synproxy(t):
    """A SYNPROXY in front; later the server forgets the connection and resets it.  On its way the
    RST gets a sequence number that is too low (the SYNPROXY does so), so the client tries again."""
    synproxy(t)
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.vanish(peer)
    conn.sock.sendall(REQUEST)
    t.sleep(2)
    t.expect(conn, 'reset-lost-state', '>D <R >D >D',
             accept=['reset-unexplained', 'rst-ignored', 'path-blackhole', 'in-progress'],
             never=['rst-injected', 'firewall-midstream-rst', 'refused-backend-down'])


@case('rst-injected', 'near', 'challenge-ack',
      'the first RST is in the window but not exact: challenge ACK, then the exact RST')
def honest_challenge(t):
    """The server's RST (by raw socket) is one segment ahead, as after a loss; the client's kernel
    asks back and the server's kernel, which knows nothing, confirms with the exact number."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    last = []

    def note(packet):
        if packet.src == t.client and packet.payload == REQUEST:
            last.append(packet)
            return True
        return False

    watcher = t.watch('s', 'eth0', note)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    watcher.join()
    t.sleep(0.2)
    t.vanish(peer)
    t.inject('s', to_client(last[0], flags=wire.RST, offset=500, ttl=64))
    t.wait_rtt(2)
    t.expect(conn, 'reset-lost-state', '>D <A <R >A <R$', 'reset',
             accept=['reset-unexplained'], never=['rst-injected'])


@case('rst-ignored', 'hit', 'challenge-ack',
      'RST in the window but not exact, challenge ACK, and the connection goes on')
def ignored_challenge(t):
    """A blind forger on the middle router misses by 300 bytes; both ends stay connected."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    forge(t, 'r2', lambda packet: [to_client(packet, flags=wire.RST, offset=300, ttl=62)])
    ask_forbidden(t, conn, peer)
    t.read(conn.sock, len(ANSWER))
    t.sleep(0.1)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'rst-ignored', '>D <R >A .*<D .*F', 'ok', accept=['ok'],
             never=['reset-unexplained', 'reset-lost-state'])


@case('rst-ignored', 'near', 'effective', 'last: the RST is exact and nothing follows it')
def effective(t):
    """A genuine RST after a request; the client stops at once."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(REQUEST)
    t.wait_rtt(1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    peer.close()
    t.wait_rtt()
    t.expect(conn, 'reset-app-abort', '>D (<A )?<RA$', 'reset', never=['rst-ignored', 'ok'])
