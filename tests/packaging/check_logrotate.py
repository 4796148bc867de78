#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The file for logrotate, by logrotate, under a running program: check_logrotate.py TCPWHY FILE

In a network namespace with nothing but its own loopback; skipped where there is none to be had.
"""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'cli'))

import program  # noqa: E402
from check_rights import Running  # noqa: E402
from onair import attempt, have_own_loopback, may_make_namespaces  # noqa: E402
from program import FINE, RUN_S  # noqa: E402

NOBODY = pwd.getpwnam('nobody')


class Rotation(Running):
    rules = None

    def setUp(self):
        super().setUp()
        os.chown(self.folder, NOBODY.pw_uid, NOBODY.pw_gid)

    def rotate(self, *arguments, after='true'):
        """The rules that are shipped, for this folder and for a user that every system has."""
        text = re.sub(r'^\S+\*\.jsonl', f'{self.folder}/*.jsonl', self.rules, flags=re.MULTILINE)
        text = text.replace('su tcpwhy tcpwhy', 'su nobody nogroup')
        text = re.sub(r'^ *systemctl.*$', after, text, flags=re.MULTILINE)
        (self.folder / 'rules').write_text(text)
        (self.folder / 'rules').chmod(0o644)
        return subprocess.run(['logrotate', '--state', self.folder / 'state', *arguments,
                               self.folder / 'rules'], capture_output=True, text=True, check=False)

    def test_logrotate_has_no_remark(self):
        (self.folder / 'lo.jsonl').write_text('{}\n')
        check = self.rotate('--debug')
        self.assertEqual(check.returncode, 0)
        self.assertNotRegex(check.stderr, 'error|unknown|ignoring')

    def test_no_line_is_lost_over_two_rotations(self):
        process = self.begin('--json', '-o', 'lo.jsonl', '-Z', 'nobody')
        for turn in (1, 2):
            attempt()
            time.sleep(1)
            done = self.rotate('--force', after=f'kill -HUP {process.pid}')
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            deadline = time.monotonic() + RUN_S
            while not (self.folder / 'lo.jsonl').exists():
                self.assertLess(time.monotonic(), deadline, f'no new file, turn {turn}')
                time.sleep(0.02)
        attempt()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(RUN_S), FINE)
        events = []
        for name, tool in (('lo.jsonl.2.gz', 'zcat'), ('lo.jsonl.1', 'cat'), ('lo.jsonl', 'cat')):
            lines = subprocess.run([tool, self.folder / name], capture_output=True, text=True,
                                   check=True).stdout.splitlines()
            self.assertEqual(json.loads(lines[0])['event'], 'start', name)
            events += map(json.loads, lines)
        self.assertEqual([event['seq'] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(len({event['run'] for event in events}), 1)
        self.assertEqual(sum(event['count'] for event in events if event['event'] == 'failure'), 3)
        self.assertEqual(events[-1]['event'], 'stop')


if __name__ == '__main__':
    if not shutil.which('logrotate'):
        print('not installed: logrotate')
        raise SystemExit(77)
    if not may_make_namespaces():
        print('needs root and network namespaces')
        raise SystemExit(77)
    have_own_loopback()
    Rotation.rules = pathlib.Path(sys.argv.pop(2)).read_text()
    program.main()
