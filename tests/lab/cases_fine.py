# SPDX-License-Identifier: BSD-2-Clause
"""Cases: nothing failed, or the capture cannot say; some with the capture itself damaged."""

import socket
import struct
import threading

import wire
from stage import REQUEST, RESPONSE, table

case = table(group=8)

TCP_FASTOPEN = 23
MSG_FASTOPEN = 0x20000000


@case('ok', 'hit', 'http', 'all: handshake, request, answer, FIN, FIN')
def http(t):
    """One request and its answer, closed by the client."""
    conn = t.good(80)
    t.expect(conn, 'ok', '^>S <SA >A >D .*<D .*F', 'ok')


@case('ok', 'hit', 'http-v6', 'all: the same over IPv6')
def http_v6(t):
    """The same over IPv6."""
    conn = t.good(80, v6=True)
    t.expect(conn, 'ok', '^>S <SA >A >D .*<D .*F', 'ok')


@case('ok', 'hit', 'no-delay', '1-3: 30 microseconds from SYN to ACK; nothing is wrong with that',
      delay_ms=None)
def no_delay(t):
    """The same between namespaces of one host without any delay."""
    conn = t.good(80)
    t.expect(conn, 'ok', '^>S <SA >A >D .*<D .*F', 'ok')


@case('ok', 'hit', 'half-close',
      'the client\'s FIN comes before the answer, as `nc -N` does; then 20 kB follow')
def half_close(t):
    """The client sends its request and FIN; the server answers at length."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    conn.sock.shutdown(socket.SHUT_WR)
    t.read(peer, len(REQUEST) + 1)
    peer.sendall(b'x' * 20000)
    t.read(conn.sock, 20000)
    peer.close()
    conn.sock.recv(1)
    t.wait_rtt()
    t.expect(conn, 'ok', '>D >DF?|>DF? .*<D .*<D', 'ok', never=['client-abort'])


def fast_open_pair(t):
    """Two connections with TCP Fast Open: the first fetches the cookie, the second uses it."""
    for node in 'cs':
        t.sysctl(node, 'ipv4.tcp_fastopen', 3)
    listener = t.listen(80, setup=lambda sock: sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN,
                                                               16))
    conns = []
    for cport in (40001, 40002):
        sock = t.socket_in('c')
        sock.bind((t.client, cport))
        sock.sendto(REQUEST, MSG_FASTOPEN, (t.server, 80))
        peer, _ = listener.accept()
        t.read(peer, len(REQUEST))
        peer.sendall(RESPONSE)
        t.read(sock, len(RESPONSE))
        t.hang_up(sock, peer)
        conns.append(t.raw_conn(cport, 80))
    return conns


@case('ok', 'hit', 'fast-open', 'second connection, SYN: it carries the request (TCP Fast Open)')
def fast_open(t):
    """Two connections with TCP Fast Open: the first fetches the cookie, the second uses it."""
    for conn in fast_open_pair(t):
        t.expect(conn, 'ok', '^>S <SA >(A|D)', 'ok')


@case('simultaneous-open', 'hit', 'crossed-syns',
      '1 and 2: a SYN from either side before any SYN-ACK')
def simultaneous_open(t):
    """Both ends call connect() on each other; the SYNs cross."""
    peer = t.socket_in('s')
    peer.bind((t.server, 80))
    peer.settimeout(5)
    thread = threading.Thread(target=peer.connect, args=((t.client, 40001), ))
    thread.start()
    conn = t.dial(80)
    thread.join()
    t.exchange(conn, peer)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'simultaneous-open', '^>S <S >SA .*<D .*F', 'ok', accept=['ok'],
             never=['syn-flood', 'bad-synack'])


@case('ok', 'hit', 'keepalive', 'three probes with one byte less than the next, each ACKed',
      pace='medium')
def keepalive(t):
    """An idle connection with keepalive probes every second."""
    conn, peer = t.pair(80)
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    t.exchange(conn, peer)
    t.sleep(3.5)
    t.exchange(conn, peer)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '>A <A >A <A >A <A >D .*F', 'ok', never=['keepalive-timeout'])


@case('ok', 'near', 'empty-answer', 'the server\'s FIN comes instead of an answer')
def empty_answer(t):
    """The server reads the request and closes without a byte."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'accept-then-close', '^>S <SA >A >D .*<F .*>F', 'closed_early', never=['ok'])


# Captures that are damaged: the same traffic, but the file does not hold all of it.


