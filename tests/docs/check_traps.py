#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does every trap of docs/traps.md name tests, and do these exist?"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
N_TRAPS = 42
ROW = re.compile(r'^\| (\d+) \|.*\|([^|]*)\|$', re.M)


def functions():
    """Names of the unit tests in each file; the compiler sees to it that they are run."""
    found = {}
    for path in (ROOT / 'tests/unit').rglob('test_*.c'):
        found[path.stem] = set(re.findall(r'^static void (\w+)\(void \*\*', path.read_text(), re.M))
    return found


def complaint(test, known):
    """What is wrong with a reference to a test; None if nothing is."""
    if '/' in test:
        path = ROOT / 'pcaps' / f'{test}.pcap'
        return None if path.exists() and path.with_suffix('.expect').exists() else 'no such capture'
    file, _, name = test.partition(': ')
    if file not in known:
        return 'no such file'
    return None if name in known[file] else 'no such test in it'


def main():
    known = functions()
    rows = ROW.findall((ROOT / 'docs/traps.md').read_text())
    wrong = []
    if [int(number) for number, _ in rows] != list(range(1, N_TRAPS + 1)):
        wrong.append(f'the traps are not numbered from 1 to {N_TRAPS}')
    for number, cell in rows:
        tests = re.findall(r'`([^`]+)`', cell)
        if not tests:
            wrong.append(f'trap {number} has no test')
        wrong += [f'trap {number}: {test}: {text}' for test in tests
                  if (text := complaint(test, known))]
    print(*wrong, sep='\n')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
