# SPDX-License-Identifier: BSD-2-Clause
"""Cases: what HAProxy, nginx and connection tracking do to connections; the real programs."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time

from stage import REQUEST, table

case = table(group=21)

START_S = 10


def is_listening(t, node, address, port):
    with t.net.inside(node), socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


@contextlib.contextmanager
def program(t, node, address, port, write, argv):
    """A program of that node while it serves there; `write` fills its folder, {} stands for it."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        write(folder)
        with t.net.inside(node):
            child = subprocess.Popen([word.format(folder) for word in argv], cwd=folder,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + START_S
            while port and not is_listening(t, node, address, port):
                if time.monotonic() > until or child.poll() is not None:
                    raise OSError(f'{argv[0]} does not serve {address}:{port}')
                time.sleep(0.05)
            yield child
        finally:
            child.terminate()
            child.wait()


def haproxy(t, text, port=80, node='s'):
    """HAProxy there with that configuration."""

    def write(folder):
        with open(os.path.join(folder, 'haproxy.cfg'), 'w') as file:
            file.write('defaults\n timeout connect 2s\n timeout client 30s\n timeout server 30s\n'
                       + text)

    return program(t, node, t.server, port, write, ['haproxy', '-db', '-f', '{}/haproxy.cfg'])


def nginx(t, text):
    """nginx on the server with these lines in its server block; it answers 200."""

    def write(folder):
        with open(os.path.join(folder, 'nginx.conf'), 'w') as file:
            file.write('worker_processes 1; daemon off; master_process off; pid nginx.pid;\n'
                       'error_log stderr; events { worker_connections 64; }\n'
                       'http { access_log off; client_body_temp_path b; proxy_temp_path p;\n'
                       ' fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n'
                       f' server {{ listen {t.server}:80; {text} }} }}\n')

    return program(t, 's', t.server, 80, write, ['nginx', '-p', '{}', '-c', '{}/nginx.conf'])


def ask(t, conn):
    """A request, and what comes of it; none where the connection is gone."""
    with contextlib.suppress(OSError):
        conn.sock.sendall(REQUEST)
        t.wait_rtt()
        return conn.sock.recv(4000)
    return b''


@case('stale-pooled-connection', 'hit', 'nginx-keepalive',
      'FIN of nginx two seconds after its answer; the next request draws a RST', pace='medium')
def nginx_keepalive(t):
    """nginx ends the idle connection (keepalive_timeout 2s); the client's pool uses it again."""
    with nginx(t, 'keepalive_timeout 2s; location / { return 200 "ok"; }'):
        conn = t.dial(80)
        ask(t, conn)
        t.sleep(3)
        ask(t, conn)
        t.wait_rtt()
    t.expect(conn, 'stale-pooled-connection', '<F.* >D <R', 'reset',
             never=['reset-lost-state', 'reset-app-abort', 'late-data-after-close'])


@case('stale-pooled-connection', 'hit', 'haproxy-idle',
      'FIN of HAProxy two seconds after the last byte; the next request draws a RST', pace='medium')
def haproxy_idle(t):
    """HAProxy passes TCP on; its "timeout client" of two seconds ends the idle connection."""
    listener = t.listen(8080)
    text = (f'listen front\n mode tcp\n timeout client 2s\n timeout server 2s\n bind {t.server}:80\n'
            f' server one {t.server}:8080\n')
    with haproxy(t, text):
        conn = t.dial(80)
        peer, _ = listener.accept()
        t.held.append(peer)
        t.exchange(conn, peer)
        t.sleep(3.5)
        ask(t, conn)
        t.wait_rtt()
    t.expect(conn, 'stale-pooled-connection', '<F.* >D <R', 'reset', never=['reset-lost-state', 'accept-then-close'])


@case('accept-then-close', 'hit', 'haproxy-no-backend',
      'HAProxy accepts, finds nobody behind it and hangs up without a byte', pace='medium')
def haproxy_no_backend(t):
    """HAProxy in TCP mode whose only server refuses."""
    text = (f'listen front\n mode tcp\n bind {t.server}:80\n retries 0\n'
            f' server one {t.server}:8080\n')
    with haproxy(t, text):
        conn = t.dial(80)
        conn.sock.sendall(REQUEST)
        t.sleep(0.5)
    t.expect(conn, 'accept-then-close', '^>S <SA >A', 'closed_early',
             never=['late-data-after-close', 'rst-injected', 'reset-lost-state', 'refused-closed-port'])


@case('accept-then-close', 'hit', 'haproxy-reject', 'HAProxy\'s rule closes at once, without a byte',
      pace='medium')
def haproxy_reject(t):
    """HAProxy's "tcp-request connection reject": an access list."""
    text = (f'listen front\n mode tcp\n bind {t.server}:80\n tcp-request connection reject\n'
            f' server one {t.server}:8080\n')
    with haproxy(t, text):
        conn = t.dial(80)
        t.sleep(0.3)
    t.expect(conn, 'accept-then-close', '^>S <SA >A <RA$', accept=['reset-app-abort'],
             never=['rst-injected', 'refused-backend-down'])


@case('reset-lost-state', 'hit', 'haproxy-silent-drop',
      'the FIN of the client draws a RST: HAProxy had made its kernel forget the connection',
      vantage=('c', 's'), pace='medium')
def haproxy_silent_drop(t):
    """HAProxy's "silent-drop" for an unwanted client, which waits three seconds and closes."""
    text = (f'frontend front\n mode http\n bind {t.server}:80\n http-request silent-drop\n')
    with haproxy(t, text):
        conn = t.dial(80)
        conn.sock.sendall(REQUEST)
        t.sleep(3)
        conn.sock.close()
        t.sleep(0.3)
    t.expect(conn, 'reset-lost-state', '^>S <SA >A >D <A >F <R$', 'reset', never=['rst-injected'])


@case('ok-rst-close', 'hit', 'haproxy-check', 'RST+ACK after the handshake, every 500 ms',
      pace='medium')
def haproxy_check(t):
    """HAProxy on the client's side checks a server: connect, RST, twice a second."""
    t.listen(80)
    text = (f'listen front\n mode tcp\n bind 127.0.0.1:9999\n source {t.client}\n'
            f' server one {t.server}:80 check inter 500ms\n')
    with haproxy(t, text, None, 'c'):
        t.sleep(3.2)
    t.note('ok-rst-close', client=t.client, server=f'{t.server}:80', failure=False)


@case('reset-lost-state', 'hit', 'conntrack-flushed',
      'the request after the flush comes back as a RST of the server\'s host, not of its service',
      pace='medium')
def conntrack_flushed(t):
    """A service behind DNAT; its connection-tracking table is flushed in the middle."""
    t.sysctl('r3', 'netfilter.nf_conntrack_tcp_loose', 0)
    t.net.rules('r3', 'add table ip lab\n'
                'add chain ip lab pre { type nat hook prerouting priority dstnat; }\n'
                f'add rule ip lab pre ip daddr {t.server} tcp dport 80 dnat to {t.other}:8080\n')
    listener = t.listen(8080, address=t.other)
    conn = t.dial(80)
    peer, _ = listener.accept()
    t.held.append(peer)
    t.exchange(conn, peer)
    t.net.run('r3', 'conntrack', '-D', '-p', 'tcp', '--orig-dst', t.server, check=False)
    conn.sock.sendall(REQUEST)
    t.wait_rtt()
    t.expect(conn, 'reset-lost-state', '>D <R$', 'reset', never=['rst-injected'])
