# SPDX-License-Identifier: BSD-2-Clause
"""Cases: listeners and handshakes that no Linux kernel makes by itself (raw sockets answer)."""

import struct

import wire
from net import ABSENT_HOST4
from stage import Conn, table

case = table(group=12)

MSS = struct.pack('>BBH', 2, 4, 1460)


def forged_server(t, answer):
    """No SYN reaches the server: the middle router answers with what `answer(packet)` makes of it,
    None for nothing."""

    def react(packet):
        if packet.dst == t.server and packet.flags & wire.SYN:
            reply = answer(packet)
            if reply:
                t.inject('r2', reply)
        return False

    t.block('r2', 'forward', f'ip daddr {t.server} drop')
    t.watch('r2', 'west', react)


def synack(packet, ttl, **fields):
    return wire.tcp(packet.dst, packet.dport, packet.src, packet.sport, wire.SYN | wire.ACK,
                    seq=0x20000000 + packet.sport, ack=packet.seq + 1, win=64000, options=MSS,
                    ttl=ttl, **fields)


def refusal(packet, ttl, **fields):
    return wire.tcp(packet.dst, packet.dport, packet.src, packet.sport, wire.RST | wire.ACK,
                    ack=packet.seq + 1, ttl=ttl, **fields)


def crowd(t, n_accepted, ttl):
    """Twelve SYNs at once; the first are accepted, the others refused."""
    n_seen = 0

    def answer(packet):
        nonlocal n_seen
        n_seen += 1
        return (synack if n_seen <= n_accepted else refusal)(packet, ttl)

    forged_server(t, answer)
    conns = [t.dial(80, wait=False) for _ in range(12)]
    t.wait_rtt(2)
    for conn in conns[:n_accepted]:
        t.expect(conn, 'ok', '^>S <SA >A', accept=['in-progress'])
    return conns[n_accepted:]


@case('refused-backlog-rst', 'hit', 'windows-backlog',
      'twelve SYNs in one instant: five SYN-ACKs and seven RSTs, all with the TTL of Windows')
def windows_backlog(t):
    """A Windows listener with a backlog of five (made with a raw socket)."""
    for conn in crowd(t, 5, ttl=127):
        t.expect(conn, 'refused-backlog-rst', '^>S <RA$', 'refused',
                 accept=['refused', 'refused-closed-port'], never=['refused-service-restart'])


@case('refused-backlog-rst', 'near', 'linux-replicas',
      'the same answers with the TTL of Linux, which never refuses for a full queue')
def linux_replicas(t):
    """Several servers behind one address, some of them without the service."""
    for conn in crowd(t, 5, ttl=62):
        t.expect(conn, 'refused', '^>S <RA$', 'refused', accept=['refused-closed-port'],
                 never=['refused-backlog-rst', 'refused-service-restart'])


@case('host-down-onlink', 'near', 'gateway-asks',
      'ARP requests of the last router for a host that is off, seen by another host of the link',
      pace='medium', vantage=('s', ))
def gateway_asks(t):
    """A stranger connects to a host that is off; its neighbour sees the router ask for it."""
    t.clock()
    t.sleep(1.5)
    t.dial(80, server=ABSENT_HOST4, timeout=4)
    t.sleep(1.2)
    t.clock()
    t.note('host-down-onlink', server=ABSENT_HOST4, count=0)


@case('host-down-onlink', 'hit', 'gone-stale-neighbour',
      'SYNs to a neighbour that was there, ARP requests for it 5 s later, no answer to either',
      pace='medium')
def gone_neighbour(t):
    """A host of the client's link was known and is gone: the SYNs leave before the requests."""
    target = '10.77.64.98'
    t.ip('c', f'neigh replace {target} lladdr 02:77:00:00:ee:01 dev eth0 nud stale')
    conn = t.dial(80, server=target, timeout=10)
    t.ip('c', f'neigh del {target} dev eth0')
    t.sleep(7)
    t.clock()
    t.expect(conn, 'host-down-onlink', '^>S >S', 'timed_out', count=1,
             never=['filtered-drop', 'connect-timeout'])


@case('nat-port-collision', 'hit', 'two-clocks',
      'second SYN of the port: two hops farther, timestamps of another clock; ACK of the old one',
      vantage=('s', ))
