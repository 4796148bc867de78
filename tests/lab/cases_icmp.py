# SPDX-License-Identifier: BSD-2-Clause
"""Cases: the SYN is answered by an ICMP error, or by one that must be ignored."""

import socket
import threading

import wire
from net import ABSENT_HOST4, ABSENT_HOST6, address4
from stage import table

case = table(group=2)


def reject(t, node, hook, rule, v6=False):
    """The one connection attempt that a REJECT rule answers."""
    t.block(node, hook, f'tcp dport 8443 {rule}')
    return t.dial(8443, v6=v6)


@case('icmp-rejected', 'hit', 'source-host-isolated',
      '2: ICMP 3/8, a code nobody should send any more')
def odd_code(t):
    """A router answers the SYN with ICMP type 3, code 8 (source host isolated); raw socket."""
    t.block('r1', 'forward', f'ip daddr {t.server} drop')

    def answer(syn):
        if syn.dst != t.server:
            return False
        t.inject('r1', wire.icmp_error(address4(0, 1), syn.src, 3, 8, syn.raw))
        return True

    t.watch('r1', 'west', answer)
    conn = t.dial(8443)
    t.expect(conn, 'icmp-rejected', '^>S <I$', 'rejected', never=['connect-timeout'])


@case('icmp-rejected', 'near', 'frag-needed',
      'the ICMP 3/4 quotes a data segment: path MTU discovery at work, nothing is refused')
def frag_needed(t):
    """A link with an MTU of 1280 on the way; the client learns it and goes on."""
    t.ip('r2', 'link set east mtu 1280')
    try:
        conn, peer = t.pair(80)
        conn.sock.sendall(b'x' * 2800)
        t.read(peer, 2800)
        peer.sendall(b'done')
        t.read(conn.sock, 4)
        t.hang_up(conn.sock, peer)
    finally:
        t.ip('r2', 'link set east mtu 1500')
    t.expect(conn, 'ok', '^>S <SA >A >D .*<I .*>D .*F', 'ok',
             never=['icmp-rejected', 'pmtu-blackhole'])


@case('icmp-port-unreachable', 'hit', 'reject-on-server',
      '2: ICMP 3/3 from the server itself: the default of a REJECT rule')
def port_server(t):
    """nft reject (the default kind) in the server's input chain."""
    conn = reject(t, 's', 'input', 'reject with icmp port-unreachable')
    t.expect(conn, 'icmp-port-unreachable', '^>S <I$', 'rejected', accept=['refused-no-endpoints'])


@case('icmp-port-unreachable', 'hit', 'reject-on-server-v6',
      '2: ICMPv6 1/4 from the server itself')
def port_server_v6(t):
    """The same over IPv6."""
    # ICMPv6 takes its source from an address that the host really has.
    t.ip('s', f'addr add {t.server6}/128 dev lo nodad')
    conn = reject(t, 's', 'input', 'reject with icmpv6 port-unreachable', v6=True)
    t.ip('s', f'addr del {t.server6}/128 dev lo')
    t.expect(conn, 'icmp-port-unreachable', '^>S <I$', 'rejected', accept=['refused-no-endpoints'])


@case('icmp-port-unreachable', 'hit', 'reject-on-router',
      '2: ICMP 3/3 from the first router, TTL 64')
def port_router(t):
    """The same rule in the forward chain of the first router."""
    conn = reject(t, 'r1', 'forward', 'reject with icmp port-unreachable')
    t.expect(conn, 'icmp-port-unreachable', '^>S <I$', 'rejected')


@case('icmp-port-unreachable', 'hit', 'soft-error-v6',
      'SYN, ICMP, SYN, ICMP: one attempt; the first error came too early to end connect()',
      delay_ms=None)
def port_soft(t):
    """Without delay the error arrives while connect() holds the socket: it counts only the second
    time, one second later."""
    conn = reject(t, 'r1', 'forward', 'reject with icmpv6 port-unreachable', v6=True)
    t.expect(conn, 'icmp-port-unreachable', '^>S <I >S <I$', 'rejected', count=1)


@case('icmp-port-unreachable', 'near', 'udp-same-port',
      'the ICMP 3/3 quotes a UDP datagram; the TCP connection to the same port is fine')
def port_udp(t):
    """A UDP datagram to port 53 is refused, TCP to port 53 works."""
    sock = t.socket_in('c', kind=socket.SOCK_DGRAM)
    sock.bind((t.client, 40001))
    sock.sendto(b'\x12\x34\x01\x00' + bytes(8), (t.server, 53))
    t.wait_rtt()
    conn = t.good(53, cport=40001)
    t.expect(conn, 'ok', '^>S <SA >A .*F', never=['icmp-port-unreachable'],
             accept=['udp-port-unreachable'])


@case('icmp-admin-prohibited', 'hit', 'reject-on-router',
      '2: ICMP 3/13 from the first router, quoted TTL 63: a forward rule')
def admin_router(t):
    """nft reject with admin-prohibited in the forward chain of the first router."""
    conn = reject(t, 'r1', 'forward', 'reject with icmp admin-prohibited')
    t.expect(conn, 'icmp-admin-prohibited', '^>S <I$', 'rejected')


@case('icmp-admin-prohibited', 'hit', 'prohibit-route',
      '2: ICMP 3/13 from the middle router, quoted TTL as it came in: a routing decision')
def admin_route(t):
    """ip route add prohibit on the middle router."""
    t.ip('r2', f'route add prohibit {t.server}')
    conn = t.dial(8443)
    t.ip('r2', f'route del prohibit {t.server}')
    t.expect(conn, 'icmp-admin-prohibited', '^>S <I$', 'rejected')


