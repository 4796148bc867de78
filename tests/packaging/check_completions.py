#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Completion in three shells: check_completions.py TCPWHY BASH ZSH FISH

Each is asked what it would propose, by the shell itself.
"""

import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

WORDS = ['any', 'incident', 'rst_forged', 'refused-closed-port']


def needs(shell):
    return unittest.skipUnless(shutil.which(shell), f'{shell} is not installed')


class Completion(unittest.TestCase):
    program, files = None, {}

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='tcpwhy-completion-'))
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ('one.pcap', 'two.pcapng.gz', 'notes.txt'):
            (self.folder / name).touch()
        (self.folder / 'below').mkdir()

    def options(self):
        text = subprocess.run([self.program, '--help'], capture_output=True, text=True,
                              check=True).stdout
        return re.findall(r'^  (?:-\w, |    )(--[\w-]+)', text, re.MULTILINE)

    def run_in(self, *command):
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True,
                              check=True, timeout=60)

    def bash(self, *words):
        """What bash proposes for the last of the words of a command line."""
        script = ('compopt() { :; }; source "$1"; shift; COMP_WORDS=(tcpwhy "$@"); '
                  'COMP_CWORD=$#; _tcpwhy; printf "%s\\n" "${COMPREPLY[@]}"')
        return self.run_in('bash', '--norc', '-c', script, 'bash', self.files['bash'],
                           *words).stdout.split()

    def test_bash_proposes_every_option(self):
        self.assertLessEqual(set(self.options()), set(self.bash('--')))
        self.assertIn('--relinquish-privileges', self.bash('--re'))
        self.assertNotIn('--json', self.bash('--re'))

    def test_bash_proposes_what_an_option_takes(self):
        self.assertIn('lo', self.bash('-i', ''))
        self.assertIn('any', self.bash('--interface', '=', 'a'))
        self.assertEqual(self.bash('--interface', '=', 'lo'), ['lo'])
        self.assertIn('lo', self.bash('--interface', '='))
        self.assertEqual(sorted(self.bash('-r', '')), ['below', 'one.pcap', 'two.pcapng.gz'])
        self.assertEqual(self.bash('-o', 'no'), ['notes.txt'])
        self.assertEqual(self.bash('--color', 'a'), ['auto', 'always'])
        self.assertEqual(self.bash('-Z', 'nobod'), ['nobody'])
        self.assertLessEqual(set(WORDS), set(self.bash('--fail-on', '')))
        self.assertEqual(self.bash('-c', ''), [])
        self.assertIn('one.pcap', self.bash(''))

    def test_bash_finds_no_error(self):
        self.run_in('bash', '-n', self.files['bash'])

    @needs('shellcheck')
    def test_shellcheck_finds_none(self):
        self.run_in('shellcheck', '-s', 'bash', self.files['bash'])

    def fish(self, line):
        said = self.run_in('fish', '--no-config', '-c',
                           f'source {self.files["fish"]}; complete -C "{line}"').stdout
        return [row.split('\t')[0] for row in said.splitlines()]

    @needs('fish')
    def test_fish_proposes_every_option_and_what_it_takes(self):
        self.run_in('fish', '--no-execute', self.files['fish'])
        self.assertLessEqual(set(self.options()), set(self.fish('tcpwhy --')))
        self.assertIn('lo', self.fish('tcpwhy -i '))
        self.assertEqual(self.fish('tcpwhy --direction o'), ['out'])
        self.assertLessEqual(set(WORDS), set(self.fish('tcpwhy --fail-on ')))
        self.assertIn('one.pcap', self.fish('tcpwhy -r '))

    def zsh(self, line):
        """What zsh shows after Tab, on a terminal: it has no other way to ask."""
        functions = self.folder / 'functions'
        functions.mkdir(exist_ok=True)
        shutil.copy(self.files['zsh'], functions / '_tcpwhy')
        (self.folder / '.zshrc').write_text(
            f'fpath=({functions} $fpath)\nautoload -U compinit\ncompinit -u -D\n'
            'LISTMAX=10000\nPS1="ready> "\nunsetopt menu_complete auto_menu\nsetopt list_rows_first\n'
            'zstyle ":completion:*" list-prompt ""\n')
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe('zsh', ['zsh', '-i'], dict(os.environ, ZDOTDIR=str(self.folder),
                                                  TERM='vt100', COLUMNS='200', LINES='200'))
        self.addCleanup(os.close, fd)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, 9)
        self.read(fd, b'ready> ')
        os.write(fd, line.encode() + b'\t\t')
        return self.read(fd, None)

    @staticmethod
    def read(fd, until):
        """What comes until those bytes, or until nothing comes for a while."""
        os.set_blocking(fd, False)
        got, last = b'', time.monotonic()
        while time.monotonic() - last < (30 if until else 2):
            try:
                got += os.read(fd, 65536)
                last = time.monotonic()
            except BlockingIOError:
                time.sleep(0.02)
            if until and until in got:
                break
        return got.decode(errors='replace')

    @needs('zsh')
    def test_zsh_proposes_options_and_what_they_take(self):
        self.run_in('zsh', '-n', self.files['zsh'])
        shown = self.zsh('tcpwhy --')
        for option in self.options():
            self.assertIn(option, shown)
        self.assertIn('out', self.zsh('tcpwhy --direction=o'))
        self.assertIn('one.pcap', self.zsh('tcpwhy -r o'))
        self.assertIn('nobody', self.zsh('tcpwhy -Z nobod'))


if __name__ == '__main__':
    Completion.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    Completion.files = {shell: str(pathlib.Path(sys.argv.pop(1)).resolve())
                        for shell in ('bash', 'zsh', 'fish')}
    unittest.main(verbosity=2)
