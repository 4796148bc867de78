#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compare what tcpwhy reads of HTTP/2 with tshark: check_http2.py TCPWHY FOLDER ..

For each capture in the folders whose path speaks of HTTP/2 or gRPC: of every connection in which
tshark sees the client's preface, the errors of GOAWAY and RST_STREAM must be the same. Exit status
77 where tshark or all of the captures are missing.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

FIELDS = ('http2.magic', 'tcp.srcport', 'tcp.dstport', 'http2.goaway.error', 'http2.rst_stream.error')
HARMLESS = (0, 8)    # NO_ERROR, CANCEL
WORTH = re.compile('h2|http2|grpc')


def by_tshark(path, server_ports):
    """Ports of each connection that begins as HTTP/2 -> codes of its errors."""
    command = ['tshark', '-r', path, '-Y', 'http2', '-T', 'fields', '-E', 'occurrence=a']
    for field in FIELDS:
        command += ['-e', field]
    for port in server_ports:
        command += ['-d', f'tcp.port=={port},http2']
    lines = subprocess.run(command, text=True, capture_output=True, check=True).stdout.split('\n')
    found = {}
    for magic, *ports, goaway, reset in (line.split('\t') for line in lines if line):
        if magic:
            found[frozenset(ports)] = set()
        codes = [int(code) for word in (goaway, reset) for code in word.split(',') if code]
        found.get(frozenset(ports), set()).update(set(codes) - set(HARMLESS))
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
        ports = frozenset(str(flow[side]['port']) for side in ('client', 'server'))
        codes = found.setdefault(ports, set())
        if event['http2'] and event['http2']['error_code'] not in HARMLESS:
            codes.add(event['http2']['error_code'])
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
        for ports, codes in by_tshark(path, server_ports).items():
            # tcpwhy tells one of them
            if bool(codes) == bool(told.get(ports)) and told.get(ports, set()) <= codes:
                n_same += 1
                continue
            n_wrong += 1
            print(f'{path.name} {"-".join(sorted(ports))}: tshark {sorted(codes)}, '
                  f'tcpwhy {sorted(told.get(ports, set()))}')
    print(f'{n_same} connections the same, {n_wrong} not')
    return n_wrong > 0


if __name__ == '__main__':
    sys.exit(main())
