# SPDX-License-Identifier: BSD-2-Clause
"""Cases: nobody answers the SYN, or the answer comes late."""

import threading

import wire
from stage import table

case = table(group=3)

# Longer than the silence after which an attempt counts as dead (max of 6 s and twice the last gap).
LONG_SILENCE_S = 6.3


def give_up(t, conn, after):
    """The program closes its connecting socket; then time goes by, with traffic of others."""
    t.sleep(after)
    conn.sock.close()
    t.sleep(LONG_SILENCE_S)
    t.clock()


@case('connect-timeout', 'hit', 'syn-dropped', '1-4: four SYNs, no answer of any kind',
      pace='medium')
def syn_dropped(t):
    """The last router drops everything to the server; the program gives up after 3.5 s."""
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn = t.dial(80, wait=False)
    give_up(t, conn, 3.5)
    t.expect(conn, 'connect-timeout', '^>S >S >S >S$', 'timed_out', never=['filtered-drop'])


@case('connect-timeout', 'hit', 'answers-dropped',
      '1-4: four SYNs; the SYN-ACKs are lost on the way back, which the client cannot see',
      pace='medium')
def answers_dropped(t):
    """The server answers, the last router drops the answers."""
    t.listen(80)
    t.block('r3', 'forward', f'ip saddr {t.server} drop')
    conn = t.dial(80, wait=False)
    give_up(t, conn, 3.5)
    t.expect(conn, 'connect-timeout', '^>S >S >S >S$', 'timed_out')


@case('connect-timeout', 'hit', 'blackhole-route-v6', '1-3: three SYNs over IPv6, no answer',
      pace='medium')
def blackhole_route(t):
    """The middle router has a route of type blackhole."""
    t.ip('r2', f'-6 route add blackhole {t.server6}')
    conn = t.dial(80, wait=False, v6=True)
    give_up(t, conn, 2.5)
    t.ip('r2', f'-6 route del blackhole {t.server6}')
    t.expect(conn, 'connect-timeout', '^>S >S >S$', 'timed_out')


@case('connect-timeout', 'hit', 'exponential',
      '1-4: SYNs at 0, 1, 3 and 7 s, the schedule of older kernels', pace='medium')
def exponential(t):
    """net.ipv4.tcp_syn_linear_timeouts=0; the server's host is known from nowhere."""
    t.sysctl('c', 'ipv4.tcp_syn_linear_timeouts', 0)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn = t.dial(80, wait=False)
    t.sleep(7.5)
    conn.sock.close()
    t.sleep(9)
    t.clock()
    t.expect(conn, 'connect-timeout', '^>S >S >S >S$', 'timed_out')


@case('connect-timeout', 'hit', 'kernel-gives-up',
      'all: the SYNs of a connect() that ends with ETIMEDOUT', pace='slow')
def kernel_gives_up(t):
    """tcp_syn_retries=1: connect() runs into the kernel's own limit."""
    t.sysctl('c', 'ipv4.tcp_syn_retries', 1)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn = t.dial(80, timeout=60)
    t.sleep(LONG_SILENCE_S)
    t.clock()
    t.expect(conn, 'connect-timeout', '^>S( >S)+$', 'timed_out')


@case('connect-timeout', 'near', 'late-answer',
      'the third SYN is answered: slow, but connected', pace='medium')
def late_answer(t):
    """The first two SYNs are lost."""
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    opener = threading.Timer(1.5, t.unblock, ('r3', ))
    opener.start()
    conn = t.good(80)
    opener.join()
    t.expect(conn, 'slow-handshake', '^>S >S >S <SA >A .*F', 'ok_degraded',
             never=['connect-timeout'])


@case('in-progress', 'hit', 'syn-at-end', 'last: a SYN, and the capture ends half a second later')
def syn_at_end(t):
    """The capture ends before anything can be said about the last SYN."""
    good = t.good(80, server=t.other)
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn = t.dial(80, wait=False)
    t.sleep(0.5)
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(conn, 'in-progress', '^>S$', 'in_progress', never=['connect-timeout'])


@case('in-progress', 'near', 'silent-for-long',
      'the single SYN is eight seconds old when the capture ends: a timeout', pace='medium')
def silent_for_long(t):
    """The program gives up after 0.3 s, so there is one SYN only; the capture goes on."""
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    conn = t.dial(80, wait=False)
    give_up(t, conn, 0.3)
    t.sleep(1)
    t.clock()
    t.expect(conn, 'connect-timeout', '^>S$', 'timed_out', never=['in-progress'])


@case('filtered-drop', 'hit', 'one-port',
      'port 82 is silent while port 80 serves and port 81 refuses: a filter for that port',
      pace='medium')
def filtered_port(t):
    """The server is alive; the last router drops what goes to port 82."""
    t.block('r3', 'forward', f'ip daddr {t.server} tcp dport 82 drop')
    good = t.good(80)
    refused = t.dial(81)
    conn = t.dial(82, wait=False)
    give_up(t, conn, 2.5)
    t.expect(good, 'ok', '^>S <SA >A', 'ok')
    t.expect(refused, 'refused-closed-port', '^>S <RA$', 'refused')
    t.expect(conn, 'filtered-drop', '^>S >S >S$', 'timed_out', accept=['connect-timeout'])


@case('filtered-drop', 'near', 'host-silent',
      'two ports of the host are silent and nothing else comes from it', pace='medium')
