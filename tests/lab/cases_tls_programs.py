# SPDX-License-Identifier: BSD-2-Clause
"""Cases: TLS between the openssl command, nginx and curl, as they are found in the field."""

import contextlib
import os
import socket
import ssl
import subprocess
import sys

import wire
from cases_boxes import program
from cases_tls import TLS_VERDICTS, certificate
from stage import REQUEST, Conn, table

case = table(group=24)

ALL_TLS = (*TLS_VERDICTS, 'tls-reset-on-hello', 'tls-hello-blackhole', 'tls-on-plain-port',
           'http-on-tls-port')
PROXY_LINE = b'PROXY TCP4 192.0.2.7 198.51.100.9 40000 443\r\n'
FINE = ['rst-after-fin', 'ok-rst-close']


def certificates(folder):
    for name in ('server.test', 'other.test'):
        certificate(folder, name)


def s_server(t, *options):
    """openssl s_server on port 443, with server.test's certificate; {} is its folder."""
    return program(t, 's', t.server, 443, certificates,
                   ['openssl', 's_server', '-quiet', '-accept', f'{t.server}:443', '-cert',
                    '{}/server.test.pem', '-key', '{}/server.test.key', '-CAfile',
                    '{}/server.test.pem', *options])


def nginx(t, text, listens=''):
    """nginx with TLS on port 443."""

    def write(folder):
        certificates(folder)
        with open(os.path.join(folder, 'nginx.conf'), 'w') as file:
            file.write('worker_processes 1; daemon off; master_process off; pid nginx.pid;\n'
                       'error_log stderr; events { worker_connections 64; }\n'
                       'http { access_log off; client_body_temp_path b; proxy_temp_path p;\n'
                       ' fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n'
                       f' server {{ listen {t.server}:443 ssl{listens}; ssl_certificate server.test.pem;\n'
                       f' ssl_certificate_key server.test.key; {text}\n'
                       ' location / { return 200 "ok"; } } }\n')

    return program(t, 's', t.server, 443, write, ['nginx', '-p', '{}', '-c', '{}/nginx.conf'])


def client_hello():
    """What Python's client says first."""
    said = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said,
                                                   server_hostname='server.test')
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


def ends(t, port):
    return Conn(None, wire.endpoint(t.client, port), wire.endpoint(t.server, 443),
                (t.client, port, t.server, 443))


def run_client(t, argv, folder=None, words=b''):
    with t.net.inside('c'):
        subprocess.run(argv, input=words, cwd=folder, capture_output=True, timeout=10, check=False)
    t.wait_rtt()


def s_client(t, child, *options, words=b''):
    """openssl s_client; says the words and reads to the end of its input."""
    conn = ends(t, 40001)
    run_client(t, ['openssl', 's_client', '-bind', conn.client, '-connect', conn.server,
                   '-servername', 'server.test', *options], f'/proc/{child.pid}/cwd', words)
    return conn


def curl(t, port, *options):
    conn = ends(t, port)
    run_client(t, ['curl', '-sk', '--interface', t.client, '--local-port', str(port), *options,
                   f'https://{conn.server}/'])
    return conn


@case('tls-encrypted-alert', 'hit', 'openssl-untrusted-13',
      'large records of the client, then 19 bytes of the server and the end')
def untrusted_13(t):
    """openssl s_server -Verify does not know the client's certificate (TLS 1.3)."""
    with s_server(t, '-tls1_3', '-Verify', '1', '-verify_return_error') as child:
        conn = s_client(t, child, '-cert', 'other.test.pem', '-key', 'other.test.key')
    t.expect(conn, 'tls-encrypted-alert', '>D .*<D', 'tls_refused',
             accept=['mtls-client-cert-rejected'], alternatives=['mtls-client-cert-rejected'],
             never=['mtls-client-cert-missing', 'reset-app-abort'])


@case('tls-encrypted-alert', 'near', 'openssl-goodbye-13',
      'the client says close_notify as soon as the handshake is done: 19 bytes from either side')
def goodbye_13(t):
    """openssl s_client with nothing to say (TLS 1.3)."""
    with s_server(t, '-tls1_3') as child:
        conn = s_client(t, child)
    t.expect(conn, 'ok', '>D .*<D', 'ok', accept=FINE, never=ALL_TLS)


@case('tls-encrypted-alert', 'near', 'no-tickets-13',
      'the same, and no session ticket of the server shows that the handshake is over')
