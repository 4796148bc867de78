# SPDX-License-Identifier: BSD-2-Clause
"""Cases: an established connection is reset by a host that means it."""

import os
import signal
import socket

import wire
from stage import REQUEST, table

case = table(group=5)

HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


def newest_packets(t, node, interface):
    """Remember the newest packet each way; forgers must know the numbers."""
    last = {}

    def note(packet):
        last[packet.src] = packet
        return False

    t.watch(node, interface, note)
    return last


@case('reset-unexplained', 'hit', 'windows-like',
      'last: RST+ACK, window 0, no timestamps though negotiated, next IP-ID, usual TTL')
def windows_like(t):
    """The server ends the connection with a RST of the kind that Windows sends, by a raw socket;
    it fits none of the kinds a Linux kernel makes, and nothing shows why."""
    last = newest_packets(t, 's', 'eth0')
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.wait_rtt(3)
    mine, theirs = last[t.server], last[t.client]
    t.vanish(peer)
    t.inject('s', wire.tcp(t.server, 80, t.client, conn.key[1], wire.RST | wire.ACK,
                           seq=theirs.ack, ack=mine.ack, ttl=64, ipid=mine.ipid + 1 & 0xFFFF))
    t.wait_rtt()
    t.expect(conn, 'reset-unexplained', '^>S <SA >A .*<RA$', 'reset',
             never=['reset-lost-state', 'rst-injected'], accept=['reset-app-abort'])


@case('reset-unexplained', 'near', 'outside-window',
      'the RST has a sequence number far outside the window; the connection goes on')
def outside_window(t):
    """A stray RST that the client's kernel ignores."""
    last = newest_packets(t, 's', 'eth0')
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.inject('s', wire.tcp(t.server, 80, t.client, conn.key[1], wire.RST,
                           seq=last[t.client].ack + 0x40000000, ttl=64))
    t.wait_rtt()
    t.exchange(conn, peer)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'rst-ignored', '<R >D (<A )?<D .*F', 'ok', accept=['ok'],
             never=['reset-unexplained', 'reset-lost-state'])


@case('reset-app-abort', 'hit', 'unread-data',
      'last: RST+ACK with a window and timestamps: the socket\'s owner ended it')
def unread_data(t):
    """The server's program closes while the client's request lies unread."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(REQUEST)
    t.wait_rtt(2)
    peer.close()
    t.wait_rtt()
    t.expect(conn, 'reset-app-abort', '>D <A <RA$', 'reset',
             never=['reset-lost-state', 'rst-injected'])


@case('reset-app-abort', 'hit', 'linger0',
      'last: RST+ACK right behind the first half of the answer (SO_LINGER 0)')
def linger0(t):
    """The server's program aborts after half of its answer."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nthe first part')
    t.wait_rtt(1.2)
    t.abort(peer)
    t.wait_rtt()
    t.expect(conn, 'reset-app-abort', '<D >A <RA$', 'reset', never=['rst-injected'])


@case('reset-app-abort', 'hit', 'killed-v6',
      'last: RST+ACK on three connections within a few milliseconds')
def killed(t):
    """A server process with three connections and unread requests is killed with SIGKILL."""
    listener = t.listen(80, v6=True)
    pairs = [t.pair(80, listener, v6=True) for _ in range(3)]
    process = os.fork()
    if not process:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        listener.close()
        signal.pause()
        os._exit(0)
    for conn, peer in pairs:
        peer.close()
        conn.sock.sendall(REQUEST)
    t.wait_rtt(3)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    t.wait_rtt()
    for conn, _ in pairs:
        t.expect(conn, 'reset-app-abort', '>D <A <RA$', 'reset',
                 accept=['accept-then-close', 'reset-listener-closed'])


@case('reset-app-abort', 'near', 'killed-clean',
      'the server\'s FIN: a killed process that has read everything ends politely')
