# SPDX-License-Identifier: BSD-2-Clause
"""Cases: one fact speaks for a cause and another denies it; what the capture lacks or has late."""

import contextlib
import socket

import wire
from net import address6
from stage import REQUEST, Conn, table

LONG_SILENCE_S = 6.3  # an unanswered SYN is judged

case = table(group=40)


@case('filtered-drop', 'near', 'host-gone',
      'the port that was served falls silent as well: the host is gone, nothing is filtered',
      pace='medium')
def host_gone(t):
    """The server is cut off straight after a good connection; two ports of it are tried."""
    listener = t.listen(80)
    good = t.good(80, listener)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    known, other = t.dial(80, wait=False), t.dial(443, wait=False)
    t.sleep(5)
    known.sock.close()
    other.sock.close()
    t.sleep(7)
    t.clock()
    t.expect(good, 'ok', '^>S <SA >A .*F', 'ok')
    t.expect(known, 'connect-timeout', '^>S >S >S', 'timed_out',
             accept=['accept-queue-overflow'], never=['filtered-drop'])
    t.expect(other, 'connect-timeout', '^>S >S >S', 'timed_out', never=['filtered-drop'],
             alternatives=['filtered-drop'])


@case('stale-pooled-connection', 'hit', 'closed-at-once',
      'FIN straight after the answer; the next request comes two seconds later', pace='medium')
def closed_at_once(t):
    """The server keeps no connection open; the client's pool does not notice its FIN."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    peer.close()
    t.sleep(2)
    conn.sock.sendall(REQUEST)
    t.wait_rtt(2)
    t.expect(conn, 'stale-pooled-connection', '<F (>A )?>D <R$', 'reset',
             never=['late-data-after-close', 'reset-lost-state'])


@case('reset-lost-state', 'near', 'reject-at-server',
      'the RST answers the request as a host without the connection does, and the server goes on',
      pace='medium')
def reject_at_server(t):
    """A rule on the server's host begins to reject an open connection with tcp-reset; its program
    has the connection and sends something later."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.block('s', 'input', f'ip daddr {t.server} tcp dport 80 reject with tcp reset')
    conn.sock.sendall(REQUEST)
    t.sleep(0.3)
    t.unblock('s')
    peer.sendall(b'late')
    t.wait_rtt(2)
    t.expect(conn, 'reset-unexplained', '>D <R .*<D >R', 'reset', accept=['rst-injected'],
             never=['reset-lost-state'], alternatives=['rst-injected', 'reset-lost-state'])


@case('accept-queue-overflow', 'hit', 'p1-after-resets',
      'connections are reset straight after their ACK, a later SYN stays unanswered',
      pace='medium')
def after_resets(t):
    """A full accept queue with tcp_abort_on_overflow=1 and without SYN cookies."""
    t.sysctl('s', 'ipv4.tcp_abort_on_overflow', 1)
    t.sysctl('s', 'ipv4.tcp_syncookies', 0)
    t.listen(80, 4)
    for _ in range(3):
        t.dial(80)
    t.wait_rtt()
    for _ in range(5):
        t.dial(80, wait=False)
    t.wait_rtt(3)
    silent = t.dial(80, wait=False, client=t.client2)
    t.sleep(4)
    t.sleep(7)
    t.clock()
    t.expect(silent, 'accept-queue-overflow', '^>S >S >S', 'timed_out', sub='P1',
             accept=['connect-timeout'], never=['filtered-drop'])


@case('host-down-onlink', 'hit', 'ndp-unanswered',
      'all: neighbour solicitations at 0, 1 and 2 s; the SYN itself never appears', pace='medium',
      keeps_nd=True)
def ndp_unanswered(t):
    """The target is on the client's own link and switched off; IPv6."""
    asker, target = address6(0, 0), 'fd77::64:99'
    t.dial(80, server=target, client=asker, v6=True, timeout=6)
    t.clock()
    t.note('host-down-onlink', client=f'[{asker}]', server=f'[{target}]', outcome='timed_out')


