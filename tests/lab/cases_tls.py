# SPDX-License-Identifier: BSD-2-Clause
"""Cases: TCP works, but TLS or HTTP says no.  OpenSSL at both ends, through Python's ssl module."""

import contextlib
import os
import socket
import ssl
import subprocess
import tempfile
import threading

from stage import REQUEST, table

case = table(group=10)

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
NGINX_400 = (b'HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n'
             b'Connection: close\r\n\r\n<html>\r\n<head><title>400 The plain HTTP '
             b'request was sent to HTTPS port</title></head>\r\n</html>\r\n')
PYTHON_400 = b'HTTP/1.0 400 Bad request version\r\nServer: SimpleHTTP/0.6\r\n\r\n<html>400</html>'
NGINX_502 = (b'HTTP/1.1 502 Bad Gateway\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n'
             b'Content-Length: 46\r\n\r\n<html><head><title>502 Bad Gateway</title></h>')


def certificate(folder, name):
    """A self-signed certificate for server.test and its key."""
    paths = [os.path.join(folder, f'{name}.{ending}') for ending in ('pem', 'key')]
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '9999',
                    '-subj', f'/CN={name}', '-addext', f'subjectAltName=DNS:{name}', '-out',
                    paths[0], '-keyout', paths[1]], check=True, capture_output=True)
    return paths


@contextlib.contextmanager
def contexts(version):
    """A server's and a client's context that suit each other, and the folder of certificates."""
    with tempfile.TemporaryDirectory(prefix='tw') as folder:
        pem, key = certificate(folder, 'server.test')
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(pem, key)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(pem)
        for context in (server, client):
            context.minimum_version = context.maximum_version = version
        yield server, client, folder


def talk(t, server, client, name='server.test', listener=None):
    """Handshake, request and answer as far as they get; both programs close when it fails."""
    conn, peer = t.pair(443, listener)

    def serve():
        with contextlib.suppress(OSError):
            wrapped = server.wrap_socket(peer, server_side=True)
            t.held.append(wrapped)
            wrapped.recv(1000)
            wrapped.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
            wrapped.recv(1000)
            wrapped.close()
            return
        peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        wrapped = client.wrap_socket(conn.sock, server_hostname=name)
        t.held.append(wrapped)
        wrapped.sendall(REQUEST)
        wrapped.recv(1000)
        wrapped.close()
    except OSError:
        conn.sock.close()
        with contextlib.suppress(NameError, OSError):
            wrapped.close()
    thread.join()
    t.wait_rtt()
    return conn


def scripted(t, answer, client_bytes=None, client=None, port=443, listener=None, close=True):
    """A server that sends `answer` to whatever comes first; the client says bytes or TLS."""
    conn, peer = t.pair(port, listener)

    def serve():
        with contextlib.suppress(OSError):
            peer.recv(4000)
            if answer:
                peer.sendall(answer)
            if close:
                peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    with contextlib.suppress(OSError):
        if client_bytes:
            conn.sock.sendall(client_bytes)
            conn.sock.recv(4000)
        else:
            client.wrap_socket(conn.sock, server_hostname='server.test')
    thread.join()
    conn.sock.close()
    t.wait_rtt()
    return conn


@case('ok', 'hit', 'tls-12', 'all: TLS 1.2 from hello to close_notify; every tls- verdict is wrong')
def fine_12(t):
    """A complete TLS 1.2 connection."""
    with contexts(TLS12) as (server, client, _):
        conn = talk(t, server, client)
    t.expect(conn, 'ok', '^>S <SA >A >D', 'ok', accept=['rst-after-fin'])


@case('ok', 'hit', 'tls-13', 'all: TLS 1.3 from hello to close_notify; every tls- verdict is wrong')
def fine_13(t):
    """A complete TLS 1.3 connection."""
    with contexts(TLS13) as (server, client, _):
        conn = talk(t, server, client)
    t.expect(conn, 'ok', '^>S <SA >A >D', 'ok', accept=['rst-after-fin'])


