#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The same input gives the same bytes, with one worker or four. check_same.py TCPWHY [capture ..]

All captures in pcaps/ are read, and those named, where they exist.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RUN_S = 120


def output(program, capture, *arguments):
    run = subprocess.run([program, '-r', capture, *arguments], capture_output=True,
                         timeout=RUN_S, check=False)
    return run.returncode, run.stdout, run.stderr


def main():
    program, *named = sys.argv[1:]
    captures = sorted((ROOT / 'pcaps').rglob('*.pcap'))
    captures += [path for path in map(pathlib.Path, named) if path.exists()]
    n_different = 0
    for capture in captures:
        for face in (['--json', '--all'], ['--json', '--stats-interval', '1s'], ['--report']):
            one = output(program, capture, *face, '--threads', '1')
            four = output(program, capture, *face, '--threads', '4')
            if one != four or one[0]:
                print(f'{capture} {" ".join(face)}: exit {one[0]} and {four[0]}, '
                      f'{len(one[1])} and {len(four[1])} bytes')
                n_different += 1
    print(f'{len(captures)} captures, {n_different} differences')
    return 1 if n_different or not captures else 0


if __name__ == '__main__':
    sys.exit(main())
