# SPDX-License-Identifier: BSD-2-Clause
"""Cases: TCP works, and HTTP, gRPC or a server's first words say no.

nginx, HAProxy, nghttpd, curl and gRPC where they do it by themselves; what they never send is
written out by hand.
"""

import contextlib
import os
import socket
import struct
import sys
import tempfile
import threading

from stage import REQUEST, RESPONSE, table

case = table(group=20)

NGINX = '''daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    proxy_connect_timeout 1s; proxy_read_timeout 1s;
    server {{ listen {address}:80; {rules} }}
}}
'''
HAPROXY = '''defaults
    mode http
    timeout client 9s
    timeout server 1s
    timeout connect 1s
    retries 0
frontend front
    bind {address}:80
    default_backend back
backend back
{rules}
'''


@contextlib.contextmanager
def configured(t, program, template, rules, **fields):
    """A server with its configuration, listening on port 80."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, 'conf')
        with open(path, 'w') as file:
            file.write(template.format(folder=folder, address=t.server, rules=rules, **fields))
        command = {'nginx': ['nginx', '-p', folder, '-c', path, '-e', folder + '/error.log'],
                   'haproxy': ['haproxy', '-db', '-f', path]}[program]
        yield t.program('s', *command, port=80)


def ask(t, request=REQUEST, port=80, hang_up=True):
    """One request of a plain client; reads until the answer is there."""
    conn = t.dial(port)
    conn.sock.sendall(request)
    conn.answer = conn.sock.recv(65536)
    t.wait_rtt(0.6)
    if hang_up:
        conn.sock.close()
        t.wait_rtt()
    return conn


def proxy_to(t, backend):
    return f'location / {{ proxy_pass http://{backend}; proxy_bind {t.server}; }}'


def refused_leg(t, conn):
    """The proxy's own attempt, in the same capture."""
    t.note('refused-closed-port', client=t.server, server=f'{t.client2}:9', accept=['refused'])
    t.expect(conn, 'proxy-upstream-refused', '^>S <SA >A >D', 'app_refused')


@case('proxy-upstream-refused', 'hit', 'nginx-refused', '502; and the RST to the proxy before it',
      needs=('nginx', ))
def nginx_refused(t):
    """nginx, whose backend's port is closed; its own attempt passes the capture, too."""
    with configured(t, 'nginx', NGINX, proxy_to(t, f'{t.client2}:9')):
        conn = ask(t)
    refused_leg(t, conn)


@case('proxy-upstream-refused', 'hit', 'nginx-timeout', '504 after a second; the SYN before it',
      needs=('nginx', ))
def nginx_timeout(t):
    """nginx, whose backend does not answer; the attempt is under way when the 504 comes."""
    t.block('c', 'input', f'ip daddr {t.client2} drop')
    with configured(t, 'nginx', NGINX, proxy_to(t, f'{t.client2}:9')):
        conn = ask(t)
    t.expect(conn, 'proxy-upstream-refused', '^>S <SA >A >D', 'app_refused')


@case('proxy-upstream-refused', 'hit', 'nginx-hangs-up', '502; the backend is elsewhere',
      needs=('nginx', ))
def nginx_hangs_up(t):
    """nginx, whose backend on the same host takes the request and closes."""
    listener = t.listen(8080)

    def serve():
        peer, _ = listener.accept()
        peer.recv(1000)
        peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    with configured(t, 'nginx', NGINX, proxy_to(t, f'{t.server}:8080')):
        conn = ask(t)
    thread.join()
    t.expect(conn, 'proxy-upstream-refused', '^>S <SA >A >D', 'app_refused')


@case('proxy-upstream-refused', 'hit', 'haproxy-503', '503 in the words of HAProxy',
      needs=('haproxy', ))
def haproxy_absent(t):
    """HAProxy without a server; it closes, and the client resets what still comes."""
    with configured(t, 'haproxy', HAPROXY, '    # none'):
        conn = ask(t)
    t.expect(conn, 'proxy-upstream-refused', '^>S <SA >A >D', 'app_refused')


@case('proxy-upstream-refused', 'hit', 'haproxy-refused', '503; and the RST to the proxy before it',
      needs=('haproxy', ))
def haproxy_refused(t):
    """HAProxy, whose server's port is closed."""
    with configured(t, 'haproxy', HAPROXY, f'    server one {t.client2}:9 source {t.server}'):
        conn = ask(t)
    refused_leg(t, conn)


