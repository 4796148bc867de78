#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the running program may still do: check_rights.py TCPWHY

In a network namespace with nothing but its own loopback; skipped where there is none to be had.
What the sandbox forbids is tried by tests/unit/app/test_sandbox.c; here it is looked at from
outside, in the program as it runs.
"""

import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time

import program
from onair import attempt, have_own_loopback, may_make_namespaces
from program import FINE, RUN_S, USAGE, WORLD

NOBODY = pwd.getpwnam('nobody')
START_S = 20
CAPABILITIES = ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')


class Running(program.Case):
    """The program on lo, in a folder that others may enter."""

    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)

    def begin(self, *arguments, prefix=(), n_threads=4, **options):
        """The program, once all its threads run."""
        process = subprocess.Popen([*prefix, self.program, '-i', 'lo', '-q', *arguments],
                                   cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **options)
        self.addCleanup(self.end, process)
        deadline = time.monotonic() + START_S
        while len(self.threads(process)) < n_threads and process.poll() is None:
            self.assertLess(time.monotonic(), deadline, 'it does not begin to capture')
            time.sleep(0.02)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    @staticmethod
    def threads(process):
        """What the kernel says of each thread."""
        said = []
        for task in pathlib.Path(f'/proc/{process.pid}/task').glob('*/status'):
            try:
                rows = (line.split(':', 1) for line in task.read_text().splitlines())
                said.append({name: value.split() for name, value in rows})
            except OSError:
                pass
        return said

    def finish(self, process):
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=RUN_S)
        self.assertEqual((process.returncode, err), (FINE, b''))
        return [json.loads(line) for line in out.splitlines()]


class Rights(Running):
    def assert_confined(self, process, uid, gid):
        for thread in self.threads(process):
            self.assertEqual(thread['Uid'], [str(uid)] * 4)
            self.assertEqual(thread['Gid'], [str(gid)] * 4)
            self.assertEqual([int(thread[name][0], 16) for name in CAPABILITIES[1:]], [0] * 4)
            self.assertEqual(thread['NoNewPrivs'], ['1'])
            self.assertEqual(thread['Seccomp'], ['2' if self.has_sandbox() else '0'])

    def has_sandbox(self):
        """Not in a build with a sanitizer, nor where the kernel has none."""
        return self.run_program('-r', 'demo.pcap', '--null', '--require-sandbox').returncode == FINE

    def test_all_threads_are_those_of_another_user_and_hold_nothing(self):
        process = self.begin('--json', '-Z', 'nobody')
        self.assert_confined(process, NOBODY.pw_uid, NOBODY.pw_gid)
        attempt()
        start, *_, failure, stop = self.finish(process)
        told = start['start']['privileges']
        self.assertEqual((told['uid'], told['caps']), (NOBODY.pw_uid, []))
        self.assertEqual(told['seccomp'] and told['landlock'], self.has_sandbox())
        self.assertEqual((failure['event'], stop['event']), ('failure', 'stop'))

    def test_root_becomes_another_without_being_told(self):
        process = self.begin('--json')
        for thread in self.threads(process):
            self.assertNotIn('0', thread['Uid'])
        self.finish(process)

    def test_it_becomes_the_owner_of_the_folder_it_writes_to(self):
        os.chown(self.folder, 12345, 12345)
        process = self.begin('--json', '-o', 'events.jsonl', '-w', 'failed.pcapng')
        self.assert_confined(process, 12345, 12345)
        attempt()
        self.finish(process)
        for name in ('events.jsonl', 'failed.pcapng'):
            self.assertEqual((self.folder / name).stat().st_uid, 12345)
        self.assertIn('"failure"', (self.folder / 'events.jsonl').read_text())
        self.assertEqual([event['outcome'] for event in self.events('-r', 'failed.pcapng', '--all')
                          if 'outcome' in event], ['refused'])

    def test_in_a_folder_of_root_it_stays_root_by_name_only(self):
        process = self.begin('--json', '-o', 'events.jsonl')
        self.assert_confined(process, 0, 0)
        self.finish(process)

    def test_what_was_there_before_keeps_its_owner(self):
        (self.folder / 'events.jsonl').write_text('{}\n')
        self.finish(self.begin('--json', '-o', 'events.jsonl', '-Z', 'nobody'))
        self.assertEqual((self.folder / 'events.jsonl').stat().st_uid, 0)

    def test_a_container_with_nothing_but_the_right_to_capture(self):
        process = self.begin('--json', prefix=('setpriv', '--bounding-set', '-all,+net_raw',
                                               '--inh-caps', '-all', '--no-new-privs'))
        for thread in self.threads(process):
            self.assertEqual(int(thread['CapEff'][0], 16), 0)
            self.assertEqual(int(thread['CapPrm'][0], 16), 0)
        self.finish(process)

    def test_a_service_with_an_ambient_right(self):
        copy = self.folder / 'tcpwhy'
        shutil.copy(self.program, copy)
        process = self.begin('--json', prefix=(
            'setpriv', '--reuid', str(NOBODY.pw_uid), '--regid', str(NOBODY.pw_gid),
            '--clear-groups', '--inh-caps', '-all,+net_raw', '--ambient-caps', '-all,+net_raw',
            '--bounding-set', '-all,+net_raw', '--no-new-privs'))
        for thread in self.threads(process):
            self.assertEqual([int(thread[name][0], 16) for name in ('CapEff', 'CapPrm', 'CapAmb')],
                             [0, 0, 0])
        self.finish(process)

    def test_without_the_sandbox(self):
        process = self.begin('--json', '--no-sandbox', '-Z', 'nobody')
        self.assertEqual(self.threads(process)[0]['Seccomp'], ['0'])
        self.assertEqual(self.finish(process)[0]['start']['privileges']['seccomp'], False)

    def test_no_such_user(self):
        self.assertIn('there is no user "nobody-at-all"',
                      self.assert_refused(WORLD, '-i', 'lo', '-Z', 'nobody-at-all'))

    def test_both_ways_at_once(self):
        self.assert_refused(USAGE, '-r', 'demo.pcap', '--no-sandbox', '--require-sandbox')

    def test_files_are_read_in_the_sandbox_too(self):
        if not self.has_sandbox():
            self.skipTest('no sandbox in this build or kernel')
        read, write = os.pipe()
        process = subprocess.Popen([self.program, '-r', '-', '--json'], stdin=read,
                                   stdout=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        os.close(read)
        os.write(write, (self.folder / 'demo.pcap').read_bytes()[:24])
        deadline = time.monotonic() + START_S
        while self.threads(process)[0]['Seccomp'] == ['0']:
            self.assertLess(time.monotonic(), deadline, 'no sandbox')
            time.sleep(0.02)
        os.close(write)
        self.assertEqual(process.wait(RUN_S), FINE)


if __name__ == '__main__':
    if not may_make_namespaces():
        print('needs root and network namespaces')
        raise SystemExit(77)
    have_own_loopback()
    program.main()