def no_tickets_13(t):
    """openssl s_server -num_tickets 0, and a client with nothing to say."""
    with s_server(t, '-tls1_3', '-num_tickets', '0') as child:
        conn = s_client(t, child)
    t.expect(conn, 'ok', '>D .*<D', 'ok', accept=FINE, never=ALL_TLS)


@case('tls-encrypted-alert', 'near', 'openssl-goodbye-12',
      'encrypted alerts of both sides: close_notify after a whole handshake')
def goodbye_12(t):
    """openssl s_client with nothing to say (TLS 1.2)."""
    with s_server(t, '-tls1_2') as child:
        conn = s_client(t, child)
    t.expect(conn, 'ok', '>D .*<D', 'ok', accept=FINE, never=ALL_TLS)


def missing(t, version):
    with s_server(t, version, '-Verify', '1', '-verify_return_error') as child:
        conn = s_client(t, child)
    t.expect(conn, 'mtls-client-cert-missing', '>D .*<D', 'tls_refused',
             never=['mtls-client-cert-rejected', 'reset-app-abort'])


@case('mtls-client-cert-missing', 'hit', 'openssl-12', 'an empty Certificate, then alert 40')
def missing_12(t):
    """openssl s_server -Verify and a client without certificate (TLS 1.2)."""
    missing(t, '-tls1_2')


@case('mtls-client-cert-missing', 'hit', 'openssl-13', '25 bytes, the Finished, and 19 in answer')
def missing_13(t):
    """The same with TLS 1.3."""
    missing(t, '-tls1_3')


@case('mtls-client-cert-missing', 'near', 'optional-13',
      '25 bytes again, but the server goes on: it asks and does not insist',
      needs=('nginx', 'curl'))
def optional_13(t):
    """nginx with ssl_verify_client optional; curl has no certificate."""
    with nginx(t, 'ssl_protocols TLSv1.3; ssl_verify_client optional; '
               'ssl_client_certificate server.test.pem;'):
        conn = curl(t, 40001)
    t.expect(conn, 'ok', '>D .*<D', 'ok', accept=FINE, never=ALL_TLS)


@case('mtls-client-cert-missing', 'near', 'optional-12',
      'an empty Certificate, and the server goes on', needs=('nginx', 'curl'))
def optional_12(t):
    """The same with TLS 1.2."""
    with nginx(t, 'ssl_protocols TLSv1.2; ssl_verify_client optional; '
               'ssl_client_certificate server.test.pem;'):
        conn = curl(t, 40001)
    t.expect(conn, 'ok', '>D .*<D', 'ok', accept=FINE, never=ALL_TLS)


@case('mtls-client-cert-rejected', 'hit', 'openssl-12', 'the client\'s certificate, then alert 48')
def untrusted_12(t):
    """openssl s_server -Verify does not know the client's certificate (TLS 1.2)."""
    with s_server(t, '-tls1_2', '-Verify', '1', '-verify_return_error') as child:
        conn = s_client(t, child, '-cert', 'other.test.pem', '-key', 'other.test.key')
    t.expect(conn, 'mtls-client-cert-rejected', '>D .*<D', 'tls_refused',
             never=['mtls-client-cert-missing', 'reset-app-abort'])


@case('mtls-client-cert-rejected', 'near', 'openssl-trusted-13',
      'a certificate that the server knows; the client then says goodbye')
def trusted_13(t):
    """openssl s_server -Verify and the right certificate (TLS 1.3)."""
    with s_server(t, '-tls1_3', '-Verify', '1', '-verify_return_error') as child:
        conn = s_client(t, child, '-cert', 'server.test.pem', '-key', 'server.test.key')
    t.expect(conn, 'ok', '>D .*<D', 'ok', accept=FINE, never=ALL_TLS)


@case('http-on-tls-port', 'hit', 'nginx-13', 'nginx says in clear what it wants',
      needs=('nginx', 'curl'))
def http_to_nginx(t):
    """curl http:// to nginx's TLS port."""
    with nginx(t, ''):
        conn = ends(t, 40001)
        run_client(t, ['curl', '-s', '--interface', t.client, '--local-port', '40001',
                       f'http://{conn.server}/'])
    t.expect(conn, 'http-on-tls-port', '>D .*<D', 'tls_refused', never=['http-refused'])


@case('tls-server-cert-rejected', 'hit', 'curl-13', 'curl does not know who signed the certificate',
      needs=('nginx', 'curl'))
def curl_rejects(t):
    """curl without -k (TLS 1.3)."""
    with nginx(t, 'ssl_protocols TLSv1.3;'):
        conn = ends(t, 40001)
        run_client(t, ['curl', '-s', '--interface', t.client, '--local-port', '40001',
                       f'https://{conn.server}/'])
    t.expect(conn, 'tls-server-cert-rejected', '>D .*<D', 'tls_refused', never=['client-abort'])


