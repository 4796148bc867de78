# SPDX-License-Identifier: BSD-2-Clause
"""Cases: the SYN is answered by a RST, or the connection dies right after the handshake."""

import socket

import wire
from stage import table

case = table(group=1)


def with_tos(value):
    return lambda sock: sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, value)


@case('refused-closed-port', 'hit', 'first-contact',
      '2: RST+ACK, seq 0, window 0, no options, IP-ID 0: nothing listens')
def first_contact(t):
    """connect() to a port without a listener; nothing else is known of the server."""
    conn = t.dial(81)
    t.expect(conn, 'refused-closed-port', '^>S <RA$', 'refused',
             alternatives=['refused-firewall-rst'])


@case('refused-closed-port', 'hit', 'v6',
      '2: RST+ACK with a flow label: the host\'s own TCP answered, not a REJECT rule')
def first_contact_v6(t):
    """The same over IPv6."""
    conn = t.dial(81, v6=True)
    t.expect(conn, 'refused-closed-port', '^>S <RA$', 'refused')


@case('refused-closed-port', 'hit', 'tos-mirrored',
      'last: the RST carries the TOS 0xb8 of the SYN: the kernel copies it, a rule does not')
def tos_mirrored(t):
    """The client marks its SYN; the server is known from a good connection on another port."""
    good = t.good(80)
    conn = t.dial(81, setup=with_tos(0xB8))
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'refused-closed-port', '^>S <RA$', 'refused', never=['refused-firewall-rst'])


@case('refused-closed-port', 'near', 'rule-drops-tos',
      'last: the RST has TOS 0 though the SYN had 0xb8: a REJECT rule on the server made it')
def rule_drops_tos(t):
    """REJECT with tcp-reset on the server itself: same distance, but the TOS is not mirrored."""
    t.block('s', 'input', 'tcp dport 81 reject with tcp reset')
    good = t.good(80)
    conn = t.dial(81, setup=with_tos(0xB8))
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'refused-firewall-rst', '^>S <RA$', 'refused', accept=['refused'],
             never=['refused-closed-port'])


@case('refused', 'hit', 'odd-rst',
      '2: RST+ACK acknowledges the SYN, but with a window and an IP-ID no known TCP sends')
def odd_rst(t):
    """A box answers the SYN with a RST+ACK of its own make; nothing tells whose rule it is."""
    t.block('s', 'output', 'tcp flags & rst == rst ip id 0 drop')

    def answer(syn):
        if syn.dst != t.server or syn.flags != wire.SYN:
            return False
        t.inject('s', wire.tcp(syn.dst, syn.dport, syn.src, syn.sport, wire.RST | wire.ACK,
                               seq=0x5EED0001, ack=syn.seq + 1, win=8192, ttl=64, ipid=0x4D2,
                               df=False))
        return True

    t.watch('s', 'eth0', answer)
    conn = t.dial(81)
    t.expect(conn, 'refused', '^>S <RA$', 'refused', accept=['refused-firewall-rst'])


@case('refused', 'near', 'rst-without-ack',
      '2: a RST without ACK cannot refuse a SYN; the SYN-ACK after it is used')
def rst_without_ack(t):
    """A stray RST (no ACK flag) reaches a connecting client just before the real SYN-ACK."""
    listener = t.listen(80)

    def stray(syn):
        if syn.dst != t.server or syn.flags != wire.SYN:
            return False
        t.inject('r2', wire.tcp(syn.dst, syn.dport, syn.src, syn.sport, wire.RST, seq=0x77,
                                ttl=62))
        return True

    t.watch('r2', 'west', stray)
    conn = t.good(80, listener)
    t.expect(conn, 'ok', '^>S <R <SA >A', 'ok', accept=['rst-ignored'],
             never=['refused', 'refused-closed-port', 'refused-firewall-rst', 'rst-injected'])


@case('refused-firewall-rst', 'hit', 'router',
      'last: RST+ACK with TTL 64, the server\'s own packets have 61: the first router rejects')
def reject_on_router(t):
    """REJECT with tcp-reset on the first router; the server is known from other connections."""
    t.block('r1', 'forward', 'tcp dport 443 reject with tcp reset')
    listener = t.listen(80)
    good = [t.good(80, listener) for _ in range(2)]
    conn = t.dial(443)
    for other in good:
        t.expect(other, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'refused-firewall-rst', '^>S <RA$', 'refused', never=['refused-closed-port'])


@case('refused-firewall-rst', 'hit', 'v6-flow-label',
      'last: hop limit 63 and flow label 0; the server\'s packets have 61 and a label')