def killed_clean(t):
    """SIGKILL without unread data gives a FIN; the answer had been complete."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    process = os.fork()
    if not process:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pause()
        os._exit(0)
    peer.close()
    t.sleep(0.05)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    conn.sock.recv(1)
    conn.sock.close()
    t.wait_rtt()
    t.expect(conn, 'ok', '<D >A <F (>A )?>F <A$', 'ok', never=['reset-app-abort'])


@case('reset-lost-state', 'hit', 'server-rebooted',
      'last: RST without ACK, window 0, seq = the client\'s ack: nobody there knows the connection')
def server_rebooted(t):
    """The server's kernel forgets three connections without a word; the clients go on."""
    listener = t.listen(80)
    pairs = [t.pair(80, listener) for _ in range(3)]
    for conn, peer in pairs:
        t.exchange(conn, peer)
    for _, peer in pairs:
        t.vanish(peer)
    t.sleep(0.3)
    for conn, _ in pairs:
        conn.sock.sendall(REQUEST)
    t.wait_rtt()
    for conn, _ in pairs:
        t.expect(conn, 'reset-lost-state', '>D <R$', 'reset',
                 never=['idle-timeout-reset', 'stale-pooled-connection', 'rst-injected'])


@case('reset-lost-state', 'hit', 'client-vanished',
      'last: the client\'s host answers the server\'s data with a RST without ACK')
def client_vanished(t):
    """The client's kernel forgets the connection while the server is about to answer."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(0.2)
    t.vanish(conn.sock)
    peer.sendall(HEAD)
    t.wait_rtt()
    t.expect(conn, 'reset-lost-state', '>D <A <D >R$|>D <D >R$', 'reset',
             accept=['client-abort'], never=['rst-injected', 'reset-app-abort'])


@case('reset-lost-state', 'near', 'after-fin',
      'the same RST, but the server had sent its FIN long before: a closed pooled connection')
def lost_after_fin(t):
    """The server closed properly; only then the client sends."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(1.3)
    peer.close()
    t.sleep(0.2)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'stale-pooled-connection', '<F >A >D <R$', 'reset', never=['reset-lost-state'])


@case('stale-pooled-connection', 'hit', 'closed-while-idle',
      'FIN of the server after 1.5 s of idleness, ACK, half a second later a request: RST')
def closed_while_idle(t):
    """The server's keep-alive limit ends an idle connection; the client's pool uses it again."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(1.2)
    peer.close()
    t.sleep(0.3)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'stale-pooled-connection', '<F >A >D <R$', 'reset',
             never=['reset-lost-state', 'rst-after-fin'])


@case('stale-pooled-connection', 'hit', 'race',
      'the request leaves 10 ms before the FIN arrives: its ack does not cover the FIN')
def pooled_race(t):
    """Request and FIN cross on the wire."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(1.5)
    peer.close()
    t.sleep(0.01)
    conn.sock.sendall(REQUEST)
    t.wait_rtt(2)
    t.expect(conn, 'stale-pooled-connection', '>D <F (>A )?<R', 'reset', race=True,
             never=['reset-lost-state'])


@case('stale-pooled-connection', 'near', 'late-data',
      'no idle time: the server answered and closed while the client was still sending')
def late_data(t):
    """An early answer: the server closes as soon as it has answered, the upload goes on."""
    conn, peer = t.pair(80)
    head = b'POST /upload HTTP/1.1\r\nContent-Length: 90000\r\n\r\n'
    conn.sock.sendall(head)
    t.read(peer, len(head))
    peer.sendall(b'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n')
    peer.close()
    t.wait_rtt(0.8)
    conn.sock.sendall(b'u' * 1000)
    t.wait_rtt()
    t.expect(conn, 'late-data-after-close', '<D .*<F .*>D <R$',
             accept=['http-refused'], never=['stale-pooled-connection', 'reset-lost-state'])


@case('stale-pooled-connection', 'near', 'half-close',
      'the server\'s FIN after an idle time, but it still reads: the client\'s data is ACKed')
def half_closed(t):
    """The server shuts down its sending side only."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(1.2)
    peer.shutdown(socket.SHUT_WR)
    t.sleep(0.2)
    conn.sock.sendall(b'some more')
    t.read(peer, 9)
    conn.sock.close()
    t.wait_rtt()
    peer.close()
    t.expect(conn, 'ok', '<F >A >D (<A )?>F (<A)?', 'ok', never=['stale-pooled-connection'])


@case('client-abort', 'hit', 'rst-while-waiting',
      'last: RST+ACK of the client one second after its request; no answer had come')
def abort_waiting(t):
    """The client's program loses patience and aborts (SO_LINGER 0)."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(1)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'client-abort', '>D <A >RA$', 'reset', never=['ok-rst-close', 'reset-app-abort'])