def answered(t, answer, request=REQUEST):
    """A server that answers so and closes."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer, request, answer)
    t.hang_up(conn.sock, peer)
    return conn


ENVOY_BODY = (b'upstream connect error or disconnect/reset before headers. reset reason: '
              b'connection failure')


@case('proxy-upstream-refused', 'hit', 'envoy-503', '503 in the words of Envoy')
def envoy(t):
    """Envoy's body, which names the reason."""
    conn = answered(t, b'HTTP/1.1 503 Service Unavailable\r\ncontent-length: %d\r\n'
                       b'content-type: text/plain\r\nserver: envoy\r\n\r\n' % len(ENVOY_BODY)
                    + ENVOY_BODY)
    t.expect(conn, 'proxy-upstream-refused', '^>S <SA >A >D', 'app_refused')


@case('proxy-upstream-refused', 'near', 'busy-503', '503 of a program that speaks for itself')
def busy(t):
    """A server that is overloaded says 503: nobody is behind it."""
    conn = answered(t, b'HTTP/1.1 503 Service Unavailable\r\nServer: gunicorn\r\nRetry-After: 5\r\n'
                       b'Content-Length: 4\r\n\r\nbusy')
    t.expect(conn, 'http-refused', '^>S <SA >A >D', 'app_refused', never=['proxy-upstream-refused'])


@case('http-refused', 'hit', 'nginx-413', '413', needs=('nginx', ))
def too_large(t):
    """nginx refuses a body that it finds too large, and closes before all of it came."""
    body = b'x' * 20000
    with configured(t, 'nginx', NGINX, 'client_max_body_size 10k; location / { return 204; }'):
        conn = t.dial(80)
        conn.sock.sendall(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' % len(body)
                          + body)
        conn.sock.recv(65536)
        t.wait_rtt()
        conn.sock.close()
        t.wait_rtt()
    t.expect(conn, 'http-refused', '^>S <SA >A >D', 'app_refused')


@case('http-refused', 'hit', 'haproxy-400', '400', needs=('haproxy', ))
def bad_request(t):
    """HAProxy refuses a request whose header makes no sense."""
    with configured(t, 'haproxy', HAPROXY, '    # none'):
        conn = ask(t, b'GET / HTTP/1.1\r\nHo st: a\r\n\r\n')
    t.expect(conn, 'http-refused', '^>S <SA >A >D', 'app_refused')


@case('http-refused', 'hit', 'too-many-429', '429 after an answer that was fine')
def too_many(t):
    """The second request on a connection meets a limit."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.exchange(conn, peer, response=b'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n')
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'http-refused', '^>S <SA >A >D', 'app_refused')


@case('http-refused', 'near', 'nginx-404', '404 is an answer', needs=('nginx', ))
def not_found(t):
    """What is not there is not there: the server answered."""
    with configured(t, 'nginx', NGINX, 'location / { return 404; }'):
        conn = ask(t)
    t.expect(conn, 'ok', '^>S <SA >A >D', 'ok', accept=['rst-after-fin', 'ok-rst-close'])


@case('http-refused', 'near', 'idle-408', '408 that nobody asked for')
def idle_408(t):
    """A server ends a kept connection with a 408, to no request at all."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    peer.sendall(b'HTTP/1.1 408 Request Time-out\r\nConnection: close\r\n\r\n')
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', '^>S <SA >A >D', 'ok', never=['http-refused'],
             accept=['rst-after-fin', 'ok-rst-close'])


@case('ok', 'hit', 'nginx-keepalive', 'all: twenty requests, one of them for what is not there',
      needs=('nginx', ))
def kept(t):
    """Many requests on one connection of nginx."""
    with configured(t, 'nginx', NGINX, 'location / { return 200 "hello"; } location /x { return '
                                       '404; }'):
        conn = t.dial(80)
        for i in range(20):
            conn.sock.sendall(REQUEST.replace(b'GET /', b'GET /x') if i == 9 else REQUEST)
            conn.sock.recv(65536)
        conn.sock.close()
        t.wait_rtt()
    t.expect(conn, 'ok', '^>S <SA >A >D', 'ok', accept=['rst-after-fin'])


# HTTP/2

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def fields(*pairs):
    """As HPACK writes them without its tables."""
    return b''.join(b'\0' + bytes([len(name)]) + name + bytes([len(value)]) + value
                    for name, value in pairs)


def goaway(code, last=0, text=b''):
    return frame(GOAWAY, 0, 0, struct.pack('>II', last, code) + text)


def get(stream, path=b'/'):
    return frame(HEADERS, END_HEADERS | END_STREAM, stream,
                 fields((b':method', b'GET'), (b':scheme', b'http'), (b':authority', b'a'),
                        (b':path', path)))