def reject_on_router_v6(t):
    """The same over IPv6, on the middle router."""
    t.block('r2', 'forward', 'tcp dport 443 reject with tcp reset')
    good = t.good(80, v6=True)
    conn = t.dial(443, v6=True)
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'refused-firewall-rst', '^>S <RA$', 'refused', never=['refused-closed-port'])


@case('refused-firewall-rst', 'near', 'reject-on-server',
      'last: a REJECT rule on the server, byte for byte what a closed port sends')
def reject_on_server(t):
    """REJECT with tcp-reset on the server, SYN with TOS 0: the bytes cannot tell, so the usual
    cause is named and the rule is an alternative."""
    t.block('s', 'input', 'tcp dport 443 reject with tcp reset')
    good = t.good(80)
    conn = t.dial(443)
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'refused-closed-port', '^>S <RA$', 'refused', accept=['refused'],
             never=['refused-firewall-rst'], alternatives=['refused-firewall-rst'])


@case('refused-backend-down', 'hit', 'synproxy',
      '4: RST+ACK, window 0, no options, seq right after the SYN-ACK: the server behind the '
      'SYNPROXY refused')
def synproxy_dead(t):
    """SYNPROXY on the first router accepts for a server where nothing listens."""
    synproxy(t)
    conn = t.dial(80)
    t.wait_rtt(2)
    t.expect(conn, 'refused-backend-down', '^>S <SA >A <RA', 'refused',
             never=['accept-queue-overflow', 'rst-injected', 'reset-app-abort'])


@case('refused-backend-down', 'near', 'synproxy-alive',
      '2: SYN-ACK with window 0 and TTL 64, later packets TTL 61: a SYNPROXY, all is well')
def synproxy_alive(t):
    """The same SYNPROXY in front of a server that works."""
    synproxy(t)
    conn = t.good(80)
    # The server's SYN-ACK comes through once more when the SYNPROXY's ACK did not suit it.
    t.expect(conn, 'ok', '^>S <SA >A', accept=['slow-handshake'],
             never=['refused-backend-down', 'rst-injected', 'accept-queue-overflow'])


def synproxy(t):
    """Loose tracking off: the third ACK must reach SYNPROXY as invalid, not as a new flow."""
    t.sysctl('r1', 'netfilter.nf_conntrack_tcp_loose', 0)
    t.net.rules('r1', f'''
        add table ip lab
        add chain ip lab raw {{ type filter hook prerouting priority raw; }}
        add rule ip lab raw ip daddr {t.server} tcp flags syn notrack
        add chain ip lab forward {{ type filter hook forward priority 0; }}
        add rule ip lab forward ip daddr {t.server} ct state invalid,untracked \
            synproxy mss 1460 wscale 7 timestamp sack-perm
        add rule ip lab forward ct state invalid drop
    ''')


@case('refused-backend-down', 'hit', 'front',
      '4: RST+ACK, window 0, seq right after the SYN-ACK, from two hops further away')
def front_dead(t):
    """A front on the middle router answers for a virtual address, its backend is down; the
    answer is passed on.  Made with raw sockets."""

    def front(packet):
        if packet.dst != t.server:
            return False
        if packet.flags & wire.SYN:
            t.inject('r2', wire.tcp(packet.dst, packet.dport, packet.src, packet.sport,
                                    wire.SYN | wire.ACK, seq=0x10000000, ack=packet.seq + 1,
                                    win=29200, options=b'\x02\x04\x05\xb4', ttl=64))
        elif packet.flags == wire.ACK:
            t.sleep(0.03)
            t.inject('r2', wire.tcp(packet.dst, packet.dport, packet.src, packet.sport,
                                    wire.RST | wire.ACK, seq=0x10000001, ack=packet.seq, ttl=62))
            return True
        return False

    t.block('r2', 'forward', f'ip daddr {t.server} drop')
    t.watch('r2', 'west', front)
    conn = t.dial(80)
    t.wait_rtt(2)
    t.expect(conn, 'refused-backend-down', '^>S <SA >A <RA$', 'refused',
             accept=['refused', 'reset-unexplained'], never=['accept-queue-overflow'])


@case('refused-backend-down', 'near', 'accept-then-abort',
      '4: RST+ACK with window and timestamps: the program that accepted closed with SO_LINGER 0')
def accept_then_abort(t):
    """The server's program accepts and aborts at once, without a byte."""
    conn, peer = t.pair(80)
    t.abort(peer)
    t.wait_rtt()
    t.expect(conn, 'accept-then-close', '^>S <SA >A <RA$', accept=['reset-app-abort'],
             never=['refused-backend-down', 'accept-queue-overflow', 'refused'])
