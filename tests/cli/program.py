# SPDX-License-Identifier: BSD-2-Clause
"""tcpwhy as its user meets it: run it, look at what it printed and at its exit status."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / 'pcaps/demo.pcap'
RUN_S = 120

FINE, WORLD, USAGE, FAIL_ON, DAMAGED = range(5)


def is_sanitized(path):
    """Whether the program has a sanitizer's runtime in it, with files and system calls of its own."""
    code = pathlib.Path(path).read_bytes()
    return b'__asan_init' in code or b'__tsan_init' in code


class Case(unittest.TestCase):
    """A test with a folder of its own; the program runs in it."""

    program = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='tcpwhy-cli-'))
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(DEMO, self.folder / 'demo.pcap')

    def skip_with_a_sanitizer(self):
        """It takes terabytes of addresses, and more of everything."""
        data = pathlib.Path(self.program).read_bytes()
        if b'__asan_init' in data or b'__tsan_init' in data:
            self.skipTest('built with a sanitizer')

    def run_program(self, *arguments, stdin=b'', prefix=()):
        return subprocess.run([*prefix, self.program, *map(str, arguments)], input=stdin,
                              cwd=self.folder, capture_output=True, timeout=RUN_S, check=False)

    def run_text(self, *arguments, **options):
        """(exit status, standard output, standard error) as text."""
        run = self.run_program(*arguments, **options)
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    def events(self, *arguments, **options):
        """The JSON events of a run that ends well."""
        status, out, err = self.run_text(*arguments, '--json', **options)
        self.assertEqual((status, err), (FINE, ''))
        return [json.loads(line) for line in out.splitlines()]

    def assert_refused(self, status, *arguments):
        """Nothing on standard output, one reason in the program's name; returns the reason."""
        got, out, err = self.run_text(*arguments)
        self.assertEqual((got, out), (status, ''), err)
        self.assertRegex(err, r'\Atcpwhy: [^\n]+\n')
        return err


def main():
    """First argument: the program."""
    Case.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    result = unittest.main(module='__main__', exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun and len(result.skipped) == result.testsRun else 0)
