# SPDX-License-Identifier: BSD-2-Clause
"""Cases: QUIC and SCTP.

Neither is in the kernels of the lab: the cases say what both sides would, on a real path.
"""

import socket
import time

import quic
import wire
from stage import Conn, table

case = table(group=26)

INIT, INIT_ACK, ABORT, COOKIE_ECHO, COOKIE_ACK, DATA = 1, 2, 6, 10, 11, 0
REFLECTED = 1  # the T bit of an ABORT
CLIENT_TAG, SERVER_TAG, OTHER_TAG = 0x5eed0001, 0x5eed0002, 0x0ddba11
DIAMETER = 3868


def sctp_peers(t):
    """How to send a packet from each side; the kernels do not see them."""
    for node in 'cs':
        t.block(node, 'input', 'ip protocol 132 drop')

    def client(tag, *chunks):
        t.inject('c', wire.sctp(t.client, 40001, t.server, DIAMETER, tag, *chunks))
        t.wait_rtt(0.6)

    def server(tag, *chunks):
        t.inject('s', wire.sctp(t.server, DIAMETER, t.client, 40001, tag, *chunks))
        t.wait_rtt(0.6)

    return client, server


def init(tag, kind=INIT):
    return kind, 0, wire.sctp_init(tag)


@case('sctp-abort', 'hit', 'closed-port', '2: an ABORT without a cause, with the tag of the INIT')
def closed_port(t):
    """An INIT meets a host on which no program has the port."""
    client, server = sctp_peers(t)
    client(0, init(CLIENT_TAG))
    server(CLIENT_TAG, (ABORT, 0, b''))
    t.expect(t.raw_conn(40001, DIAMETER), 'sctp-abort', outcome='refused', count=1)


@case('sctp-abort', 'hit', 'out-of-resource',
      '4: an ABORT with cause 4 answers the COOKIE ECHO; the T bit, with the server\'s own tag')
def out_of_resource(t):
    """The cookie comes back to a server that has no room for the association."""
    client, server = sctp_peers(t)
    client(0, init(CLIENT_TAG))
    server(CLIENT_TAG, init(SERVER_TAG, INIT_ACK))
    client(SERVER_TAG, (COOKIE_ECHO, 0, bytes(32)))
    server(SERVER_TAG, (ABORT, REFLECTED, b'\0\4\0\4'))
    t.expect(t.raw_conn(40001, DIAMETER), 'sctp-abort', outcome='refused', count=1)


@case('sctp-abort', 'near', 'wrong-tag',
      'an ABORT with another tag: forged or late; the association is set up behind it')
def wrong_tag(t):
    """Somebody guesses, and the client does not believe it."""
    client, server = sctp_peers(t)
    client(0, init(CLIENT_TAG))
    server(OTHER_TAG, (ABORT, 0, b''))
    server(CLIENT_TAG, init(SERVER_TAG, INIT_ACK))
    client(SERVER_TAG, (COOKIE_ECHO, 0, bytes(32)))
    server(CLIENT_TAG, (COOKIE_ACK, 0, b''))
    t.expect(t.raw_conn(40001, DIAMETER), 'ok', never=['sctp-abort'], optional=True)


@case('sctp-abort', 'near', 'open-association',
      'the ABORT comes after the COOKIE ACK: a way to end an association, none to refuse it')
def open_association(t):
    """An association is set up, used and aborted by the server."""
    client, server = sctp_peers(t)
    client(0, init(CLIENT_TAG))
    server(CLIENT_TAG, init(SERVER_TAG, INIT_ACK))
    client(SERVER_TAG, (COOKIE_ECHO, 0, bytes(32)))
    server(CLIENT_TAG, (COOKIE_ACK, 0, b''))
    client(SERVER_TAG, (DATA, 3, bytes(12) + b'hello'))
    server(CLIENT_TAG, (ABORT, 0, b'\0\x0c\0\4'))
    t.expect(t.raw_conn(40001, DIAMETER), 'ok', never=['sctp-abort'], optional=True)