@case('tls-version-mismatch', 'hit', 'server-wants-13', 'first bytes of the server: alert 70')
def server_wants_13(t):
    """The client offers TLS 1.2 at most, the server wants 1.3."""
    with contexts(TLS13) as (server, client, _):
        client.minimum_version = TLS12
        client.maximum_version = TLS12
        conn = talk(t, server, client)
    t.expect(conn, 'tls-version-mismatch', '^>S <SA >A >D (<A )?<D', 'tls_refused',
             never=['reset-app-abort', 'client-abort'])


@case('tls-no-common-params', 'hit', 'cipher', 'first bytes of the server: alert 40')
def no_cipher(t):
    """Client and server have no TLS 1.2 cipher in common."""
    with contexts(TLS12) as (server, client, _):
        server.set_ciphers('ECDHE-RSA-AES256-GCM-SHA384')
        client.set_ciphers('ECDHE-RSA-CHACHA20-POLY1305')
        conn = talk(t, server, client)
    t.expect(conn, 'tls-no-common-params', '^>S <SA >A >D (<A )?<D', 'tls_refused')


@case('tls-unknown-sni', 'hit', 'other-name', 'first bytes of the server: alert 112')
def unknown_sni(t):
    """The server knows one name and refuses all others."""
    with contexts(TLS13) as (server, client, _):
        server.sni_callback = lambda sock, name, context: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        conn = talk(t, server, client, name='other.test')
    t.expect(conn, 'tls-unknown-sni', '^>S <SA >A >D (<A )?<D', 'tls_refused')


@case('tls-alpn-mismatch', 'hit', 'no-protocol', 'first bytes of the server: alert 120')
def alpn(t):
    """The client offers only "h9"; the alert is what OpenSSL servers send, by a plain socket."""
    with contexts(TLS13) as (_, client, _):
        client.set_alpn_protocols(['h9'])
        conn = scripted(t, b'\x15\x03\x03\x00\x02\x02\x78', client=client)
    t.expect(conn, 'tls-alpn-mismatch', '^>S <SA >A >D (<A )?<D', 'tls_refused')


@case('tls-alert-other', 'hit', 'internal-error', 'first bytes of the server: alert 80')
def alert_80(t):
    """The server fails inside (alert 80, by a plain socket)."""
    with contexts(TLS13) as (_, client, _):
        conn = scripted(t, b'\x15\x03\x03\x00\x02\x02\x50', client=client)
    t.expect(conn, 'tls-alert-other', '^>S <SA >A >D (<A )?<D', 'tls_refused')


def rejected_certificate(t, version):
    with contexts(version) as (server, client, folder):
        other = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        other.minimum_version = other.maximum_version = version
        other.load_verify_locations(certificate(folder, 'other.test')[0])
        return talk(t, server, other)


@case('tls-server-cert-rejected', 'hit', 'unknown-ca-12',
      'alert 48 from the client after the server\'s certificate')
def server_cert_12(t):
    """The client does not know the issuer (TLS 1.2)."""
    conn = rejected_certificate(t, TLS12)
    t.expect(conn, 'tls-server-cert-rejected', '^>S <SA >A >D .*<D .*>D', 'tls_refused',
             never=['client-abort', 'reset-app-abort'])


@case('tls-server-cert-rejected', 'hit', 'unknown-ca-13',
      'alert 48 from the client, still in clear with OpenSSL')
def server_cert_13(t):
    """The client does not know the issuer (TLS 1.3)."""
    conn = rejected_certificate(t, TLS13)
    t.expect(conn, 'tls-server-cert-rejected', '^>S <SA >A >D .*<D .*>D', 'tls_refused',
             never=['client-abort', 'reset-app-abort'])