@case('client-abort', 'hit', 'fin-then-rst',
      'FIN of the client while it waits; the answer meets a closed socket: RST')
def fin_waiting(t):
    """The client closes after one second; the server's answer comes later."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(1)
    conn.sock.close()
    t.sleep(0.2)
    peer.sendall(HEAD)
    t.wait_rtt()
    t.expect(conn, 'client-abort', '>D <A >F <A <D >R', 'reset',
             never=['rst-after-fin', 'reset-lost-state'])


@case('client-abort', 'near', 'answer-complete',
      'last: RST+ACK of the client, but the answer was complete and ACKed before')
def abort_complete(t):
    """The client aborts only after the whole answer."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'ok-rst-close', '<D >A >RA$', 'ok', never=['client-abort'])


@case('ok-rst-close', 'hit', 'client-linger0', 'last: RST+ACK; nothing was outstanding')
def rst_close(t):
    """Three requests with answers, then the client closes by RST (SO_LINGER 0)."""
    conn, peer = t.pair(80)
    for _ in range(3):
        t.exchange(conn, peer)
        t.sleep(0.1)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'ok-rst-close', '<D >A >RA$', 'ok', never=['client-abort', 'reset-app-abort'])


@case('ok-rst-close', 'hit', 'health-check',
      '4: RST+ACK of the client straight after the handshake')
def health_check(t):
    """A load balancer's check: connect, then close by RST, never a byte."""
    conn, _ = t.pair(80)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'ok-rst-close', '^>S <SA >A >RA$', accept=['ok', 'half-open-scan'],
             never=['client-abort', 'client-gave-up'])


@case('ok-rst-close', 'near', 'request-outstanding',
      'last: RST+ACK of the client with the second request unanswered')
def rst_outstanding(t):
    """The second request gets no answer within half a second."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(0.5)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'client-abort', '>D <A >RA$', 'reset', never=['ok-rst-close'])


@case('rst-after-fin', 'hit', 'late-notify',
      'after both sides\' data: FIN of the client, 31 bytes from the server, RST: harmless')
def late_notify(t):
    """The server's last 31 bytes (a TLS close_notify is so long) meet a closed socket."""
    conn, peer = t.pair(443)
    t.exchange(conn, peer)
    conn.sock.close()
    peer.recv(1)
    peer.sendall(b'\x15\x03\x03\x00\x1a' + bytes(26))
    t.wait_rtt()
    t.expect(conn, 'rst-after-fin', '>F (<A )?<D >R', 'ok',
             never=['client-abort', 'reset-lost-state', 'reset-app-abort'])


@case('rst-after-fin', 'hit', 'client-aborts-after-fin',
      'FIN of the server, ACK, RST+ACK of the client: all data had been ACKed')
def abort_after_fin(t):
    """The client answers the server's FIN by SO_LINGER 0, as many pools and health checks do."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    peer.close()
    conn.sock.recv(1)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'rst-after-fin', '<F (>A )?>RA', 'ok', accept=['ok-rst-close', 'ok'],
             never=['client-abort', 'reset-app-abort'])


@case('rst-after-fin', 'hit', 'several',
      'three RSTs after the FINs: each answers a small late segment')
def several_after_fin(t):
    """The server writes three small records after the client has closed."""
    conn, peer = t.pair(443)
    t.exchange(conn, peer)
    conn.sock.close()
    peer.recv(1)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(3):
        peer.sendall(b'\x15\x03\x03\x00\x02\x01\x00')
    t.wait_rtt()
    t.expect(conn, 'rst-after-fin', '>F .*<D .*>R .*>R .*>R', 'ok', never=['client-abort'])


@case('rst-after-fin', 'near', 'answer-lost',
      'the same packets, but what the RST cost is the whole answer')
def answer_lost(t):
    """The client closed before the answer came."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    conn.sock.close()
    peer.recv(1)
    t.sleep(0.3)
    peer.sendall(HEAD + b'x' * 500)
    t.wait_rtt()
    t.expect(conn, 'client-abort', '>D .*>F .*<D >R', 'reset', never=['rst-after-fin', 'ok'])
