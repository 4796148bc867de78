#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does meson put everything where it belongs? check_install.py MESON BUILD-FOLDER"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

# Below the prefix, and below the folders that meson and systemd name.
EXPECTED = (
    'bin/tcpwhy',
    'share/man/man8/tcpwhy.8',
    'share/bash-completion/completions/tcpwhy',
    'share/zsh/site-functions/_tcpwhy',
    'share/fish/vendor_completions.d/tcpwhy.fish',
    'lib/systemd/system/tcpwhy@.service',
    'lib/sysusers.d/tcpwhy.conf',
    'lib/tmpfiles.d/tcpwhy.conf',
    'etc/logrotate.d/tcpwhy',
    'share/tcpwhy/tcpwhy-event-1.schema.json',
    'share/tcpwhy/prometheus/tcpwhy.rules.yml',
    'share/tcpwhy/prometheus/alertmanager.yml',
    'share/tcpwhy/kubernetes/sidecar.yaml',
    'share/tcpwhy/kubernetes/daemonset.yaml',
    'share/tcpwhy/container/Containerfile',
    'share/tcpwhy/container/make-root',
    'share/doc/tcpwhy/operations.md',
    'share/doc/tcpwhy/json.md',
)


class Installed(unittest.TestCase):
    meson, build = None, None

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix='tcpwhy-install-'))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        subprocess.run([cls.meson, 'install', '-C', cls.build, '--no-rebuild', '--quiet',
                        '--destdir', cls.root], check=True, stdout=subprocess.DEVNULL)
        cls.files = [path for path in cls.root.rglob('*') if path.is_file()]

    def find(self, name):
        """The one installed file whose path ends so."""
        found = [path for path in self.files if path.as_posix().endswith('/' + name)]
        self.assertEqual(len(found), 1, name)
        return found[0]

    def test_everything_is_in_its_place(self):
        for name in EXPECTED:
            self.find(name)

    def test_nothing_else_is_installed(self):
        strangers = [path.relative_to(self.root).as_posix() for path in self.files
                     if not path.as_posix().endswith(EXPECTED) and '/share/doc/' not in str(path)]
        self.assertEqual(strangers, [])

    def test_programs_may_be_run_and_nothing_else(self):
        programs = {path.name for path in self.files if os.access(path, os.X_OK)}
        self.assertEqual(programs, {'tcpwhy', 'make-root'})
        for path in self.files:
            self.assertFalse(path.stat().st_mode & 0o7022, path)  # no setuid, not for all to write

    def test_placeholders_are_filled_in(self):
        for name in ('tcpwhy@.service', 'tmpfiles.d/tcpwhy.conf', 'logrotate.d/tcpwhy'):
            self.assertNotRegex(self.find(name).read_text(), r'@\w+@')

    def test_the_unit_starts_the_program_that_is_installed(self):
        unit = self.find('tcpwhy@.service').read_text()
        program = re.search(r'^ExecStart=(\S+)', unit, re.MULTILINE)[1]
        self.assertEqual(self.root / program.lstrip('/'), self.find('bin/tcpwhy'))
        logs = re.search(r'--output=(\S+)/%i\.jsonl', unit)[1]
        self.assertIn(f'{logs}/*.jsonl', self.find('logrotate.d/tcpwhy').read_text())
        self.assertIn(f'd {logs} ', self.find('tmpfiles.d/tcpwhy.conf').read_text())

    def test_the_installed_program_runs(self):
        said = subprocess.run([self.find('bin/tcpwhy'), '--version'], capture_output=True,
                              text=True, check=True).stdout
        self.assertRegex(said, r'^tcpwhy \d+\.\d+\.\d+ ')


if __name__ == '__main__':
    Installed.meson, Installed.build = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