# QUIC: real sockets, and what a client and a server would say.

FIRST_ID, CLIENT_ID, SERVER_ID = (bytes.fromhex(text) for text in
                                  ('83aa0c7d21e45b96', 'c1c2c3c4c5c6', '5e5f606162636465'))
HELLO, SERVER_HELLO = quic.crypto(b'\1' + bytes(300)), quic.crypto(b'\2' + bytes(120))


class Peers:
    """A client's and a server's socket; each says something and waits until it is there."""

    def __init__(self, t, port=443, v6=False):
        self.t, self.port = t, port
        self.server = t.socket_in('s', v6, socket.SOCK_DGRAM)
        self.server.bind((t.server6 if v6 else t.server, port))
        self.client = t.socket_in('c', v6, socket.SOCK_DGRAM)
        self.client.bind((t.client6 if v6 else t.client, 41001))
        ends = [name[:2] for name in (self.client.getsockname(), self.server.getsockname())]
        self.conn = Conn(self.client, *(wire.endpoint(*end) for end in ends), (*ends[0], *ends[1]))

    def asks(self, *datagrams):
        for datagram in datagrams:
            self.client.sendto(datagram, self.server.getsockname())
        self.t.wait_rtt(0.6)

    def answers(self, *datagrams):
        for datagram in datagrams:
            self.server.sendto(datagram, self.client.getsockname())
        self.t.wait_rtt(0.6)

    def open(self, client_id=CLIENT_ID):
        """The handshake, and some answers."""
        self.asks(quic.initial('client', FIRST_ID, client_id, HELLO))
        self.answers(quic.initial('server', client_id, SERVER_ID, quic.ack() + SERVER_HELLO,
                                  FIRST_ID, pad_to=0) + quic.handshake(client_id, SERVER_ID))
        self.asks(quic.initial('client', SERVER_ID, client_id, quic.ack(), FIRST_ID, number=1,
                               pad_to=0) + quic.handshake(SERVER_ID, client_id),
                  quic.short(SERVER_ID, 120))
        self.answers(*(quic.short(client_id, 900) for _ in range(4)))


@case('quic-version-negotiation', 'hit', 'old-server',
      '2: version 0 with the IDs of the Initial; version 1 is not in the list')
def old_server(t):
    """A client of version 1 meets a server that only knows a draft."""
    peers = Peers(t)
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO))
    peers.answers(quic.versions(CLIENT_ID, FIRST_ID, 0x2a3a4a5a, quic.DRAFT_29))
    t.sleep(1.2)
    t.clock()
    t.expect(peers.conn, 'quic-version-negotiation', outcome='app_refused', count=1)


@case('quic-version-negotiation', 'near', 'comes-back',
      'the client begins again with the version that the server listed, and is answered')
def comes_back(t):
    """A client tries version 2 first, and the server wants version 1."""
    peers = Peers(t)
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO, version=quic.V2))
    peers.answers(quic.versions(CLIENT_ID, FIRST_ID, quic.V1))
    peers.open()
    t.sleep(1.2)
    t.clock()
    t.expect(peers.conn, 'ok', never=['quic-version-negotiation'], optional=True)


@case('quic-version-negotiation', 'near', 'asked-for',
      'the client\'s version is a reserved one: it wants to see the list')
def asked_for(t):
    """A scanner asks which versions there are."""
    peers = Peers(t)
    peers.asks(quic.long_header(0x1a2a3a4a, quic.INITIAL, FIRST_ID, CLIENT_ID) + bytes(1200))
    peers.answers(quic.versions(CLIENT_ID, FIRST_ID, quic.V1))
    t.sleep(1.2)
    t.clock()
    t.expect(peers.conn, 'ok', never=['quic-version-negotiation'], optional=True)