HELLO2 = PREFACE + frame(SETTINGS, 0, 0)
OK2 = frame(HEADERS, END_HEADERS | END_STREAM, 1, fields((b':status', b'204')))


def played(t, answer, request=HELLO2 + get(1), port=8080):
    """A server of HTTP/2 that answers so; the client closes in order."""
    conn, peer = t.pair(port)
    conn.sock.sendall(request)
    t.read(peer, len(request))
    peer.sendall(frame(SETTINGS, 0, 0) + frame(SETTINGS, ACK, 0) + answer)
    t.read(conn.sock, 18 + len(answer))
    t.wait_rtt(0.6)
    t.hang_up(conn.sock, peer)
    return conn


def with_nghttpd(t, request, *options):
    """What nghttpd answers to that; returns the connection."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        t.program('s', 'nghttpd', '--no-tls', '-a', t.server, '-d', folder, *options, '8080',
                  port=8080)
        conn = t.dial(8080)
        with contextlib.suppress(OSError):
            conn.sock.sendall(request)
            conn.sock.settimeout(10 * t.rtt_s)
            while conn.sock.recv(65536):
                pass
        conn.sock.close()
        t.wait_rtt()
    return conn


H2_FAILED = {'shape': '^>S <SA >A >D', 'outcome': 'app_refused'}
H2_FINE = {'shape': '^>S <SA >A >D', 'outcome': 'ok', 'accept': ['rst-after-fin', 'ok-rst-close']}


@case('h2-preface-mismatch', 'hit', 'preface-to-nginx', 'the preface, and 400 in answer',
      needs=('nginx', 'curl'))
def preface_to_http1(t):
    """curl with prior knowledge of HTTP/2 at a port of plain HTTP/1."""
    with configured(t, 'nginx', NGINX, 'location / { return 204; }'):
        curl = t.program('c', 'curl', '-s', '--interface', t.client, '--http2-prior-knowledge',
                         f'http://{t.server}/')
        curl.wait()
        t.wait_rtt()
    t.note('h2-preface-mismatch', client=t.client, server=f'{t.server}:80', outcome='app_refused')


@case('h2-preface-mismatch', 'hit', 'http1-to-nghttpd', 'GET, and SETTINGS in answer',
      needs=('nghttpd', ))
def http1_to_http2(t):
    """A health check of HTTP/1 at a port of HTTP/2."""
    conn = with_nghttpd(t, REQUEST)
    t.expect(conn, 'h2-preface-mismatch', **H2_FAILED)


@case('h2-preface-mismatch', 'near', 'upgrade', '101, then the preface')
def upgraded(t):
    """An upgrade from HTTP/1 to HTTP/2 that both sides want (RFC 7540 section 3.2)."""
    conn, peer = t.pair(8080)
    t.exchange(conn, peer, REQUEST[:-2] + b'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n'
               b'HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
               b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
               + frame(SETTINGS, 0, 0))
    t.exchange(conn, peer, HELLO2, frame(SETTINGS, ACK, 0) + OK2)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', never=['h2-preface-mismatch'], **H2_FINE)


@case('h2-goaway', 'hit', 'protocol-error', 'GOAWAY 1 of nghttpd', needs=('nghttpd', ))
def protocol_error(t):
    """nghttpd gets data on stream 0."""
    conn = with_nghttpd(t, HELLO2 + frame(DATA, END_STREAM, 0, b'x'))
    t.expect(conn, 'h2-goaway', **H2_FAILED)


@case('h2-goaway', 'hit', 'split', 'GOAWAY 2 in two segments')
def split_goaway(t):
    """The frame comes in pieces, the first of three bytes."""
    conn, peer = t.pair(8080)
    t.exchange(conn, peer, HELLO2 + get(1), frame(SETTINGS, 0, 0) + OK2)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    said = goaway(2, 1, b'out of luck')
    for piece in (said[:3], said[3:14], said[14:]):
        peer.sendall(piece)
        t.wait_rtt(0.3)
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'h2-goaway', **H2_FAILED)


@case('h2-goaway', 'near', 'drain', 'GOAWAY 0, twice, as servers do that go away')
def drained(t):
    """An orderly end: first no new streams, then the last one that was taken."""
    conn, peer = t.pair(8080)
    t.exchange(conn, peer, HELLO2 + get(1), frame(SETTINGS, 0, 0) + OK2)
    peer.sendall(goaway(0, 0x7fffffff))
    t.wait_rtt()
    peer.sendall(goaway(0, 1, b'max_age'))
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', never=['h2-goaway', 'h2-stream-refused'], **H2_FINE)


@case('h2-stream-refused', 'hit', 'too-many-streams', 'RST_STREAM 7', needs=('nghttpd', ))
def too_many_streams(t):
    """nghttpd allows one stream; the client opens five before it has read that."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        t.program('s', 'nghttpd', '--no-tls', '-a', t.server, '-d', folder, '-m', '1', '8080',
                  port=8080)
        conn = t.dial(8080)
        conn.sock.sendall(HELLO2)
        conn.sock.recv(65536)
        conn.sock.sendall(b''.join(frame(HEADERS, END_HEADERS, stream, get(1)[9:])
                                   for stream in range(1, 11, 2)))
        t.wait_rtt()
        conn.sock.sendall(frame(SETTINGS, ACK, 0) + goaway(0))
        t.wait_rtt()
        conn.sock.close()
        t.wait_rtt()
    t.expect(conn, 'h2-stream-refused', **H2_FAILED)