def host_silent(t):
    """The last router drops everything to the host."""
    t.block('r3', 'forward', f'ip daddr {t.server} drop')
    first = t.dial(80, wait=False)
    second = t.dial(82, wait=False)
    t.sleep(2.5)
    first.sock.close()
    give_up(t, second, 0)
    for conn in (first, second):
        t.expect(conn, 'connect-timeout', '^>S >S >S$', 'timed_out', never=['filtered-drop'])


@case('slow-handshake', 'hit', 'syn-lost', '1-3: the second SYN is answered', vantage=('c', 's'))
def syn_lost(t):
    """The first SYN is lost on the middle router (the server never sees it)."""
    t.block('r2', 'forward', f'ip daddr {t.server} drop')
    opener = threading.Timer(0.5, t.unblock, ('r2', ))
    opener.start()
    conn = t.good(80)
    opener.join()
    t.expect(conn, 'slow-handshake', '^>S >S <SA >A .*F', 'ok_degraded', at=('c', ))
    t.expect(conn, 'ok', '^>S <SA >A .*F', 'ok', at=('s', ))


@case('slow-handshake', 'hit', 'synack-lost', 'two SYN-ACKs at the server, two SYNs on either side',
      vantage=('c', 's'))
def synack_lost(t):
    """The first SYN-ACK is lost on the middle router."""
    t.block('r2', 'forward', f'ip saddr {t.server} drop')
    opener = threading.Timer(0.5, t.unblock, ('r2', ))
    opener.start()
    conn = t.good(80)
    opener.join()
    t.expect(conn, 'slow-handshake', '^>S >S <SA .*>A .*F', 'ok_degraded', at=('c', ))
    t.expect(conn, 'slow-handshake', '^>S <SA (>S )?<SA (>S <SA )?.*>A .*F', 'ok_degraded',
             at=('s', ))


@case('slow-handshake', 'near', 'long-way', '1-3: 600 ms from SYN to SYN-ACK, but each only once',
      delay_ms=(150, 150), pace='medium')
def long_way(t):
    """A round trip of 600 ms: slow by distance, nothing was lost."""
    conn, peer = t.pair(80)
    conn.sock.close()
    peer.recv(1)
    peer.close()
    t.expect(conn, 'ok', '^>S <SA >A >F', 'ok', never=['slow-handshake'])


@case('client-gave-up', 'hit', 'late-synack',
      'the last two: SYN-ACK three seconds late, RST from the client that had closed',
      pace='medium')
def late_synack(t):
    """Answers are dropped for two seconds; the client's connect() runs into its limit of 1.5 s."""
    t.listen(80)
    t.block('r3', 'forward', f'ip saddr {t.server} drop')
    conn = t.dial(80, timeout=1.5)
    conn.sock.close()
    t.sleep(0.6)
    t.unblock('r3')
    t.sleep(3)
    t.expect(conn, 'client-gave-up', '^>S >S <SA >R', 'timed_out',
             never=['half-open-scan', 'reset-unexplained', 'bad-synack'])


@case('client-gave-up', 'hit', 'impatient',
      '1-3: the program waited 250 ms on a way that takes 600', delay_ms=(150, 150),
      pace='medium')
def impatient(t):
    """A round trip of 600 ms and a connect timeout of 250 ms; another connection does wait."""
    listener = t.listen(80)
    conn = t.dial(80, timeout=0.25)
    conn.sock.close()
    other, peer = t.pair(80, listener)
    t.expect(conn, 'client-gave-up', '^>S <SA >R$', 'timed_out', accept=['half-open-scan'])
    t.expect(other, 'ok', '^>S <SA >A', accept=['in-progress'])


@case('client-gave-up', 'near', 'half-open-scan',
      'SYN-ACK answered by RST at once, again and again, SYN without options: a scan')
def half_open_scan(t):
    """SYNs from a raw socket, so the client's kernel resets each SYN-ACK; like nmap -sS."""
    for port in range(8000, 8005):
        t.listen(port)
    conns = []
    for port in range(8000, 8005):
        conns.append(t.raw_conn(50001, port))
        t.inject('c', wire.tcp(t.client, 50001, t.server, port, wire.SYN, seq=0x3E8 + port,
                               win=1024, options=b'\x02\x04\x05\xb4', ttl=64, ipid=port))
        t.wait_rtt(0.2)
    t.wait_rtt()
    for conn in conns:
        t.expect(conn, 'half-open-scan', '^>S <SA >R$', never=['client-gave-up', 'rst-injected'],
                 accept=['port-scan'])


@case('synack-lost', 'hit', 'return-path',
      'SYN and SYN-ACK repeated, each as if the other were not there', pace='medium',
      vantage=('s', 'r2'))
def return_path(t):
    """The first router drops the answers; seen behind that router."""
    t.listen(80)
    t.block('r1', 'forward', f'ip saddr {t.server} drop')
    conn = t.dial(80, wait=False)
    give_up(t, conn, 3.5)
    t.expect(conn, 'synack-lost', '^>S <SA .*>S .*<SA', 'half_open', never=['connect-timeout'])


@case('handshake-ack-lost', 'hit', 'one-way',
      'SYN-ACK repeated, nothing comes after the SYN: the client\'s ACK is lost before the server',
      pace='medium', vantage=('s', ))
def ack_lost(t):
    """A stateful box on the way lets the SYN through, but no other packet of that client."""
    t.listen(80)
    t.block('r1', 'forward', f'ip daddr {t.server} tcp flags & syn == 0 drop')
    conn = t.dial(80)
    conn.sock.send(b'hello')
    t.sleep(3.5)
    t.clock()
    t.sleep(4)
    t.clock()
    t.expect(conn, 'handshake-ack-lost', '^>S <SA <SA <SA', 'half_open')
