# SPDX-License-Identifier: BSD-2-Clause
"""Cases: a NAT whose connection tracking calls a packet invalid and lets it pass untranslated.

A raw socket sends the packet that lies outside the window; the rest is done by real kernels.
"""

import wire
from stage import REQUEST, RESPONSE, table

case = table(group=25)

BEYOND = 400000  # bytes; more than either side ever offers to take


def send_beyond(t, node, address, payload):
    """After the first packet with that payload of the node's address: one more, further on than
    conntrack allows."""

    def react(packet):
        if packet.src != address or packet.payload != payload:
            return False
        seq = (packet.seq + packet.length + BEYOND) % 2**32
        t.inject(node, wire.tcp(packet.src, packet.sport, packet.dst, packet.dport,
                                wire.PSH | wire.ACK, seq=seq, ack=packet.ack, win=500,
                                payload=RESPONSE))
        return True

    t.watch(node, 'eth0', react)


def behind_dnat(t):
    """A connection to a service of t.server that DNAT on the last router sends to t.other."""
    t.net.rules('r3', 'add table ip lab\n'
                'add chain ip lab pre { type nat hook prerouting priority dstnat; }\n'
                f'add rule ip lab pre ip daddr {t.server} tcp dport 80 dnat to {t.other}:8080\n')
    listener = t.listen(8080, address=t.other)
    conn = t.dial(80)
    peer, _ = listener.accept()
    t.held.append(peer)
    peer.settimeout(5)
    return conn, peer


@case('conntrack-invalid-reset', 'hit', 'dnat',
      'a packet of the service\'s backend, under its own address; the client\'s RST for it; then a '
      'RST in the service\'s name')
def dnat(t):
    """A service behind DNAT; one segment of the backend lies outside the window."""
    conn, peer = behind_dnat(t)
    send_beyond(t, 's', t.other, RESPONSE)
    t.exchange(conn, peer)
    t.wait_rtt(2)
    conn.sock.sendall(REQUEST)
    t.wait_rtt(2)
    t.expect(conn, 'conntrack-invalid-reset', '>D <R$', 'reset', never=['rst-injected'])


@case('conntrack-invalid-reset', 'hit', 'masquerade',
      'a packet from behind the NAT, under its own address; the server\'s RST for it; then a RST '
      'in the NAT\'s name', vantage=('s', ))
def masquerade(t):
    """Source NAT on the middle router; one segment of the client lies outside the window."""
    t.net.rules('r2', 'add table ip lab\n'
                'add chain ip lab post { type nat hook postrouting priority srcnat; }\n'
                f'add rule ip lab post ip saddr {t.client} snat to {t.client2}\n')
    conn, peer = t.pair(80)
    send_beyond(t, 'c', t.client, b'')  # its ACK of the answer: a RST fits what it expects then
    t.exchange(conn, peer)
    t.wait_rtt(2)
    peer.sendall(RESPONSE)
    t.wait_rtt(2)
    outside = t.raw_conn(conn.key[1], 80, t.client2)
    t.expect(outside, 'conntrack-invalid-reset', '<D >R$', 'reset', never=['rst-injected'])


@case('conntrack-invalid-reset', 'near', 'rst-dropped',
      'the backend answers once more after the stray\'s RST: that RST never reached it')
def rst_dropped(t):
    """The same, but a filter drops the client's RST; later the backend forgets the connection."""
    conn, peer = behind_dnat(t)
    t.net.rules('r3', 'add table inet filter\n'
                'add chain inet filter forward { type filter hook forward priority 0; }\n'
                f'add rule inet filter forward ip daddr {t.other} tcp flags rst drop\n')
    send_beyond(t, 's', t.other, RESPONSE)
    t.exchange(conn, peer)
    t.sleep(0.3)
    t.exchange(conn, peer)
    t.vanish(peer)
    conn.sock.sendall(REQUEST)
    t.wait_rtt(2)
    t.expect(conn, 'reset-lost-state', '>D <R$', 'reset', never=['conntrack-invalid-reset'])