@case('h2-stream-refused', 'hit', 'left-out', 'GOAWAY 0 whose last stream is less than the third')
def left_out(t):
    """A server goes away while a request is on its way to it."""
    conn, peer = t.pair(8080)
    t.exchange(conn, peer, HELLO2 + get(1), frame(SETTINGS, 0, 0) + OK2)
    conn.sock.sendall(get(3))
    peer.sendall(goaway(0, 1))
    t.wait_rtt()
    peer.close()
    conn.sock.close()
    t.wait_rtt()
    t.expect(conn, 'h2-stream-refused', **H2_FAILED)


@case('h2-stream-refused', 'near', 'cancelled', 'RST_STREAM 8 of the client')
def cancelled(t):
    """A client that does not want the answer any more."""
    conn, peer = t.pair(8080)
    t.exchange(conn, peer, HELLO2 + get(1), frame(SETTINGS, 0, 0) + OK2)
    t.exchange(conn, peer, get(3) + frame(RST_STREAM, 0, 3, struct.pack('>I', 8)),
               frame(6, ACK, 0, bytes(8)))
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', never=['h2-stream-refused'], **H2_FINE)


@case('h2-inadequate-security', 'hit', 'goaway-12', 'GOAWAY 12')
def inadequate(t):
    """Behind what ended the TLS: the server finds it too weak."""
    conn = played(t, goaway(12))
    t.expect(conn, 'h2-inadequate-security', shape='^>S <SA >A >D', outcome='tls_refused')


@case('h2-inadequate-security', 'near', 'no-error', 'GOAWAY 0')
def adequate(t):
    """The same connection with an orderly end."""
    conn = played(t, OK2 + goaway(0, 1))
    t.expect(conn, 'ok', never=['h2-inadequate-security'], **H2_FINE)


@case('h2-http11-required', 'hit', 'rst-stream-13', 'RST_STREAM 13')
def http11_required(t):
    """A server that wants HTTP/1.1 for what was asked, as for Windows authentication."""
    conn = played(t, frame(RST_STREAM, 0, 1, struct.pack('>I', 13)) + goaway(0, 1))
    t.expect(conn, 'h2-http11-required', **H2_FAILED)


@case('h2-http11-required', 'near', 'rst-stream-0', 'RST_STREAM 0 behind the answer')
def answer_is_enough(t):
    """A server that answered before it had read all says so with NO_ERROR."""
    conn = played(t, OK2 + frame(RST_STREAM, 0, 1, bytes(4)) + goaway(0, 1))
    t.expect(conn, 'ok', never=['h2-http11-required', 'h2-stream-refused'], **H2_FINE)


@case('ok', 'hit', 'h2load', 'all: hundreds of requests in clear HTTP/2',
      needs=('nghttpd', 'h2load'))