def served(t, server=None, n_requests=3):
    """A connection with several requests, closed in order."""
    conn, peer = t.pair(80, server=server)
    for _ in range(n_requests):
        t.exchange(conn, peer)
        t.sleep(0.06)
    t.hang_up(conn.sock, peer)
    return conn


def is_syn(frame):
    packet = wire.parse_frame(frame)
    return packet and packet.flags & wire.SYN


def without_handshake(t, records):
    """The file begins after the first request."""
    seen = 0
    for idx, (_, frame, _) in enumerate(records):
        packet = wire.parse_frame(frame)
        seen += bool(packet and packet.src == t.server and packet.length)
        if seen:
            return records[idx + 1:]
    return []


def doubled(delay_ns):
    """Every frame twice, as `any` or a mirror port of both directions shows it."""

    def edit(t, records):
        twice = [(when + delay_ns * n, frame, wire_bytes) for when, frame, wire_bytes in records
                 for n in range(2)]
        return sorted(twice, key=lambda record: record[0])

    return edit


def doubled_a_hop_later(t, records):
    """Every frame again behind a router: TTL one less, other MAC addresses."""

    def routed(frame):
        head = bytearray(frame[14:34])
        head[8] -= 1
        head[10:12] = b'\0\0'
        head[10:12] = struct.pack('>H', wire.checksum(bytes(head)))
        return b'\x02\x77\x00\x00\x01\x02\x02\x77\x00\x00\x01\x01' + frame[12:14] + bytes(
            head) + frame[34:]

    twice = records + [(when + 40000, routed(frame), wire_bytes)
                       for when, frame, wire_bytes in records]
    return sorted(twice, key=lambda record: record[0])


def only_from(name):

    def edit(t, records):
        return [record for record in records
                if wire.parse_frame(record[1]).src == getattr(t, name)]

    return edit


def lossy(t, records):
    """Two packets in the middle are missing: a segment of the server and the SYN-ACK."""
    kept, seen = [], 0
    for record in records:
        packet = wire.parse_frame(record[1])
        if packet.src == t.server:
            if packet.flags & wire.SYN:
                continue
            seen += bool(packet.length)
            if packet.length and seen == 2:
                continue
        kept.append(record)
    return kept


@case('unknown-midstream', 'hit', 'no-handshake', '1: the capture begins in the middle',
      edit=without_handshake)
def midstream(t):
    """A good connection; the capture was started after its first answer."""
    conn = served(t)
    t.expect(conn, 'unknown-midstream', '^>A >D', accept=['ok'],
             never=['rst-injected', 'reset-unexplained', 'connect-timeout'])


@case('unknown-midstream', 'near', 'reset-seen',
      'last: though the beginning is missing, the RST and what it answers are there',
      edit=without_handshake)
def midstream_reset(t):
    """The server forgets the connection; only its end is in the capture."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.exchange(conn, peer)
    t.vanish(peer)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'reset-lost-state', '^>A .*>D <R$|^>D .*>D <R$', 'reset',
             accept=['reset-unexplained'], never=['unknown-midstream'])


@case('unknown-one-sided', 'hit', 'client-only',
      'SYN, then the ACK: the SYN-ACK between them was on another wire',
      edit=only_from('client'))
def client_only(t):
    """A good connection of which only the client's packets were captured."""
    conn = served(t)
    t.expect(conn, 'unknown-one-sided', '^>S >A >D', accept=['ok'],
             never=['connect-timeout', 'filtered-drop', 'accept-queue-overflow'])


@case('unknown-one-sided', 'hit', 'server-only', '1: a SYN-ACK without its SYN',
      edit=only_from('server'))
def server_only(t):
    """A good connection of which only the server's packets were captured."""
    conn = served(t)
    t.expect(conn, 'unknown-one-sided', '^<SA <', accept=['ok', 'unknown-midstream'],
             never=['backscatter', 'handshake-ack-lost', 'synack-lost'])


@case('unknown-one-sided', 'near', 'really-silent',
      'only SYNs of one connection, but the other connection shows both directions',
      pace='medium')
def really_silent(t):
    """A host that does not answer, in a capture that does hold answers of others."""
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn = t.dial(80, wait=False)
    t.clock()
    t.sleep(2.3)
    conn.sock.close()
    t.sleep(6.3)
    t.clock()
    t.expect(conn, 'connect-timeout', '^>S >S >S$', 'timed_out', never=['unknown-one-sided'])


@case('unknown-capture-loss', 'hit', 'holes',
      'the client ACKs a SYN-ACK and an answer that are not in the file', edit=lossy)