def mutual(t, version, own_name):
    with contexts(version) as (server, client, folder):
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(os.path.join(folder, 'server.test.pem'))
        if own_name:
            client.load_cert_chain(os.path.join(folder, own_name + '.pem') if own_name ==
                                   'server.test' else certificate(folder, own_name)[0],
                                   os.path.join(folder, own_name + '.key'))
        return talk(t, server, client)


@case('mtls-client-cert-missing', 'hit', 'tls-12',
      'CertificateRequest, an empty Certificate of the client, alert of the server')
def mtls_missing_12(t):
    """The server wants a client certificate, the client has none (TLS 1.2)."""
    conn = mutual(t, TLS12, None)
    t.expect(conn, 'mtls-client-cert-missing', '^>S <SA >A >D .*<D', 'tls_refused')


@case('mtls-client-cert-missing', 'hit', 'tls-13',
      'a record of 25 bytes in the client\'s flight (empty Certificate), then one of 19 and the end')
def mtls_missing_13(t):
    """The same with TLS 1.3: everything is encrypted, the lengths tell."""
    conn = mutual(t, TLS13, None)
    t.expect(conn, 'mtls-client-cert-missing', '^>S <SA >A >D .*<D', 'tls_refused')


@case('mtls-client-cert-missing', 'near', 'given',
      'the client\'s certificate is there and accepted')
def mtls_given(t):
    """Mutual TLS 1.2 as it should be."""
    conn = mutual(t, TLS12, 'server.test')
    t.expect(conn, 'ok', '^>S <SA >A >D .*<D', 'ok', accept=['rst-after-fin'],
             never=['mtls-client-cert-missing', 'mtls-client-cert-rejected'])


@case('mtls-client-cert-rejected', 'hit', 'tls-12', 'Certificate of the client, then alert 48')
def mtls_rejected_12(t):
    """The server does not know the issuer of the client's certificate (TLS 1.2)."""
    conn = mutual(t, TLS12, 'other.test')
    t.expect(conn, 'mtls-client-cert-rejected', '^>S <SA >A >D .*<D', 'tls_refused')


@case('mtls-client-cert-rejected', 'hit', 'tls-13',
      'two large records in the client\'s flight, then one of 19 bytes of the server and the end')
def mtls_rejected_13(t):
    """The same with TLS 1.3."""
    conn = mutual(t, TLS13, 'other.test')
    t.expect(conn, 'mtls-client-cert-rejected', '^>S <SA >A >D .*<D', 'tls_refused',
             accept=['tls-encrypted-alert', 'mtls-client-cert-missing'])


@case('http-on-tls-port', 'hit', 'nginx-text',
      'the answer says it: "The plain HTTP request was sent to HTTPS port"')
def http_to_nginx(t):
    """Plain HTTP to a TLS port of nginx (its text, by a plain socket)."""
    conn = scripted(t, NGINX_400, client_bytes=REQUEST)
    t.expect(conn, 'http-on-tls-port', '>D (<A )?<DF?', 'tls_refused', never=['http-refused'])


@case('http-on-tls-port', 'hit', 'silent-close',
      'the second connection: an HTTP request, FIN without a byte; the first one shows the port '
      'speaks TLS')
def http_to_openssl(t):
    """Plain HTTP to a server that reads it, finds no TLS and closes, as openssl s_server does."""
    listener = t.listen(443)
    with contexts(TLS13) as (server, client, _):
        good = talk(t, server, client, listener=listener)
    conn = scripted(t, b'', client_bytes=REQUEST, listener=listener)
    t.expect(good, 'ok', '^>S <SA >A', accept=['rst-after-fin'])
    t.expect(conn, 'http-on-tls-port', '>D (<A )?<F', accept=['accept-then-close'])


@case('tls-on-plain-port', 'hit', 'http-400', 'a ClientHello, answered in clear: HTTP/1.0 400')
def tls_to_http(t):
    """TLS to a plain HTTP server (answer of Python's, by a plain socket)."""
    with contexts(TLS13) as (_, client, _):
        conn = scripted(t, PYTHON_400, client=client, port=80)
    t.expect(conn, 'tls-on-plain-port', '>D (<A )?<DF?', 'tls_refused',
             never=['http-refused', 'client-abort', 'reset-app-abort'])