def loaded(t):
    """h2load and nghttpd, ten streams at a time."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        with open(os.path.join(folder, 'page'), 'w') as file:
            file.write('hello' * 20)
        t.program('s', 'nghttpd', '--no-tls', '-a', t.server, '-d', folder, '8080', port=8080)
        t.source('c', t.server, t.client)
        t.program('c', 'h2load', '-n', '100', '-c', '2', '-m', '10',
                  f'http://{t.server}:8080/page').wait()
        t.wait_rtt()
    t.note('ok', client=t.client, server=f'{t.server}:8080', count=2,
           accept=['rst-after-fin', 'ok-rst-close'])


# gRPC

GRPC_SERVER = '''
import sys, time
from concurrent import futures
import grpc

def answer(request, context):
    if request == b'fail':
        context.abort(grpc.StatusCode.UNAVAILABLE, 'no backend: try "later"')
    if request == b'late':
        time.sleep(6)
    return request

class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == '/lab.Echo/Say':
            return grpc.unary_unary_rpc_method_handler(answer)

server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Handler()],
                     options=[('grpc.http2.max_ping_strikes', 1)])
server.add_insecure_port(sys.argv[1])
server.start()
server.wait_for_termination()
'''
GRPC_CLIENT = '''
import sys
import grpc

options = [('grpc.enable_retries', 0)]
if 'pings' in sys.argv[4:]:
    options += [('grpc.keepalive_time_ms', 150), ('grpc.keepalive_permit_without_calls', 1),
                ('grpc.http2.max_pings_without_data', 0),
                ('grpc.http2.min_time_between_pings_ms', 100)]
channel = grpc.insecure_channel(sys.argv[1], options)
try:
    channel.unary_unary(sys.argv[2])(sys.argv[3].encode(), timeout=9)
except grpc.RpcError as error:
    print(error.code())
channel.close()
'''


def call(t, method, *words):
    """A call of the gRPC library to itself."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        for name, text in (('server', GRPC_SERVER), ('client', GRPC_CLIENT)):
            with open(os.path.join(folder, name), 'w') as file:
                file.write(text)
        server = t.program('s', sys.executable, folder + '/server', f'{t.server}:50051', port=50051)
        t.source('c', t.server, t.client)
        t.program('c', sys.executable, folder + '/client', f'{t.server}:50051', method,
                  *words).wait()
        t.wait_rtt(3)
        server.kill()
        server.wait()


def expect_call(t, verdict, **more):
    t.note(verdict, client=t.client, server=f'{t.server}:50051', **more)


@case('grpc-error', 'hit', 'unavailable', 'grpc-status 14 in the trailers',
      needs=('python:grpc', ))
def unavailable(t):
    """The server's program aborts the call."""
    call(t, '/lab.Echo/Say', 'fail')
    expect_call(t, 'grpc-error', outcome='app_refused')


@case('grpc-error', 'hit', 'unimplemented', 'grpc-status 12, headers only',
      needs=('python:grpc', ))
def unimplemented(t):
    """A method that the server does not have."""
    call(t, '/lab.Echo/Sing', 'la')
    expect_call(t, 'grpc-error', outcome='app_refused')


@case('grpc-error', 'hit', 'http-502', ':status 502 to a gRPC request')
def grpc_behind_proxy(t):
    """A proxy that does not speak gRPC says 502, which stands for UNAVAILABLE."""
    post = frame(HEADERS, END_HEADERS | END_STREAM, 1,
                 fields((b':method', b'POST'), (b':scheme', b'http'), (b':path', b'/lab.Echo/Say'),
                        (b'content-type', b'application/grpc')))
    conn = played(t, frame(HEADERS, END_HEADERS | END_STREAM, 1,
                           fields((b':status', b'502'), (b'server', b'nginx'))) + goaway(0, 1),
                  HELLO2 + post)
    t.expect(conn, 'grpc-error', **H2_FAILED)


@case('grpc-error', 'near', 'echo', 'grpc-status 0',
      needs=('python:grpc', ))
def echoed(t):
    """A call that is answered."""
    call(t, '/lab.Echo/Say', 'hello')
    expect_call(t, 'ok', accept=['rst-after-fin', 'ok-rst-close'], **{'not': ['grpc-error']})


@case('h2-enhance-your-calm', 'hit', 'too-many-pings', 'GOAWAY 11 too_many_pings', pace='medium',
      needs=('python:grpc', ))
def too_many_pings(t):
    """A gRPC client whose keepalive is shorter than the server allows."""
    call(t, '/lab.Echo/Say', 'late', 'pings')
    expect_call(t, 'h2-enhance-your-calm', outcome='app_refused')


@case('h2-enhance-your-calm', 'near', 'slow-answer', 'an answer that takes its time, no GOAWAY',
      needs=('python:grpc', ))
def calm(t):
    """A call without keepalive pings."""
    call(t, '/lab.Echo/Say', 'calm')
    expect_call(t, 'ok', accept=['rst-after-fin', 'ok-rst-close'],
                **{'not': ['h2-enhance-your-calm']})


# First words


def greeted(t, words, port, said=b'', close=True):
    """A server that speaks first, or after what the client says, and closes."""
    conn, peer = t.pair(port)
    if said:
        conn.sock.sendall(said)
        t.read(peer, len(said))
    peer.sendall(words)
    t.read(conn.sock, len(words))
    if close:
        t.hang_up(peer, conn.sock)
    return conn, peer


