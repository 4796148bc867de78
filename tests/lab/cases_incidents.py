# SPDX-License-Identifier: BSD-2-Clause
"""Cases: failures that belong together: outages, probes, crashes, overload. One service each."""

import threading
import time

from stage import REQUEST, table

case = table(group=22)


def knock(t, every_s, until_s, clients=1):
    """Attempts in step from several clients; connections that work are closed at once."""
    begun, n, conns = time.monotonic(), 0, []
    while n * every_s < until_s:
        t.sleep(max(0, begun + n * every_s - time.monotonic()))
        conn = t.dial(80, client=(t.client, t.client2)[n % clients], timeout=1)
        conn.sock.close()
        conns.append(conn)
        n += 1
    return conns


@case('refused', 'hit', 'dead-service',
      'refusals of two clients for 12 s, then connections again: one incident with a length',
      pace='medium')
def dead_service(t):
    """Two clients try a service that is down for twelve seconds, and once more when it is back."""
    conns = knock(t, 0.4, 12, clients=2)
    listener = t.listen(80)
    for _ in range(3):
        t.good(80, listener)
    t.expect(conns[0], 'refused', '^>S <RA$', 'refused',
             accept=['refused-closed-port', 'refused-service-restart'])
    t.note('refused', server=f'{t.server}:80',
           incident={'rule': 'burst', 'failures': 30, 'clients': 2, 'family': 'refused',
                     'pattern': None})


@case('refused-service-restart', 'hit', 'blip',
      'refusals for one second between good connections: no incident', pace='medium')
def blip(t):
    """A service restarts: six attempts in a second are refused, those before and after are not."""
    listener = t.listen(80)
    for _ in range(3):
        t.good(80, listener)
    listener.close()
    conns = knock(t, 0.15, 0.9)
    listener = t.listen(80)
    for _ in range(3):
        t.good(80, listener)
    t.expect(conns[0], 'refused-service-restart', '^>S <RA$', 'refused',
             accept=['refused', 'refused-closed-port'])
    t.note('refused-service-restart', server=f'{t.server}:80', incident=None)


@case('refused', 'hit', 'health-check', 'one SYN each second, each refused: a probe of a dead port',
      pace='medium')
def probe(t):
    """A health check asks a port where nobody listens, once a second for thirteen seconds."""
    conns = knock(t, 1, 13)
    t.expect(conns[0], 'refused', '^>S <RA$', 'refused', accept=['refused-closed-port'])
    t.note('refused', server=f'{t.server}:80',
           incident={'rule': 'burst', 'pattern': 'periodic', 'failures': 13, 'attempts': 13})


@case('reset-app-abort', 'hit', 'crash', 'eight connections are reset within a few milliseconds')
def crash(t):
    """A program dies with eight requests unread: its kernel resets all of them at once."""
    listener = t.listen(80)
    pairs = [t.pair(80, listener) for _ in range(8)]
    for conn, _ in pairs:
        conn.sock.sendall(REQUEST)
    t.wait_rtt()
    for _, peer in pairs:
        peer.close()
    listener.close()
    t.wait_rtt()
    for conn, _ in pairs:
        t.expect(conn, 'reset-app-abort', '>D <A <RA$', 'reset', never=['rst-injected'])


@case('reset-app-abort', 'hit', 'overload',
      'few attempts and no resets, then many and a third of them reset: it follows the load',
      pace='slow')
def overload(t):
    """A server that aborts most requests while more than three a second come, in runs of ten."""
    listener = t.listen(80)
    stop = threading.Event()

    def serve():
        listener.settimeout(0.2)
        last, n = time.monotonic(), 0
        while not stop.is_set():
            try:
                peer, _ = listener.accept()
            except (TimeoutError, BlockingIOError):
                continue
            peer.setblocking(True)
            peer.settimeout(2)
            gap, last, n = time.monotonic() - last, time.monotonic(), n + 1
            try:
                if gap < 0.5 and n // 10 % 2:
                    time.sleep(0.08)
                    t.abort(peer)
                    continue
                t.read(peer, len(REQUEST))
                peer.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
                peer.recv(1)
                peer.close()
            except OSError:
                peer.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    begun, conns = time.monotonic(), []
    while (now := time.monotonic() - begun) < 60:
        conn = t.dial(80)
        try:
            conn.sock.sendall(REQUEST)
            conn.sock.recv(100)
        except OSError:
            pass
        conn.sock.close()
        conns.append(conn)
        t.sleep(1.5 if now < 30 else 0.2)
    stop.set()
    thread.join()
    t.note('reset-app-abort', server=f'{t.server}:80', incident={'pattern': 'load',
                                                                 'family': 'reset'})