def holes(t):
    """A good connection; the capture has lost two packets of it."""
    conn = served(t)
    t.expect(conn, 'unknown-capture-loss', '^>S >A >D', accept=['ok'],
             never=['connect-timeout', 'path-blackhole', 'client-abort', 'rst-injected'])


@case('unknown-capture-loss', 'near', 'path-loss',
      'the server\'s answer is sent again: the path lost it, not the capture')
def path_loss(t):
    """A segment is lost before it reaches the client, and is retransmitted."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.block('r1', 'forward', f'ip saddr {t.server} drop')
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    peer.sendall(RESPONSE)
    t.sleep(0.1)
    t.unblock('r1')
    t.read(conn.sock, len(RESPONSE))
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '>D .*<D .*F', 'ok', never=['unknown-capture-loss'])


@case('unknown-truncated', 'hit', 'snaplen-40',
      'all: 40 bytes of each frame, so the TCP header is cut after its sequence number',
      snaplen=40)
def truncated(t):
    """A good connection, captured with a snaplen that cuts the TCP header."""
    conn = served(t)
    t.expect(conn, 'unknown-truncated', accept=['unknown-midstream'], optional=True)


@case('unknown-truncated', 'near', 'snaplen-54',
      'all: TCP headers without options and payload are enough for the flags', snaplen=54)
def headers_only(t):
    """A good connection and a refused one, headers only: options are unknown, not absent."""
    conn = t.good(80)
    refused = t.dial(81)
    t.expect(conn, 'ok', '^>S <SA >A >D', 'ok', accept=['unknown-truncated'])
    t.expect(refused, 'refused-closed-port', '^>S <RA$', 'refused', accept=['refused'],
             never=['unknown-truncated'])


def refused_and_reset(t):
    """What the doubled captures show twice."""
    good = t.good(80)
    refused = t.dial(81)
    conn, peer = t.pair(443)
    t.exchange(conn, peer)
    conn.sock.sendall(REQUEST)
    t.wait_rtt(2)
    peer.close()
    t.wait_rtt()
    return good, refused, conn


@case('ok', 'hit', 'twice-any', 'all: every frame twice, 2 microseconds apart',
      edit=doubled(2000))
def duplicates(t):
    """A good, a refused and a reset connection, each frame twice (a bridge and its port)."""
    good, refused, conn = refused_and_reset(t)
    t.expect(good, 'ok', '^>S >S <SA <SA >A >A', 'ok', never=['slow-handshake'])
    t.expect(refused, 'refused-closed-port', '^>S >S <RA <RA$', 'refused', count=1,
             never=['rst-injected'])
    t.expect(conn, 'reset-app-abort', '<RA <RA$', 'reset', never=['rst-injected'])


@case('ok', 'hit', 'twice-routed',
      'all: every frame twice, the second time with a TTL one lower and other MAC addresses',
      edit=doubled_a_hop_later)
def duplicates_routed(t):
    """The same, captured before and behind a router."""
    good, refused, conn = refused_and_reset(t)
    t.expect(good, 'ok', '^>S >S <SA >A <SA >A', 'ok', never=['slow-handshake'])
    t.expect(refused, 'refused-closed-port', '^>S >S <RA <RA$', 'refused', count=1,
             never=['rst-injected', 'refused-firewall-rst'])
    t.expect(conn, 'reset-app-abort', '<RA <RA$', 'reset', never=['rst-injected'])


def windows_client(t):
    """A client without a TCP of its own at that address: its SYNs come from a raw socket."""
    t.block('c', 'output', f'ip saddr {t.client} tcp flags & (syn|rst) == rst drop')


@case('refused-closed-port', 'hit', 'windows-retries',
      'three SYNs with one sequence number, 500 ms apart, each refused: one attempt')
def windows_retries(t):
    """A Windows client repeats its SYN after a refusal; made with a raw socket."""
    windows_client(t)
    conn = t.raw_conn(50001, 81)
    for n in range(3):
        t.inject('c', wire.tcp(t.client, 50001, t.server, 81, wire.SYN, seq=0x5A5A0000, win=64240,
                               ttl=128, ipid=0x100 + n, options=struct.pack(
                                   '>BBHBBBBBB', 2, 4, 1460, 1, 3, 3, 8, 1, 1) + b'\x04\x02'))
        t.sleep(0.5)
    t.expect(conn, 'refused-closed-port', '^>S <RA >S <RA >S <RA$', 'refused', count=1,
             never=['refused-service-restart', 'port-scan'])