def turned_away(t, *args):
    conn, _ = greeted(t, *args)
    t.expect(conn, 'app-banner-refusal', '^>S <SA >A', 'app_refused')


POSTGRES_START = struct.pack('>II', 27, 196608) + b'user\0lab\0database\0x\0\0'[:19]


@case('app-banner-refusal', 'hit', 'ssh-max-startups', 'the first words of the server')
def ssh_full(t):
    """OpenSSH with too many logins under way."""
    turned_away(t, b'Exceeded MaxStartups\r\n', 22)


@case('app-banner-refusal', 'hit', 'smtp-421', '421 before any command')
def smtp_busy(t):
    """A mail server that has enough connections of this client."""
    turned_away(t, b'421 4.7.0 mx.test Error: too many connections from 10.77.0.1\r\n', 25)


@case('app-banner-refusal', 'hit', 'ftp-530', '530 instead of 220')
def ftp_full(t):
    """An FTP server that is full."""
    turned_away(t, b'530 Sorry, the maximum number of clients (50) are already connected.\r\n', 21)


@case('app-banner-refusal', 'hit', 'mysql-1040', 'an error in the place of the greeting')
def mysql_full(t):
    """MySQL with too many connections."""
    turned_away(t, b'\x17\0\0\0\xff\x10\x04Too many connections', 3306)


@case('app-banner-refusal', 'hit', 'postgres-53300', 'FATAL in answer to the startup')
def postgres_full(t):
    """PostgreSQL with too many clients."""
    body = (b'SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0Fproc.c\0L362\0'
            b'RInitProcess\0\0')
    turned_away(t, b'E' + struct.pack('>I', 4 + len(body)) + body, 5432, POSTGRES_START)


@case('app-banner-refusal', 'hit', 'redis-maxclients', '-ERR before any command')
def redis_full(t):
    """Redis with too many clients."""
    turned_away(t, b'-ERR max number of clients reached\r\n', 6379)


@case('app-banner-refusal', 'near', 'smtp-session', '421 after a session')
def smtp_idle(t):
    """A mail server that greets, works, and hangs up in order when nothing comes any more."""
    conn, peer = greeted(t, b'220 mx.test ESMTP\r\n', 25, close=False)
    t.exchange(conn, peer, b'EHLO lab\r\n', b'250 mx.test\r\n')
    t.exchange(conn, peer, b'QUIT\r\n', b'221 bye\r\n')
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', '^>S <SA >A', 'ok', never=['app-banner-refusal'])


@case('app-banner-refusal', 'near', 'redis-error', '-ERR in answer to a command')
def redis_error(t):
    """A command that Redis does not know is no refusal of the connection."""
    conn, peer = greeted(t, b"-ERR unknown command 'x'\r\n", 6379, b'x\r\n', False)
    t.exchange(conn, peer, b'PING\r\n', b'+PONG\r\n')
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '^>S <SA >A', 'ok', never=['app-banner-refusal'])


# Datagrams


def datagrams(t, port, n=1, cport=40001):
    """A client that sends some, half a second apart."""
    sock = t.socket_in('c', kind=socket.SOCK_DGRAM)
    sock.bind((t.client, cport))
    for _ in range(n):
        with contextlib.suppress(ConnectionRefusedError):
            sock.sendto(b'hello', (t.server, port))
        t.sleep(0.5)
    return sock, t.raw_conn(cport, port)


@case('udp-port-unreachable', 'hit', 'closed-port', 'port unreachable, quoting the datagram')
def udp_closed(t):
    """Datagrams to a port that nobody has open; each draws an error."""
    _, conn = datagrams(t, 53, 3)
    t.expect(conn, 'udp-port-unreachable', outcome='rejected', count=1)


@case('udp-port-unreachable', 'near', 'late-answer', 'port unreachable, quoting an answer')
def udp_late(t):
    """The client does not wait; the server's late answer meets a closed port."""
    listener = t.socket_in('s', kind=socket.SOCK_DGRAM)
    listener.bind((t.server, 53))
    sock, conn = datagrams(t, 53)
    sock.close()
    _, peer = listener.recvfrom(100)
    listener.sendto(b'late', peer)
    t.sleep(0.2)
    t.expect(conn, 'ok', never=['udp-port-unreachable'], optional=True)


@case('udp-port-unreachable', 'near', 'traceroute', 'port unreachable that was asked for')
def udp_traceroute(t):
    """A probe of traceroute arrives: the error is the answer that it wants."""
    _, conn = datagrams(t, 33435)
    t.expect(conn, 'ok', never=['udp-port-unreachable'], optional=True)