@case('tls-on-plain-port', 'near', 'plain-http', 'the same answer to a plain request')
def plain_http(t):
    """A bad plain HTTP request and its 400."""
    conn = scripted(t, PYTHON_400, client_bytes=b'GET / HTTP/9.9\r\n\r\n', port=80)
    t.expect(conn, 'http-refused', '>D (<A )?<DF?', accept=['ok'],
             never=['tls-on-plain-port', 'http-on-tls-port'])


@case('tls-reset-on-hello', 'hit', 'server-aborts',
      'RST+ACK of the server instead of an answer to the ClientHello')
def reset_on_hello(t):
    """A TCP balancer aborts when it has seen the name in the ClientHello."""
    conn, peer = t.pair(443)
    with contexts(TLS13) as (_, client, _):
        thread = threading.Thread(target=lambda: (peer.recv(2000), t.abort(peer)))
        thread.start()
        with contextlib.suppress(OSError):
            client.wrap_socket(conn.sock, server_hostname='blocked.test')
        thread.join()
    t.wait_rtt()
    t.expect(conn, 'tls-reset-on-hello', '>D (<A )?<RA$', 'reset', accept=['reset-app-abort'],
             never=['client-abort'])


@case('tls-reset-on-hello', 'near', 'after-handshake',
      'the RST comes after the handshake and the request: nothing to do with the ClientHello')
def reset_later(t):
    """The server's program aborts a TLS connection in use."""
    conn, peer = t.pair(443)
    with contexts(TLS13) as (server, client, _):

        def serve():
            wrapped = server.wrap_socket(peer, server_side=True)
            wrapped.recv(1000)
            t.abort(wrapped)

        thread = threading.Thread(target=serve)
        thread.start()
        wrapped = client.wrap_socket(conn.sock, server_hostname='server.test')
        t.held.append(wrapped)
        wrapped.sendall(REQUEST)
        thread.join()
    t.wait_rtt()
    t.expect(conn, 'reset-app-abort', '>D .*<D .*>D .*<RA', 'reset', never=['tls-reset-on-hello'])


@case('tls-hello-blackhole', 'hit', 'never-answered',
      'the ClientHello is ACKed, but for six seconds no byte comes back', pace='medium')
def hello_blackhole(t):
    """A server (or box) that swallows the ClientHello."""
    conn, _ = t.pair(443)
    conn.sock.settimeout(6)
    with contexts(TLS13) as (_, client, _), contextlib.suppress(OSError):
        client.wrap_socket(conn.sock, server_hostname='blocked.test')
    conn.sock.close()
    t.wait_rtt()
    t.expect(conn, 'tls-hello-blackhole', '>D <A .*>F', accept=['client-abort'],
             never=['tls-reset-on-hello', 'path-blackhole'])


@case('proxy-upstream-refused', 'hit', 'nginx-502',
      'a 502 by nginx one round trip after the request: its upstream refused')
def upstream_refused(t):
    """A proxy answers 502 at once (nginx's text, by a plain socket)."""
    conn = scripted(t, NGINX_502, client_bytes=REQUEST, port=80, close=False)
    t.expect(conn, 'proxy-upstream-refused', '>D (<A )?<D', 'app_refused', never=['ok'])


@case('proxy-upstream-refused', 'near', 'page-about-502',
      'a 200 whose page speaks of "502 Bad Gateway"')
def about_502(t):
    """An answer that only mentions the words."""
    body = b'<html><h1>502 Bad Gateway: what it means</h1></html>'
    conn = scripted(t, b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body) + body,
                    client_bytes=REQUEST, port=80, close=False)
    t.expect(conn, 'ok', '>D (<A )?<D', 'ok', never=['proxy-upstream-refused', 'http-refused'])