def answers(t, frames):
    """The places of the server's data."""
    return [place for place, frame in enumerate(frames)
            if (packet := wire.parse_frame(frame[1])) and packet.src == t.server and packet.length]


def without_answers(t, frames):
    """As if the capture had lost them."""
    lost = set(answers(t, frames))
    return [frame for place, frame in enumerate(frames) if place not in lost]


def late_answers(t, frames):
    """As if the two directions were captured by two cards: the client's next packet first."""
    frames = list(frames)
    for place in reversed(answers(t, frames)):
        (early, *one), (late, *two) = frames[place:place + 2]
        frames[place:place + 2] = [(early, *two), (late, *one)]
    return frames


@case('accept-then-close', 'near', 'answer-not-captured',
      'the sequence number of the FIN tells of 41 bytes that the capture lacks',
      edit=without_answers)
def answer_not_captured(t):
    """A server that answers and closes; its data was then taken out of the capture."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', accept=['unknown-capture-loss'], never=['accept-then-close'],
             failure=False)


@case('reset-unexplained', 'near', 'answer-captured-late',
      'the answer comes behind the ACK of it; the RST acknowledges it', edit=late_answers)
def answer_captured_late(t):
    """A client that closes by RST once it has its answer; the answer and the client's ACK were then
    exchanged in the capture."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.abort(conn.sock)
    t.wait_rtt()
    with contextlib.suppress(OSError):
        peer.close()
    t.expect(conn, 'ok-rst-close', '>R', 'ok', never=['reset-unexplained', 'client-abort'])


@case('stale-pooled-connection', 'hit', 'race-acked',
      'the ACK of the FIN leaves before the RST of the request comes')
def race_acked(t):
    """As in hit-race; the client's host acknowledges the server's FIN at once."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(1.5)
    peer.close()
    t.sleep(0.01)
    conn.sock.sendall(REQUEST)
    conn.sock.recv(1)
    conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    t.wait_rtt(2)
    t.expect(conn, 'stale-pooled-connection', '>D <F >A <R', 'reset', race=True,
             never=['reset-lost-state', 'reset-unexplained', 'rst-after-fin'])


@case('stale-pooled-connection', 'hit', 'race-aborted',
      'the client resets at the FIN; its request was never acknowledged')
def race_aborted(t):
    """As in hit-race; the client sees the end and drops the connection before the RST comes."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(1.5)
    peer.close()
    t.sleep(0.01)
    conn.sock.sendall(REQUEST)
    conn.sock.recv(1)
    t.abort(conn.sock)
    t.wait_rtt(2)
    t.expect(conn, 'stale-pooled-connection', '>D <F (>A )?>RA', 'reset',
             accept=['client-abort'], never=['rst-after-fin', 'ok'])


FILLER_PORT = 39999


def without_filler(_, frames):
    """As if the capture had begun behind that connection."""
    packets = (wire.parse_frame(frame) for _, frame, _ in frames)
    return [record for record, packet in zip(frames, packets)
            if not packet or FILLER_PORT not in (packet.sport, packet.dport)]


@case('filtered-drop', 'near', 'queue-full-before',
      'port 80 has a full queue from before the capture began, port 8080 serves', pace='medium',
      edit=without_filler)
def queue_full_before(t):
    """Nobody accepts; what filled the queue was then taken out of the capture."""
    t.listen(80, backlog=0)
    t.dial(80, cport=FILLER_PORT)
    good = t.good(8080)
    conn = t.dial(80, wait=False)
    t.sleep(2.5)
    conn.sock.close()
    t.sleep(LONG_SILENCE_S)
    t.clock()
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'connect-timeout', '^>S >S >S$', 'timed_out',
             alternatives=['filtered-drop', 'accept-queue-overflow'],
             accept=['accept-queue-overflow'], never=['filtered-drop'])


