#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Counts are those of the generator on every mix, at any number of threads.

check_truth.py TCPWHY MAKE_CAPTURE
"""

import json
import pathlib
import subprocess
import sys
import tempfile

RUN_S = 120
# Steps of 10 us and more: between two packets of a connection lie seconds, as between real SYNs.
MIXES = {
    'web': 'good=97 refused=1 reset=1 timed_out=1',
    'all good': 'good=1 refused=0 reset=0 timed_out=0',
    'all refused': 'good=0 refused=1 reset=0 timed_out=0',
    'all reset': 'good=0 refused=0 reset=1 timed_out=0',
    'all timed out': 'good=0 refused=0 reset=0 timed_out=1',
    'a fifth each': 'good=1 refused=1 reset=1 timed_out=1 flood=1',
    'mostly flood': 'good=1 refused=0 reset=0 timed_out=0 flood=9',
    'one client': 'good=5 refused=3 reset=2 timed_out=1 clients=1',
}
# Twenty seconds of a flood whose SYNs are forgotten long before their time, for want of memory.
OVERFLOW = ('attempts=200000 open=1000 data=1 step_ns=100000 clients=500 seed=3 '
            'good=0 refused=0 reset=0 timed_out=0 flood=1')
LITTLE_MEMORY = '24M'
SHAPE = 'attempts=4000 open=1000 data=12 step_ns=1000000 clients=500 seed=3'


def totals(tcpwhy, capture, n_threads, *options):
    run = subprocess.run([tcpwhy, '-r', capture, '--json', '-q', '--threads', str(n_threads),
                          *options],
                         capture_output=True, timeout=RUN_S, check=True, text=True)
    return json.loads(run.stdout.splitlines()[-1])['stop']['total']


def check(name, tcpwhy, make_capture, capture):
    made = subprocess.run([make_capture, capture, *SHAPE.split(), *MIXES[name].split()],
                          capture_output=True, timeout=RUN_S, check=True, text=True)
    truth = json.loads(made.stdout)
    n_failed = truth['refused'] + truth['reset'] + truth['timed_out'] + truth['flood']
    expected = {'packets': truth['packets'], 'attempts': truth['good'] + n_failed,
                'succeeded': truth['good'], 'failed': n_failed}
    n_wrong = 0
    for n_threads in (1, 2, 3, 5):
        total = totals(tcpwhy, capture, n_threads)
        seen = {key: total[key] for key in expected}
        if seen != expected:
            print(f'{name}, {n_threads} threads: {seen}, not {expected}')
            n_wrong += 1
    return n_wrong


def check_overflow(tcpwhy, make_capture, capture):
    made = subprocess.run([make_capture, capture, *OVERFLOW.split()], capture_output=True,
                          timeout=RUN_S, check=True, text=True)
    n_flood = json.loads(made.stdout)['flood']
    n_wrong = 0
    for n_threads in (1, 4):
        total = totals(tcpwhy, capture, n_threads, '--memory', LITTLE_MEMORY)
        if total['failed'] != n_flood or total['flows_evicted'] == 0 or \
                total['incidents_opened'] != 1:
            print(f'a flood beyond memory, {n_threads} threads: {total}')
            n_wrong += 1
    return n_wrong


def main():
    tcpwhy, make_capture = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        capture = str(pathlib.Path(folder) / 'mix.pcap')
        n_wrong = sum(check(name, tcpwhy, make_capture, capture) for name in MIXES)
        n_wrong += check_overflow(tcpwhy, make_capture, capture)
    print(f'{len(MIXES)} mixes, {n_wrong} runs with other counts')
    return 1 if n_wrong else 0


if __name__ == '__main__':
    sys.exit(main())