TLS_VERDICTS = ('tls-version-mismatch', 'tls-no-common-params', 'tls-unknown-sni',
                'tls-alpn-mismatch', 'tls-server-cert-rejected', 'mtls-client-cert-missing',
                'mtls-client-cert-rejected', 'tls-alert-other', 'tls-encrypted-alert')


def expect_fine(t, conn):
    t.expect(conn, 'ok', '^>S <SA >A >D .*<D', 'ok', accept=['rst-after-fin', 'ok-rst-close'],
             never=TLS_VERDICTS)


@case('tls-version-mismatch', 'near', 'negotiated', 'ServerHello with 1.2, which the client offers')
def negotiated(t):
    """The client offers 1.2 and 1.3, the server knows 1.2 only."""
    with contexts(TLS12) as (server, client, _):
        client.maximum_version = TLS13
        expect_fine(t, talk(t, server, client))


@case('tls-no-common-params', 'near', 'hello-retry',
      'HelloRetryRequest and a second ClientHello: another group, no refusal')
def hello_retry(t):
    """The server wants the group P-384, the client had guessed another one."""
    with contexts(TLS13) as (server, client, _):
        server.set_ecdh_curve('secp384r1')
        expect_fine(t, talk(t, server, client))


@case('tls-unknown-sni', 'near', 'default-host', 'the server serves a name it does not know')
def default_host(t):
    """Unknown name, certificate of another host, and a client that does not mind."""
    with contexts(TLS13) as (server, client, _):
        client.check_hostname = False
        expect_fine(t, talk(t, server, client, name='other.test'))


@case('tls-alpn-mismatch', 'near', 'ignored', 'no ALPN in the answer: the server does not use it')
def alpn_ignored(t):
    """The client offers h2, the server answers without ALPN."""
    with contexts(TLS13) as (server, client, _):
        client.set_alpn_protocols(['h2'])
        expect_fine(t, talk(t, server, client))


def polite(t, version):
    """TLS that ends by close_notify from both sides."""
    conn, peer = t.pair(443)
    with contexts(version) as (server, client, _):

        def serve():
            wrapped = server.wrap_socket(peer, server_side=True)
            wrapped.recv(1000)
            wrapped.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
            with contextlib.suppress(OSError):
                wrapped.unwrap().close()

        thread = threading.Thread(target=serve)
        thread.start()
        wrapped = client.wrap_socket(conn.sock, server_hostname='server.test')
        wrapped.sendall(REQUEST)
        wrapped.recv(1000)
        wrapped.unwrap().close()
        thread.join()
    t.wait_rtt()
    return conn


@case('tls-server-cert-rejected', 'near', 'close-notify-13',
      'the client\'s last record has 19 bytes: close_notify after an answer, no rejection')
def close_notify_13(t):
    """TLS 1.3 that ends by close_notify."""
    expect_fine(t, polite(t, TLS13))


@case('tls-alert-other', 'near', 'close-notify-12',
      'encrypted alerts at the end: close_notify of either side')
def close_notify_12(t):
    """TLS 1.2 that ends by close_notify."""
    expect_fine(t, polite(t, TLS12))


@case('mtls-client-cert-rejected', 'near', 'accepted-13',
      'the client\'s certificate is there and accepted (TLS 1.3)')
def accepted_13(t):
    """Mutual TLS 1.3 as it should be."""
    expect_fine(t, mutual(t, TLS13, 'server.test'))


@case('http-on-tls-port', 'near', 'proxy-connect',
      'CONNECT in clear to port 443 is right: the port belongs to a proxy')
def proxy_connect(t):
    """A proxy that listens on port 443; after its 200 the client hangs up."""
    conn = scripted(t, b'HTTP/1.1 200 Connection established\r\n\r\n',
                    client_bytes=b'CONNECT server.test:443 HTTP/1.1\r\n\r\n', close=False)
    t.expect(conn, 'ok', '>D (<A )?<D', 'ok', never=['http-on-tls-port', 'tls-on-plain-port'])
