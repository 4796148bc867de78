# SPDX-License-Identifier: BSD-2-Clause
"""Cases: QUIC and SCTP.

Neither is in the kernels of the lab: raw sockets send both sides' packets, on a real path.
"""

import wire
from stage import table

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
