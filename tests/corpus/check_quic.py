#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compare what tcpwhy reads of QUIC and SCTP with tshark: check_quic.py TCPWHY FOLDER ..

In all captures of the folders that have either: the errors of CONNECTION_CLOSE in Initials of a
server, the lists of versions that tcpwhy tells, the causes of ABORTs that it tells. Exit status 77
where tshark or all of the captures are missing.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

FIELDS = ('frame.number', 'udp.srcport', 'udp.dstport', 'quic.long.packet_type',
          'quic.cc.error_code', 'quic.supported_version', 'sctp.cause_code')
TOLD = {'quic-refused': 'connection-close', 'quic-version-negotiation': 'versions-listed',
        'sctp-abort': 'abort-cause'}
VERSIONS = {'1': 1, '2': 0x6b3343cf}
WELL_KNOWN = 1024


def by_tshark(path, ports):
    """What tshark reads of each frame."""
    command = ['tshark', '-r', path, '-Y', '(quic || sctp) && !icmp && !icmpv6', '-T', 'fields',
               '-E', 'occurrence=a']
    for field in FIELDS:
        command += ['-e', field]
    for port in ports:
        command += ['-d', f'udp.port=={port},quic']
    lines = subprocess.run(command, text=True, capture_output=True, check=True).stdout.splitlines()
    return {int(row[0]): dict(zip(FIELDS, row)) for row in (line.split('\t') for line in lines)}


def number(text):
    """A version or an error as tcpwhy writes it."""
    if text.startswith('draft-'):
        return 0xff000000 + int(text[6:])
    return VERSIONS[text] if text in VERSIONS else int(text, 0)


def by_tcpwhy(program, path):
    """(frame, verdict, number told), and the ports of servers."""
    output = subprocess.run([program, '-r', path, '--json', '--all'], text=True,
                            capture_output=True, check=False).stdout
    told, ports = [], set()
    for event in map(json.loads, output.splitlines()):
        code = TOLD.get(event.get('verdict'))
        for reason in event.get('because', []):
            if reason['code'] == code:
                word = re.sub(r'.* is ', '', reason['value']).split()[0]
                told.append((reason['frames'][0], event['verdict'], number(word)))
        if code and event['flow']['proto'] == 'udp':
            ports.add(event['flow']['server']['port'])
    return told, ports


def numbers(row, field):
    return [int(word, 0) for word in row[field].split(',') if word]


def differences(told, seen):
    """What is told and not seen; and errors of servers that are seen and not told."""
    for frame, verdict, value in told:
        row = seen.get(frame)
        values = row and {'quic-refused': numbers(row, 'quic.cc.error_code'),
                          'quic-version-negotiation': numbers(row, 'quic.supported_version'),
                          'sctp-abort': numbers(row, 'sctp.cause_code')}[verdict]
        if not values or value not in values:
            yield f'frame {frame}: tcpwhy {verdict} {value:#x}, tshark {values}'
    frames = {frame for frame, *_ in told}
    for frame, row in seen.items():
        is_of_server = row['udp.srcport'] and int(row['udp.srcport']) < WELL_KNOWN
        if is_of_server and any(numbers(row, 'quic.cc.error_code')) and frame not in frames:
            yield f'frame {frame}: tshark {row["quic.cc.error_code"]}, tcpwhy nothing'


def main():
    program, folders = sys.argv[1], map(pathlib.Path, sys.argv[2:])
    captures = sorted(path for folder in folders for path in folder.glob('**/*.pcap*')
                      if re.search('quic|sctp', str(path.relative_to(folder))))
    if not shutil.which('tshark') or not captures:
        return 77
    n_told = n_wrong = 0
    for path in captures:
        told, ports = by_tcpwhy(program, path)
        wrong = list(differences(told, by_tshark(path, ports)))
        n_told += len(told)
        n_wrong += len(wrong)
        for line in wrong:
            print(f'{path.name}: {line}')
    print(f'{len(captures)} captures, {n_told} ends told, {n_wrong} differences')
    return n_wrong > 0


if __name__ == '__main__':
    sys.exit(main())