@case('quic-refused', 'hit', 'no-protocol',
      '2: CONNECTION_CLOSE 0x178 in the server\'s Initial, with keys of the client\'s ID')
def no_protocol(t):
    """The server knows none of the client's application protocols."""
    peers = Peers(t)
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO))
    peers.answers(quic.initial('server', CLIENT_ID, SERVER_ID, quic.ack() + quic.close(0x178),
                               FIRST_ID, pad_to=0))
    t.expect(peers.conn, 'quic-refused', outcome='app_refused', count=1)


@case('quic-refused', 'hit', 'after-retry',
      '4: CONNECTION_CLOSE 0x2 in version 1, sealed for the ID of the Retry; on port 8443, IPv6')
def after_retry(t):
    """The server lets the client prove its address, and then takes no connection all the same."""
    peers = Peers(t, 8443, v6=True)
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO))
    peers.answers(quic.retry(CLIENT_ID, SERVER_ID))
    peers.asks(quic.initial('client', SERVER_ID, CLIENT_ID, HELLO, number=1, token=b'come back'))
    peers.answers(quic.initial('server', CLIENT_ID, SERVER_ID, quic.close(2, b'too many of you'),
                               SERVER_ID))
    t.expect(peers.conn, 'quic-refused', outcome='app_refused', count=1)


@case('quic-refused', 'near', 'orderly',
      'the server\'s CONNECTION_CLOSE has no error: it only answers the client\'s own')
def orderly(t):
    """The client gives up its handshake in order."""
    peers = Peers(t)
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO))
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, quic.close(0), number=1))
    peers.answers(quic.initial('server', CLIENT_ID, SERVER_ID, quic.close(0), FIRST_ID, pad_to=0))
    t.expect(peers.conn, 'ok', never=['quic-refused', 'quic-blocked'], optional=True)


@case('quic-refused', 'near', 'other-keys',
      'a CONNECTION_CLOSE by somebody who has not seen the client\'s ID: its tag is wrong')
def other_keys(t):
    """Somebody beside the path forges a refusal; then the server answers."""
    peers = Peers(t)
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO))
    peers.answers(quic.initial('server', CLIENT_ID, SERVER_ID, quic.close(2), bytes(8), pad_to=0))
    peers.open()
    t.expect(peers.conn, 'ok', never=['quic-refused'], optional=True)


@case('quic-stateless-reset', 'hit', 'restarted',
      'the last packet: 43 bytes, a short header, not the ID of the others, nothing after it')
def restarted(t):
    """The server has lost its connections; the client's next request meets a stateless reset."""
    peers = Peers(t)
    peers.open()
    t.sleep(0.5)
    peers.asks(quic.short(SERVER_ID, 400))
    peers.answers(quic.short(b'', 43))
    t.sleep(1.5)
    t.clock()
    t.expect(peers.conn, 'quic-stateless-reset', outcome='reset', count=1)


@case('quic-stateless-reset', 'near', 'new-id',
      'a small packet with another ID, and then more with that one: the server uses a new ID')
def new_id(t):
    """The server goes on under another of the client's IDs."""
    peers = Peers(t)
    peers.open()
    peers.asks(quic.short(SERVER_ID, 400))
    peers.answers(quic.short(b'another', 43))
    t.sleep(1.5)
    peers.asks(quic.short(SERVER_ID, 400))
    peers.answers(quic.short(b'another', 43))
    t.sleep(1.5)
    t.clock()
    t.expect(peers.conn, 'ok', never=['quic-stateless-reset'], optional=True)


@case('quic-stateless-reset', 'near', 'no-ids',
      'the client has no ID of its own: each packet of the server begins otherwise')
def no_ids(t):
    """A browser; its connection ends with a small packet of the server."""
    peers = Peers(t)
    peers.open(client_id=b'')
    peers.asks(quic.short(SERVER_ID, 400))
    peers.answers(quic.short(b'', 43))
    t.sleep(1.5)
    t.clock()
    t.expect(peers.conn, 'ok', never=['quic-stateless-reset'], optional=True)


