# SPDX-License-Identifier: BSD-2-Clause
"""The capture that the README's first command replays."""

import wire
from stage import table

case = table(group=60)


@case('demo', 'demo', 'several',
      'the RST with TTL 20 in the fourth connection to port 80: the server (TTL 61) goes on',
      pace='medium')
def demo(t):
    """A few good connections, one refused, one that times out, one reset by the server's program
    and one killed by a forged RST."""
    listener = t.listen(80)
    silent = t.dial(5432, server=t.other, wait=False, cport=40900)
    t.block('r3', 'forward', f'ip daddr {t.other} drop')
    good = [t.good(80, listener)]
    refused = t.dial(8080)
    good.append(t.good(80, listener))

    reset, peer = t.pair(80, listener)
    t.exchange(reset, peer)
    reset.sock.sendall(wire_request('/report'))
    t.wait_rtt()
    peer.close()

    def forge(packet):
        if b'/forbidden' not in packet.payload:
            return False
        t.inject('r2', wire.tcp(packet.dst, packet.dport, packet.src, packet.sport,
                                wire.RST | wire.ACK, seq=packet.ack,
                                ack=packet.seq + packet.length, win=0, ttl=21, ipid=0x3039,
                                df=False))
        return True

    forged, peer = t.pair(80, listener)
    t.watch('r2', 'west', forge)
    forged.sock.sendall(wire_request('/forbidden'))
    t.read(peer, 20)
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nallowed?\n')
    t.sleep(2.5)
    good.append(t.good(80, listener))
    silent.sock.close()
    t.sleep(6)
    good.append(t.good(80, listener))

    for conn in good:
        t.expect(conn, 'ok', '^>S <SA >A >D .*F', 'ok')
    t.expect(refused, 'refused-closed-port', '^>S <RA$', 'refused')
    t.expect(silent, 'connect-timeout', '^>S >S >S >S?$', 'timed_out')
    t.expect(reset, 'reset-app-abort', '^>S <SA >A .*<RA$', 'reset')
    t.expect(forged, 'rst-injected', '>D <RA .*<D >R', 'reset')


def wire_request(path):
    return f'GET {path} HTTP/1.1\r\nHost: server.test\r\n\r\n'.encode()
