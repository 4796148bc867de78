#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Connections of real programs that nothing ails are no failures. check_clean.py TCPWHY

Over a thousand of TLS 1.2 and 1.3, HTTP/1 and HTTP/2, between nginx, nghttpd and openssl on one side
and curl, h2load and openssl on the other. Skipped where none of them is there, or no namespace.
"""

import collections
import shutil
import signal
import socket
import subprocess

import onair
import program
from onair import events_of

FINE = {'ok', 'rst-after-fin', 'ok-rst-close', 'slow-handshake', 'in-progress'}
NGINX = '''daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4000; }}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
    ssl_certificate {folder}/cert; ssl_certificate_key {folder}/key;
    location_placeholder
}}
'''
SERVER = ('server {{ listen 127.0.0.1:{port} {how}; {more} '
          'location / {{ return 200 "fine"; }} }}')
SERVERS = [SERVER.format(port=port, how=how, more=more) for port, how, more in (
    (4431, 'ssl http2', 'ssl_protocols TLSv1.3;'), (4432, 'ssl http2', 'ssl_protocols TLSv1.2;'),
    (4433, 'ssl http2', 'ssl_verify_client optional_no_ca;'), (8001, '', ''), (8002, 'http2', ''))]


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    return program.unittest.skipIf(missing, f'no {", ".join(missing)}')


class Clean(onair.Case):
    def setUp(self):
        super().setUp()
        self.n_wanted = 0
        if shutil.which('openssl'):
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days',
                            '9', '-subj', '/CN=server.test', '-keyout', self.folder / 'key',
                            '-out', self.folder / 'cert'], check=True, capture_output=True)
        self.folder.chmod(0o755)

    def serve(self, port, *command):
        """A server, once it listens."""
        server = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        self.until(lambda: self.is_listening(port) or server.poll() is not None,
                   f'{command[0]} does not listen')

    @staticmethod
    def is_listening(port):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', port)) == 0

    def serve_nginx(self):
        text = NGINX.format(folder=self.folder).replace('location_placeholder', '\n'.join(SERVERS))
        (self.folder / 'conf').write_text(text)
        self.serve(4431, 'nginx', '-p', str(self.folder), '-c', str(self.folder / 'conf'), '-e',
                   str(self.folder / 'error.log'))

    def ask(self, n_connections, *command):
        self.n_wanted += n_connections
        run = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stdout.decode(errors='replace')[-2000:])

    def curl(self, n_connections, url, *options):
        self.ask(n_connections, 'curl', '-sSk', '--parallel', '--parallel-max', '40', '-o',
                 '/dev/null', '-H', 'Connection: close', '--http1.1', *options,
                 f'{url}/[1-{n_connections}]')

    def load(self, n_connections, url, *options):
        self.ask(n_connections, 'h2load', '-c', str(n_connections), '-n', str(3 * n_connections),
                 *options, url)

    def check(self, process):
        _, out, _ = self.finish(process, signal.SIGINT)
        told = [event for event in events_of(out) if event['event'] in ('failure', 'connection')]
        odd = [event for event in told if event['verdict'] not in FINE]
        self.assertEqual(collections.Counter(event['msg'] for event in odd), {})
        self.assertGreaterEqual(len(told), self.n_wanted)

    @needs('nginx', 'curl', 'openssl')
    def test_nginx_and_curl(self):
        self.serve_nginx()
        process = self.begin('--json', '--all', '-q')
        self.curl(120, 'https://127.0.0.1:4431')
        self.curl(120, 'https://127.0.0.1:4432')
        self.curl(60, 'https://127.0.0.1:4433', '--tls-max', '1.2')
        self.curl(60, 'https://127.0.0.1:4433')
        self.curl(60, 'http://127.0.0.1:8001')
        self.ask(1, 'curl', '-sSk', '-o', '/dev/null', '-o', '/dev/null', '--http2',
                 'https://127.0.0.1:4431/[1-2]')
        self.check(process)

    @needs('nginx', 'h2load', 'openssl')
    def test_nginx_and_h2load(self):
        self.serve_nginx()
        process = self.begin('--json', '--all', '-q')
        for port in (4431, 4432, 4433):
            self.load(120, f'https://127.0.0.1:{port}/')
        self.load(60, 'https://127.0.0.1:4431/', '--h1')
        self.load(60, 'http://127.0.0.1:8001/', '--h1')
        self.load(60, 'http://127.0.0.1:8002/')
        self.check(process)

    @needs('nghttpd', 'h2load', 'openssl')
    def test_nghttpd_and_h2load(self):
        (self.folder / 'index.html').write_text('fine')
        self.serve(8003, 'nghttpd', '--no-tls', '-a', '127.0.0.1', '-d', str(self.folder), '8003')
        self.serve(4434, 'nghttpd', '-a', '127.0.0.1', '-d', str(self.folder), '4434', 'key', 'cert')
        process = self.begin('--json', '--all', '-q')
        self.load(100, 'http://127.0.0.1:8003/')
        self.load(100, 'https://127.0.0.1:4434/')
        self.check(process)

    @needs('openssl')
    def test_openssl_and_openssl(self):
        """s_time says close_notify and leaves; s_client leaves at the end of its input."""
        for port, version in ((4435, '-tls1_2'), (4436, '-tls1_3')):
            self.serve(port, 'openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-cert', 'cert',
                       '-key', 'key', '-www', version, '-quiet')
        process = self.begin('--json', '--all', '-q')
        for port in (4435, 4436):
            self.ask(20, 'openssl', 's_time', '-connect', f'127.0.0.1:{port}', '-new', '-time', '1')
            for _ in range(10):
                self.ask(1, 'openssl', 's_client', '-connect', f'127.0.0.1:{port}', '-quiet',
                         '-no_ign_eof')
        self.check(process)


if __name__ == '__main__':
    onair.main()
