#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compare what tcpwhy reads of HTTP/2 with tshark: check_http2.py TCPWHY FOLDER ..

For each capture in the folders whose path speaks of HTTP/2 or gRPC: of every connection in which
tshark sees the client's preface, the errors of GOAWAY and RST_STREAM must be the same, and a GOAWAY's
last stream and text and a gRPC status must be among those that tshark sees. Exit status 77 where
tshark or all of the captures are missing.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

FIELDS = ('http2.magic', 'tcp.srcport', 'tcp.dstport', 'http2.goaway.error', 'http2.rst_stream.error',
          'http2.goaway.last_stream_id', 'http2.goaway.addata', 'http2.header.name',
          'http2.header.value')
HARMLESS = (0, 8)    # NO_ERROR, CANCEL
WORTH = re.compile('h2|http2|grpc')


class Seen:
    """What one connection says, as far as both programs tell it."""

    def __init__(self):
        self.codes, self.last_streams, self.texts, self.statuses = set(), set(), set(), set()

    def is_told_by(self, told):
        """tcpwhy tells one of several errors."""
        return (bool(self.codes) == bool(told.codes) and told.codes <= self.codes and
                told.last_streams <= self.last_streams and told.texts <= self.texts and
                told.statuses <= self.statuses)

    def __str__(self):
        return (f'{sorted(self.codes)} {sorted(self.last_streams)} {sorted(self.texts)} '
                f'{sorted(self.statuses)}')


def learn_row(seen, goaway, reset, last, text, names, values):
    codes = [int(code) for word in (goaway, reset) for code in word.split('^') if code]
    seen.codes |= set(codes) - set(HARMLESS)
    seen.last_streams |= {int(stream) for stream in last.split('^') if stream}
    seen.texts |= {bytes.fromhex(word.replace(':', '')).decode(errors='replace')
                   for word in text.split('^')}
    seen.statuses |= {int(value) for name, value in zip(names.split('^'), values.split('^'))
                      if name == 'grpc-status'}


def by_tshark(path, server_ports):
    """Ports of each connection that begins as HTTP/2 -> what it says."""
    command = ['tshark', '-r', path, '-Y', 'http2', '-T', 'fields', '-E', 'occurrence=a', '-E',
               'aggregator=^']
    for field in FIELDS:
        command += ['-e', field]
    for port in server_ports:
        command += ['-d', f'tcp.port=={port},http2']
    lines = subprocess.run(command, text=True, capture_output=True, check=True).stdout.split('\n')
    found = {}
    for magic, *ports, goaway, reset, last, text, names, values in (
            line.split('\t') for line in lines if line):
        if magic:
            found[frozenset(ports)] = Seen()
        learn_row(found.get(frozenset(ports), Seen()), goaway, reset, last, text, names, values)
    return found


def by_tcpwhy(program, path):
    output = subprocess.run([program, '-r', path, '--json', '--all'], text=True,
                            capture_output=True, check=False).stdout
    found, server_ports = {}, set()
    for event in map(json.loads, output.splitlines()):
        if event['event'] not in ('failure', 'connection'):
            continue
        flow = event['flow']
        server_ports.add(flow['server']['port'])
        told = found.setdefault(frozenset(str(flow[side]['port']) for side in ('client', 'server')),
                                Seen())
        http2, grpc = event['http2'] or {}, event['grpc'] or {}
        if http2.get('error_code', 0) not in HARMLESS:
            told.codes.add(http2['error_code'])
        if http2.get('frame') == 'goaway':
            told.last_streams.add(http2['last_stream'])
            told.texts.add(http2['debug'] or '')
        # One that follows from an HTTP status is in no header.
        if 'status' in grpc and 'grpc-status' in [reason['code'] for reason in event['because']]:
            told.statuses.add(grpc['status'])
    return found, server_ports


def main():
    program, folders = sys.argv[1], map(pathlib.Path, sys.argv[2:])
    captures = sorted(path for folder in folders for path in folder.glob('**/*.pcap*')
                      if WORTH.search(str(path.relative_to(folder))))
    if not shutil.which('tshark') or not captures:
        return 77
    n_same = n_wrong = 0
    for path in captures:
        told, server_ports = by_tcpwhy(program, path)
        for ports, seen in by_tshark(path, server_ports).items():
            if seen.is_told_by(told.get(ports, Seen())):
                n_same += 1
                continue
            n_wrong += 1
            print(f'{path.name} {"-".join(sorted(ports))}: tshark {seen}, '
                  f'tcpwhy {told.get(ports, Seen())}')
    print(f'{n_same} connections the same, {n_wrong} not')
    return n_wrong > 0


if __name__ == '__main__':
    sys.exit(main())