# Answers that are owed when a connection is closed in order


@case('accept-then-close', 'hit', 'second-request', 'FIN in answer to the second request')
def second_unanswered(t):
    """A program that answers once, takes the next request and is gone."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'accept-then-close', '<D .*>D .*<F .*>F', 'closed_early',
             never=['ok', 'stale-pooled-connection'])


@case('accept-then-close', 'hit', 'answer-cut', 'FIN 900 bytes before the end of the answer')
def cut(t):
    """A proxy that loses its backend in the middle of an answer."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer, REQUEST,
               b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + 100 * b'x')
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'accept-then-close', '<D .*<F .*>F', 'closed_early', never=['ok'])


@case('accept-then-close', 'hit', 'chunk-missing', 'FIN before the last chunk')
def chunk_missing(t):
    """A program that ends while it streams its answer."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer, REQUEST,
               b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    t.wait_rtt()
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'accept-then-close', '<D .*<F .*>F', 'closed_early', never=['ok'])


@case('accept-then-close', 'near', 'bodyless', 'all: answers without the body that they announce')
def bodyless(t):
    """HEAD, 304, 204 and an interim response; the server closes first."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer, REQUEST.replace(b'GET', b'HEAD'),
               b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n')
    t.exchange(conn, peer, REQUEST, b'HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n')
    t.exchange(conn, peer, REQUEST, b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 Gone on\r\n\r\n')
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', '<D .*<F .*>F', 'ok', never=['accept-then-close'])


@case('accept-then-close', 'near', 'last-of-pipeline',
      'the answer says close: what was asked behind it is asked again')
def pipelined(t):
    """Two requests at once, and an answer that is the last of the connection."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer, 2 * REQUEST, RESPONSE.replace(b'\r\n\r\n',
                                                         b'\r\nConnection: close\r\n\r\n'))
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', '<D .*<F .*>F', 'ok', never=['accept-then-close'])


@case('accept-then-close', 'near', 'to-close', 'an answer without a length ends with the close')
def to_close(t):
    """A server of HTTP/1.0."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer, REQUEST, b'HTTP/1.0 200 OK\r\n\r\nhello')
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', '<D .*<F .*>F', 'ok', never=['accept-then-close'])


@case('stale-pooled-connection', 'hit', 'drained',
      'the request crosses the FIN; the server reads it and says nothing', pace='medium')
def drained_idle(t):
    """A server that closes an idle connection and reads on, as Apache does."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(2)
    peer.shutdown(socket.SHUT_WR)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    conn.sock.close()
    t.wait_rtt()
    peer.close()
    t.expect(conn, 'stale-pooled-connection', '>D <F .*>F', 'closed_early', race=True,
             never=['ok', 'accept-then-close'])


@case('client-abort', 'hit', 'timeout-fin', 'FIN of the client, 1.5 s after its request',
      pace='medium')
def waits_in_vain(t):
    """A client whose program waits so long for an answer; nothing is unread, so it sends FIN."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    conn.sock.sendall(REQUEST)
    t.read(peer, len(REQUEST))
    t.sleep(1.5)
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'client-abort', '>D .*>F .*<F', never=['ok', 'accept-then-close'])


@case('client-abort', 'near', 'half-closed', 'FIN of the client, and then the answer',
      pace='medium')
def half_closed(t):
    """A client that says that it has asked everything, and gets its answer after 1.5 s."""
    conn, peer = t.pair(80)
    conn.sock.sendall(REQUEST)
    conn.sock.shutdown(socket.SHUT_WR)
    t.read(peer, len(REQUEST))
    t.sleep(1.5)
    peer.sendall(RESPONSE)
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'ok', '>DF?|>F .*<D', 'ok', never=['client-abort'])


# PROXY headers

PROXY_LINE = b'PROXY TCP4 192.0.2.7 198.51.100.9 40000 443\r\n'


@case('http-refused', 'hit', 'proxy-header', '400 to a PROXY header that nginx does not expect',
      needs=('nginx', ))
def unexpected_header(t):
    """A balancer sends a PROXY header to an nginx that is not told of it."""
    with configured(t, 'nginx', NGINX, 'location / { return 204; }'):
        conn = ask(t, PROXY_LINE + REQUEST)
    t.expect(conn, 'http-refused', '^>S <SA >A >D', 'app_refused')


@case('http-refused', 'near', 'proxy-header', 'a PROXY header, a request, an answer',
      needs=('nginx', ))