def ask_in_vain(t, peers, seconds=(0, 1, 3)):
    """The Initial at these times."""
    begin = time.monotonic()
    for number, second in enumerate(seconds):
        t.sleep(max(0, begin + second - time.monotonic()))
        peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO, number=number))


@case('quic-blocked', 'hit', 'udp-dropped',
      'Initials at 0, 1 and 3 s, and nothing back; TCP connects to the same port', pace='medium')
def udp_dropped(t):
    """A router drops UDP to port 443; the browser falls back to TCP."""
    peers = Peers(t)
    t.block('r2', 'forward', f'ip daddr {t.server} udp dport 443 drop')
    listener = t.listen(443)
    peers.asks(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO))
    t.sleep(0.3)
    fallback = t.good(443, listener)
    ask_in_vain(t, peers, (0.6, 2.6))
    t.sleep(7)
    t.clock()
    t.expect(peers.conn, 'quic-blocked', outcome='timed_out', count=1)
    t.expect(fallback, 'ok', '^>S <SA >A')


@case('quic-blocked', 'hit', 'prohibited', '2: ICMP 3/13 from a router quotes the Initial')
def prohibited(t):
    """A router rejects UDP to port 443 and says so."""
    peers = Peers(t)
    t.block('r1', 'forward', f'ip daddr {t.server} meta l4proto udp '
            'reject with icmp admin-prohibited')
    ask_in_vain(t, peers, (0, ))
    t.expect(peers.conn, 'quic-blocked', outcome='rejected', count=1)


@case('quic-blocked', 'near', 'tcp-was-faster',
      'one Initial is lost, and the client goes on in TCP at once: no word on UDP', pace='medium')
def tcp_was_faster(t):
    """TCP and QUIC race; the only Initial is lost."""
    peers = Peers(t)
    t.block('r2', 'forward', f'ip daddr {t.server} meta l4proto udp drop')
    listener = t.listen(443)
    ask_in_vain(t, peers, (0, ))
    t.good(443, listener)
    t.sleep(7)
    t.clock()
    t.expect(peers.conn, 'ok', never=['quic-blocked'], optional=True)


@case('quic-blocked', 'near', 'closed-port',
      '2: ICMP 3/3 from the server itself: no program takes QUIC, or a filter with the usual reject')
def closed_udp_port(t):
    """An Initial to a port that no program has open."""
    peers = Peers(t)
    peers.server.close()
    peers.client.sendto(quic.initial('client', FIRST_ID, CLIENT_ID, HELLO), (t.server, 443))
    t.wait_rtt()
    t.expect(peers.conn, 'udp-port-unreachable', outcome='rejected', count=1,
             never=['quic-blocked'], alternatives=['quic-blocked'])


@case('quic-blocked', 'near', 'third-is-answered', 'the third Initial is answered: two were lost',
      pace='medium')
def third_is_answered(t):
    """The path loses the first two Initials."""
    peers = Peers(t)
    t.block('r2', 'forward', f'ip daddr {t.server} meta l4proto udp drop')
    ask_in_vain(t, peers, (0, 1))
    t.unblock('r2')
    t.sleep(1.5)
    peers.open()
    t.sleep(7)
    t.clock()
    t.expect(peers.conn, 'ok', never=['quic-blocked'], optional=True)


@case('quic-blocked', 'near', 'answers-elsewhere',
      'only the client is heard, and it sends what needs an answer first: a one-sided capture',
      edit=lambda t, frames: [frame for frame in frames
                              if wire.packed(t.server) != frame[1][26:30]])
def answers_elsewhere(t):
    """Two connections of one client, of which the capture has one direction."""
    peers = Peers(t)
    ask_in_vain(t, peers, (0, 0.3))
    peers.open()
    t.sleep(1)
    t.expect(peers.conn, 'ok', never=['quic-blocked'], optional=True)