@case('tls-version-mismatch', 'hit', 'nginx-only-13', 'alert 70 to a client that ends at TLS 1.2',
      needs=('nginx', 'curl'))
def only_13(t):
    """nginx speaks TLS 1.3, curl is held to 1.2."""
    with nginx(t, 'ssl_protocols TLSv1.3;'):
        conn = curl(t, 40001, '--tls-max', '1.2')
    t.expect(conn, 'tls-version-mismatch', '>D .*<D', 'tls_refused')


@case('ok', 'hit', 'many-tls', 'thirty connections of TLS 1.2 and 1.3, each fine', pace='medium',
      needs=('nginx', 'curl'))
def many_tls(t):
    """nginx and curl: both versions, with and without an optional client certificate, h2 too."""
    options = ([], ['--tls-max', '1.2'], ['--http1.1'], ['--http2'],
               ['--tls-max', '1.2', '--ciphers', 'ECDHE-RSA-AES128-GCM-SHA256'],
               ['--tls13-ciphers', 'TLS_AES_128_GCM_SHA256'])
    with nginx(t, 'ssl_protocols TLSv1.2 TLSv1.3; ssl_verify_client optional_no_ca;'):
        for i in range(30):
            conn = curl(t, 40001 + i, *options[i % len(options)])
            t.expect(conn, 'ok', '^>S <SA >A >D .*<D', 'ok', accept=FINE, never=ALL_TLS)


@case('tls-reset-on-hello', 'hit', 'proxy-header',
      'a PROXY header before the ClientHello, and FIN in answer')
def unexpected_header(t):
    """A balancer sends a PROXY header to openssl s_server, which takes it for a bad record."""
    with s_server(t):
        conn = t.dial(443)
        conn.sock.sendall(PROXY_LINE + client_hello())
        conn.sock.recv(65536)
        conn.sock.close()
        t.wait_rtt()
    t.expect(conn, 'tls-reset-on-hello', '>D .*<F', never=['ok', 'tls-version-mismatch'])


@case('tls-on-plain-port', 'hit', 'proxy-header',
      'a PROXY header before the ClientHello, and HTTP in answer', needs=('nginx', ))
def unexpected_header_nginx(t):
    """nginx takes the same for a request in clear and says so, as on a port without TLS."""
    with nginx(t, ''):
        conn = t.dial(443)
        conn.sock.sendall(PROXY_LINE + client_hello())
        conn.sock.recv(65536)
        conn.sock.close()
        t.wait_rtt()
    t.expect(conn, 'tls-on-plain-port', '>D .*<D', never=['ok'])


@case('tls-on-plain-port', 'near', 'proxy-header', 'a PROXY header, and TLS as it should be',
      needs=('nginx', ))
def expected_header(t):
    """nginx that expects the header of version 2."""
    with nginx(t, 'ssl_protocols TLSv1.3;', ' proxy_protocol'):
        conn = t.dial(443)
        conn.sock.sendall(b'\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c' + bytes(12))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        tls = context.wrap_socket(conn.sock, server_hostname='server.test')
        tls.sendall(REQUEST)
        tls.recv(65536)
        tls.close()
        t.wait_rtt()
    t.expect(conn, 'ok', '>D .*<D', 'ok', accept=FINE, never=ALL_TLS)


def left_after(t, say=b''):
    """A client of TLS 1.3 that says so much in it and resets before the session tickets come."""
    with s_server(t, '-tls1_3'):
        conn = t.dial(443)
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        tls = context.wrap_socket(conn.sock, server_hostname='server.test')
        if say:
            tls.sendall(say)
        conn.sock = socket.socket(fileno=tls.detach())
        t.abort(conn.sock)
        t.wait_rtt()
    return conn


@case('ok-rst-close', 'hit', 'tls-check-13', 'the client\'s Finished, and its RST')
def tls_check(t):
    """A health check wants to know whether there is TLS, and resets as soon as it does."""
    t.expect(left_after(t), 'ok-rst-close', '>D .*<D .*>D .*>RA', 'ok',
             never=['client-abort', 'reset-app-abort'])


@case('ok-rst-close', 'near', 'tls-request-13', 'a request behind the Finished, and then the RST')
def tls_request(t):
    """The same with a request: an answer was due."""
    t.expect(left_after(t, REQUEST), 'client-abort', '>D .*<D .*>D .*>RA', 'reset',
             never=['ok-rst-close'])