def expected_header(t):
    """nginx that expects the header; header and request come in segments of their own."""
    with configured(t, 'nginx', NGINX.replace(':80;', ':80 proxy_protocol;'),
                    'location / { return 200 "ok"; }'):
        conn = t.dial(80)
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        conn.sock.sendall(PROXY_LINE)
        conn.sock.sendall(REQUEST)
        conn.sock.recv(65536)
        conn.sock.close()
        t.wait_rtt()
    t.expect(conn, 'ok', '>D >D .*<D', 'ok', accept=['rst-after-fin', 'ok-rst-close'],
             never=['http-refused'])


@case('accept-then-close', 'hit', 'no-proxy-header', 'FIN in answer to the request',
      needs=('nginx', ))
def missing_header(t):
    """nginx that waits for a PROXY header, and a client that sends none."""
    with configured(t, 'nginx', NGINX.replace(':80;', ':80 proxy_protocol;'),
                    'location / { return 200 "ok"; }'):
        conn = t.dial(80)
        conn.sock.sendall(REQUEST)
        conn.sock.recv(65536)
        conn.sock.close()
        t.wait_rtt()
    t.expect(conn, 'accept-then-close', '>D .*<R?F?', never=['ok'], accept=['reset-app-abort'])


@case('accept-then-close', 'hit', 'stream-unanswered', 'FIN, and stream 3 has no answer')
def stream_unanswered(t):
    """A server of HTTP/2 that answers one request and is gone at the next."""
    conn, peer = t.pair(8080)
    t.exchange(conn, peer, HELLO2 + get(1), frame(SETTINGS, 0, 0) + OK2)
    conn.sock.sendall(get(3))
    t.read(peer, len(get(3)))
    t.hang_up(peer, conn.sock)
    t.expect(conn, 'accept-then-close', '<D .*>D .*<F', 'closed_early', never=['ok'])


SSL_REQUEST = struct.pack('>II', 8, 80877103)


@case('app-banner-refusal', 'hit', 'postgres-no-ssl', 'N to the SSLRequest, and the client goes')
def postgres_no_ssl(t):
    """A client that wants TLS (sslmode=require) and a PostgreSQL that has none."""
    conn, peer = t.pair(5432)
    t.exchange(conn, peer, SSL_REQUEST, b'N')
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'app-banner-refusal', '^>S <SA >A >D', 'app_refused')


@case('app-banner-refusal', 'near', 'postgres-in-clear', 'N to the SSLRequest, and a login in clear')
def postgres_prefers(t):
    """A client that would like TLS (sslmode=prefer) and does without."""
    conn, peer = t.pair(5432)
    t.exchange(conn, peer, SSL_REQUEST, b'N')
    t.exchange(conn, peer, POSTGRES_START, b'R\0\0\0\x08\0\0\0\0')
    t.exchange(conn, peer, b'X\0\0\0\x04', b'')
    t.hang_up(conn.sock, peer)
    t.expect(conn, 'ok', '^>S <SA >A >D', 'ok', never=['app-banner-refusal'])


@case('stale-pooled-connection', 'hit', 'race-then-close',
      'the request crosses the FIN, and the client closes before the RST comes', pace='medium')
def race_then_close(t):
    """A client that sees the end of file closes at once: two RSTs, the first for the request."""
    conn, peer = t.pair(80)
    t.exchange(conn, peer)
    t.sleep(2)
    peer.close()
    conn.sock.sendall(REQUEST)
    conn.sock.recv(1)
    conn.sock.close()
    t.wait_rtt()
    t.expect(conn, 'stale-pooled-connection', '>D <F .*>F .*<R', 'reset', race=True,
             never=['late-data-after-close', 'reset-unexplained'])


@case('accept-then-close', 'hit', 'grpc-killed', 'FIN in the middle of a call, stream 1 has no answer',
      pace='medium', needs=('python:grpc', ))
def grpc_killed(t):
    """A gRPC server is killed; the client resets its stream with REFUSED_STREAM, which says nothing."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        for name, text in (('server', GRPC_SERVER), ('client', GRPC_CLIENT)):
            with open(os.path.join(folder, name), 'w') as file:
                file.write(text)
        server = t.program('s', sys.executable, folder + '/server', f'{t.server}:50051', port=50051)
        t.source('c', t.server, t.client)
        client = t.program('c', sys.executable, folder + '/client', f'{t.server}:50051',
                           '/lab.Echo/Say', 'late')
        t.sleep(1.5)
        server.kill()
        server.wait()
        client.wait()
        t.wait_rtt(2)
    expect_call(t, 'accept-then-close', outcome='closed_early', **{'not': ['h2-stream-refused']})
