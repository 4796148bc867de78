# SPDX-License-Identifier: BSD-2-Clause
"""Resets that say why, by Multipath TCP; and a download whose big segments never arrive."""

import socket

from stage import REQUEST, RESPONSE, Conn, table

case = table(group=40)

IPPROTO_MPTCP = 262


def multipath_socket(t, node):
    with t.net.inside(node):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.settimeout(5)
    t.held.append(sock)
    return sock


def multipath_pair(t):
    """A connection of Multipath TCP, both ends of it."""
    for node in ('c', 's'):
        t.sysctl(node, 'mptcp.enabled', 1)
    listener, sock = multipath_socket(t, 's'), multipath_socket(t, 'c')
    listener.bind((t.server, 80))
    listener.listen(8)
    sock.bind((t.client, 40001))
    sock.connect((t.server, 80))
    peer, _ = listener.accept()
    t.held.append(peer)
    key = (t.client, 40001, t.server, 80)
    return Conn(sock, f'{t.client}:40001', f'{t.server}:80', key), peer


@case('mptcp-reset', 'hit', 'fastclose',
      'last: RST with the option MP_FASTCLOSE: the program aborts the whole connection')
def fastclose(t):
    """The server's program aborts a connection of Multipath TCP with SO_LINGER 0."""
    conn, peer = multipath_pair(t)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.wait_rtt()
    t.abort(peer)
    t.wait_rtt(2)
    t.expect(conn, 'mptcp-reset', '>D .*<RA', 'reset',
             never=['rst-injected', 'firewall-midstream-rst'])


@case('mptcp-reset', 'near', 'closed-in-order',
      'the connection speaks Multipath TCP and is closed by FIN')
def multipath_close(t):
    """Multipath TCP that ends as it should."""
    conn, peer = multipath_pair(t)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    peer.sendall(RESPONSE)
    t.read(conn.sock, len(RESPONSE))
    conn.sock.close()
    t.wait_rtt(2)
    peer.close()
    t.wait_rtt(2)
    t.expect(conn, 'ok', '>D .*<D .*F', 'ok', never=['mptcp-reset'])


@case('pmtu-blackhole', 'hit', 'download-at-client',
      'the tail of the answer comes, the full segments before it never do', pace='medium')
def download(t):
    """The middle router drops packets over 1300 bytes; the client waits for its download."""
    t.block('r2', 'forward', 'meta length > 1300 drop')
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n' + b'd' * 3000)
    t.sleep(5)
    t.abort(conn.sock)
    t.wait_rtt()
    t.expect(conn, 'pmtu-blackhole', '>D <A <D >A.*>R', 'blackholed', accept=['client-abort'],
             never=['reset-app-abort'])
