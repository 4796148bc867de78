#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks JSON Lines of tcpwhy: the schema, and what must hold between the lines of a run.

usage: check_schema.py [--schema FILE] [--unfinished] FILE...       ("-" = standard input)
       check_schema.py [--schema FILE] --program TCPWHY CAPTURE...  (a folder = those in it)

Exit status 1 and one line per fault where something is wrong. --unfinished: the run need not
have stopped (a log that is being written). --program: replays each capture and checks what the
program writes, with and without --all.
"""
import argparse
import base64
import hashlib
import io
import ipaddress
import json
import pathlib
import struct
import subprocess
import sys
from datetime import datetime

import jsonschema

LINE_BYTES = 8192
FAULTS_TOLD = 20
FAULT_CHARACTERS = 200
COMMON = ['schema', 'event', 'seq', 'run', 'sensor', 'ts', 'severity', 'msg']
SCHEMA = pathlib.Path(__file__).parents[2] / 'docs' / 'tcpwhy-event-1.schema.json'


def unique_keys(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f'a key stands twice in {keys}')
    return dict(pairs)


def nanoseconds(stamp):
    seconds = datetime.strptime(stamp[:19] + '+0000', '%Y-%m-%dT%H:%M:%S%z').timestamp()
    return int(seconds) * 1_000_000_000 + int(stamp[20:29])


def community_id(seed, client, server):
    """An independent reading of the specification: nothing shared with sink/community.c."""
    ends = sorted((ipaddress.ip_address(end['ip']).packed, end['port']) for end in (client, server))
    (low, low_port), (high, high_port) = ends
    packed = struct.pack('!H', seed) + low + high + struct.pack('!BBHH', 6, 0, low_port, high_port)
    return '1:' + base64.b64encode(hashlib.sha1(packed).digest()).decode()


class Run:
    """What the lines so far say about one run."""

    def __init__(self):
        self.start = None
        self.stop = None
        self.seq = 0
        self.n_missing = 0  # holes in seq
        self.counted = dict.fromkeys(['failure', 'connection'], 0)
        self.by_family = {}
        self.failures_of = {}  # incident id: failures
        self.open = set()
        self.named = set()  # incident ids that failures point at
        self.total = {}

    def check(self, line):
        """Faults of a line that has passed the schema."""
        if self.stop is not None:
            yield 'a line after stop'
        if self.start is None and line['event'] != 'start':
            yield 'no start line before it'
            return
        if line['seq'] <= self.seq:
            yield f"seq {line['seq']} after {self.seq}"
        self.n_missing += line['seq'] - self.seq - 1
        self.seq = line['seq']
        yield from getattr(self, 'check_' + line['event'])(line)

    def check_start(self, line):
        # Files that were rotated begin with another start line of the same run.
        if self.start is None:
            self.start = line['start']
        if self.start['mode'] == 'replay' and (self.start['pid'] or self.start['privileges']):
            yield 'a replay that depends on its process'

    def check_failure(self, line):
        self.counted['failure'] += line['count']
        family = line['family']
        self.by_family[family] = self.by_family.get(family, 0) + line['count']
        if line['incident_id'] is not None:
            self.named.add(line['incident_id'])
        yield from self.check_flow(line)

    def check_connection(self, line):
        self.counted['connection'] += line['count']
        if not self.start['report_all']:
            yield 'a connection line without --all'
        yield from self.check_flow(line)

    def check_flow(self, line):
        flow, evidence = line['flow'], line['evidence']
        if self.start['report_all'] and line['count'] != 1:
            yield 'count is not 1 with --all'
        if nanoseconds(flow['last_ts']) - nanoseconds(flow['first_ts']) != flow['duration_ns']:
            yield 'duration_ns is not last_ts - first_ts'
        wanted = community_id(self.start['community_id_seed'], flow['client'], flow['server'])
        if flow['community_id'] != wanted:
            yield f'community_id is not {wanted}'
        stamps = [packet['ts'] for packet in evidence]
        if stamps != sorted(stamps):
            yield 'evidence is not in time order'
        if line['evidence_total'] < len(evidence):
            yield 'evidence_total is less than the evidence shown'
        if line['verdict'] in line['alternatives']:
            yield 'the verdict is its own alternative'

    def check_incident(self, line):
        incident = line['incident']
        name, failures = incident['id'], incident['failures']
        if name != f"{line['run']}-{incident['number']}":
            yield 'incident.id is not run-number'
        if failures < self.failures_of.get(name, 0):
            yield 'incident.failures fell'
        self.failures_of[name] = failures
        if not self.n_missing and (incident['phase'] == 'open') == (name in self.open):
            yield f"phase {incident['phase']} of an incident that is"\
                f"{'' if name in self.open else ' not'} open"
        if (incident['phase'] == 'close') != (incident['closed_ts'] is not None):
            yield 'closed_ts does not fit the phase'
        if (incident['phase'] == 'close') != (incident['close_reason'] is not None):
            yield 'close_reason does not fit the phase'
        self.open.add(name)
        if incident['phase'] == 'close':
            self.open.discard(name)

    def check_stats(self, line):
        yield from self.check_total(line['stats']['total'])
        yield from self.check_lines(line['stats']['total'])

    def check_lines(self, total):
        if total['lines'] != self.seq:
            yield f"total.lines {total['lines']} at seq {self.seq}"
        if total['output_errors'] != self.n_missing:
            yield f"{self.n_missing} holes in seq, output_errors {total['output_errors']}"

    def check_stop(self, line):
        self.stop = line['stop']
        total = self.stop['total']
        yield from self.check_total(total)
        yield from self.check_lines(total)
        if not self.n_missing and self.open != set(self.stop['incidents_still_open']):
            yield f'incidents_still_open is not {sorted(self.open)}'
        if total['events_lost'] + total['output_errors'] > 0:
            return  # lines are missing, and the line says so
        if total['failed'] != self.counted['failure']:
            yield f"failed {total['failed']}, count over failure lines {self.counted['failure']}"
        shown = {family: n for family, n in total['failed_by_family'].items() if n > 0}
        if shown != self.by_family:
            yield f'failed_by_family {shown}, over failure lines {self.by_family}'
        if not self.named <= set(self.failures_of):
            yield f'incident_id without a line: {sorted(self.named - set(self.failures_of))}'

    def check_total(self, total):
        if total['attempts'] != total['succeeded'] + total['failed'] + total['undecided']:
            yield 'attempts is not succeeded + failed + undecided'
        if total['failed'] != sum(total['failed_by_family'].values()):
            yield 'failed is not the sum of failed_by_family'
        # What is undecided can be decided later: not a counter.
        for key in set(total) - {'failed_by_family', 'undecided', 'packets_iface_dropped'}:
            if total[key] < self.total.get(key, 0):
                yield f'total.{key} fell'
        self.total = total


def check_line(raw, validator, runs):
    if len(raw) > LINE_BYTES:
        yield f'{len(raw)} bytes'
    if not raw.endswith(b'\n'):
        yield 'no LF at the end'
    try:
        line = json.loads(raw.decode('utf-8'), object_pairs_hook=unique_keys)
    except ValueError as error:
        yield str(error)
        return
    faults = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:FAULT_CHARACTERS]}"
              for e in validator.iter_errors(line)]
    if faults:
        yield from faults
        return
    if list(line)[:len(COMMON)] != COMMON:
        yield 'the common fields are not in their order'
    yield from runs.setdefault(line['run'], Run()).check(line)


def check_file(stream, validator, is_unfinished):
    runs = {}
    n_lines = 0
    for n_lines, raw in enumerate(stream, start=1):
        for fault in check_line(raw, validator, runs):
            yield n_lines, fault
    if n_lines == 0:
        yield 0, 'empty'
    for name, run in runs.items():
        if run.stop is None and not is_unfinished:
            yield n_lines, f'run {name} has no stop line'
        if run.stop is None and run.n_missing > run.total.get('output_errors', 0):
            yield n_lines, f'run {name}: holes in seq that no stats line has counted yet'


def captures(names):
    for path in map(pathlib.Path, names):
        yield from sorted(path.rglob('*.pcap*')) if path.is_dir() else [path]


def check_program(program, names, validator):
    for capture in captures(names):
        for options in [['--json'], ['--json', '--all'], ['--json', '--stats-interval', '1s']]:
            run = subprocess.run([program, '-r', capture, *options], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, check=False)
            for n_line, fault in check_file(io.BytesIO(run.stdout), validator, False):
                yield f"{capture} {' '.join(options)}:{n_line}: {fault}"


def check_files(names, validator, is_unfinished):
    for name in names:
        stream = sys.stdin.buffer if name == '-' else open(name, 'rb')
        with stream:
            for n_line, fault in check_file(stream, validator, is_unfinished):
                yield f'{name}:{n_line}: {fault}'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--schema', default=SCHEMA)
    parser.add_argument('--unfinished', action='store_true')
    parser.add_argument('--program')
    parser.add_argument('file', nargs='+')
    options = parser.parse_args()
    schema = json.loads(pathlib.Path(options.schema).read_text(encoding='utf-8'))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    if options.program:
        faults = list(check_program(options.program, options.file, validator))
    else:
        faults = list(check_files(options.file, validator, options.unfinished))
    for fault in faults[:FAULTS_TOLD]:
        print(fault)
    if len(faults) > FAULTS_TOLD:
        print(f'and {len(faults) - FAULTS_TOLD} more faults')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