def two_clocks(t):
    """A NAT gives a second machine the port of the first, whose connection the server still has."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.vanish(conn.sock)
    t.sleep(1.2)
    options = MSS + b'\x04\x02' + wire.option_timestamps(0x12345678, 0)[2:] + b'\x01\x03\x03\x07'
    t.inject('r1', wire.tcp(t.client, conn.key[1], t.server, 80, wire.SYN, seq=0x70000000,
                            win=64240, options=options, ttl=61, ipid=7))
    t.wait_rtt(3)
    t.expect(conn, 'nat-port-collision', outcome='timed_out', nth=2,
             accept=['stale-connection-on-server'], never=['timewait-reuse'])


@case('nat-port-collision', 'near', 'same-machine',
      'second SYN of the port: same hops, same clock; ACK of the old connection')
def same_machine(t):
    """A client's program loses its connection without a word and takes the same port again."""
    listener = t.listen(80)
    conn, peer = t.pair(80, listener)
    t.exchange(conn, peer)
    t.vanish(conn.sock)
    t.sleep(1.2)
    again = t.good(80, listener, cport=conn.key[1])
    t.expect(again, 'stale-connection-on-server', '>S <A >R >S <SA >A .*F', 'ok_degraded', nth=2,
             never=['nat-port-collision', 'timewait-reuse'])


def ecn_blackhole(t, n_flows, rule):
    """Connections that ask for ECN, one after the other, through a box that drops by `rule`."""
    t.sysctl('c', 'ipv4.tcp_ecn', 1)
    t.block('r2', 'forward', rule)
    listener = t.listen(80)
    return [t.good(80, listener) for _ in range(n_flows)]


@case('syn-options-blackhole', 'hit', 'ecn',
      'SYNs with ECE and CWR stay unanswered, the plain one after each is answered', pace='medium')
def ecn_dropped(t):
    """An old firewall drops SYNs that ask for ECN; Linux falls back after a second."""
    conns = ecn_blackhole(t, 3, f'ip daddr {t.server} tcp flags & (syn|ecn|cwr) == '
                                'syn|ecn|cwr drop')
    t.expect(conns[0], 'slow-handshake', '^>S >S <SA >A .*F', 'ok_degraded',
             accept=['syn-options-blackhole'])
    for conn in conns[1:]:
        t.expect(conn, 'syn-options-blackhole', '^>S >S <SA >A .*F', 'ok_degraded',
                 accept=['slow-handshake'])


@case('syn-options-blackhole', 'near', 'lost-once',
      'the first SYN is lost; others that ask for ECN as well are answered at once', pace='medium')
def ecn_lost_once(t):
    """A SYN with ECN is lost by chance: it is not what the SYN asks for."""
    t.sysctl('c', 'ipv4.tcp_ecn', 1)
    listener = t.listen(80)
    conns = []
    for is_lost in (True, False, True):
        if is_lost:
            t.block('r2', 'forward', f'ip daddr {t.server} tcp flags & (syn|ecn|cwr) == '
                                     'syn|ecn|cwr drop')
        conns.append(t.good(80, listener))
        t.unblock('r2')
    t.expect(conns[0], 'slow-handshake', '^>S >S <SA >A .*F', 'ok_degraded')
    t.expect(conns[1], 'ok', '^>S <SA >A .*F', 'ok')
    t.expect(conns[2], 'slow-handshake', '^>S >S <SA >A .*F', 'ok_degraded',
             never=['syn-options-blackhole'])


def answers_to_nothing(t, n_peers, answer):
    """Packets of many servers for SYNs that the client never sent; each is answered by RST or not
    at all."""
    conns = []
    for n in range(1, n_peers + 1):
        peer = f'10.77.{t.case.group}.{100 + t.case.row * 10 + n}'
        t.inject('r2', answer(peer, 80, 30000 + n))
        conns.append(Conn(None, wire.endpoint(t.client, 30000 + n), wire.endpoint(peer, 80),
                          (t.client, 30000 + n, peer, 80)))
        t.sleep(0.2)
    return conns


@case('backscatter', 'hit', 'forged-address',
      'after a minute of other traffic: SYN-ACKs of eight servers, each answered by RST',
      pace='slow')
def forged_address(t):
    """Somebody floods others in the client's name."""
    t.clock()
    t.sleep(61)
    conns = answers_to_nothing(t, 8, lambda peer, port, cport: wire.tcp(
        peer, port, t.client, cport, wire.SYN | wire.ACK, seq=0x10000000 + cport, ack=77777,
        win=29200, options=MSS, ttl=55))
    t.sleep(4)
    t.clock()
    for conn in conns[5:]:
        t.expect(conn, 'backscatter', '^<SA >R$')
    for conn in conns[:4]:
        t.expect(conn, 'unknown-midstream', '^<SA >R$', accept=['backscatter', 'unknown-one-sided'])


@case('backscatter', 'near', 'begun-before',
      'the first second of a capture: SYN-ACKs of eight servers, whose SYNs may have come before it')
def begun_before(t):
    """The same, but the capture has only begun."""
    conns = answers_to_nothing(t, 8, lambda peer, port, cport: wire.tcp(
        peer, port, t.client, cport, wire.SYN | wire.ACK, seq=0x10000000 + cport, ack=77777,
        win=29200, options=MSS, ttl=55))
    t.wait_rtt(2)
    for conn in conns:
        t.expect(conn, 'unknown-midstream', '^<SA >R$', accept=['unknown-one-sided'],
                 never=['backscatter'])