@case('icmp-admin-prohibited', 'hit', 'host-prohibited',
      '2: ICMP 3/10 from the server itself, as firewalld does')
def admin_host(t):
    """nft reject with host-prohibited on the server."""
    conn = reject(t, 's', 'input', 'reject with icmp host-prohibited')
    t.expect(conn, 'icmp-admin-prohibited', '^>S <I$', 'rejected', never=['icmp-host-unreachable'])


@case('icmp-admin-prohibited', 'hit', 'reject-on-router-v6', '2: ICMPv6 1/1 from the first router')
def admin_router_v6(t):
    """The same over IPv6 on the first router."""
    conn = reject(t, 'r1', 'forward', 'reject with icmpv6 admin-prohibited', v6=True)
    t.expect(conn, 'icmp-admin-prohibited', '^>S <I$', 'rejected')


@case('icmp-admin-prohibited', 'near', 'established-soft',
      'the ICMP 3/13 quotes data of an established connection: a soft error, it goes on')
def admin_soft(t):
    """A rule rejects some packets of an established connection for a moment."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.block('r1', 'forward', f'ip daddr {t.server} reject with icmp admin-prohibited')
    conn.sock.sendall(b'GET /more HTTP/1.1\r\n\r\n')
    t.sleep(0.1)
    t.unblock('r1')
    t.read(peer, 22)
    peer.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
    t.read(conn.sock, 27)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '>D <I >D (<A )?<D .*F', 'ok', never=['icmp-admin-prohibited'])


@case('icmp-host-unreachable', 'hit', 'unreachable-route',
      '2: ICMP 3/1 from the first router at once: a route says so')
def host_route(t):
    """ip route add unreachable on the first router."""
    t.ip('r1', f'route add unreachable {t.server}')
    conn = t.dial(8443)
    t.ip('r1', f'route del unreachable {t.server}')
    t.expect(conn, 'icmp-host-unreachable', '^>S <I$', 'rejected')


@case('icmp-host-unreachable', 'hit', 'arp-failed',
      'ICMP 3/1 from the last router 3 s after the first SYN, one for each: ARP got no answer',
      pace='medium')
def host_arp(t):
    """The address is on the last router's link, but no host has it."""
    conn = t.dial(8443, server=ABSENT_HOST4)
    t.expect(conn, 'icmp-host-unreachable', '^>S (>S )+<I( <I)*$', 'rejected', count=1)


@case('icmp-host-unreachable', 'hit', 'ndp-failed-v6',
      'ICMPv6 1/3 from the last router 3 s after the first SYN', pace='medium')
def host_ndp(t):
    """The same over IPv6."""
    conn = t.dial(8443, server=ABSENT_HOST6, v6=True)
    t.expect(conn, 'icmp-host-unreachable', '^>S (>S )+<I( <I)*$', 'rejected', count=1)


@case('icmp-host-unreachable', 'near', 'wrong-sequence',
      '2: the ICMP quotes a SYN that was never sent (other sequence number): forged or stale')
def host_bogus(t):
    """A forged ICMP 3/1 with a wrong sequence number arrives before the SYN-ACK."""

    def answer(syn):
        if syn.dst != t.server or syn.flags != wire.SYN:
            return False
        quoted = wire.tcp(syn.src, syn.sport, syn.dst, syn.dport, wire.SYN, seq=syn.seq - 70000,
                          win=64240)
        t.inject('r1', wire.icmp_error(address4(0, 1), syn.src, 3, 1, quoted))
        return True

    t.watch('r1', 'west', answer)
    conn = t.good(80)
    t.expect(conn, 'ok', '^>S <I <SA >A .*F', 'ok', never=['icmp-host-unreachable'])


@case('icmp-host-unreachable', 'near', 'soft-then-connects',
      '2: ICMPv6 1/3 is only a soft error here; the second SYN is answered', delay_ms=None)
def host_soft(t):
    """Without delay the first error is only noted; the way is open again for the second SYN."""
    t.block('r1', 'forward', 'tcp flags syn reject with icmpv6 addr-unreachable')
    opener = threading.Timer(0.5, t.unblock, ('r1', ))
    opener.start()
    conn = t.good(80, v6=True)
    opener.join()
    t.expect(conn, 'slow-handshake', '^>S <I >S <SA >A .*F', 'ok_degraded', accept=['ok'],
             never=['icmp-host-unreachable'])


@case('icmp-net-unreachable', 'hit', 'no-route', '2: ICMP 3/0 from the first router')
def net_route(t):
    """The first router has no route to that network."""
    conn = t.dial(8443, server=t.server.replace('10.77.', '10.88.'))
    t.expect(conn, 'icmp-net-unreachable', '^>S <I$', 'rejected')


@case('icmp-net-unreachable', 'hit', 'no-route-v6', '2: ICMPv6 1/0 from the first router')
def net_route_v6(t):
    """The same over IPv6."""
    conn = t.dial(8443, server=t.server6.replace('fd77:', 'fd88:'), v6=True)
    t.expect(conn, 'icmp-net-unreachable', '^>S <I$', 'rejected')


@case('icmp-net-unreachable', 'near', 'route-flap',
      'the ICMP 3/0 quotes data: the route was away for 100 ms, the retransmission arrives')
def net_flap(t):
    """The middle router loses its route to the servers while a connection is in use."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    route = t.ip('r2', 'route show 10.77.0.0/18').strip()
    t.ip('r2', f'route del {route}')
    try:
        conn.sock.sendall(b'GET /more HTTP/1.1\r\n\r\n')
        t.sleep(0.1)
    finally:
        t.ip('r2', f'route add {route}')
    t.read(peer, 22)
    peer.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
    t.read(conn.sock, 27)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '>D <I >D (<A )?<D .*F', 'ok', never=['icmp-net-unreachable'])