ASKS = 'ssl_client_certificate server.test.pem; ssl_verify_client'


def no_certificate(t, version, asks='on'):
    with nginx(t, f'ssl_protocols {version}; {ASKS} {asks};'):
        return curl(t, 40001)


@case('mtls-client-cert-missing', 'hit', 'nginx-12',
      'an empty Certificate; one request, some 400 bytes, close_notify', needs=('nginx', 'curl'))
def nginx_12(t):
    """nginx completes the handshake (TLS 1.2) and says 400 within it: nobody can read that."""
    t.expect(no_certificate(t, 'TLSv1.2'), 'mtls-client-cert-missing', '>D .*<D', 'tls_refused',
             accept=FINE)


@case('mtls-client-cert-missing', 'hit', 'nginx-13', 'the same by lengths: 25 bytes, then some 400',
      needs=('nginx', 'curl'))
def nginx_13(t):
    """nginx completes the handshake (TLS 1.3) and says 400 within it."""
    t.expect(no_certificate(t, 'TLSv1.3'), 'mtls-client-cert-missing', '>D .*<D', 'tls_refused',
             accept=FINE)


@case('mtls-client-cert-missing', 'near', 'nginx-optional-13', 'the same, and the client closes',
      needs=('nginx', 'curl'))
def nginx_optional(t):
    """nginx would like a certificate and answers without one."""
    t.expect(no_certificate(t, 'TLSv1.3', 'optional'), 'ok', '>D .*<D', 'ok', accept=FINE,
             never=ALL_TLS)


@case('tls-on-plain-port', 'hit', 'python-html', 'HTML without a status line in answer to the hello',
      needs=('curl', ))
def tls_to_python(t):
    """curl https:// to Python's server of HTTP."""
    t.program('s', sys.executable, '-m', 'http.server', '--bind', t.server, '443', port=443)
    conn = curl(t, 40001)
    t.expect(conn, 'tls-on-plain-port', '>D .*<D', 'tls_refused', never=['ok'])


GRPC = '''
import concurrent.futures, sys, grpc
key, pem = open(sys.argv[2] + '.key', 'rb').read(), open(sys.argv[2] + '.pem', 'rb').read()
if sys.argv[3] == 'server':
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    server.add_secure_port(sys.argv[1], grpc.ssl_server_credentials([(key, pem)], pem, True))
    server.start()
    server.wait_for_termination()
shown = {'private_key': key, 'certificate_chain': pem} if sys.argv[3] == 'shows' else {}
channel = grpc.secure_channel(sys.argv[1], grpc.ssl_channel_credentials(pem, **shown),
                              [('grpc.ssl_target_name_override', 'server.test'),
                               ('grpc.enable_retries', 0),
                               ('grpc.initial_reconnect_backoff_ms', 30000)])
try:
    channel.unary_unary('/lab.Echo/Say')(b'x', timeout=2)
except grpc.RpcError as error:
    print(error.code())
channel.close()
'''


def call(t, how):
    """A call of gRPC to a server of its own that wants the client's certificate."""

    def write(folder):
        certificates(folder)
        with open(os.path.join(folder, 'grpc'), 'w') as file:
            file.write(GRPC)

    words = ['{}/grpc', f'{t.server}:443', '{}/server.test']
    with program(t, 's', t.server, 443, write, [sys.executable, *words, 'server']) as child:
        t.source('c', t.server, t.client)
        folder = os.path.realpath(f'/proc/{child.pid}/cwd')
        run_client(t, [sys.executable, *(word.format(folder) for word in words), how])
        t.wait_rtt(2)


@case('mtls-client-cert-missing', 'hit', 'grpc-13',
      '25 and 69 bytes of the client, then FIN of the server without a word',
      needs=('python:grpc', ))
def grpc_missing(t):
    """gRPC without a certificate at a gRPC that wants one: no alert, and the first bytes of HTTP/2
    cross the close."""
    call(t, 'hides')
    t.note('mtls-client-cert-missing', client=t.client, server=f'{t.server}:443',
           outcome='tls_refused')


@case('mtls-client-cert-missing', 'near', 'grpc-13', 'a certificate, and a call', pace='medium',
      needs=('python:grpc', ))
def grpc_shows(t):
    """gRPC that shows its certificate; the server has no such method, within TLS."""
    call(t, 'shows')
    t.note('ok', client=t.client, server=f'{t.server}:443', accept=FINE,
           **{'not': ['mtls-client-cert-missing', 'mtls-client-cert-rejected']})