def one_way(t, frames):
    """What clients sent."""
    packets = (wire.parse_frame(frame) for _, frame, _ in frames)
    return [record for record, packet in zip(frames, packets)
            if not packet or packet.src in (t.client, t.client2)]


@case('unknown-one-sided', 'hit', 'refused-unseen',
      'single SYNs to 81: the client goes on with 80 without an answer as well', pace='medium',
      edit=one_way)
def refused_unseen(t):
    """Port 81 refuses; then everything that servers sent was taken out of the capture."""
    good = t.good(80)
    t.sleep(0.2)
    refused = [t.dial(81, server=t.other) for _ in range(3)]
    t.block('r3', 'forward', f'ip daddr {t.other} tcp dport 82 drop')
    repeated = t.dial(82, server=t.other, wait=False)
    t.sleep(2.5)
    repeated.sock.close()
    t.sleep(LONG_SILENCE_S)
    t.clock()
    t.expect(good, 'unknown-one-sided', '^>S >A', accept=['ok'])
    for conn in refused:
        t.expect(conn, 'unknown-one-sided', '^>S$', accept=['in-progress'],
                 never=['filtered-drop'])
    t.expect(repeated, 'connect-timeout', '^>S >S >S$', 'timed_out')


IPPROTO_MPTCP = 262
TCP_FASTOPEN_CONNECT = 30


def extended(t, listener, connect, proto=0):
    """A connection whose SYN `connect` makes; then as usual."""
    cport, t.next_port = t.next_port, t.next_port + 1
    with t.net.inside('c'):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto)
    t.held.append(sock)
    sock.settimeout(10)
    sock.bind((t.client, cport))
    connect(sock, (t.server, 80))
    peer, _ = listener.accept()
    conn = Conn(sock, wire.endpoint(t.client, cport), wire.endpoint(t.server, 80),
                (t.client, cport, t.server, 80))
    t.exchange(conn, peer)
    t.hang_up(sock, peer)
    return conn


def expect_fallbacks(t, conns, shape):
    t.expect(conns[0], 'slow-handshake', shape, 'ok_degraded', accept=['syn-options-blackhole'])
    for conn in conns[1:]:
        t.expect(conn, 'syn-options-blackhole', shape, 'ok_degraded', accept=['slow-handshake'])


@case('syn-options-blackhole', 'hit', 'mptcp',
      'SYNs with MP_CAPABLE stay unanswered, the plain one after them is answered', pace='medium')
def mptcp_dropped(t):
    """A firewall drops SYNs with Multipath TCP's option; Linux falls back after two of them."""
    t.sysctl('c', 'mptcp.blackhole_timeout', 0)
    t.sysctl('c', 'mptcp.syn_retrans_before_tcp_fallback', 1)
    t.block('r2', 'forward', f'ip daddr {t.server} tcp option mptcp exists drop')
    listener = t.listen(80)
    conns = [extended(t, listener, socket.socket.connect, IPPROTO_MPTCP) for _ in range(3)]
    expect_fallbacks(t, conns, '^>S >S >S <SA >A .*F')


@case('syn-options-blackhole', 'hit', 'fastopen',
      'SYNs that ask for a Fast Open cookie stay unanswered, the plain one is answered',
      pace='medium')
def fastopen_dropped(t):
    """A firewall drops SYNs with Fast Open's option; Linux leaves it out the second time."""
    t.sysctl('c', 'ipv4.tcp_fastopen', 1)
    t.sysctl('c', 'ipv4.tcp_fastopen_blackhole_timeout_sec', 0)
    t.block('r2', 'forward', f'ip daddr {t.server} tcp option fastopen exists drop')
    listener = t.listen(80)
    conns = [extended(t, listener, fast_open) for _ in range(3)]
    expect_fallbacks(t, conns, '^>S >S <SA >A .*F')


def fast_open(sock, address):
    sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    sock.connect(address)
    sock.sendall(b'')
