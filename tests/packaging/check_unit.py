#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The systemd unit: is it valid, how exposed is it, does it allow what the program does?
check_unit.py TCPWHY UNIT

There is no systemd to run it here, so what it forbids is held against what strace sees.
"""

import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'cli'))

import program  # noqa: E402
from onair import attempt, have_own_loopback, may_make_namespaces  # noqa: E402

OPERATIONS = HERE.parent.parent / 'docs/operations.md'
FIGURE = re.compile(r'exposure level of \*\*(\d+\.\d)\*\*')
CALL = re.compile(r'^(?:\[pid +\d+\] |\d+ +)?(\w+)\(')
SOCKET = re.compile(r'\bsocket\((AF_\w+)')
NOBODY = pwd.getpwnam('nobody')
HELPERS = ('systemd-analyze', 'strace')


def filter_sets():
    """{'@name': {calls and names of other sets}} of this systemd."""
    text = subprocess.run(['systemd-analyze', 'syscall-filter', '--no-pager'], capture_output=True,
                          text=True, check=True).stdout
    sets, calls = {}, None
    for line in text.splitlines():
        if re.match(r'@[\w-]+$', line):
            calls = sets.setdefault(line, set())
        elif calls is not None and re.match(r'    [@\w-]+$', line):
            calls.add(line.strip())
    return sets


def expand(names, sets):
    calls = set()
    for name in names:
        calls |= expand(sets[name], sets) if name.startswith('@') else {name}
    return calls


def values(unit, key):
    return re.findall(rf'^{key}=(.*)$', unit, re.MULTILINE)


def allowed_calls(unit):
    """In the order of the lines: the first makes a list of what is allowed."""
    sets, allowed = filter_sets(), set()
    for line in values(unit, 'SystemCallFilter'):
        if line.startswith('~'):
            allowed -= expand(line[1:].split(), sets)
        else:
            allowed |= expand(line.split(), sets)
    return allowed | expand(['@default'], sets)


class Unit(unittest.TestCase):
    program, unit = None, None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='tcpwhy-unit-'))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)
        self.text = self.unit.read_text()

    def instance(self):
        """The unit of lo, with the program of this build in place of the one to be installed."""
        path = self.folder / 'tcpwhy@lo.service'
        path.write_text(re.sub(r'^ExecStart=\S+', f'ExecStart={self.program}', self.text,
                               flags=re.MULTILINE))
        return path

    def test_systemd_has_no_remark(self):
        check = subprocess.run(['systemd-analyze', 'verify', '--man=no', self.instance()],
                               capture_output=True, text=True, check=False)
        self.assertEqual((check.returncode, check.stdout + check.stderr), (0, ''))

    def test_it_is_as_exposed_as_the_manual_says(self):
        said = subprocess.run(['systemd-analyze', 'security', '--offline=yes', '--no-pager',
                               self.instance()], capture_output=True, text=True, check=False).stdout
        level = re.search(r'Overall exposure level for \S+: (\d+\.\d)', said)[1]
        self.assertEqual(FIGURE.search(OPERATIONS.read_text())[1], level)

    def trace(self):
        """What strace sees of the program as the unit runs it."""
        tools = ['setpriv', '--reuid', str(NOBODY.pw_uid), '--regid', str(NOBODY.pw_gid),
                 '--clear-groups', '--inh-caps', '-all,+net_raw', '--ambient-caps',
                 '-all,+net_raw', '--bounding-set', '-all,+net_raw', '--no-new-privs']
        copy = self.folder / 'tcpwhy'
        shutil.copy(self.program, copy)
        for name in ('log', 'run'):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, NOBODY.pw_uid, NOBODY.pw_gid)
        arguments = re.search(r'^ExecStart=\S+ (.*)$', self.text, re.MULTILINE)[1]
        arguments = (arguments.replace('%I', 'lo').replace('%i', 'lo')
                     .replace(re.search(r'--output=(\S+)/', self.text)[1], 'log')
                     .replace(re.search(r'--metrics-file=(\S+)/', self.text)[1], 'run'))
        tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', self.folder / 'trace', *tools, copy,
                                   *arguments.split()], cwd=self.folder)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.kill)
        deadline = time.monotonic() + 30
        while not (self.folder / 'log/lo.jsonl').exists():
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(tracer.poll())
            time.sleep(0.1)
        time.sleep(1)
        attempt()
        child = int(pathlib.Path(f'/proc/{tracer.pid}/task/{tracer.pid}/children').read_text())
        for how in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM):
            time.sleep(1)
            os.kill(child, how)
        self.assertEqual(tracer.wait(60), 0)
        self.assertIn('"failure"', (self.folder / 'log/lo.jsonl').read_text())
        text = (self.folder / 'trace').read_text()
        return text[text.rindex('execve('):]

    @unittest.skipUnless(may_make_namespaces(), 'needs root and network namespaces')
    def test_it_allows_what_the_program_does(self):
        if program.is_sanitized(self.program):
            self.skipTest('a sanitizer makes system calls of its own')
        have_own_loopback()
        trace = self.trace()
        calls = {match[1] for match in map(CALL.match, trace.splitlines()) if match}
        self.assertGreater(len(calls), 20)
        # Asked for and not missed: EPERM is an answer too.
        self.assertEqual(calls - allowed_calls(self.text), set())
        families = set(SOCKET.findall(trace))
        self.assertIn('AF_PACKET', families)
        self.assertLessEqual(families, set(values(self.text, 'RestrictAddressFamilies')[0].split()))


if __name__ == '__main__':
    missing = [name for name in HELPERS if not shutil.which(name)]
    if missing:
        print('not installed:', *missing)
        raise SystemExit(77)
    Unit.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    Unit.unit = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
